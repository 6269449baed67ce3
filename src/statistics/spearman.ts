/** Spearman's rank correlation with its p-value. */
import { sampleCorrelation } from 'simple-statistics';
import { studentTail } from './student.js';

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
  return { rho, p: 2 * studentTail(Math.abs(rho) * Math.sqrt(freedom / (1 - rho * rho)), freedom), n };
}

/**
 * Returns ranks from 1, equal values sharing the mean of theirs.
 */
export function ranks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
}
