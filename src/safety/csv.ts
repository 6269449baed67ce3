import { at } from '../at.js';
import { UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import { guardCell, unguardCell } from '../tables/formula-guard.js';
import { readTable, type Table, tableOf } from '../tables/read-table.js';

/** One row of a table: its cells in the order of the columns asked for, and the line of the file it ends on. */
export interface CsvRow<Column extends string> {
  readonly line: number;
  readonly cell: (column: Column) => string;
  /** Returns a cell without white space around it. Throws `UserError` where nothing is left. */
  readonly filled: (column: Column) => string;
  /** Throws the `UserError` that names file and line. */
  readonly fail: (what: string) => never;
}

/**
 * Yields the rows of a CSV file with a header (see `readTable`); guards put before a cell by `guardCell` are taken off again.
 * Throws `UserError` naming file and line when it cannot be read, has no rows, or lacks one of `columns`.
 */
export async function readCsvFile<Column extends string>(file: string, columns: readonly Column[]): Promise<readonly CsvRow<Column>[]> {
  return csvRows(await readTable(file, { what: 'the table', trim: false }), file, columns);
}

/**
 * Returns the rows of the content of a CSV file; throws as `readCsvFile` does.
 */
export function csvRowsOf<Column extends string>(text: string, file: string, columns: readonly Column[]): readonly CsvRow<Column>[] {
  return csvRows(tableOf(text, file, { trim: false }), file, columns);
}

function csvRows<Column extends string>({ header, rows }: Table, file: string, columns: readonly Column[]): readonly CsvRow<Column>[] {
  for (const column of columns) {
    if (!header.includes(column))
      throw new UserError(`${file}: no column '${column}'; needed: ${columns.join(', ')}.${didYouMean(column, header)}`);
  }
  if (rows.length === 0) throw new UserError(`${file}: there is no row below the header`);
  return rows.map(({ line, cells }) => {
    const cell = (column: Column): string => unguardCell(at(cells, header.indexOf(column)));
    const fail = (what: string): never => {
      throw new UserError(`${file}, line ${line}: ${what}`);
    };
    const filled = (column: Column): string => cell(column).trim() || fail(`${column} is empty`);
    return { line, cell, filled, fail };
  });
}

/**
 * Returns a table as CSV text (CRLF, as spreadsheets write it), every cell guarded against formulas.
 */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  const quote = (cell: string): string => (/[",\r\n]/.test(cell) || /^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => `${row.map((cell) => quote(guardCell(cell))).join(',')}\r\n`).join('');
}
