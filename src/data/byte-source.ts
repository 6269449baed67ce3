import { open } from 'node:fs/promises';
import { messageOf, systemCode, UserError } from '../errors.js';

/** A file that is read in pieces. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `start` to before `end`. */
  read(start: number, end: number): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a file. It and the reads throw `UserError` when the file cannot be read or has become shorter.
 */
export async function openFile(file: string): Promise<ByteSource> {
  try {
    const handle = await open(file);
    const { size } = await handle.stat();
    const read = async (start: number, end: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(end - start);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at).catch((error: unknown) => {
          throw unreadable(file, error);
        });
        if (bytesRead === 0) throw new UserError(`${file} became shorter while it was read`);
        at += bytesRead;
      }
      return bytes;
    };
    return { size, read, close: () => handle.close() };
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): unknown {
  return systemCode(error) === null ? error : new UserError(`cannot read ${file}: ${messageOf(error)}`);
}
