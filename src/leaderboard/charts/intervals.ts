/** One line a row: a value as a dot on its interval, beside its name. For the models of a benchmark, and for differences to a base. */
import { type SvgNode, s } from '../../page/svg.js';
import { FONT, picture, rowName, rowNumber, valueAxis } from './frame.js';
import { linear, padded } from './scale.js';

export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  /** Half width of the interval; null where there is none. */
  readonly error: number | null;
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad' | 'none';
}

export interface IntervalOptions {
  readonly width: number;
  /** A dashed line: chance level, or zero. */
  readonly reference: number | null;
  readonly number: (value: number) => string;
  readonly summary: string;
}

const ROW = 22;

/**
 * Returns the picture at a width in pixels.
 */
export function intervalChart(rows: readonly IntervalRow[], { width, reference, number, summary }: IntervalOptions): SvgNode {
  const left = Math.round(Math.min(300, Math.max(110, width * 0.36)));
  const bottom = rows.length * ROW + 2;
  const ends = rows.flatMap((r) => [r.value - (r.error ?? 0), r.value + (r.error ?? 0)]);
  const x = linear(padded(reference === null ? ends : [...ends, reference], 0.03), [left, width - 52]);
  return picture({ width, height: bottom + 24, summary }, '', [
    valueAxis(x, bottom, 80, number),
    ...(reference === null ? [] : [s('line', { class: 'zero', x1: x(reference), x2: x(reference), y1: 0, y2: bottom })]),
    ...rows.map(({ name, value, error, text, tone }, i) => {
      const y = i * ROW + ROW / 2;
      return s(
        'g',
        { class: `row ${tone}`, 'font-size': FONT },
        rowName(name, left - 10, y, left - 14),
        error === null ? null : s('line', { class: 'bar', x1: x(value - error), x2: x(value + error), y1: y, y2: y }),
        s('circle', { class: 'dot', cx: x(value), cy: y, r: 4.2 }),
        rowNumber(text, width, y),
      );
    }),
  ]);
}
