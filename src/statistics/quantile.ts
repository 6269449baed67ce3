import { at } from '../at.js';

/**
 * Returns the quantile `p` (0 to 1) of values in ascending order, at least one, between the two nearest where it falls between them. `type`: which of the
 * definitions of Hyndman and Fan, The American Statistician 50 (1996), says where it lies among n values, counted from 1.
 * - 1: at n p, rounded up: the least value at or below which a share p of them lies.
 * - 6: at (n + 1) p. Between quantiles of few resamples it leaves as much as it says (Efron and Tibshirani 1993, 12.5).
 * - 7: at (n - 1) p + 1, the default of R and NumPy.
 */
export function quantileSorted(values: ArrayLike<number>, p: number, type: 1 | 6 | 7): number {
  const n = values.length;
  const places = { 1: Math.ceil(n * p) - 1, 6: (n + 1) * p - 1, 7: (n - 1) * p };
  const place = Math.min(n - 1, Math.max(0, places[type]));
  const [low, high] = [at(values, Math.floor(place)), at(values, Math.ceil(place))];
  // Between equal places nothing is computed: both may be infinite.
  return Number.isInteger(place) ? low : low + (place - Math.floor(place)) * (high - low);
}
