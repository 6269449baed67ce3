/** Small tensors that are read when a model is prepared, because they say how the others are to be read. */

import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { messageOf, UserError } from '../../../errors.js';
import type { AffineWeight, Packed, QuantizedWeight, TensorPlace } from '../tensor-place.js';
import { expectTensor, refuseTensor } from './quantized-weight.js';

const CHUNK = 4 * 1024 * 1024;
/** No matrix has as many columns. */
const MOST_COLUMNS = 2 ** 24;
/** Bytes of a description. */
const MOST_TEXT = 65_536;
/** Name of the table of exponents, of which one stands for no number. */
export const POWERS = 'powers of two';

/** Calls `take` with the bytes of a tensor, a chunk after the other. Rejects with `UserError` where the file cannot be read. */
async function readBytes(name: string, place: TensorPlace, take: (bytes: Buffer) => void): Promise<void> {
  try {
    const handle = await open(place.file);
    try {
      for (let done = 0; done < place.length; ) {
        // New for each chunk: what is cut off it may be kept.
        const chunk = Buffer.alloc(Math.min(CHUNK, place.length - done));
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, place.offset + done);
        if (bytesRead < chunk.length) throw new Error(`it ended ${place.length - done - bytesRead} bytes too early`);
        take(chunk);
        done += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`${place.file}: tensor ${name} cannot be read: ${messageOf(error)}`);
  }
}

async function allBytes(name: string, place: TensorPlace): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await readBytes(name, place, (bytes) => chunks.push(bytes));
  return Buffer.concat(chunks);
}

/** The two sizes that a tensor of whole numbers holds. Rejects with `UserError` for other numbers and types. */
export async function shapeIn(name: string, place: TensorPlace): Promise<readonly [number, number]> {
  if (place.shape.join() !== '2' || (place.dtype !== 'I64' && place.dtype !== 'I32'))
    return refuseTensor(name, place, `is of type ${place.dtype} and shape [${place.shape.join(', ')}]; expected two whole numbers`);
  const bytes = await allBytes(name, place);
  const sizes = place.dtype === 'I64' ? [...new BigInt64Array(alignedCopy(bytes))].map(Number) : [...new Int32Array(alignedCopy(bytes))];
  const [rows = 0, columns = 0] = sizes;
  if (!(Number.isSafeInteger(rows) && rows > 0 && Number.isSafeInteger(columns) && columns > 0))
    return refuseTensor(name, place, `says [${sizes.join(', ')}]; expected two sizes`);
  return [rows, columns];
}

/** The float32 numbers of a small tensor. Rejects with `UserError` for one that is not finite. */
export async function floatsIn(name: string, place: TensorPlace): Promise<number[]> {
  const values = [...new Float32Array(alignedCopy(await allBytes(name, place)))];
  if (!values.every(Number.isFinite)) return refuseTensor(name, place, 'has a number that is not finite; the file is damaged');
  return values;
}

/** A tensor of bytes as a text. Rejects with `UserError` for another type, and for a long one. */
export async function textIn(name: string, place: TensorPlace): Promise<string> {
  if (place.dtype !== 'U8' || place.length > MOST_TEXT)
    return refuseTensor(name, place, `is of type ${place.dtype} with ${place.length} bytes; expected a short text`);
  return (await allBytes(name, place)).toString('utf8');
}

function alignedCopy(bytes: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/**
 * The group of each column of a matrix, where the tensor `place` (undefined: there is none) says another than the order of the columns; else null. Rejects with `UserError` for groups
 * that there are no factors of.
 */
export async function groupsOf(
  name: string,
  place: TensorPlace | undefined,
  columns: number,
  { grid, block }: Pick<AffineWeight, 'grid' | 'block'>,
): Promise<Int32Array | null> {
  if (place === undefined) return null;
  expectTensor(name, place, 'I32', [columns]);
  if (columns > MOST_COLUMNS) return refuseTensor(name, place, `has ${columns} entries; at most ${MOST_COLUMNS} are read`);
  const groups = new Int32Array(alignedCopy(await allBytes(name, place)));
  const count = grid[1];
  // Where nothing was reordered, compressed-tensors leaves -1 everywhere.
  if (groups.every((group) => group === -1)) return null;
  const other = groups.findIndex((group) => group < 0 || group >= count);
  if (other >= 0) return refuseTensor(name, place, `gives column ${other} the group ${groups[other]}; there are ${count}`);
  return groups.every((group, i) => group === Math.floor(i / block[1])) ? null : groups;
}

/** Patterns of bits that stand for no finite number. */
const NOT_FINITE: Readonly<Record<string, (bytes: Buffer) => number>> = {
  float32: (bytes) => words(bytes, 4, (at) => (bytes.readUInt32LE(at) & 0x7f800000) === 0x7f800000),
  float16: (bytes) => words(bytes, 2, (at) => (bytes.readUInt16LE(at) & 0x7c00) === 0x7c00),
  bfloat16: (bytes) => words(bytes, 2, (at) => (bytes.readUInt16LE(at) & 0x7f80) === 0x7f80),
  /** Exponents. */
  uint8: (bytes) => words(bytes, 1, (at) => bytes[at] === 0xff),
};

function words(bytes: Buffer, size: number, bad: (at: number) => boolean): number {
  for (let at = 0; at < bytes.length; at += size) if (bad(at)) return at / size;
  return -1;
}

/** Reads factors into `hash`. Rejects with `UserError` for one that is no finite number. */
async function readFactors(name: string, { place, type, table }: Packed, hash: Hash): Promise<void> {
  // Codes of factors stand for what their table says.
  const check = table?.name === POWERS || type !== 'uint8' ? NOT_FINITE[type] : undefined;
  if (table !== null) hash.update(table.values.join());
  let before = 0;
  await readBytes(`${name} (its factors)`, place, (bytes) => {
    hash.update(bytes);
    const bad = check?.(bytes) ?? -1;
    if (bad >= 0) refuseTensor(name, place, `has a factor that is no finite number (number ${before + bad}); the file is damaged`);
    before += bytes.length;
  });
}

/** Reads all that turns the codes of a matrix into its numbers into `hash`. */
async function readParts(name: string, weight: QuantizedWeight, hash: Hash): Promise<void> {
  await readFactors(name, weight.scales, hash);
  if (weight.kind === 'looked up') {
    const { codes, nested } = weight;
    hash.update(JSON.stringify([codes.table?.values, nested?.each, nested?.plus]));
    if (nested !== null) await readFactors(name, nested.factors, hash);
    return;
  }
  const { zero, groups, block, scaleFactor } = weight;
  hash.update(JSON.stringify([block, scaleFactor, typeof zero === 'number' ? zero : zero.plus]));
  if (typeof zero !== 'number') await readBytes(`${name} (its zero points)`, zero.packed.place, (bytes) => hash.update(bytes));
  if (groups !== null) hash.update(new Uint8Array(groups.buffer));
}

/**
 * Returns a digest (32 hex digits) of everything that turns codes into weights: factors, zero points and groups of all matrices. Samples of tensors would not notice a factor that
 * was changed. Rejects with `UserError` for a factor that is no finite number.
 */
export async function factorDigest(weights: ReadonlyMap<string, QuantizedWeight>): Promise<string> {
  const hash = createHash('sha256');
  for (const name of [...weights.keys()].sort()) {
    const weight = weights.get(name);
    if (weight === undefined) continue;
    hash.update(JSON.stringify([name, weight.shape, weight.codes.type, weight.codes.dims]));
    await readParts(name, weight, hash);
  }
  return hash.digest('hex').slice(0, 32);
}
