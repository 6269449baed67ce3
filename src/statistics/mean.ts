import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { Estimate } from '../types.js';

/**
 * Returns mean and standard error of the mean: sample standard deviation (n - 1) / sqrt(n), null for a single value.
 * Throws for an empty list.
 */
export function meanEstimate(values: readonly number[]): Estimate {
  const list = [...values];
  return { value: mean(list), stderr: list.length > 1 ? sampleStandardDeviation(list) / Math.sqrt(list.length) : null };
}
