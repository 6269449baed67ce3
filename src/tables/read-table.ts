/** Tables that people keep in spreadsheets: CSV with a comma, a semicolon or a tab, with or without a BOM, several sheets one below the other. */
import { readFile, stat } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { at } from '../at.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import { PLACEHOLDER_BYTES, refusePlaceholder } from '../placeholder-file.js';

/** One row: its cells in the order of the header, and the line of the file that it ends on. */
export interface TableRow {
  readonly line: number;
  readonly cells: readonly string[];
}

export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly TableRow[];
  /** True where numbers may be written with a comma: the cells are parted by something else, as in Spanish or Basque. */
  readonly decimalComma: boolean;
}

interface TableOptions {
  /** What the table holds, for messages: `the battles`. */
  readonly what: string;
  /** Takes blanks around cells off. */
  readonly trim: boolean;
}

/** Bytes of a table that are still read: a text may not be much longer. */
const MAX_BYTES = 500 * 1024 * 1024;
const DELIMITERS = [',', ';', '\t'] as const;

/**
 * Reads a table with a header. Throws `UserError` naming the file, and the line where there is one, when it cannot be read, is no UTF-8 (or UTF-16 with a BOM, as
 * spreadsheets write it), a row has too many or too few cells, or a column stands twice.
 */
export async function readTable(file: string, options: TableOptions): Promise<Table> {
  let bytes: Buffer;
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new UserError(`${file}: ${size} bytes; at most ${MAX_BYTES} are read`);
    bytes = await readFile(file);
    refusePlaceholder(bytes.toString('latin1', 0, PLACEHOLDER_BYTES), file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = systemCode(error);
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder; give a CSV file' : messageOf(error);
    throw new UserError(`cannot read ${options.what} ${file}: ${why}`);
  }
  return tableOf(textOf(bytes, file), file, options);
}

/**
 * Returns the table in a text; throws as `readTable` does. A header that stands again, in whatever order, begins another sheet of the same columns.
 */
export function tableOf(text: string, file: string, { trim }: Pick<TableOptions, 'trim'>): Table {
  const { delimiter, start } = delimiterOf(text);
  const rows: TableRow[] = [];
  let header: readonly string[] = [];
  /** Where the cell of each column of the header stands in the current sheet; null where it is in its place. */
  let places: readonly number[] | null = null;
  const take = (record: string[], line: number): void => {
    if (header.length === 0) {
      header = record.map((name) => name.trim());
      const twice = header.find((name, i) => header.indexOf(name) !== i && name !== '');
      if (twice !== undefined) throw new UserError(`${file}: the column '${twice}' stands twice in the header`);
      return;
    }
    const again = record.some(isName) ? namesIn(record) : null;
    if (again !== null && again.length === header.length && header.every((name) => again.includes(name))) {
      places = again.every((name, i) => name === header[i]) ? null : header.map((name) => again.indexOf(name));
      return;
    }
    if (record.length !== header.length) {
      const other = DELIMITERS.find((d) => d !== delimiter && record.join(delimiter).includes(header.join(d)));
      throw new UserError(
        other === undefined
          ? `${file}, line ${line}: ${record.length} cells, but the header has ${header.length}`
          : `${file}, line ${line}: a sheet begins whose cells are parted otherwise ('${shown(other)}', before '${shown(delimiter)}'); join sheets of one kind`,
      );
    }
    rows.push({ line, cells: places === null ? record : places.map((place) => at(record, place)) });
  };
  const isName = (cell: string): boolean => header.includes(bare(cell));
  try {
    parse(start === 0 ? text : text.slice(start), {
      bom: true,
      delimiter,
      skip_empty_lines: true,
      // Spreadsheets write rows of separators alone.
      skip_records_with_empty_values: true,
      relax_column_count: true,
      trim,
      on_record: (record: string[], { lines }) => {
        take(record, lines + (start > 0 ? 1 : 0));
        return null;
      },
    });
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(`${file}: no valid CSV: ${messageOf(error)}`);
    throw error;
  }
  return { header, rows, decimalComma: delimiter !== ',' };
}

/** A header of which only the first cell is a name may be a row of data; all cells must be. */
function namesIn(record: readonly string[]): readonly string[] {
  return record.map(bare);
}

/** Sheets put one below the other bring the BOM of the second along. */
function bare(cell: string): string {
  return cell.replace(/^\ufeff/, '').trim();
}

function shown(delimiter: string): string {
  return delimiter === '\t' ? 'tab' : delimiter;
}

/** The separator that stands most often in the first line, outside of quotes; a line `sep=;` before it, as spreadsheets read it, says it. */
function delimiterOf(text: string): { delimiter: string; start: number } {
  const said = /^\ufeff?sep=([,;\t])\r?\n/.exec(text);
  if (said !== null) return { delimiter: said[1] ?? ',', start: said[0].length };
  const first = /^\s*(?:[^\r\n"]|"[^"]*")*/.exec(text.slice(0, 100_000))?.[0].replace(/"[^"]*"/g, '') ?? '';
  const counts = DELIMITERS.map((d) => first.split(d).length);
  return { delimiter: at(DELIMITERS, counts.indexOf(Math.max(...counts))), start: 0 };
}

/**
 * Returns the text of a file: UTF-8, or UTF-16 with its BOM. Throws `UserError` when it is neither.
 */
export function textOf(bytes: Buffer, file: string): string {
  const wide = bytes.length >= 16 && bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    return new TextDecoder(wide ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${file}: it is not UTF-8; save it as "CSV UTF-8"`);
  }
}

/**
 * Returns the number in a cell, with a decimal point or, where the table allows it, a decimal comma; null when it is none.
 */
export function numberIn(cell: string, { decimalComma }: Pick<Table, 'decimalComma'>): number | null {
  const text = decimalComma && /^[+-]?\d+,\d+$/.test(cell.trim()) ? cell.trim().replace(',', '.') : cell.trim();
  const value = Number(text);
  return text === '' || !Number.isFinite(value) ? null : value;
}
