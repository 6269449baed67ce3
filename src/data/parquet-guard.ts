import type { CompressionCodec } from 'hyparquet';
import { at } from '../at.js';
import { decompressPage, MAX_PAGE_BYTES } from './parquet-codecs.js';
import { type ByteReader, readThrift, readVarint, type ThriftStruct } from './thrift.js';

/** Values of one column in one row group that are still read. */
const MAX_VALUES = 10_000_000;

const PAGE = { data: 0, dictionary: 2, dataV2: 3 } as const;
const ENCODING = { plain: 0, plainDictionary: 2, rle: 3, deltaBinary: 5, deltaLength: 6, rleDictionary: 8, byteStreamSplit: 9 } as const;
const KNOWN_ENCODINGS: ReadonlySet<unknown> = new Set(Object.values(ENCODING));

/** What must be known of a column chunk to check its pages. */
export interface ChunkFacts {
  readonly codec: CompressionCodec;
  readonly boolean: boolean;
  /** Values that the footer promises, nulls included. */
  readonly values: number;
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

/**
 * Checks the pages of one column chunk before hyparquet decodes them: sizes within the chunk, known encodings, as many values as the footer
 * says, no run of repeated values longer than the page. hyparquet trusts all of these, so a few hostile bytes could otherwise fill the memory.
 * Throws a plain `Error` with a few words.
 *
 * Source: the Apache Parquet format (parquet.thrift, Encodings.md).
 */
export function checkPages(chunk: Uint8Array, facts: ChunkFacts): void {
  if (facts.values > MAX_VALUES) throw new Error(`${facts.values} values in one row group; at most ${MAX_VALUES} are read`);
  const reader: ByteReader = { bytes: chunk, at: 0 };
  let values = 0;
  while (reader.at < chunk.length - 1) {
    const header = readThrift(reader);
    const compressed = size(header, 3, chunk.length - reader.at, 'compressed page size');
    const uncompressed = size(header, 2, MAX_PAGE_BYTES, 'page size');
    const page = chunk.subarray(reader.at, reader.at + compressed);
    reader.at += compressed;
    if (header[1] === PAGE.dictionary) checkDictionary(inner(header, 7), uncompressed);
    else if (header[1] === PAGE.data) values += checkData(page, inner(header, 5), uncompressed, facts);
    else if (header[1] === PAGE.dataV2) values += checkDataV2(page, inner(header, 8), uncompressed, facts);
    else throw new Error('unknown kind of page');
    if (values > facts.values) break;
  }
  if (values !== facts.values) throw new Error(`${values} values in the pages, ${facts.values} in the footer`);
}

function checkDictionary(header: ThriftStruct, uncompressed: number): void {
  // A boolean takes a bit, everything else more.
  size(header, 1, Math.min(MAX_VALUES, uncompressed * 8), 'dictionary size');
  if (header[2] !== ENCODING.plain && header[2] !== ENCODING.plainDictionary) throw new Error('unknown dictionary encoding');
}

function checkData(page: Uint8Array, header: ThriftStruct, uncompressed: number, facts: ChunkFacts): number {
  const values = size(header, 1, facts.values, 'number of values');
  const encoding = checkEncoding(header[2]);
  const reader: ByteReader = { bytes: decompressPage(facts.codec, page, uncompressed), at: 0 };
  for (const max of [facts.maxRepetition, facts.maxDefinition]) {
    if (max === 0) continue;
    const end = prefixedEnd(reader);
    checkRuns(reader, bitWidth(max), values, true);
    if (reader.at > end) throw new Error('levels run over their end');
    reader.at = end;
  }
  checkValues(reader, encoding, values, facts);
  return values;
}

function checkDataV2(page: Uint8Array, header: ThriftStruct, uncompressed: number, facts: ChunkFacts): number {
  const values = size(header, 1, facts.values, 'number of values');
  size(header, 2, values, 'number of nulls');
  const encoding = checkEncoding(header[4]);
  const definition = size(header, 5, Math.min(page.length, uncompressed), 'length of levels');
  const repetition = size(header, 6, Math.min(page.length, uncompressed) - definition, 'length of levels');
  const levels: ByteReader = { bytes: page.subarray(0, repetition), at: 0 };
  if (facts.maxRepetition > 0) checkRuns(levels, bitWidth(facts.maxRepetition), values, true);
  const nulls: ByteReader = { bytes: page.subarray(repetition, repetition + definition), at: 0 };
  if (facts.maxDefinition > 0) checkRuns(nulls, bitWidth(facts.maxDefinition), values, true);
  const rest = page.subarray(repetition + definition);
  const length = uncompressed - repetition - definition;
  const bytes = header[7] === false ? rest : decompressPage(facts.codec, rest, length);
  checkValues({ bytes, at: 0 }, encoding, values, facts);
  return values;
}

function checkValues(reader: ByteReader, encoding: number, values: number, facts: ChunkFacts): void {
  if (encoding === ENCODING.rle && facts.boolean) {
    // The length stands in front; a page of nulls alone may have nothing at all.
    if (reader.at + 4 <= reader.bytes.length) prefixedEnd(reader);
    checkRuns(reader, 1, values, false);
  } else if (encoding === ENCODING.plainDictionary || encoding === ENCODING.rleDictionary) {
    if (reader.at >= reader.bytes.length) return;
    const width = at(reader.bytes, reader.at++);
    if (width > 32) throw new Error('dictionary indices wider than 32 bits');
    checkRuns(reader, width, values, false);
  } else if (encoding === ENCODING.rle) {
    throw new Error('run-length encoding of values that are no booleans');
  } else if (encoding === ENCODING.deltaBinary || encoding === ENCODING.deltaLength) {
    if (reader.at >= reader.bytes.length) return;
    readVarint(reader);
    if (readVarint(reader) > 65_536) throw new Error('too many blocks in a delta encoding');
  }
}

/**
 * Walks runs of the run-length/bit-packed hybrid. A run may hold at most what is left (bit-packed ones: up to seven more, their padding).
 * With `exact` the runs must give all `values`; else they may end with the bytes, because nulls have no value.
 */
function checkRuns(reader: ByteReader, width: number, values: number, exact: boolean): void {
  const bytes = Math.ceil(width / 8);
  let seen = 0;
  while (seen < values) {
    if (!exact && reader.at >= reader.bytes.length) return;
    const header = readVarint(reader);
    const packed = header % 2 === 1;
    const count = packed ? ((header - 1) / 2) * 8 : header / 2;
    const allowed = values - seen + (packed ? 7 : 0);
    if (count > allowed) {
      // What follows the last value may be padding that reads like a run; hyparquet does not look at it either.
      if (!exact && seen > 0 && packed) return;
      throw new Error('a run is longer than its page');
    }
    if (exact && count === 0) throw new Error('an empty run');
    reader.at += packed ? (count / 8) * width : bytes;
    seen += count;
  }
}

function prefixedEnd(reader: ByteReader): number {
  const { bytes, at } = reader;
  if (at + 4 > bytes.length) throw new Error('the bytes end too early');
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
  if (length > bytes.length - at - 4) throw new Error('levels are longer than their page');
  reader.at = at + 4;
  return at + 4 + length;
}

function checkEncoding(encoding: unknown): number {
  if (typeof encoding !== 'number' || !KNOWN_ENCODINGS.has(encoding)) {
    throw new Error(
      `encoding ${encoding === 7 ? 'DELTA_BYTE_ARRAY' : String(encoding)} is not read; write the file with dictionary or plain encoding`,
    );
  }
  return encoding;
}

function bitWidth(value: number): number {
  return 32 - Math.clz32(value);
}

function inner(header: ThriftStruct, field: number): ThriftStruct {
  const value = header[field];
  if (typeof value !== 'object') throw new Error('a page header is incomplete');
  return value;
}

function size(header: ThriftStruct, field: number, most: number, what: string): number {
  const value = header[field];
  if (typeof value !== 'number' || !(value >= 0 && value <= most)) throw new Error(`${what} ${String(value)} is not possible here`);
  return value;
}
