/**
 * Gzip files that can be read from the middle: whole lines in members of some hundred kilobytes, each of which says how long it is. Any gzip reads
 * them as one file.
 */
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createGunzip, gunzip, gzip } from 'node:zlib';

/** Bytes of lines in one member: enough for repeated prompts to cost next to nothing, little enough to unpack one for a single document. */
export const BLOCK_BYTES = 256 * 1024;

const HEADER = 10;
/** Two bytes with the length of the extra field, then the field: two letters, its length, and the size of the member in four bytes. */
const EXTRA = 10;
const HAS_EXTRA = 4;

/**
 * Returns the lines as one gzip member with its own size in the header (RFC 1952, 2.3.1.1).
 */
export async function packBlock(lines: Buffer): Promise<Buffer> {
  const plain = await promisify(gzip)(lines);
  const member = Buffer.concat([plain.subarray(0, HEADER), Buffer.alloc(EXTRA), plain.subarray(HEADER)]);
  member.writeUInt8(member.readUInt8(3) | HAS_EXTRA, 3);
  member.writeUInt16LE(EXTRA - 2, HEADER);
  member.write('EU', HEADER + 2, 'latin1');
  member.writeUInt16LE(4, HEADER + 4);
  member.writeUInt32LE(member.length, HEADER + 6);
  return member;
}

/** One member of a gzip file: where it lies, in bytes. */
export interface Block {
  readonly start: number;
  readonly size: number;
}

/**
 * Returns the members of a gzip file, or null where they do not say their sizes (a file that another program packed, or a damaged one).
 */
export async function blocksOf(file: FileHandle): Promise<readonly Block[] | null> {
  const { size } = await file.stat();
  const header = Buffer.alloc(HEADER + EXTRA);
  const blocks: Block[] = [];
  for (let start = 0; start < size; ) {
    const { bytesRead } = await file.read(header, 0, header.length, start);
    if (bytesRead < header.length || (header.readUInt8(3) & HAS_EXTRA) === 0 || header.toString('latin1', HEADER + 2, HEADER + 4) !== 'EU')
      return null;
    const length = header.readUInt32LE(HEADER + 6);
    if (length < header.length || start + length > size) return null;
    blocks.push({ start, size: length });
    start += length;
  }
  return blocks;
}

/**
 * Returns the unpacked lines of one member. Rejects with zlib's error where it is damaged.
 */
export async function unpackBlock(file: FileHandle, { start, size }: Block): Promise<Buffer> {
  const member = Buffer.alloc(size);
  await file.read(member, 0, size, start);
  return promisify(gunzip)(member);
}

/**
 * Yields the bytes of a file, unpacked where its name ends in `.gz`. Rejects with the error of the disk or of zlib.
 */
export async function* fileBytes(path: string): AsyncGenerator<Buffer> {
  const source = createReadStream(path, { highWaterMark: BLOCK_BYTES });
  if (!path.endsWith('.gz')) {
    yield* source;
    return;
  }
  const unpacked = createGunzip({ chunkSize: BLOCK_BYTES });
  source.on('error', (error) => unpacked.destroy(error));
  source.pipe(unpacked);
  try {
    yield* unpacked;
  } finally {
    source.destroy();
    unpacked.destroy();
  }
}
