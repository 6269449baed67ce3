/** The inside of a wheel, which is a zip: its METADATA, and the shared libraries in it. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { messageOf, systemCode, UserError } from '../errors.js';
import { diskError } from '../hub/cache.js';
import { askHub } from '../hub/http.js';
import type { HubSettings } from '../hub/settings.js';
import { type Candidate, indexError } from './package-index.js';

/** What is looked at before a wheel is taken. */
export interface Contents {
  readonly metadata: string;
  /** Bytes of the libraries when unpacked. */
  readonly unpackedBytes: number;
  readonly size: number;
}

export interface UnpackedFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

const BLOCK = 256 * 1024;
const MAX_METADATA = 4 * 1024 * 1024;
/** No library of CUDA is half as large. */
const MAX_LIBRARY = 8 * 1024 * 1024 * 1024;
const MAX_ENTRIES = 100_000;

/** Opens zips so that names that lead out of the folder, and sizes that lie, are errors. */
const OPTIONS = { lazyEntries: true, autoClose: false, decodeStrings: true, validateEntrySizes: true, strictFileNames: true } as const;

/**
 * True for a shared library that is unpacked: the three of ONNX Runtime's wheel that the CUDA provider consists of, and all of NVIDIA's, except
 * stand-ins for the driver, which only help a linker.
 */
function isWantedLibrary(packageName: string, entry: string): boolean {
  if (entry.includes('/stubs/') || !/(?:^|\/)lib[A-Za-z0-9_+.-]+\.so(?:\.\d+)*$/.test(entry)) return false;
  return packageName !== 'onnxruntime-gpu' || /\/libonnxruntime(?:_providers_(?:shared|cuda))?\.so(?:\.\d+)*$/.test(entry);
}

/**
 * Returns the METADATA of a wheel and the size of its libraries. Of a wheel in the index only the ends are read; null when the server cannot
 * give parts of a file, so that it must be fetched whole first.
 *
 * Throws `UserError` for a file that is no wheel.
 */
export async function readContents(settings: HubSettings, wheel: Candidate): Promise<Contents | null> {
  if (wheel.local !== null)
    return contentsOf(wheel, await openZip(wheel.file, () => yauzl.openPromise(wheel.local ?? '', OPTIONS)), wheel.size ?? 0);
  const remote = await RemoteFile.open(settings, wheel);
  if (remote === null) return null;
  const zip = await openZip(wheel.file, () => yauzl.fromRandomAccessReaderPromise(remote, remote.size, OPTIONS));
  return contentsOf(wheel, zip, remote.size);
}

async function openZip(file: string, open: () => Promise<yauzl.ZipFile>): Promise<yauzl.ZipFile> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} is no wheel: ${messageOf(error)}`);
  }
}

async function contentsOf(wheel: Candidate, zip: yauzl.ZipFile, size: number): Promise<Contents> {
  let metadata: string | null = null;
  let unpackedBytes = 0;
  try {
    for await (const entry of entriesOf(wheel, zip)) {
      if (isWantedLibrary(wheel.name, entry.fileName)) unpackedBytes += entry.uncompressedSize;
      if (/^[^/]+\.dist-info\/METADATA$/.test(entry.fileName)) {
        if (entry.uncompressedSize > MAX_METADATA) throw new UserError(`${wheel.file}: its METADATA is larger than ${MAX_METADATA} bytes`);
        const chunks: Buffer[] = [];
        for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(Buffer.from(chunk));
        metadata = Buffer.concat(chunks).toString('utf8');
      }
    }
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`${wheel.file} cannot be read: ${messageOf(error)}`);
  } finally {
    zip.close();
  }
  if (metadata === null) throw new UserError(`${wheel.file} is no wheel: it has no METADATA`);
  return { metadata, unpackedBytes, size };
}

async function* entriesOf(wheel: Candidate, zip: yauzl.ZipFile): AsyncGenerator<yauzl.Entry> {
  if (zip.entryCount > MAX_ENTRIES) throw new UserError(`${wheel.file} holds more than ${MAX_ENTRIES} files`);
  yield* zip.eachEntry();
}

/**
 * Unpacks the shared libraries of a wheel into a folder, without the folders above them, and returns what it wrote with checksums.
 *
 * Throws `UserError` for a file that is broken, names that lead out of the folder, two libraries of one name, and faults of the disk.
 */
export async function unpackLibraries(wheel: Candidate, file: string, folder: string): Promise<UnpackedFile[]> {
  const zip = await openZip(wheel.file, () => yauzl.openPromise(file, OPTIONS));
  const files: UnpackedFile[] = [];
  try {
    for await (const entry of entriesOf(wheel, zip)) {
      if (!isWantedLibrary(wheel.name, entry.fileName)) continue;
      const name = path.posix.basename(entry.fileName);
      if (files.some((other) => other.name === name)) throw new UserError(`${wheel.file} holds two libraries called ${name}`);
      if (entry.uncompressedSize > MAX_LIBRARY) throw new UserError(`${wheel.file}: ${name} is larger than ${MAX_LIBRARY} bytes`);
      const hash = createHash('sha256');
      const hashing = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      const target = path.join(folder, name);
      await pipeline(await zip.openReadStreamPromise(entry), hashing, createWriteStream(target, { flags: 'wx' }));
      files.push({ name, size: entry.uncompressedSize, sha256: hash.digest('hex') });
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (systemCode(error)?.startsWith('E') === true && !systemCode(error)?.startsWith('ERR'))
      throw diskError(folder, error, 'EUS_EVAL_CACHE');
    throw new UserError(`${wheel.file} cannot be unpacked: ${messageOf(error)}`);
  } finally {
    zip.close();
  }
  if (files.length === 0) throw new UserError(`${wheel.file} holds no shared library`);
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A file of a server, read in blocks as they are needed. */
class RemoteFile extends yauzl.RandomAccessReader {
  readonly #blocks = new Map<number, Buffer>();
  readonly size: number;
  readonly #fetch: (start: number, end: number) => Promise<Buffer | null>;

  constructor(size: number, fetchRange: (start: number, end: number) => Promise<Buffer | null>, tail: Buffer) {
    super();
    this.size = size;
    this.#fetch = fetchRange;
    // The last block is there already; the directory of a zip lies at its end.
    const first = Math.ceil((size - tail.length) / BLOCK);
    for (let i = first; i * BLOCK < size; i++) {
      const from = i * BLOCK - (size - tail.length);
      this.#blocks.set(i, tail.subarray(from, Math.min(tail.length, from + BLOCK)));
    }
  }

  /** Returns null when the server gives no parts of the file. */
  static async open(settings: HubSettings, wheel: Candidate): Promise<RemoteFile | null> {
    let size: number | null = null;
    const range = async (header: string): Promise<Buffer | null> => {
      const { response } = await askHub(settings, { url: wheel.url ?? '', method: 'GET', headers: { range: header }, what: wheel.file });
      const total = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
      if (response.status !== 206 || total === undefined) {
        await response.body?.cancel();
        if (response.ok || response.status === 416) return null;
        throw indexError(settings, wheel.file, response);
      }
      size = Number(total);
      const chunks: Uint8Array[] = [];
      let received = 0;
      for await (const chunk of response.body ?? []) {
        received += chunk.length;
        if (received > 2 * BLOCK) throw new UserError(`${wheel.file}: the server sent more than it was asked for`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    };
    const tail = await range(`bytes=-${2 * BLOCK}`);
    if (tail === null || size === null) return null;
    return new RemoteFile(size, (start, end) => range(`bytes=${start}-${end - 1}`), tail);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#read(start, end), { objectMode: false });
  }

  async *#read(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      const index = Math.floor(at / BLOCK);
      const from = index * BLOCK;
      const to = Math.min(this.size, from + BLOCK);
      const block = this.#blocks.get(index) ?? (await this.#fetch(from, to));
      if (block === null || block.length !== to - from) throw new Error('the server does not go on giving parts of the file');
      this.#blocks.set(index, block);
      yield block.subarray(at - from, Math.min(end, to) - from);
      at = to;
    }
  }
}
