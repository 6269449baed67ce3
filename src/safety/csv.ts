import { readFile } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { messageOf, systemCode, UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';

/** One row of a table: its cells by column, and the line of the file it begins on. */
export interface CsvRow {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

/** Bytes of a table of prompts or annotations that are still read. */
const MAX_BYTES = 200 * 1024 * 1024;

/**
 * Returns the rows of a CSV file with a header (UTF-8, with or without BOM). Columns beyond `columns` are kept; guards put before a
 * cell by `guardCell` are taken off again.
 * Throws `UserError` naming file and line when it cannot be read, has no rows, or lacks one of `columns`.
 */
export async function readCsvFile(file: string, columns: readonly string[]): Promise<readonly CsvRow[]> {
  return csvRowsOf(await readBytes(file), file, columns);
}

/**
 * Returns the rows of the content of a CSV file; throws as `readCsvFile` does.
 */
export function csvRowsOf(bytes: Buffer, file: string, columns: readonly string[]): readonly CsvRow[] {
  const text = textOf(bytes, file);
  let header: readonly string[] = [];
  let parsed: { record: Record<string, string>; info: { lines: number } }[];
  try {
    parsed = parse(text, {
      bom: true,
      info: true,
      skip_empty_lines: true,
      relax_quotes: false,
      columns: (names: string[]) => {
        header = names.map((name) => name.trim());
        return [...header];
      },
    });
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(`${file}: ${messageOf(error)}`);
    throw error;
  }
  for (const column of columns) {
    if (!header.includes(column))
      throw new UserError(`${file}: no column '${column}'; needed: ${columns.join(', ')}.${didYouMean(column, header)}`);
  }
  if (new Set(header).size < header.length) throw new UserError(`${file}: a column name stands twice in the header`);
  if (parsed.length === 0) throw new UserError(`${file}: there is no row below the header`);
  return parsed.map(({ record, info }) => ({
    line: info.lines,
    cells: Object.fromEntries(Object.entries(record).map(([name, cell]) => [name, unguardCell(cell)])),
  }));
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = systemCode(error);
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder; give a CSV file' : messageOf(error);
    throw new UserError(`${file}: ${why}`);
  }
}

function textOf(bytes: Buffer, file: string): string {
  if (bytes.length > MAX_BYTES) throw new UserError(`${file}: ${bytes.length} bytes; at most ${MAX_BYTES} are read`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${file}: it is not UTF-8; save it as "CSV UTF-8"`);
  }
}

/** What a spreadsheet takes for the beginning of a formula, or skips before one. */
const FORMULA = /^[=+\-@\t\r\n]/;

/**
 * Returns a cell that no spreadsheet runs as a formula: one that begins like a formula gets an apostrophe before it (and so does one that
 * begins with such a guard already, so that `unguardCell` gives back the cell itself).
 */
export function guardCell(cell: string): string {
  return FORMULA.test(cell) || /^'+[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
}

/**
 * Returns a cell without the apostrophe that `guardCell` put there.
 */
export function unguardCell(cell: string): string {
  return /^'+[=+\-@\t\r\n]/.test(cell) ? cell.slice(1) : cell;
}

/**
 * Returns a table as CSV text (CRLF, as spreadsheets write it), every cell guarded against formulas.
 */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  const quote = (cell: string): string => (/[",\r\n]/.test(cell) || /^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => `${row.map((cell) => quote(guardCell(cell))).join(',')}\r\n`).join('');
}
