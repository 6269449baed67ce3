/** Reading one sample file by places: plain files and packed ones look the same from outside. */
import { type FileHandle, open } from 'node:fs/promises';
import { at } from '../at.js';
import { messageOf, UserError } from '../errors.js';
import { type Block, blocksOf, fileBytes, unpackBlock } from '../results/gzip-blocks.js';

/** Unpacked members that are kept: a screen of documents lies in few of them. */
const KEPT_BLOCKS = 8;

export interface SampleSource {
  readonly path: string;
  /** All bytes, unpacked, in pieces that need not end at a line end. */
  chunks(): AsyncIterable<Buffer>;
  /** The bytes of one line, unpacked, at a place that an index named. */
  line(start: number, end: number): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a sample file. Throws `UserError` when it cannot be opened.
 */
export async function openSampleSource(path: string): Promise<SampleSource> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  });
  if (!path.endsWith('.gz'))
    return { path, chunks: () => fileBytes(path), line: (start, end) => readAt(file, start, end), close: () => file.close() };
  const blocks = await blocksOf(file);
  return blocks === null ? foreignSource(path, file) : packedSource(path, file, blocks);
}

async function readAt(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) throw new UserError('the sample file has become shorter; start `view` again');
    done += bytesRead;
  }
  return bytes;
}

function packedSource(path: string, file: FileHandle, blocks: readonly Block[]): SampleSource {
  /** Where each block begins in the unpacked file, known for those that have been read once. */
  const starts: number[] = [0];
  const kept = new Map<number, Promise<Buffer>>();
  const unpacked = (i: number): Promise<Buffer> => {
    const block = blocks[i];
    if (block === undefined) throw new UserError(`${path}: no such place; the file has changed, start \`view\` again`);
    const known = kept.get(i);
    const bytes = known ?? unpackBlock(file, block);
    kept.delete(i);
    kept.set(i, bytes);
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_BLOCKS) break;
      kept.delete(oldest);
    }
    return bytes;
  };
  return {
    path,
    chunks: async function* () {
      for (const [i, block] of blocks.entries()) {
        const bytes = await unpackBlock(file, block);
        starts[i + 1] = at(starts, i) + bytes.length;
        yield bytes;
      }
    },
    line: async (start, end) => {
      let [low, high] = [0, starts.length - 1];
      while (low + 1 < high) {
        const middle = (low + high) >> 1;
        if (at(starts, middle) <= start) low = middle;
        else high = middle;
      }
      const offset = at(starts, low);
      return (await unpacked(low)).subarray(start - offset, end - offset);
    },
    close: () => file.close(),
  };
}

/** Packed by another program into one piece: to read a line is to unpack all before it. */
function foreignSource(path: string, file: FileHandle): SampleSource {
  return {
    path,
    chunks: () => fileBytes(path),
    line: async (start, end) => {
      const parts: Buffer[] = [];
      let offset = 0;
      for await (const chunk of fileBytes(path)) {
        if (offset + chunk.length > start) parts.push(chunk.subarray(Math.max(0, start - offset), Math.max(0, end - offset)));
        offset += chunk.length;
        if (offset >= end) break;
      }
      return Buffer.concat(parts);
    },
    close: () => file.close(),
  };
}
