/** Student's t distribution to double precision. */

/**
 * Returns P(T > t) of Student's distribution with `df` degrees of freedom (at least 1), by the regularized incomplete beta function with
 * its continued fraction (Abramowitz and Stegun 26.7.1 and 26.5.8).
 */
export function studentTail(t: number, df: number): number {
  if (Number.isNaN(t)) return Number.NaN;
  const both = incompleteBeta(df / (df + t * t), df / 2, 0.5);
  return t > 0 ? both / 2 : 1 - both / 2;
}

function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges quickly on one side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  let fraction = 0;
  for (let k = 400; k >= 1; k--) {
    const m = Math.floor(k / 2);
    const term = k % 2 === 0 ? (m * (b - m) * x) / ((a + k - 1) * (a + k)) : (-(a + m) * (a + b + m) * x) / ((a + k - 1) * (a + k));
    fraction = term / (1 + fraction);
  }
  return front / (1 + fraction);
}

/** Log of the gamma function for x >= 0.5: Stirling's series from 10 on, the recurrence below (Abramowitz and Stegun 6.1.41). */
function logGamma(x: number): number {
  if (x < 10) return logGamma(x + 1) - Math.log(x);
  const i = 1 / (x * x);
  return (
    (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - i / 1188) * i) * i) * i) / x
  );
}
