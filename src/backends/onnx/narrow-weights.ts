/**
 * Weights that lie on a card in 16 bits and are computed with in 32. WebGPU knows float16 but not bfloat16, so tensors of bfloat16 are stored as float16 where no value changes:
 * multiplied by a power of two that brings the largest value to the top of float16's range, which the product with the weight takes back exactly (`alpha` of `Gemm`).
 * Eight significant bits fit into float16 for values down to 2^-32 of the largest one; fewer bits fit further down.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { at } from '../../at.js';
import type { TensorPlace } from './tensor-place.js';

/** A tensor that is read from a file, and turned into float16, when the session is made. */
export interface NarrowedTensor {
  /** Under which the graph names it as an external file. */
  readonly location: string;
  readonly file: string;
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
  /** Bfloat16 values become float16, multiplied by two to this power; null: the bytes stay as they are. */
  readonly exponent: number | null;
  /** A matrix of 16 bits with rows of so many numbers is transposed; null: it stays as it is. */
  readonly columns: number | null;
}

const CHUNK = 16 * 1024 * 1024;
/** Rows and columns that are transposed together: both sides fit into a processor's first cache. */
const TILE = 64;
/** Exponents of float16's largest numbers. */
const TOP = 15;

const floatBits = new Uint32Array(1);
const floatValue = new Float32Array(floatBits.buffer);

/** The value of bfloat16 bits. */
function widened(bits: number): number {
  floatBits[0] = bits << 16;
  return at(floatValue, 0);
}

/**
 * Returns the float16 bits that stand for exactly `value`, or null where none do. Infinities and NaN are not taken.
 */
export function exactHalf(value: number): number | null {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === 0) return sign;
  if (!(size <= 65_504)) return null;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = size / 2 ** (exponent - 10);
  if (!Number.isInteger(steps)) return null;
  // Below 1024 steps the number is subnormal: it has no leading bit of its own.
  return sign | (steps < 1024 ? steps : ((exponent + 15) << 10) + (steps - 1024));
}

/** Float16 bits for each pattern of bfloat16 bits, the value multiplied by 2^exponent; patterns that are not exact come out as 0. */
function halfTable(exponent: number): Uint16Array {
  return Uint16Array.from({ length: 65_536 }, (_, bits) => exactHalf(widened(bits) * 2 ** exponent) ?? 0);
}

/** Calls `take` with the 16-bit numbers of a part of a file, a chunk after the other. */
async function readWords(
  handle: FileHandle,
  offset: number,
  length: number,
  take: (words: Uint16Array, first: number) => void,
): Promise<void> {
  const buffer = Buffer.alloc(Math.min(CHUNK, length));
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK, length - done), offset + done);
    const whole = bytesRead - (bytesRead % 2);
    if (whole === 0) throw new Error(`the file ended ${length - done} bytes too early`);
    take(new Uint16Array(buffer.buffer, buffer.byteOffset, whole / 2), done / 2);
    done += whole;
  }
}

/**
 * Returns the power of two with which a bfloat16 tensor is exact in float16, or null where there is none. Reads the whole tensor; rejects when the file cannot be read.
 */
export async function halfExponent(place: TensorPlace): Promise<number | null> {
  const seen = new Uint8Array(65_536);
  const handle = await open(place.file);
  try {
    await readWords(handle, place.offset, place.length, (words) => {
      for (const word of words) seen[word] = 1;
    });
  } finally {
    await handle.close();
  }
  const values: number[] = [];
  for (const [bits, there] of seen.entries()) if (there === 1) values.push(widened(bits));
  const exact = (exponent: number): boolean => values.every((value) => exactHalf(value * 2 ** exponent) !== null);
  if (exact(0)) return 0;
  const most = values.reduce((a, value) => Math.max(a, Math.abs(value)), 0);
  const exponent = Number.isFinite(most) ? TOP - Math.floor(Math.log2(most)) : 0;
  return exponent !== 0 && exact(exponent) ? exponent : null;
}

/**
 * Writes the numbers `first` and following of a matrix with rows of `columns` numbers to their places in its transpose. Goes through square tiles: whole rows would write
 * to as many lines of memory as there are columns.
 */
export function transposeWords(words: Uint16Array, first: number, columns: number, out: Uint16Array): void {
  const rows = out.length / columns;
  const end = first + words.length;
  const lastRow = Math.ceil(end / columns);
  for (let row0 = Math.floor(first / columns); row0 < lastRow; row0 += TILE) {
    const row1 = Math.min(row0 + TILE, lastRow);
    for (let column0 = 0; column0 < columns; column0 += TILE) {
      const column1 = Math.min(column0 + TILE, columns);
      for (let row = row0; row < row1; row++) {
        const start = row * columns;
        // The first and the last row may be here in part.
        const from = Math.max(column0, first - start);
        const to = Math.min(column1, end - start);
        for (let column = from; column < to; column++) out[column * rows + row] = at(words, start + column - first);
      }
    }
  }
}

/**
 * Reads a tensor as the session wants it: bfloat16 as float16 bits (what `halfExponent` found exact stays exact), a matrix transposed, where that is asked for.
 * Rejects when the file cannot be read.
 */
export async function readNarrowed(tensor: NarrowedTensor): Promise<Uint16Array> {
  const out = new Uint16Array(tensor.length / 2);
  const table = tensor.exponent === null ? null : halfTable(tensor.exponent);
  const handle = await open(tensor.file);
  try {
    await readWords(handle, tensor.offset, tensor.length, (words, first) => {
      if (table !== null) for (let i = 0; i < words.length; i++) words[i] = at(table, at(words, i));
      if (tensor.columns === null) out.set(words, first);
      else transposeWords(words, first, tensor.columns, out);
    });
  } finally {
    await handle.close();
  }
  return out;
}
