/** Tail of the binomial distribution. */

/**
 * Returns P(X >= k) for X of n trials with chance p, summed in logarithms.
 */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  let sum = 0;
  let log = 0;
  for (let i = 0; i <= n; i++) {
    // log of n over i, step by step.
    if (i > 0) log += Math.log(n - i + 1) - Math.log(i);
    if (i >= k) sum += Math.exp(log + i * Math.log(p) + (n - i) * Math.log1p(-p));
  }
  return Math.min(1, sum);
}
