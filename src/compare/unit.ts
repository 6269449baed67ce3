/** Numbers of a line as people read them. */
import type { Row } from './row.js';

type Measured = Pick<Row, 'share' | 'metric'>;

/**
 * Returns what a value of a line is multiplied with to be shown: 100 for shares, 1 for all others.
 */
export function scaleOf({ share }: Measured): number {
  return share ? 100 : 1;
}

/**
 * Returns the word behind a number of a line; empty for metrics with a unit of their own.
 */
export function unitOf({ share }: Measured): string {
  return share ? ' points' : '';
}

/**
 * Returns a value of a line as text: shares in percent with two decimals, others as they are with four (the bias score, which counts to 100, with two).
 */
export function valueText(row: Measured, value: number): string {
  return (value * scaleOf(row)).toFixed(decimalsOf(row));
}

/**
 * Returns a difference of a line as text, with its sign.
 */
export function differenceText(row: Measured, difference: number): string {
  const text = Math.abs(difference * scaleOf(row)).toFixed(decimalsOf(row));
  return difference < 0 && Number(text) !== 0 ? `-${text}` : `+${text}`;
}

function decimalsOf({ share, metric }: Measured): number {
  return share || metric.startsWith('bias,') ? 2 : 4;
}

/**
 * Returns the name of a line, with the metric and its direction where less is better.
 */
export function nameOf({ benchmark, metric, higherIsBetter }: Pick<Row, 'benchmark' | 'metric' | 'higherIsBetter'>): string {
  return higherIsBetter ? benchmark : `${benchmark} (${metric.split(',')[0] ?? ''} ↓)`;
}
