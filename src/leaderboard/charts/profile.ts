/** One model against the field: for each category its mean, the range of all models, and their median. */
import { at } from '../../at.js';
import { type SvgNode, s } from '../../page/svg.js';
import { extent } from '../statistics.js';
import { FONT, picture, rowName, rowNumber, valueAxis } from './frame.js';
import { linear } from './scale.js';

export interface ProfileRow {
  readonly name: string;
  /** Of this model; null where a benchmark is missing. */
  readonly value: number | null;
  /** Of all models that have it, one or more. */
  readonly field: readonly number[];
}

const ROW = 26;

/**
 * Returns the picture at a width in pixels; percent from 0 to 100.
 */
export function profileChart(
  rows: readonly ProfileRow[],
  { width, number, summary }: { readonly width: number; readonly number: (value: number) => string; readonly summary: string },
): SvgNode {
  const left = Math.round(Math.min(250, Math.max(168, width * 0.3)));
  const bottom = rows.length * ROW + 2;
  const low = Math.max(0, 10 * Math.floor(Math.min(100, extent(rows.flatMap((r) => r.field))[0]) / 10));
  const x = linear([low, 100], [left, width - 46]);
  return picture({ width, height: bottom + 24, summary }, '', [
    valueAxis(x, bottom, 70, number),
    ...rows.map(({ name, value, field }, i) => {
      const y = i * ROW + ROW / 2;
      const [least, most] = extent(field);
      const middle = median(field);
      return s(
        'g',
        { class: 'row plain', 'font-size': FONT },
        rowName(name, left - 10, y, left - 14),
        s('line', { class: 'range', x1: x(least), x2: x(most), y1: y, y2: y }),
        s('line', { class: 'median', x1: x(middle), x2: x(middle), y1: y - 6, y2: y + 6 }),
        ...(value === null ? [] : [s('circle', { class: 'dot', cx: x(value), cy: y, r: 4.8 }), rowNumber(number(value), width, y)]),
      );
    }),
  ]);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (at(sorted, (sorted.length - 1) >> 1) + at(sorted, sorted.length >> 1)) / 2;
}
