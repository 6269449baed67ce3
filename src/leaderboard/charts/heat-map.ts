/** Models by benchmarks: colour is how far a score is on the way from guessing to a perfect one. */
import { type SvgNode, s } from '../../page/svg.js';
import { fitted, textWidth } from './labels.js';
import { FONT } from './scatter.js';

export interface HeatColumn {
  readonly label: string;
  /** Columns of one group stand together. */
  readonly group: string;
}

export interface HeatCell {
  /** 0 to 1. */
  readonly share: number;
  readonly text: string;
  /** Cannot be told from the best of its column. */
  readonly top: boolean;
  readonly title: string;
}

export interface HeatRow {
  readonly name: string;
  /** One a column; null is missing. */
  readonly cells: readonly (HeatCell | null)[];
}

/** A cell holds its number from this width on. */
const NUMBERS_FROM = 27;
const GAP = 8;

/**
 * Returns the picture at a width in pixels. Narrow cells go without numbers, never with unreadable ones.
 */
export function heatMap(
  columns: readonly HeatColumn[],
  rows: readonly HeatRow[],
  { width, summary }: { readonly width: number; readonly summary: string },
): SvgNode {
  const gaps = columns.filter((c, i) => i > 0 && columns[i - 1]?.group !== c.group).length;
  const longest = rows.reduce((most, row) => Math.max(most, textWidth(row.name, FONT)), 60);
  const left = Math.round(Math.min(longest + 12, Math.max(132, width * 0.26), 290));
  const cell = Math.min(64, (width - left - gaps * GAP) / Math.max(1, columns.length));
  const row = cell >= NUMBERS_FROM ? 24 : 19;
  const top = Math.ceil(columns.reduce((most, c) => Math.max(most, textWidth(c.label, FONT)), 0)) + 14;
  let at = left;
  const xs = columns.map((c, i) => {
    if (i > 0 && columns[i - 1]?.group !== c.group) at += GAP;
    at += cell;
    return at - cell;
  });
  const height = top + rows.length * row + 4;
  return s(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': summary, class: 'chart heat' },
    s(
      'g',
      { class: 'axis', 'font-size': cell < FONT + 1 ? Math.max(9, cell) : FONT },
      ...columns.map((c, i) =>
        s('text', { transform: `translate(${((xs[i] ?? 0) + cell / 2).toFixed(1)},${top - 7}) rotate(-90)`, dy: '0.35em' }, c.label),
      ),
    ),
    ...rows.map((r, j) => {
      const y = top + j * row;
      return s(
        'g',
        { 'font-size': FONT },
        s(
          'text',
          { class: 'name', x: left - 9, y: y + row / 2, dy: '0.35em', 'text-anchor': 'end' },
          fitted(r.name, left - 12, FONT),
          s('title', {}, r.name),
        ),
        ...r.cells.flatMap((c, i) => {
          const x = xs[i] ?? 0;
          if (c === null) return [s('rect', { class: 'none', x: x + 0.5, y: y + 0.5, width: cell - 1, height: row - 1 })];
          const box = s(
            'rect',
            {
              class: 'cell',
              x: x + 0.5,
              y: y + 0.5,
              width: cell - 1,
              height: row - 1,
              'fill-opacity': 0.04 + 0.66 * Math.min(1, Math.max(0, c.share)),
            },
            s('title', {}, c.title),
          );
          const number =
            cell >= NUMBERS_FROM
              ? [s('text', { class: 'value', x: x + cell / 2, y: y + row / 2, dy: '0.35em', 'text-anchor': 'middle' }, c.text)]
              : [];
          const dot = c.top ? [s('circle', { class: 'top', cx: x + cell - 5, cy: y + 5, r: 2 })] : [];
          return [box, ...number, ...dot];
        }),
      );
    }),
  );
}
