import {
  type FileMetaData,
  type ParquetParsers,
  parquetMetadata,
  parquetRead,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import { at } from '../at.js';
import { messageOf, UserError } from '../errors.js';
import type { Doc, Value } from '../types.js';
import { type ByteSource, openFile } from './byte-source.js';
import { codecs } from './parquet-codecs.js';
import { checkPages } from './parquet-guard.js';
import { type Convert, converterOf, objectBuilder, UnreadableColumn } from './parquet-types.js';
import { readThrift } from './thrift.js';

const MAX_FOOTER_BYTES = 64 * 1024 * 1024;
const MAX_COLUMNS = 10_000;
/** Bytes of one row group, compressed or not, that are still read; a row group is what is in memory at once. */
const MAX_GROUP_BYTES = 1024 * 1024 * 1024;
const MAGIC = 'PAR1';

/** hyparquet's own parsers lose microseconds, leading byte order marks and broken UTF-8; these keep what is there. */
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value) => value,
  timestampFromMicroseconds: (value) => value,
  timestampFromNanoseconds: (value) => value,
  dateFromDays: (value) => value,
  stringFromBytes: text,
  jsonFromBytes: text,
};
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(bytes: Uint8Array | undefined | null): string | null | undefined {
  return bytes === undefined || bytes === null ? bytes : utf8.decode(bytes);
}

/**
 * Yields the documents of a parquet file, as Python's `datasets` gives them (parquet-types.ts). One row group is in memory at a time.
 * Throws `UserError` naming the file when it is broken, hostile, or has a column that no document can hold.
 */
export async function* readParquet(file: string): AsyncGenerator<Doc> {
  const source = await openFile(file);
  try {
    const metadata = await readFooter(source);
    const columns = readSchema(metadata);
    for (const group of metadata.row_groups) yield* readGroup(source, metadata, group, columns);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof UnreadableColumn) throw new UserError(`${file}: ${error.message}`);
    throw new UserError(`${file}: not a readable parquet file: ${messageOf(error).replace(/^parquet /, '')}`);
  } finally {
    await source.close();
  }
}

interface Column {
  readonly name: string;
  readonly convert: Convert;
}

async function readFooter(source: ByteSource): Promise<FileMetaData> {
  const { size } = source;
  if (size < 12) throw new Error('too short');
  const tail = await source.read(size - 8, size);
  if (tail.toString('latin1', 4) !== MAGIC) throw new Error(`it does not end with ${MAGIC}`);
  const length = tail.readUInt32LE(0);
  if (length > size - 12 || length > MAX_FOOTER_BYTES) throw new Error(`a footer of ${length} bytes is not possible`);
  const footer = await source.read(size - 8 - length, size);
  // Checks sizes and nesting first: hyparquet allocates what the bytes claim.
  readThrift({ bytes: footer.subarray(0, length), at: 0 });
  const metadata = parquetMetadata(footer, { parsers: PARSERS, geoparquet: false });
  if (metadata.schema.length > MAX_COLUMNS) throw new Error(`${metadata.schema.length} columns; at most ${MAX_COLUMNS} are read`);
  return metadata;
}

function readSchema(metadata: FileMetaData): Column[] {
  const root = parquetSchema(metadata);
  const names = root.children.map((child) => child.element.name);
  if (names.length === 0) throw new Error('no columns');
  if (new Set(names).size !== names.length) throw new Error('a column name occurs twice');
  return root.children.map((child) => ({ name: child.element.name, convert: converterOf(child) }));
}

async function* readGroup(source: ByteSource, metadata: FileMetaData, group: RowGroup, columns: readonly Column[]): AsyncGenerator<Doc> {
  const rows = Number(group.num_rows);
  if (!Number.isSafeInteger(rows) || rows < 0) throw new Error(`${rows} rows in a row group`);
  if (rows === 0) return;
  const { size } = source;
  const range = groupRange(group, size);
  const bytes = await source.read(range.start, range.end);
  checkGroup(metadata, group, bytes, range.start);
  const parts = new Map<string, ArrayLike<unknown>[]>();
  await parquetRead({
    file: {
      byteLength: size,
      slice: (start, end = size) => {
        if (!(start >= range.start && end <= range.end && start <= end)) throw new Error('data outside the row group');
        return new Uint8Array(bytes.subarray(start - range.start, end - range.start)).buffer;
      },
    },
    metadata: { ...metadata, row_groups: [group], num_rows: group.num_rows },
    compressors: codecs,
    parsers: PARSERS,
    utf8: false,
    onChunk: ({ columnName, columnData }) => {
      const chunks = parts.get(columnName);
      if (chunks === undefined) parts.set(columnName, [columnData]);
      else chunks.push(columnData);
    },
  });
  const fields = columns.map(({ name, convert }) => ({ convert, values: joinChunks(name, parts.get(name) ?? [], rows) }));
  parts.clear();
  const build = objectBuilder(columns.map(({ name }) => name));
  const valueAt = (field: number, row: number): Value => {
    const { convert, values } = at(fields, field);
    return convert(values[row]);
  };
  for (let row = 0; row < rows; row++) yield build((field) => valueAt(field, row));
}

/** The values of a column in one array. Throws when there are not `rows` of them. */
function joinChunks(name: string, chunks: readonly ArrayLike<unknown>[], rows: number): ArrayLike<unknown> {
  const [first] = chunks;
  const all = chunks.length === 1 && first !== undefined ? first : chunks.flatMap((chunk) => Array.from(chunk));
  if (all.length !== rows) throw new Error(`column ${name} has ${all.length} values for ${rows} rows`);
  return all;
}

/** The bytes that hold all column chunks of a row group. */
function groupRange(group: RowGroup, size: number): { start: number; end: number } {
  let start = size;
  let end = 0;
  for (const chunk of group.columns) {
    const range = chunkRange(chunk.meta_data, size);
    start = Math.min(start, range.start);
    end = Math.max(end, range.end);
  }
  if (end - start > MAX_GROUP_BYTES) throw new Error(`a row group of ${end - start} bytes; at most ${MAX_GROUP_BYTES} are read`);
  if (end < start) throw new Error('a row group without columns');
  return { start, end };
}

function chunkRange(meta: RowGroup['columns'][number]['meta_data'], size: number): { start: number; end: number } {
  if (meta === undefined) throw new Error('a column without metadata');
  // As hyparquet finds it: the dictionary comes first where there is one.
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const end = start + Number(meta.total_compressed_size);
  if (!(start >= 0 && start <= end && end <= size)) throw new Error(`column ${meta.path_in_schema.join('.')} lies outside the file`);
  return { start, end };
}

function checkGroup(metadata: FileMetaData, group: RowGroup, bytes: Uint8Array, offset: number): void {
  let uncompressed = 0;
  for (const chunk of group.columns) {
    const meta = chunk.meta_data;
    const range = chunkRange(meta, offset + bytes.length);
    if (meta === undefined) continue;
    uncompressed += Number(meta.total_uncompressed_size);
    if (!(uncompressed >= 0 && uncompressed <= MAX_GROUP_BYTES))
      throw new Error(`a row group of ${uncompressed} bytes; at most ${MAX_GROUP_BYTES} are read`);
    const path = pathOf(metadata, meta.path_in_schema);
    const name = meta.path_in_schema.join('.');
    try {
      if (path.at(-1)?.element.type !== meta.type) throw new Error('its type differs from the schema');
      checkPages(bytes.subarray(range.start - offset, range.end - offset), {
        codec: meta.codec,
        boolean: meta.type === 'BOOLEAN',
        values: Number(meta.num_values),
        maxDefinition: path.filter(({ element }) => element.repetition_type !== 'REQUIRED').length,
        maxRepetition: path.filter(({ element }) => element.repetition_type === 'REPEATED').length,
      });
    } catch (error) {
      throw new Error(`column ${name}: ${messageOf(error)}`);
    }
  }
}

/** Schema nodes from below the root down to a column. */
function pathOf(metadata: FileMetaData, names: readonly string[]): SchemaTree[] {
  let node = parquetSchema(metadata);
  return names.map((name) => {
    const child = node.children.find(({ element }) => element.name === name);
    if (child === undefined) throw new Error(`column ${names.join('.')} is not in the schema`);
    node = child;
    return child;
  });
}
