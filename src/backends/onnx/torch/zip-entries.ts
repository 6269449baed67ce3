/** The entries of a zip archive that holds its files uncompressed, as PyTorch writes it: where their bytes lie. Sizes and places are checked against the file before anything is read. */
import yauzl from 'yauzl';
import { messageOf } from '../../../errors.js';

/** Where the bytes of an entry lie in the archive. */
export interface ZipEntry {
  readonly offset: number;
  readonly length: number;
}

/** Bytes before the name of an entry, in the directory and in front of its bytes. */
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
/** The largest models have some ten thousand tensors. */
const MOST_ENTRIES = 1_000_000;

/**
 * Returns the entries of the archive by name; `size` is the file's. Throws what `fail` throws for an archive that is damaged, compressed or encrypted, that names a file twice, or whose entries reach
 * beyond the file.
 */
export async function zipEntries(file: string, size: number, fail: (what: string) => never): Promise<Map<string, ZipEntry>> {
  const damaged = (error: unknown): never => fail(`is a damaged or truncated zip archive (${messageOf(error)}); fetch it again`);
  const zip = await yauzl.openPromise(file, { autoClose: false }).catch(damaged);
  try {
    if (zip.entryCount > MOST_ENTRIES || zip.entryCount * CENTRAL_SIZE > size)
      return fail(`is a damaged zip archive: a directory of ${zip.entryCount} entries in ${size} bytes`);
    const listed: yauzl.Entry[] = [];
    try {
      for await (const entry of zip.eachEntry()) listed.push(entry);
    } catch (error) {
      return damaged(error);
    }
    const entries = new Map<string, ZipEntry>();
    for (const entry of listed) {
      const name = JSON.stringify(entry.fileName);
      if (entry.compressionMethod !== 0)
        return fail(`entry ${name} is compressed, which a state dict never is (TorchScript, a program, is not read); refused`);
      if (entry.isEncrypted()) return fail(`entry ${name} is encrypted; refused`);
      if (entries.has(entry.fileName)) return fail(`entry ${name} is there twice; refused`);
      const end = entry.relativeOffsetOfLocalHeader + LOCAL_SIZE + entry.fileNameLength + entry.uncompressedSize;
      if (end > size) return fail(`is truncated: entry ${name} ends at byte ${end}, file has ${size} bytes; fetch it again`);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch(damaged);
      entries.set(entry.fileName, { offset: fileDataStart, length: entry.uncompressedSize });
    }
    return entries;
  } finally {
    zip.close();
  }
}
