/** The inside of a wheel, which is a zip: the shared libraries in it. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { messageOf, systemCode, UserError } from '../errors.js';
import { diskError } from '../hub/cache.js';
import { type LockedWheel, RUNTIME_PACKAGE } from './locked-wheel.js';

type Wheel = Pick<LockedWheel, 'name' | 'file'>;

interface UnpackedFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

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
  return packageName !== RUNTIME_PACKAGE || /\/libonnxruntime(?:_providers_(?:shared|cuda))?\.so(?:\.\d+)*$/.test(entry);
}

async function openZip(wheel: Wheel, file: string): Promise<yauzl.ZipFile> {
  try {
    return await yauzl.openPromise(file, OPTIONS);
  } catch (error) {
    throw new UserError(`${wheel.file} is no wheel: ${messageOf(error)}`);
  }
}

async function* entriesOf(wheel: Wheel, zip: yauzl.ZipFile): AsyncGenerator<yauzl.Entry> {
  if (zip.entryCount > MAX_ENTRIES) throw new UserError(`${wheel.file} holds more than ${MAX_ENTRIES} files`);
  yield* zip.eachEntry();
}

/**
 * Unpacks the shared libraries of a wheel into a folder, without the folders above them, and returns what it wrote with checksums.
 *
 * Throws `UserError` for a file that is broken, names that lead out of the folder, two libraries of one name, and faults of the disk.
 */
export async function unpackLibraries(wheel: Wheel, file: string, folder: string): Promise<UnpackedFile[]> {
  const zip = await openZip(wheel, file);
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
