/** Spearman's rank correlation with its p-value. */
import { sampleCorrelation } from 'simple-statistics';

export interface Correlation {
  readonly rho: number;
  /** Two-sided, from Student's t with n - 2 degrees of freedom, as SciPy's `spearmanr`. */
  readonly p: number;
  readonly n: number;
}

/**
 * Returns Spearman's rho of paired values (equal values share their mean rank) and its p-value; null for fewer than three pairs or when one
 * side does not vary.
 */
export function spearman(xs: readonly number[], ys: readonly number[]): Correlation | null {
  const n = xs.length;
  if (n < 3 || new Set(xs).size < 2 || new Set(ys).size < 2) return null;
  const rho = Math.max(-1, Math.min(1, sampleCorrelation(ranks(xs), ranks(ys))));
  const freedom = n - 2;
  // P(|T| > t) = I_{v / (v + t^2)}(v / 2, 1 / 2) with t^2 = rho^2 v / (1 - rho^2), so that v / (v + t^2) = 1 - rho^2.
  return { rho, p: incompleteBeta(1 - rho * rho, freedom / 2, 0.5), n };
}

/**
 * Returns ranks from 1, equal values sharing the mean of theirs.
 */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const result = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] ?? 0] === values[order[from] ?? 0]) to++;
    for (let k = from; k <= to; k++) result[order[k] ?? 0] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return result;
}

/** The regularized incomplete beta function I_x(a, b) by its continued fraction (Numerical Recipes 6.4, Lentz's method). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || tiny);
    c = 1 + even / c || tiny;
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || tiny);
    c = 1 + odd / c || tiny;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** ln Gamma(x) for x > 0: recursion up to 10, then Stirling's series; relative error below 1e-14. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 10; z++) shift += Math.log(z);
  const q = 1 / (z * z);
  const series = (1 / 12 - q * (1 / 360 - q * (1 / 1260 - q * (1 / 1680 - q / 1188)))) / z;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shift;
}
