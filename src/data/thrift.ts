/** The fields of a Thrift structure that matter here: integers, booleans and inner structures by field number; the rest is only measured. */
export interface ThriftStruct {
  readonly [field: number]: number | boolean | ThriftStruct;
}

export interface ByteReader {
  readonly bytes: Uint8Array;
  at: number;
}

const MAX_DEPTH = 24;
/** Structures in one message; a parquet footer has a handful for each column of each row group. */
const MAX_STRUCTS = 2_000_000;

/**
 * Reads one structure of Thrift's compact protocol and moves the reader behind it. It never allocates more than the bytes justify:
 * lengths are held against what is left, nesting and the number of structures are bounded.
 * Throws a plain `Error` with a few words when the bytes are broken.
 *
 * Source: the "Thrift compact protocol" specification of Apache Thrift.
 */
export function readThrift(reader: ByteReader): ThriftStruct {
  return readStruct(reader, 0, { structs: 0 });
}

function readStruct(reader: ByteReader, depth: number, count: { structs: number }): ThriftStruct {
  if (depth > MAX_DEPTH) throw new Error('structures nest too deeply');
  if (++count.structs > MAX_STRUCTS) throw new Error('too many structures');
  const fields: Record<number, number | boolean | ThriftStruct> = {};
  let id = 0;
  for (;;) {
    const byte = nextByte(reader);
    const type = byte & 0x0f;
    if (type === 0) return fields;
    id = byte >> 4 === 0 ? unzigzag(readVarint(reader)) : id + (byte >> 4);
    const value = readField(reader, type, depth, count);
    if (value !== null && id >= 0) fields[id] = value;
  }
}

function readField(reader: ByteReader, type: number, depth: number, count: { structs: number }): number | boolean | ThriftStruct | null {
  switch (type) {
    case 1:
    case 2:
      return type === 1;
    case 3:
      return (nextByte(reader) << 24) >> 24;
    case 4:
    case 5:
    case 6:
      return unzigzag(readVarint(reader));
    case 7:
      skip(reader, 8);
      return null;
    case 8:
      skip(reader, readVarint(reader));
      return null;
    case 9:
      readList(reader, depth, count);
      return null;
    case 12:
      return readStruct(reader, depth + 1, count);
    default:
      throw new Error(`unknown field type ${type}`);
  }
}

function readList(reader: ByteReader, depth: number, count: { structs: number }): void {
  if (depth > MAX_DEPTH) throw new Error('lists nest too deeply');
  const byte = nextByte(reader);
  const size = byte >> 4 === 15 ? readVarint(reader) : byte >> 4;
  const type = byte & 0x0f;
  // Every element takes a byte at least.
  if (size > reader.bytes.length - reader.at) throw new Error('a list is longer than the file');
  for (let i = 0; i < size; i++) readField(reader, type === 1 || type === 2 ? 3 : type, depth + 1, count);
}

/**
 * Reads an unsigned variable-length integer. Throws for more than ten bytes. Values beyond 2^53 lose precision, which bounds checks refuse anyway.
 */
export function readVarint(reader: ByteReader): number {
  let value = 0;
  let factor = 1;
  for (let i = 0; i < 10; i++) {
    const byte = nextByte(reader);
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 128;
  }
  throw new Error('an integer is too long');
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function nextByte(reader: ByteReader): number {
  const byte = reader.bytes[reader.at++];
  if (byte === undefined) throw new Error('the bytes end too early');
  return byte;
}

function skip(reader: ByteReader, length: number): void {
  if (length > reader.bytes.length - reader.at) throw new Error('a text is longer than the file');
  reader.at += length;
}
