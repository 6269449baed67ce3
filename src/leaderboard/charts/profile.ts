/** One model against the field: for each category its mean, the range of all models, and their median. */
import { type SvgNode, s } from '../../page/svg.js';
import { fitted } from './labels.js';
import { linear, ticks } from './scale.js';
import { FONT } from './scatter.js';

export interface ProfileRow {
  readonly name: string;
  /** Of this model; null where a benchmark is missing. */
  readonly value: number | null;
  /** Of all models that have it. */
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
  const right = width - 46;
  const bottom = rows.length * ROW + 2;
  const height = bottom + 24;
  const low = Math.max(0, 10 * Math.floor(rows.flatMap((r) => r.field).reduce((a, b) => Math.min(a, b), 100) / 10));
  const x = linear([low, 100], [left, right]);
  return s(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': summary, class: 'chart' },
    s(
      'g',
      { class: 'axis', 'font-size': FONT },
      ...ticks([low, 100], Math.max(2, Math.floor((right - left) / 70))).flatMap((value) => [
        s('line', { class: 'grid', x1: x(value), x2: x(value), y1: 0, y2: bottom }),
        s('text', { x: x(value), y: height - 6, 'text-anchor': 'middle' }, number(value)),
      ]),
    ),
    ...rows.map((row, i) => {
      const y = i * ROW + ROW / 2;
      const field = [...row.field].sort((a, b) => a - b);
      const [least, most] = [field[0], field.at(-1)];
      return s(
        'g',
        { class: 'row plain chosen', 'font-size': FONT },
        s(
          'text',
          { class: 'name', x: left - 10, y, dy: '0.35em', 'text-anchor': 'end' },
          fitted(row.name, left - 14, FONT),
          s('title', {}, row.name),
        ),
        ...(least === undefined || most === undefined
          ? []
          : [
              s('line', { class: 'range', x1: x(least), x2: x(most), y1: y, y2: y }),
              s('line', { class: 'median', x1: x(median(field)), x2: x(median(field)), y1: y - 6, y2: y + 6 }),
            ]),
        ...(row.value === null
          ? []
          : [
              s('circle', { class: 'dot', cx: x(row.value), cy: y, r: 4.8 }),
              s('text', { class: 'number', x: width - 2, y, dy: '0.35em', 'text-anchor': 'end' }, number(row.value)),
            ]),
      );
    }),
  );
}

/**
 * Returns the median of sorted numbers, 0 for none.
 */
export function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
