/** The entries of a zip archive that holds its files uncompressed, as PyTorch writes it: where their bytes lie. Sizes and places are checked against the file before anything is read. */
import type { FileHandle } from 'node:fs/promises';

/** Where the bytes of an entry lie in the archive. */
export interface ZipEntry {
  readonly offset: number;
  readonly length: number;
}

const END = 0x06054b50;
const END_SIZE = 22;
const END64 = 0x06064b50;
const END64_SIZE = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_SIZE = 20;
const CENTRAL = 0x02014b50;
const CENTRAL_SIZE = 46;
const LOCAL = 0x04034b50;
const LOCAL_SIZE = 30;
const EXTRA64 = 1;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;
/** The largest models have some ten thousand tensors. */
const MOST_ENTRIES = 1_000_000;
const MOST_DIRECTORY = 256 * 1024 * 1024;

/** Bytes of the file; throws through `fail` where it ends before. */
async function bytesAt(handle: FileHandle, offset: number, length: number, size: number, fail: (what: string) => never): Promise<Buffer> {
  if (offset < 0 || length < 0 || offset + length > size) return fail('is truncated or no file of PyTorch; fetch it again');
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  return bytesRead < length ? fail('is truncated; fetch it again') : bytes;
}

/** Place, size and number of entries of the directory. */
async function directory(
  handle: FileHandle,
  size: number,
  fail: (what: string) => never,
): Promise<{ offset: number; length: number; count: number }> {
  const tailLength = Math.min(size, END_SIZE + FULL_16);
  const tail = await bytesAt(handle, size - tailLength, tailLength, size, fail);
  let at = tail.length - END_SIZE;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
  if (at < 0) return fail('has no end of a zip archive: it is truncated or no file of PyTorch; fetch it again');
  const plain = { count: tail.readUInt16LE(at + 10), length: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
  if (plain.count !== FULL_16 && plain.length !== FULL_32 && plain.offset !== FULL_32) return plain;
  const locator = await bytesAt(handle, size - tailLength + at - LOCATOR64_SIZE, LOCATOR64_SIZE, size, fail);
  if (locator.readUInt32LE(0) !== LOCATOR64) return fail('is a damaged zip archive');
  const end = await bytesAt(handle, Number(locator.readBigUInt64LE(8)), END64_SIZE, size, fail);
  if (end.readUInt32LE(0) !== END64) return fail('is a damaged zip archive');
  return { count: Number(end.readBigUInt64LE(32)), length: Number(end.readBigUInt64LE(40)), offset: Number(end.readBigUInt64LE(48)) };
}

/** Sizes and place of an entry where they do not fit into 32 bits. */
function wide(extra: Buffer, sizes: { stored: number; whole: number; local: number }): typeof sizes {
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    const field = extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    if (id !== EXTRA64) continue;
    let next = 0;
    const own = (value: number): number => {
      if (value !== FULL_32 || next + 8 > field.length) return value;
      next += 8;
      return Number(field.readBigUInt64LE(next - 8));
    };
    const whole = own(sizes.whole);
    return { whole, stored: own(sizes.stored), local: own(sizes.local) };
  }
  return sizes;
}

/**
 * Returns the entries of the archive by name. Throws what `fail` throws for an archive that is damaged, compressed or encrypted, that names a file twice, or whose entries reach beyond
 * the file.
 */
export async function zipEntries(handle: FileHandle, size: number, fail: (what: string) => never): Promise<Map<string, ZipEntry>> {
  const { offset, length, count } = await directory(handle, size, fail);
  if (count > MOST_ENTRIES || length > MOST_DIRECTORY || count * CENTRAL_SIZE > length)
    return fail(`is a damaged zip archive: a directory of ${count} entries in ${length} bytes`);
  const bytes = await bytesAt(handle, offset, length, size, fail);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > length || bytes.readUInt32LE(at) !== CENTRAL) return fail('is a damaged zip archive');
    const [flags, method] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
    const [nameLength, extraLength, commentLength] = [
      bytes.readUInt16LE(at + 28),
      bytes.readUInt16LE(at + 30),
      bytes.readUInt16LE(at + 32),
    ];
    const name = bytes.toString('utf8', at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength);
    const extra = bytes.subarray(at + CENTRAL_SIZE + nameLength, at + CENTRAL_SIZE + nameLength + extraLength);
    const short = { stored: bytes.readUInt32LE(at + 20), whole: bytes.readUInt32LE(at + 24), local: bytes.readUInt32LE(at + 42) };
    const { stored, whole, local } = wide(extra, short);
    at += CENTRAL_SIZE + nameLength + extraLength + commentLength;
    if (method !== 0 || stored !== whole)
      return fail(
        `entry ${JSON.stringify(name)} is compressed, which a state dict never is (TorchScript, a program, is not read); refused`,
      );
    if ((flags & 1) !== 0) return fail(`entry ${JSON.stringify(name)} is encrypted; refused`);
    if (entries.has(name)) return fail(`entry ${JSON.stringify(name)} is there twice; refused`);
    const head = await bytesAt(handle, local, LOCAL_SIZE, size, fail);
    if (head.readUInt32LE(0) !== LOCAL) return fail('is a damaged zip archive');
    const start = local + LOCAL_SIZE + head.readUInt16LE(26) + head.readUInt16LE(28);
    if (start + whole > size)
      return fail(`is truncated: entry ${JSON.stringify(name)} ends at byte ${start + whole}, file has ${size} bytes; fetch it again`);
    entries.set(name, { offset: start, length: whole });
  }
  return entries;
}
