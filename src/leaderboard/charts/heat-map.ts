/** Models by benchmarks: colour is how far a score is on the way from guessing to a perfect one. */
import { at } from '../../at.js';
import { type SvgNode, s } from '../../page/svg.js';
import { FONT, picture, rowName } from './frame.js';
import { textWidth } from './labels.js';

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
  const gapsBefore = columns.map((_, i) => gapsUpTo(columns, i));
  const longest = rows.reduce((most, row) => Math.max(most, textWidth(row.name, FONT)), 60);
  const left = Math.round(Math.min(longest + 12, Math.max(132, width * 0.26), 290));
  const cell = Math.min(64, (width - left - (gapsBefore.at(-1) ?? 0) * GAP) / Math.max(1, columns.length));
  const row = cell >= NUMBERS_FROM ? 24 : 19;
  const top = Math.ceil(columns.reduce((most, c) => Math.max(most, textWidth(c.label, FONT)), 0)) + 14;
  const xs = gapsBefore.map((gaps, i) => left + i * cell + gaps * GAP);
  return picture({ width, height: top + rows.length * row + 4, summary }, ' heat', [
    s(
      'g',
      { class: 'axis', 'font-size': cell < FONT + 1 ? Math.max(9, cell) : FONT },
      ...columns.map(({ label }, i) =>
        s('text', { transform: `translate(${(at(xs, i) + cell / 2).toFixed(1)},${top - 7}) rotate(-90)`, dy: '0.35em' }, label),
      ),
    ),
    ...rows.map(({ name, cells }, j) => {
      const y = top + j * row;
      return s(
        'g',
        { 'font-size': FONT },
        rowName(name, left - 9, y + row / 2, left - 12),
        ...cells.flatMap((c, i) => cellOf(c, at(xs, i), y, cell, row)),
      );
    }),
  ]);
}

/** Borders between groups before a column. */
function gapsUpTo(columns: readonly HeatColumn[], index: number): number {
  return columns.slice(1, index + 1).filter((c, i) => at(columns, i).group !== c.group).length;
}

function cellOf(cell: HeatCell | null, x: number, y: number, width: number, height: number): SvgNode[] {
  const place = { x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1 };
  if (cell === null) return [s('rect', { class: 'none', ...place })];
  const opacity = 0.04 + 0.66 * Math.min(1, Math.max(0, cell.share));
  const box = s('rect', { class: 'cell', ...place, 'fill-opacity': opacity }, s('title', {}, cell.title));
  const middle = { x: x + width / 2, y: y + height / 2, dy: '0.35em', 'text-anchor': 'middle' };
  const number = width >= NUMBERS_FROM ? [s('text', { class: 'value', ...middle }, cell.text)] : [];
  const dot = cell.top ? [s('circle', { class: 'top', cx: x + width - 5, cy: y + 5, r: 2 })] : [];
  return [box, ...number, ...dot];
}
