/**
 * Returns the place between `low` and `high` where a function changes its sign, to the last bit, or as soon as it is known to within `tolerance`. Halving: the
 * function is monotone, or `low` and `high` have different signs. (simple-statistics' `bisect` has no last bit: it throws there.)
 */
export function rootOf(f: (x: number) => number, low: number, high: number, tolerance = 0): number {
  const below = Math.sign(f(low));
  if (below === 0) return low;
  let [from, to] = [low, high];
  for (;;) {
    const middle = (from + to) / 2;
    if ((to - from) / 2 < tolerance || middle === from || middle === to) return middle;
    const sign = Math.sign(f(middle));
    if (sign === 0) return middle;
    if (sign === below) from = middle;
    else to = middle;
  }
}
