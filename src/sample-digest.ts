/** What a large file holds, told from samples: reading gigabytes only to know which model it is would take longer than many runs. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** Part of a file, in bytes. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

/** Samples of a stretch, the first and the last bytes among them, and bytes of each. A shorter stretch is read whole. */
const SAMPLES = 8;
const SAMPLE_BYTES = 64;
/** Reads under way at once. */
const READS = 64;

/**
 * Returns a digest (32 hex digits) of the sizes and places of `stretches` and of samples of each: the same for every copy of a file, whenever and wherever it
 * was made, and another one where a tensor was trained further. Rejects with the system's error where the file cannot be read.
 */
export async function sampleDigest(handle: FileHandle, stretches: readonly Stretch[]): Promise<string> {
  const samples = stretches.flatMap(samplesOf);
  const bytes: Buffer[] = [];
  for (let i = 0; i < samples.length; i += READS)
    bytes.push(...(await Promise.all(samples.slice(i, i + READS).map((one) => read(handle, one)))));
  const hash = createHash('sha256').update(JSON.stringify(stretches.map(({ offset, length }) => [offset, length])));
  for (const part of bytes) hash.update(part);
  return hash.digest('hex').slice(0, 32);
}

function samplesOf({ offset, length }: Stretch): Stretch[] {
  if (length <= SAMPLES * SAMPLE_BYTES) return [{ offset, length }];
  return Array.from({ length: SAMPLES }, (_, i) => ({
    offset: offset + Math.floor(((length - SAMPLE_BYTES) * i) / (SAMPLES - 1)),
    length: SAMPLE_BYTES,
  }));
}

async function read(handle: FileHandle, { offset, length }: Stretch): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  return bytes.subarray(0, bytesRead);
}

/** Parts of a file of unknown structure. */
const PARTS = 64;

/**
 * Returns size and sample digest of a file whose parts are not known. Rejects with the system's error where it cannot be read.
 */
export async function fileSamples(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const length = Math.ceil(size / PARTS);
    const parts = Array.from({ length: PARTS }, (_, i) => ({ offset: i * length, length: Math.min(length, size - i * length) }));
    return `size:${size} samples:${await sampleDigest(
      handle,
      parts.filter((part) => part.length > 0),
    )}`;
  } finally {
    await handle.close();
  }
}
