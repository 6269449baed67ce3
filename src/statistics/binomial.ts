/** The binomial distribution to double precision, far out in its tails too, of which simple-statistics computes no sums. */
import { gammaln } from 'simple-statistics';
import { rootOf } from './root.js';

/** Interval of a proportion or of a difference. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Returns P(X <= k) of `n` trials with chance `p`; `q` is 1 - p, given where p is so near to 1 that the subtraction would lose digits. The terms are summed from the largest on, the
 * shorter way round, so that nothing is lost or overflows.
 */
export function binomialCdf(k: number, n: number, p: number, q = 1 - p): number {
  if (k < 0 || q <= 0) return k >= n ? 1 : 0;
  if (k >= n || p <= 0) return 1;
  return k > n * p - 0.5 ? 1 - lowerSum(n - k - 1, n, q, p) : lowerSum(k, n, p, q);
}

function lowerSum(k: number, n: number, p: number, q: number): number {
  const odds = p / q;
  let term = Math.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + n * Math.log(q) + k * Math.log(odds));
  let sum = 0;
  for (let i = k; i >= 0 && term > sum * 1e-18; i--) {
    sum += term;
    term *= i / (n - i + 1) / odds;
  }
  return Math.min(1, sum);
}

/**
 * Returns P(X >= k) of `n` trials with chance `p`.
 */
export function binomialTail(k: number, n: number, p: number): number {
  return binomialCdf(n - k, n, 1 - p, p);
}

/**
 * Returns the exact (Clopper-Pearson) interval of a proportion of `k` out of `n`: the proportions p for which neither k or more nor k or fewer
 * successes have a probability below (1 - confidence) / 2. The lower end is 0 for k = 0, the upper one 1 for k = n.
 * Source: Clopper and Pearson, Biometrika 26 (1934). Throws for k outside 0..n or n = 0.
 */
export function clopperPearson(k: number, n: number, confidence = 0.95): Interval {
  if (!(n > 0 && k >= 0 && k <= n)) throw new RangeError(`no interval for ${k} of ${n}`);
  const lowerEnd = (successes: number): number =>
    successes === 0 ? 0 : rootOf((p) => binomialTail(successes, n, p) - (1 - confidence) / 2, 0, 1);
  // P(X <= k) with chance p is P(X >= n - k) with chance 1 - p.
  return { low: lowerEnd(k), high: 1 - lowerEnd(n - k) };
}
