/** Sample files: written as documents come, in any order, without holding them in memory; finished in order, atomically. */
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { at } from '../at.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import { BLOCK_BYTES, fileBytes, packBlock } from './gzip-blocks.js';
import type { SamplesForm } from './sample-name.js';

/** Bytes collected before they are written. */
const FLUSH_BYTES = 256 * 1024;
const LINE_END = 0x0a;

export interface SampleFile {
  readonly form: SamplesForm;
  /** Adds one line (without its line end) that belongs at `position` among all lines of the file. */
  add(position: number, line: string): Promise<void>;
  /** Puts the lines in the order of their positions and packs them where they are to be compact; the file is complete, still under its unfinished name. */
  seal(): Promise<void>;
  /** Gives the sealed file its name. Needs no room on the disk. */
  publish(path: string): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/**
 * Starts a sample file whose unfinished content lies at `partial`. No file stays open between writes, so many tasks may be under
 * way at once. All methods throw `UserError` when the disk is full or the folder cannot be written.
 */
export function openSampleFile(partial: string, form: SamplesForm = 'full'): SampleFile {
  const positions: number[] = [];
  const offsets: number[] = [];
  let written = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let ordered = true;
  let complete = form === 'full';
  let queue: Promise<void> = writeFile(partial, '').catch(fail(partial));
  // Someone awaits the queue later; a failure until then must not count as unhandled.
  queue.catch(() => undefined);

  const flush = (): Promise<void> => {
    const buffer = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    queue = queue.then(() => writeFile(partial, buffer, { flag: 'a' }).catch(fail(partial)));
    queue.catch(() => undefined);
    return queue;
  };

  return {
    form,
    add: async (position, line) => {
      const buffer = Buffer.from(`${line}\n`);
      const last = positions.at(-1);
      if (last !== undefined && position <= last) ordered = false;
      positions.push(position);
      offsets.push(written);
      written += buffer.length;
      waiting.push(buffer);
      waitingBytes += buffer.length;
      if (waitingBytes >= FLUSH_BYTES) await flush();
    },
    seal: async () => {
      await flush();
      if (!ordered) await replace(partial, inOrder(partial, positions, [...offsets, written])).catch(fail(partial));
      ordered = true;
      if (!complete) await replace(partial, packed(partial)).catch(fail(partial));
      complete = true;
    },
    publish: (path) => rename(partial, path).catch(fail(path)),
    discard: async () => {
      await queue.catch(() => undefined);
      await rm(partial, { force: true });
    },
  };
}

/**
 * Starts samples that are only kept in memory; `keep` gets their lines in order, each with its line end, when they are sealed.
 */
export function memorySamples(keep: (lines: Buffer) => void): SampleFile {
  let lines: { readonly position: number; readonly line: string }[] = [];
  return {
    form: 'full',
    add: async (position, line) => void lines.push({ position, line }),
    seal: async () => {
      lines.sort((a, b) => a.position - b.position);
      keep(Buffer.concat(lines.map(({ line }) => Buffer.from(`${line}\n`))));
    },
    publish: async () => {},
    discard: async () => {
      lines = [];
    },
  };
}

/** The lines in the order of their positions, in blocks; line `i` lies from `offsets[i]` to `offsets[i + 1]`. */
async function* inOrder(partial: string, positions: readonly number[], offsets: readonly number[]): AsyncGenerator<Buffer> {
  const order = [...positions.keys()].sort((a, b) => at(positions, a) - at(positions, b));
  const source = await open(partial, 'r');
  try {
    let block: Buffer[] = [];
    let bytes = 0;
    for (const i of order) {
      const start = at(offsets, i);
      const line = Buffer.alloc(at(offsets, i + 1) - start);
      await source.read(line, 0, line.length, start);
      block.push(line);
      bytes += line.length;
      if (bytes < FLUSH_BYTES) continue;
      yield Buffer.concat(block);
      [block, bytes] = [[], 0];
    }
    yield Buffer.concat(block);
  } finally {
    await source.close();
  }
}

/** The lines as gzip members of whole lines. */
async function* packed(partial: string): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of fileBytes(partial)) {
    const end = chunk.lastIndexOf(LINE_END) + 1;
    const full = end > 0 && bytes + end >= BLOCK_BYTES;
    if (full) {
      yield packBlock(Buffer.concat([...waiting, chunk.subarray(0, end)]));
      [waiting, bytes] = [[], 0];
    }
    const rest = full ? chunk.subarray(end) : chunk;
    waiting.push(rest);
    bytes += rest.length;
  }
  if (bytes > 0) yield packBlock(Buffer.concat(waiting));
}

/** Puts other content in the place of a file's. */
async function replace(file: string, content: AsyncIterable<Buffer>): Promise<void> {
  const fresh = `${file}.new`;
  await writeFile(fresh, content);
  await rename(fresh, file);
}

/**
 * Returns a handler that turns a failed write to `path` into one clear line.
 */
export function fail(path: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof UserError) throw error;
    const code = systemCode(error);
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new UserError(`${path}: the disk is full; free some space and give the same command again, finished answers are kept`, {
        cause: error,
      });
    }
    throw new UserError(`${path} cannot be written (${code ?? messageOf(error)}); choose another folder with --out`, { cause: error });
  };
}
