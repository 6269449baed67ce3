/** One line a row: a value as a dot on its interval, beside its name. For the models of a benchmark, and for differences to a base. */
import { type SvgNode, s } from '../../page/svg.js';
import { fitted } from './labels.js';
import { linear, padded, ticks } from './scale.js';
import { FONT } from './scatter.js';

export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  /** Half width of the interval; null where there is none. */
  readonly error: number | null;
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad' | 'none';
  /** Stands out, e.g. the model whose page it is. */
  readonly chosen?: boolean;
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
  const right = width - 52;
  const height = rows.length * ROW + 26;
  const bottom = rows.length * ROW + 2;
  const ends = rows.flatMap((r) => [r.value - (r.error ?? 0), r.value + (r.error ?? 0)]);
  const x = linear(padded(reference === null ? ends : [...ends, reference], 0.03), [left, right]);
  return s(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': summary, class: 'chart' },
    s(
      'g',
      { class: 'axis', 'font-size': FONT },
      ...ticks(x.domain, Math.max(2, Math.floor((right - left) / 80))).flatMap((value) => [
        s('line', { class: 'grid', x1: x(value), x2: x(value), y1: 0, y2: bottom }),
        s('text', { x: x(value), y: height - 6, 'text-anchor': 'middle' }, number(value)),
      ]),
    ),
    ...(reference === null ? [] : [s('line', { class: 'zero', x1: x(reference), x2: x(reference), y1: 0, y2: bottom })]),
    ...rows.map((row, i) => {
      const y = i * ROW + ROW / 2;
      const { error } = row;
      return s(
        'g',
        { class: `row ${row.tone}${row.chosen === true ? ' chosen' : ''}`, 'font-size': FONT },
        s(
          'text',
          { class: 'name', x: left - 10, y, dy: '0.35em', 'text-anchor': 'end' },
          fitted(row.name, left - 14, FONT),
          s('title', {}, row.name),
        ),
        ...(error === null ? [] : [s('line', { class: 'bar', x1: x(row.value - error), x2: x(row.value + error), y1: y, y2: y })]),
        s('circle', { class: 'dot', cx: x(row.value), cy: y, r: 4.2 }),
        s('text', { class: 'number', x: width - 2, y, dy: '0.35em', 'text-anchor': 'end' }, row.text),
      );
    }),
  );
}
