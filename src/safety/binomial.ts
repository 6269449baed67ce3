/**
 * Returns the exact (Clopper-Pearson) interval of a proportion of `k` out of `n`: the proportions p for which neither k or more nor k or fewer
 * successes have a probability below (1 - confidence) / 2. The lower end is 0 for k = 0, the upper one 1 for k = n.
 * Source: Clopper and Pearson, Biometrika 26 (1934). Throws for k outside 0..n or n = 0.
 */
export function clopperPearson(k: number, n: number, confidence = 0.95): { readonly low: number; readonly high: number } {
  if (!(n > 0 && k >= 0 && k <= n)) throw new RangeError(`no interval for ${k} of ${n}`);
  const tail = (1 - confidence) / 2;
  return {
    low: k === 0 ? 0 : rootOf((p) => upperTail(k, n, p) - tail),
    // P(X <= k | p) is P(X >= n - k | 1 - p).
    high: k === n ? 1 : 1 - rootOf((q) => upperTail(n - k, n, q) - tail),
  };
}

/** Returns P(X >= k) of a binomial distribution. The terms are summed from the largest on, so that nothing is lost or overflows. */
export function upperTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  const odds = p / (1 - p);
  // Sum the shorter way round: the tail itself when k is above the mean, else one minus the rest.
  if (k > n * p) {
    let term = pmf(k, n, p);
    let sum = 0;
    for (let i = k; i <= n && term > 0; i++) {
      sum += term;
      term *= ((n - i) / (i + 1)) * odds;
    }
    return sum;
  }
  let term = pmf(k - 1, n, p);
  let rest = 0;
  for (let i = k - 1; i >= 0 && term > 0; i--) {
    rest += term;
    term *= i / (n - i + 1) / odds;
  }
  return 1 - rest;
}

function pmf(k: number, n: number, p: number): number {
  return Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let i = logFactorials.length; i <= n; i++) logFactorials.push((logFactorials[i - 1] ?? 0) + Math.log(i));
  return logFactorials[n] ?? 0;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Returns the root of a growing function on 0..1, to the last bit that halving can tell. */
function rootOf(f: (p: number) => number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
