/** The one style of tables: Markdown with aligned columns, so that what stands in a terminal can be put into a text. */
import { at } from '../at.js';
import { oneLine, printable } from './printable.js';
import { NO_SCREEN, type Screen, type Tone, toned, widthOf } from './screen.js';

export interface Column {
  readonly title: string;
  /** Numbers stand on the right. */
  readonly right?: boolean;
  /** A column that may be left out of a narrow window; the largest number goes first. */
  readonly spare?: number;
  /** A column of sentences: it is broken between words where the window is too narrow. */
  readonly wraps?: boolean;
}

/** A text, or one in a tone. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

/** A wrapped column is not made narrower than this. */
const LEAST_WRAPPED = 14;

/**
 * Returns a table without a line end at its end. Columns that do not fit the screen are left out, which a line below says; words are never broken. Line ends
 * in cells become blanks, and control characters are taken out.
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], screen: Screen = NO_SCREEN): string {
  const all: Laid[] = columns.map((column, i) => {
    const head: Plain = { text: escaped(column.title), tone: 'head' };
    const cells = rows.map((row) => cellOf(row[i] ?? ''));
    return { column, head, cells, width: Math.max(3, ...[head, ...cells].map(({ text }) => widthOf(text))) };
  });
  const shown = fitting(all, screen.width);
  const wrapped = shown.find(({ column }) => column.wraps === true);
  const excess = lineWidth(shown.map(({ width }) => width)) - screen.width;
  if (wrapped !== undefined && excess > 0) {
    const words = wrapped.cells.flatMap(({ text }) => text.split(' ').map(widthOf));
    wrapped.width = Math.max(LEAST_WRAPPED, ...words, wrapped.width - excess);
  }
  const line = (plain: (laid: Laid) => Plain): string => `|${shown.map((laid) => padded(plain(laid), laid, screen)).join('|')}|`;
  const rule = shown.map(({ column, width }) => (column.right === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  // A row whose sentence needs several lines; the other cells stand in the first.
  const body = rows.flatMap((_, r) => {
    const cell = wrapped === undefined ? EMPTY : at(wrapped.cells, r);
    const parts = wrapped === undefined ? [''] : wordsOf(cell.text, wrapped.width);
    return parts.map((text, i) => line((laid) => (laid === wrapped ? { ...cell, text } : i === 0 ? at(laid.cells, r) : EMPTY)));
  });
  const left = all.filter((laid) => !shown.includes(laid)).flatMap(({ column: { title } }) => (title === '' ? [] : [title]));
  const note =
    left.length === 0
      ? []
      : wordsOf(`not in ${screen.width} columns: ${left.join(', ')}; a wider window or a file shows them`, screen.width).map((text) =>
          toned(text, 'soft', screen),
        );
  return [line(({ head }) => head), toned(`|${rule.join('|')}|`, 'soft', screen), ...body, ...note].join('\n');
}

/** A column with its cells, and how wide it is. */
interface Laid {
  readonly column: Column;
  readonly head: Plain;
  readonly cells: readonly Plain[];
  width: number;
}

interface Plain {
  readonly text: string;
  readonly tone: Tone | null;
}

const EMPTY: Plain = { text: '', tone: null };

function cellOf(cell: Cell): Plain {
  return typeof cell === 'string' ? { text: escaped(cell), tone: null } : { text: escaped(cell.text), tone: cell.tone };
}

function escaped(text: string): string {
  return printable(oneLine(text)).replace(/\|/g, '\\|');
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + 1, 1);
}

/** The columns that stay. A wrapped column needs no more than its least width. */
function fitting(all: readonly Laid[], width: number): readonly Laid[] {
  const needed = all.map((laid) => (laid.column.wraps === true ? Math.min(laid.width, LEAST_WRAPPED + 10) : laid.width));
  const spares = all.flatMap(({ column: { spare } }) => spare ?? []);
  if (lineWidth(needed) <= width || spares.length === 0) return all;
  const goes = all.findIndex(({ column }) => column.spare === Math.max(...spares));
  return fitting(all.toSpliced(goes, 1), width);
}

/**
 * Returns a text in lines of at most `width` columns, broken between words; a longer word has a line of its own.
 */
export function wordsOf(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function padded({ text, tone }: Plain, { column, width }: Laid, screen: Screen): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  const shown = tone === null ? text : toned(text, tone, screen);
  return column.right === true ? space + shown : shown + space;
}
