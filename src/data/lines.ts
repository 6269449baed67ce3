import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { messageOf, systemCode, UserError } from '../errors.js';

/** Bytes of one line that are still read. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** One line of a file without its line break; `number` counts from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/**
 * Yields the lines of a UTF-8 file (or of `chunks`, then `file` is only named in errors) in blocks, so that memory is bounded by a block and the longest line.
 * A byte order mark at the start and the `\r` of `\r\n` are dropped; a last line without a line break counts.
 *
 * Throws `UserError` for an unreadable file, bytes that are no UTF-8, and a line of more than `MAX_LINE_BYTES`.
 */
export async function* readLineBlocks(file: string, chunks: AsyncIterable<Buffer> = readChunks(file)): AsyncGenerator<readonly Line[]> {
  let number = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      rest.push(chunk);
      restBytes += chunk.length;
      checkLength(file, number + 1, restBytes);
      continue;
    }
    const block = rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...rest, chunk.subarray(0, end)]);
    rest = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    restBytes = chunk.length - end - 1;
    const lines = splitBlock(file, block, number);
    number += lines.length;
    yield lines;
  }
  if (restBytes > 0) yield splitBlock(file, Buffer.concat(rest), number);
}

/**
 * Yields a file's bytes. Throws `UserError` when it cannot be read.
 */
export async function* readChunks(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) yield chunk;
  } catch (error) {
    if (systemCode(error) === null) throw error;
    throw new UserError(`cannot read ${file}: ${messageOf(error)}`);
  }
}

function splitBlock(file: string, block: Buffer, linesBefore: number): Line[] {
  if (!isUtf8(block)) throw badBytes(file, block, linesBefore);
  let text = block.toString('utf8');
  if (linesBefore === 0 && text.startsWith('\ufeff')) text = text.slice(1);
  return text.split('\n').map((line, i) => {
    // Three bytes a UTF-16 unit at most, so short lines need no exact count.
    if (line.length * 3 > MAX_LINE_BYTES) checkLength(file, linesBefore + i + 1, Buffer.byteLength(line));
    return { number: linesBefore + i + 1, text: line.endsWith('\r') ? line.slice(0, -1) : line };
  });
}

function checkLength(file: string, line: number, bytes: number): void {
  if (bytes > MAX_LINE_BYTES) throw new UserError(`${file}, line ${line}: longer than ${MAX_LINE_BYTES} bytes`);
}

/** Finds the line with the first bytes that are no UTF-8, for the message. */
function badBytes(file: string, block: Buffer, linesBefore: number): UserError {
  let line = linesBefore + 1;
  for (let start = 0; start <= block.length; line++) {
    const next = block.indexOf(NEWLINE, start);
    const end = next < 0 ? block.length : next;
    if (!isUtf8(block.subarray(start, end))) break;
    start = end + 1;
  }
  return new UserError(`${file}, line ${line}: not valid UTF-8; save the file as UTF-8`);
}
