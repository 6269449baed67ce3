/** Reads the headers of safetensors files and treats them as hostile: every offset and shape is checked before a runtime maps the file. */

import { createHash } from 'node:crypto';
import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../../errors.js';
import { isObject } from '../../is-object.js';
import { PLACEHOLDER_BYTES, refusePlaceholder } from '../../placeholder-file.js';
import { parsePlainJson } from '../../python/plain-json.js';
import { sampleDigest } from '../../sample-digest.js';
import type { TensorPlace } from './tensor-place.js';

/** Element types of weights that a graph can be written over, with their size in bytes. */
export const WEIGHT_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;
export type WeightType = keyof typeof WEIGHT_BYTES;

/** Bytes per element of every type that the format knows; tensors of other types than `WeightType` may be in a file, but not in a graph. */
export const ALL_BYTES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, F8_E8M0: 1, F8_E4M3FNUZ: 1, F8_E5M2FNUZ: 1 },
  ...{ I16: 2, U16: 2, I32: 4, U32: 4, F64: 8, I64: 8, U64: 8, C64: 8 },
  ...WEIGHT_BYTES,
};
/** The format's own limit on the header. */
const MAX_HEADER = 100_000_000;

/** What is added to a weight: `scale * b @ a` with `a` [rank, inputs] and `b` [outputs, rank]; the transpose of it for an embedding. */
export interface LowRank {
  readonly a: { readonly name: string; readonly place: TensorPlace };
  readonly b: { readonly name: string; readonly place: TensorPlace };
  readonly scale: number;
  readonly transposed: boolean;
}

export interface Weights {
  readonly tensors: ReadonlyMap<string, TensorPlace>;
  /** What an adapter adds to them, by the tensor's name. */
  readonly added: ReadonlyMap<string, LowRank>;
  /** Deepest folder that holds all files, for locations relative to it. */
  readonly root: string;
  /** One digest per file, by name: see `fileDigest`. */
  readonly digests: Readonly<Record<string, string>>;
  readonly bytes: number;
  /** An index whose files are not read, because transformers takes the single file beside it; null mostly. */
  readonly leftOut: string | null;
}

/** What `readHeader` returns. */
export interface Header {
  readonly tensors: Map<string, TensorPlace>;
  readonly size: number;
  readonly sha256: string;
  /** Digest of samples of every tensor. */
  readonly samples: string;
  /** The file, links resolved. */
  readonly real: string;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Throws through `fail` unless the tensors fill the data part from its first byte to its last, one behind the other, as the format demands: tensors that share
 * bytes, gaps and bytes that belong to no tensor mean that the file was made or changed by something that should not have.
 */
function checkFilled(tensors: ReadonlyMap<string, TensorPlace>, start: number, size: number, fail: (what: string) => never): void {
  const order = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
  let end = start;
  let before = '';
  for (const [name, place] of order) {
    if (place.offset < end)
      fail(`tensor ${name} begins at byte ${place.offset}, inside of tensor ${before}, which ends at byte ${end}; the file is damaged`);
    if (place.offset > end) fail(`bytes ${end} to ${place.offset} before tensor ${name} belong to no tensor; the file is damaged`);
    end = place.offset + place.length;
    before = name;
  }
  if (end !== size) fail(`${size - end} bytes behind the last tensor belong to none; the file is damaged`);
}

/**
 * Reads one safetensors header. Returns its tensors, the file's size in bytes, the header's sha256 (hex) and a digest of samples of the tensors.
 * Throws `UserError` naming the file and, where there is one, the tensor: not there, another kind of file, too short, header no JSON, offsets outside the file
 * or inside of another tensor, length that does not fit the shape.
 */
export async function readHeader(file: string): Promise<Header> {
  const fail = (what: string): never => {
    throw new UserError(`${file}: ${what}`);
  };
  let real: string;
  try {
    real = await realpath(file);
  } catch (error) {
    throw new UserError(systemCode(error) === 'ENOENT' ? `${file}: no such file; the model is incomplete` : `${file}: ${messageOf(error)}`);
  }
  const handle = await open(real, 'r').catch((error: unknown) => fail(`cannot be read: ${messageOf(error)}`));
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(8);
    if (size === 0) fail('is empty: its download or copy was interrupted; fetch it again');
    if (size < 8 || (await handle.read(head, 0, 8, 0)).bytesRead < 8) fail(`is no safetensors file: ${size} bytes; fetch it again`);
    const beginning = Buffer.alloc(Math.min(size, PLACEHOLDER_BYTES));
    await handle.read(beginning, 0, beginning.length, 0);
    refusePlaceholder(beginning.toString('utf8'), file);
    const length = head.readBigUInt64LE();
    if (length > BigInt(MAX_HEADER)) fail(`header of ${length} bytes, at most ${MAX_HEADER} are allowed; is it a safetensors file?`);
    const n = Number(length);
    if (8 + n > size) fail(`is truncated: header of ${n} bytes, file of ${size} bytes; fetch it again`);
    const text = Buffer.alloc(n);
    await handle.read(text, 0, n, 8);
    let header: unknown;
    try {
      header = parsePlainJson(text.toString('utf8'));
    } catch (error) {
      return fail(`header is not JSON: ${messageOf(error)}`);
    }
    if (!isObject(header)) return fail('header is not a JSON object');
    const tensors = new Map<string, TensorPlace>();
    for (const [name, entry] of Object.entries(header)) {
      if (name === '__metadata__') continue;
      if (!isObject(entry)) return fail(`tensor ${name}: entry is not an object`);
      const { dtype, shape, data_offsets: offsets } = entry;
      const bytes = typeof dtype === 'string' ? ALL_BYTES[dtype] : undefined;
      if (typeof dtype !== 'string' || bytes === undefined) return fail(`tensor ${name}: unknown dtype ${JSON.stringify(dtype)}`);
      if (!Array.isArray(shape) || !shape.every(isCount)) return fail(`tensor ${name}: shape ${JSON.stringify(shape)} is no list of sizes`);
      if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
        return fail(`tensor ${name}: data_offsets ${JSON.stringify(offsets)} are no pair of offsets`);
      const [begin, end] = [Number(offsets[0]), Number(offsets[1])];
      const expected = shape.reduce((product: number, d: number) => product * d, bytes);
      if (end < begin || end - begin !== expected)
        return fail(`tensor ${name}: ${end - begin} bytes in data_offsets, but shape [${shape}] of ${dtype} takes ${expected}`);
      if (8 + n + end > size)
        return fail(`is truncated: tensor ${name} ends at byte ${8 + n + end}, file has ${size} bytes; fetch it again`);
      tensors.set(name, { file: real, dtype, shape: shape.map(Number), offset: 8 + n + begin, length: end - begin });
    }
    checkFilled(tensors, 8 + n, size, fail);
    const stretches = [...tensors.values()].sort((a, b) => a.offset - b.offset);
    const samples = await sampleDigest(handle, stretches).catch((error: unknown) => fail(`cannot be read: ${messageOf(error)}`));
    return { tensors, size, sha256: createHash('sha256').update(text).digest('hex'), samples, real };
  } finally {
    await handle.close();
  }
}

/**
 * Returns what identifies a weight file without reading gigabytes: its size, the sha256 of the header, and a digest over samples of every tensor. A copy has the
 * same one, so that parts of a run may be computed on several machines.
 */
export function fileDigest(header: Header): string {
  return `size:${header.size} header:${header.sha256.slice(0, 32)} samples:${header.samples}`;
}

/**
 * Returns the deepest folder that holds all of the files (absolute paths).
 */
export function commonFolder(files: readonly string[]): string {
  let root = path.dirname(files[0] ?? '/');
  while (!files.every((file) => file.startsWith(root.endsWith(path.sep) ? root : root + path.sep))) root = path.dirname(root);
  return root;
}
