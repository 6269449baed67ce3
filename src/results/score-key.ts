/** Keys of scores, `metric,filter` as in the harness's files, and how a score is printed. */
import type { Estimate } from '../types.js';

/**
 * Returns metric and filter of a key; a key without a filter is all metric.
 */
export function partsOfKey(key: string): readonly [metric: string, filter: string] {
  const [metric = key, ...filter] = key.split(',');
  return [metric, filter.join(',')];
}

/**
 * Returns the key under which the standard error of a score stands, `metric_stderr,filter`.
 */
export function stderrKey(key: string): string {
  return key.replace(',', '_stderr,');
}

/**
 * Returns a score with its standard error, where it has one: `0.5000 ± 0.0112`.
 */
export function scoreText({ value, stderr }: Estimate): string {
  return `${value.toFixed(4)}${stderr === null ? '' : ` ± ${stderr.toFixed(4)}`}`;
}
