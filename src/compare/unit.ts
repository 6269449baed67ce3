/** Numbers of a line as people read them. */
import { partsOfKey } from '../results/score-key.js';
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

/**
 * Returns the cells of a table that every line has: documents, both values, their difference and its interval.
 */
export function valueCells(row: Row): readonly string[] {
  return [
    row.n === null ? 'unknown' : String(row.n),
    valueText(row, row.base),
    valueText(row, row.candidate),
    differenceText(row, row.difference),
    row.low === null || row.high === null ? '' : `${differenceText(row, row.low)} to ${differenceText(row, row.high)}`,
  ];
}

/**
 * Returns the flips of a line as a cell of a table.
 */
export function flipsCell({ flipsUp, flipsDown }: Row): string {
  return flipsUp === null ? 'unpaired' : `+${flipsUp} -${flipsDown}`;
}

/**
 * Returns a detectable difference of a line as text: a share with one decimal, it is an estimate.
 */
export function detectableText(row: Measured, detectable: number): string {
  return row.share ? (detectable * scaleOf(row)).toFixed(1) : valueText(row, detectable);
}

/**
 * Returns a p-value as it is printed: three decimals, `< 0.001` below.
 */
export function probability(p: number | null): string {
  if (p === null) return '';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/**
 * Returns names in one text: all of up to four, else three and how many more.
 */
export function listed(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

function decimalsOf({ share, metric }: Measured): number {
  return share || metric.startsWith('bias,') ? 2 : 4;
}

/**
 * Returns the name of a line, with the metric and its direction where less is better.
 */
export function nameOf({ benchmark, metric, higherIsBetter }: Pick<Row, 'benchmark' | 'metric' | 'higherIsBetter'>): string {
  return higherIsBetter ? benchmark : `${benchmark} (${partsOfKey(metric)[0]} ↓)`;
}
