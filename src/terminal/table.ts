/** The one style of tables: Markdown with aligned columns, so that what stands in a terminal can be put into a text. */
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
  const cells = rows.map((row) => columns.map((_, i) => cellOf(row[i] ?? '')));
  const widths = columns.map(({ title }, i) => Math.max(3, widthOf(escaped(title)), ...cells.map((row) => widthOf(row[i]?.text ?? ''))));
  const shown = fitting(columns, widths, screen.width);
  const wrapped = shown.find((i) => columns[i]?.wraps === true);
  const excess = lineWidth(shown, widths) - screen.width;
  if (wrapped !== undefined && excess > 0) {
    const words = cells.flatMap((row) => (row[wrapped]?.text ?? '').split(' ').map(widthOf));
    widths[wrapped] = Math.max(LEAST_WRAPPED, ...words, (widths[wrapped] ?? 0) - excess);
  }
  const line = (row: readonly { readonly text: string; readonly tone: Tone | null }[]): string =>
    `|${shown.map((i) => padded(row[i] ?? EMPTY, widths[i] ?? 0, columns[i]?.right === true, screen)).join('|')}|`;
  const rule = `|${shown.map((i) => (columns[i]?.right === true ? `${'-'.repeat((widths[i] ?? 1) - 1)}:` : '-'.repeat(widths[i] ?? 0))).join('|')}|`;
  const heads = columns.map(({ title }) => ({ text: escaped(title), tone: 'head' as const }));
  const body = cells.flatMap((row) => (wrapped === undefined ? [row] : brokenInto(row, wrapped, widths[wrapped] ?? 0)).map(line));
  const left = columns.filter((_, i) => !shown.includes(i)).flatMap(({ title }) => (title === '' ? [] : [title]));
  const note =
    left.length === 0
      ? []
      : wordsOf(`not in ${screen.width} columns: ${left.join(', ')}; a wider window or a file shows them`, screen.width).map((text) =>
          toned(text, 'soft', screen),
        );
  return [line(heads), toned(rule, 'soft', screen), ...body, ...note].join('\n');
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

function lineWidth(shown: readonly number[], widths: readonly number[]): number {
  return shown.reduce((sum, i) => sum + (widths[i] ?? 0) + 1, 1);
}

/** The columns that stay. A wrapped column needs no more than its least width. */
function fitting(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  let shown = columns.map((_, i) => i);
  const needed = widths.map((w, i) => (columns[i]?.wraps === true ? Math.min(w, LEAST_WRAPPED + 10) : w));
  while (lineWidth(shown, needed) > width) {
    const spare = shown
      .filter((i) => columns[i]?.spare !== undefined)
      .sort((a, b) => (columns[b]?.spare ?? 0) - (columns[a]?.spare ?? 0))[0];
    if (spare === undefined) break;
    shown = shown.filter((i) => i !== spare);
  }
  return shown;
}

/** A row whose sentence needs several lines; the other cells stand in the first. */
function brokenInto(row: readonly Plain[], at: number, width: number): Plain[][] {
  const { text, tone } = row[at] ?? EMPTY;
  return wordsOf(text, width).map((part, i) => row.map((cell, j) => (j === at ? { text: part, tone } : i === 0 ? cell : EMPTY)));
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

function padded({ text, tone }: Plain, width: number, right: boolean, screen: Screen): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  const shown = tone === null ? text : toned(text, tone, screen);
  return right ? space + shown : shown + space;
}
