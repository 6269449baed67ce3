/** Append-only files of answers. Every record has a checksum, so that nothing a disk or a kill does to a file can be taken for an answer. */
import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { systemCode } from '../errors.js';
import { fileNameOf } from '../file-name.js';

export interface AnswerLog {
  /** The text stored last under a key, or null. */
  get(key: string): string | null;
  /** Resolves when the text is on disk. Rejects with the system's error when it cannot be written; every later call then rejects too. */
  put(key: string, text: string): Promise<void>;
  /** Forgets everything that was stored before now. */
  clear(): void;
  close(): Promise<void>;
  /** Keys that have a text. */
  readonly size: number;
  /** Damaged records that were skipped when the files were read. */
  readonly damaged: number;
}

/** Where the text of a record lies. */
interface Place {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

interface Waiting {
  readonly key: string;
  readonly record: Buffer;
  readonly stored: () => void;
  readonly failed: (error: unknown) => void;
}

/** A record is one line: eight digits of the checksum of the rest, a blank, the key, a blank, the text. */
const CHECKSUM_DIGITS = 8;
/** Bytes of a key: a SHA-256 in base64url. */
const KEY_LENGTH = 43;
const TEXT_START = CHECKSUM_DIGITS + 1 + KEY_LENGTH + 1;
const CHUNK = 1 << 20;
/** A longer stretch without a line end is no record; it is skipped without being held. */
const MAX_RECORD = 64 << 20;
const LINE_END = 10;

/**
 * Opens the log of the files in `folder` whose names begin with `prefix`. Only places are kept in memory, not texts. A process writes to
 * a file of its own and reads those of all others, so processes that run at the same time never write into one another's records.
 *
 * Throws the system's error when the folder or a file in it cannot be read.
 */
export function openAnswerLog(folder: string, prefix: string): AnswerLog {
  const places = new Map<string, Place>();
  const files = readdirSync(folder)
    .filter((name) => name.startsWith(`${prefix}.`) && name.endsWith('.log'))
    .map((name) => path.join(folder, name))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  let damaged = 0;
  for (const file of files) damaged += readPlaces(file, places);
  let reading: { readonly file: string; readonly descriptor: number } | null = null;
  let own: { readonly file: string; readonly handle: FileHandle; size: number } | null = null;
  let waiting: Waiting[] = [];
  let writer: Promise<void> | null = null;
  let broken: { readonly error: unknown } | null = null;

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    own ??= { ...(await newFile(folder, prefix)), size: 0 };
    await own.handle.appendFile(Buffer.concat(batch.map(({ record }) => record)));
    await sync(own.handle);
    for (const { key, record, stored } of batch) {
      places.set(key, { file: own.file, offset: own.size + TEXT_START, length: record.length - TEXT_START - 1 });
      own.size += record.length;
      stored();
    }
  };
  // One write at a time takes everything that has come in the meantime: a slow disk makes the writes larger, not more.
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (broken !== null) throw broken.error;
        await write(batch);
      } catch (error) {
        // A record may be half-written now; what came behind it could not be told from it.
        broken ??= { error };
        for (const { failed } of batch) failed(error);
      }
    }
    writer = null;
  };

  return {
    get: (key) => {
      const place = places.get(key);
      if (place === undefined) return null;
      if (reading?.file !== place.file) {
        if (reading !== null) closeSync(reading.descriptor);
        reading = { file: place.file, descriptor: openSync(place.file, 'r') };
      }
      const text = Buffer.allocUnsafe(place.length);
      return readSync(reading.descriptor, text, 0, place.length, place.offset) === place.length ? text.toString('utf8') : null;
    },
    put: (key, text) =>
      new Promise((stored, failed) => {
        waiting.push({ key, record: recordOf(key, text), stored, failed });
        writer ??= drain();
      }),
    clear: () => {
      places.clear();
      if (reading !== null) closeSync(reading.descriptor);
      reading = null;
      for (const file of files) rmSync(file, { force: true });
    },
    close: async () => {
      await writer;
      if (reading !== null) closeSync(reading.descriptor);
      reading = null;
      await own?.handle.close();
    },
    get size() {
      return places.size;
    },
    damaged,
  };
}

function recordOf(key: string, text: string): Buffer {
  const body = Buffer.from(` ${key} ${text}\n`);
  const checksum = crc32(body.subarray(1, -1)).toString(16).padStart(CHECKSUM_DIGITS, '0');
  return Buffer.concat([Buffer.from(checksum, 'latin1'), body]);
}

/** A file that no other process writes to; the name says whose it is. */
async function newFile(folder: string, prefix: string): Promise<{ file: string; handle: FileHandle }> {
  for (let i = 0; ; i++) {
    const file = path.join(folder, `${prefix}.${fileNameOf(hostname())}-${process.pid}-${i}.log`);
    try {
      return { file, handle: await open(file, 'ax') };
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }
}

/** Some file systems cannot be told to write through; a kill loses nothing there either. */
async function sync(handle: FileHandle): Promise<void> {
  try {
    await handle.datasync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(systemCode(error) ?? '')) throw error;
  }
}

/** Adds the places of all sound records of a file; returns how many lines are damaged. A last line without an end was cut by a kill. */
function readPlaces(file: string, places: Map<string, Place>): number {
  if (!existsSync(file)) return 0;
  const descriptor = openSync(file, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    let rest: Buffer = Buffer.alloc(0);
    let start = 0;
    let damaged = 0;
    for (let at = 0; ; ) {
      const read = readSync(descriptor, chunk, 0, CHUNK, at);
      if (read === 0) break;
      at += read;
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
      let from = 0;
      for (let end = bytes.indexOf(LINE_END, from); end >= 0; end = bytes.indexOf(LINE_END, from)) {
        const line = bytes.subarray(from, end);
        if (isSound(line)) {
          const key = line.toString('latin1', CHECKSUM_DIGITS + 1, TEXT_START - 1);
          places.set(key, { file, offset: start + from + TEXT_START, length: line.length - TEXT_START });
        } else damaged += 1;
        from = end + 1;
      }
      rest = bytes.subarray(from);
      start += from;
      if (rest.length > MAX_RECORD) {
        start += rest.length;
        rest = Buffer.alloc(0);
      }
    }
    return damaged;
  } finally {
    closeSync(descriptor);
  }
}

function isSound(line: Buffer): boolean {
  if (line.length < TEXT_START || line[CHECKSUM_DIGITS] !== 0x20 || line[TEXT_START - 1] !== 0x20) return false;
  return crc32(line.subarray(CHECKSUM_DIGITS + 1)) === Number.parseInt(line.toString('latin1', 0, CHECKSUM_DIGITS), 16);
}
