import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { parse as parseSync } from 'csv-parse/sync';
import { UserError } from '../errors.js';
import { fromEntries } from '../python/fields.js';
import type { Doc } from '../types.js';
import { type ColumnFacts, columnType, emptyFacts, noteCell, typedCell } from './csv-types.js';
import { MAX_LINE_BYTES, readChunks } from './lines.js';

/** Columns of a table that are still read. */
const MAX_COLUMNS = 10_000;

interface Row {
  readonly cells: readonly string[];
  /** Line on which the row ends, from 1. */
  readonly line: number;
}

/**
 * Yields the documents of a CSV or TSV file with a header row. Values are typed column by column as Python's `datasets` (pandas)
 * types them (csv-types.ts); that needs the whole column, so the file is read twice and nothing is kept;
 * `chunks` replaces the file's content.
 *
 * Throws `UserError` naming file and line for a broken quote, a row with too many fields, a doubled or missing header, bad UTF-8.
 */
export async function* readCsv(
  file: string,
  delimiter: string,
  chunks: () => AsyncIterable<Buffer> = () => readChunks(file),
): AsyncGenerator<Doc> {
  let columns: { readonly name: string; readonly facts: ColumnFacts }[] | null = null;
  for await (const row of readRows(file, delimiter, chunks())) {
    if (columns === null) {
      columns = checkHeader(file, row).map((name) => ({ name, facts: emptyFacts() }));
      continue;
    }
    if (row.cells.length > columns.length)
      throw new UserError(`${file}, line ${row.line}: ${row.cells.length} fields, but the header names ${columns.length}`);
    for (const [i, { facts }] of columns.entries()) noteCell(facts, row.cells[i] ?? '');
  }
  if (columns === null) throw new UserError(`${file}: empty; a header row with the names of the fields is expected`);
  const typed = columns.map(({ name, facts }) => ({ name, type: columnType(facts) }));
  let first = true;
  for await (const { cells } of readRows(file, delimiter, chunks())) {
    if (!first) yield fromEntries(typed.map(({ name, type }, i) => [name, typedCell(type, cells[i] ?? '')] as const));
    first = false;
  }
}

function checkHeader(file: string, row: Row): readonly string[] {
  if (row.cells.length > MAX_COLUMNS) throw new UserError(`${file}: ${row.cells.length} columns; at most ${MAX_COLUMNS} are read`);
  const doubled = row.cells.find((name, i) => row.cells.indexOf(name) !== i);
  if (doubled !== undefined) throw new UserError(`${file}: the header names column '${doubled}' twice`);
  if (row.cells.includes('')) throw new UserError(`${file}: column ${row.cells.indexOf('') + 1} has no name in the header`);
  return row.cells;
}

async function* readRows(file: string, delimiter: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: MAX_LINE_BYTES,
    raw: true,
  });
  const source = Readable.from(decoded(file, chunks));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const item of parser) {
      const { record, info, raw } = parsedRow(item);
      const [only = ''] = record;
      if (record.some((cell) => cell.startsWith('"'))) checkQuotes(file, info.lines, raw, delimiter);
      // A line of blanks alone is no row.
      if (record.length === 1 && only !== '' && only.trim() === '') continue;
      yield { cells: record, line: info.lines };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UserError(`${file}: ${error.message.replace(/\s+/g, ' ')}`);
  } finally {
    source.destroy();
    parser.destroy();
  }
}

interface ParsedRow {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
  readonly raw: string;
}

/** The shape that the options `raw` and `info` of csv-parse give; its types do not say so. */
function parsedRow(item: unknown): ParsedRow {
  if (!isParsedRow(item)) throw new Error('csv-parse gave a row of another shape');
  return item;
}

function isParsedRow(item: unknown): item is ParsedRow {
  return typeof item === 'object' && item !== null && 'record' in item && Array.isArray(item.record) && 'info' in item && 'raw' in item;
}

/** The relaxed quotes of csv-parse keep a field like `"ab"c` with its quotes, which nobody else does; so such a field is an error. */
function checkQuotes(file: string, line: number, raw: string, delimiter: string): void {
  try {
    parseSync(raw, { delimiter, relax_column_count: true, max_record_size: MAX_LINE_BYTES });
  } catch (error) {
    if (error instanceof CsvError && error.code === 'CSV_INVALID_CLOSING_QUOTE') {
      throw new UserError(`${file}, line ${line}: text after a closing quote`);
    }
  }
}

async function* decoded(file: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let lines = 1;
  const decode = (chunk?: Buffer): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw new UserError(`${file}, line ${lines} or later: not valid UTF-8; save the file as UTF-8`);
    }
  };
  for await (const chunk of chunks) {
    const text = decode(chunk);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
    if (text !== '') yield text;
  }
  const end = decode();
  if (end !== '') yield end;
}
