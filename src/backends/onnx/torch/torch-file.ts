/** Reads where the tensors of a PyTorch file (`torch.save` since 1.6) lie. Nothing of the file is run, and everything that it says is checked before a runtime maps it. */

import { createHash } from 'node:crypto';
import { open, realpath } from 'node:fs/promises';
import { at } from '../../../at.js';
import { messageOf, systemCode, UserError } from '../../../errors.js';
import { PLACEHOLDER_BYTES, refusePlaceholder } from '../../../placeholder-file.js';
import { sampleDigest } from '../../../sample-digest.js';
import { ALL_BYTES, type Header } from '../safetensors.js';
import type { TensorPlace } from '../tensor-place.js';
import { type PickledTensor, readPickle } from './pickle.js';
import { type ZipEntry, zipEntries } from './zip-entries.js';

const MOST_PICKLE = 256 * 1024 * 1024;
/** Beginnings of files: of a zip archive, and of what PyTorch wrote before 1.6. */
const ZIP = Buffer.from('PK\x03\x04');
const OLD = Buffer.from([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);

/**
 * How the dimensions of a tensor that fills its bytes without gaps lie: those of the bytes, and where each of the tensor's stands among them. Null where there are gaps or
 * numbers that are seen several times.
 */
function laidOut(shape: readonly number[], strides: readonly number[]): { dims: number[]; order: number[] } | null {
  const axes = shape.map((_, axis) => axis);
  // A dimension of one has any stride; it stays before what it stood before.
  const strideOf = (axis: number): number => {
    for (let a = axis; a < shape.length; a++) if (shape[a] !== 1) return at(strides, a);
    return 1;
  };
  const sorted = axes.toSorted((a, b) => strideOf(b) - strideOf(a) || a - b);
  let step = 1;
  for (const axis of sorted.toReversed()) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== step) return null;
    step *= at(shape, axis);
  }
  return { dims: sorted.map((axis) => at(shape, axis)), order: axes.map((axis) => sorted.indexOf(axis)) };
}

/** The place of a tensor. Throws through `fail` where it reaches beyond its storage, or is no whole piece of it. */
function placeOf(
  name: string,
  { storage, offset, shape, strides }: PickledTensor,
  entry: ZipEntry | undefined,
  file: string,
  fail: (what: string) => never,
): TensorPlace {
  const bytes = ALL_BYTES[storage.dtype] ?? fail(`tensor ${name}: unknown type ${storage.dtype}`);
  if (entry === undefined)
    return fail(`tensor ${name}: its storage ${JSON.stringify(storage.key.slice(0, 60))} is missing; fetch it again`);
  if (entry.length !== storage.count * bytes)
    return fail(`tensor ${name}: a storage of ${storage.count} numbers of ${storage.dtype} in ${entry.length} bytes; the file is damaged`);
  const count = shape.reduce((product, d) => product * d, 1);
  if (!Number.isSafeInteger(count) || offset + count > storage.count)
    return fail(`tensor ${name}: [${shape.join(', ')}] from number ${offset} reach beyond its storage of ${storage.count}`);
  const laid = count === 0 ? null : laidOut(shape, strides);
  if (laid === null)
    return fail(
      `tensor ${name}: [${shape.join(', ')}] with strides [${strides.join(', ')}] is no whole piece of memory; save the model with save_pretrained, which writes safetensors`,
    );
  const turned = laid.order.some((to, axis) => to !== axis);
  return {
    file,
    dtype: storage.dtype,
    shape,
    offset: entry.offset + offset * bytes,
    length: count * bytes,
    ...(turned ? { lies: laid } : {}),
  };
}

/**
 * Reads where the tensors of a file lie, and digests as of a safetensors file (of what describes the tensors, and of samples of each). Throws `UserError` naming the file: not there,
 * another kind of file, truncated or damaged, or a pickle that asks for more than tensors.
 */
export async function readTorchHeader(file: string): Promise<Header> {
  const fail = (what: string): never => {
    throw new UserError(`${file}: ${what}`);
  };
  const real = await realpath(file).catch((error: unknown) =>
    fail(systemCode(error) === 'ENOENT' ? 'no such file; the model is incomplete' : messageOf(error)),
  );
  const handle = await open(real, 'r').catch((error: unknown) => fail(`cannot be read: ${messageOf(error)}`));
  try {
    const { size } = await handle.stat();
    if (size === 0) fail('is empty: its download or copy was interrupted; fetch it again');
    const beginning = Buffer.alloc(Math.min(size, PLACEHOLDER_BYTES));
    await handle.read(beginning, 0, beginning.length, 0);
    refusePlaceholder(beginning.toString('utf8'), file);
    if (beginning.subarray(0, OLD.length).equals(OLD))
      fail(
        `is of PyTorch before 1.6, which is not read; write it anew in Python: torch.save(torch.load(name, weights_only=True), name), or load the model and save it with save_pretrained`,
      );
    if (!beginning.subarray(0, ZIP.length).equals(ZIP)) fail('is no file of PyTorch; fetch it again');
    const entries = await zipEntries(real, size, fail);
    const main = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
    const [name = ''] = main;
    const folder = name.slice(0, -'data.pkl'.length);
    const pickle = entries.get(name);
    if (pickle === undefined || main.length !== 1)
      return fail(
        `is a zip archive without tensors${entries.has(`${folder}constants.pkl`) ? ' (TorchScript)' : ''}; a state dict of PyTorch is read`,
      );
    if (entries.has(`${folder}constants.pkl`)) return fail('is TorchScript, a program; a state dict of PyTorch is read');
    if (pickle.length > MOST_PICKLE) return fail(`its data.pkl has ${pickle.length} bytes; at most ${MOST_PICKLE} are read`);
    const order = entries.get(`${folder}byteorder`);
    if (order !== undefined) {
      const word = Buffer.alloc(Math.min(order.length, 16));
      await handle.read(word, 0, word.length, order.offset);
      if (word.toString() !== 'little') fail(`has numbers in the order of bytes ${JSON.stringify(word.toString())}; "little" is read`);
    }
    const bytes = Buffer.alloc(pickle.length);
    await handle.read(bytes, 0, bytes.length, pickle.offset);
    const tensors = new Map<string, TensorPlace>();
    for (const [key, tensor] of readPickle(bytes, fail))
      tensors.set(key, placeOf(key, tensor, entries.get(`${folder}data/${tensor.storage.key}`), real, fail));
    if (tensors.size === 0) return fail('holds no tensors by name; a state dict of PyTorch is read');
    const stretches = [...tensors.values()].sort((a, b) => a.offset - b.offset || a.length - b.length);
    const samples = await sampleDigest(handle, stretches).catch((error: unknown) => fail(`cannot be read: ${messageOf(error)}`));
    return { tensors, size, sha256: createHash('sha256').update(bytes).digest('hex'), samples, real };
  } finally {
    await handle.close();
  }
}
