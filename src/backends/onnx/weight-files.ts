/** Which files of a model folder are its weights, and all their tensors. */

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../../errors.js';
import { isObject } from '../../is-object.js';
import { parseJsonFile } from '../../json-file.js';
import { commonFolder, fileDigest, readHeader, type Weights } from './safetensors.js';
import type { TensorPlace } from './tensor-place.js';
import { readTorchHeader } from './torch/torch-file.js';

/** Names of weight files and of what lists several of them, in the order in which transformers looks. */
const KINDS = [
  { single: 'model.safetensors', index: 'model.safetensors.index.json', end: '.safetensors' },
  { single: 'pytorch_model.bin', index: 'pytorch_model.bin.index.json', end: '.bin' },
] as const;

/**
 * Whether a folder has weights that a graph can be written over.
 */
export function hasWeights(folder: string): boolean {
  return KINDS.some(({ single, index }) => existsSync(path.join(folder, single)) || existsSync(path.join(folder, index)));
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null)) !== null;
}

/**
 * Names of the weight files of a model folder, in the order in which transformers looks: what `transformers_weights` of config.json names, else `model.safetensors`,
 * else the files of `model.safetensors.index.json`, else the same of PyTorch.
 */
async function weightFiles(folder: string, named: string | null): Promise<{ files: string[]; leftOut: string | null }> {
  if (named !== null) {
    if (named !== path.basename(named) || !/\.safetensors(?:\.index\.json)?$/.test(named))
      throw new UserError(
        `${path.join(folder, 'config.json')}: transformers_weights ${JSON.stringify(named)} is no name of a .safetensors or .safetensors.index.json file in the same folder`,
      );
    return { files: named.endsWith('.json') ? await indexedFiles(path.join(folder, named), '.safetensors') : [named], leftOut: null };
  }
  for (const { single, index, end } of KINDS) {
    const sharded = await exists(path.join(folder, index));
    if (await exists(path.join(folder, single))) return { files: [single], leftOut: sharded ? index : null };
    if (sharded) return { files: await indexedFiles(path.join(folder, index), end), leftOut: null };
  }
  const names = KINDS.flatMap(({ single, index }) => [single, index]).join(', ');
  throw new UserError(
    `${folder}: none of ${names}; weights in other formats (consolidated.safetensors, flax, GGUF) must be saved as safetensors first`,
  );
}

/** The files that an index names, each once. */
async function indexedFiles(index: string, end: string): Promise<string[]> {
  const text = await readFile(index, 'utf8').catch((error: unknown) => {
    throw new UserError(`${index}: ${systemCode(error) === 'ENOENT' ? 'no such file' : messageOf(error)}`);
  });
  const parsed = parseJsonFile(text, index);
  const map = isObject(parsed) ? parsed.weight_map : undefined;
  if (!isObject(map) || Object.keys(map).length === 0) throw new UserError(`${index}: has no weight_map`);
  return [...new Set(Object.values(map))].map((name) => {
    // A file outside the folder is never meant: a model from the net must not make the program read other files.
    if (typeof name !== 'string' || name !== path.basename(name) || !name.endsWith(end))
      throw new UserError(`${index}: ${JSON.stringify(name)} is no name of a ${end} file in the same folder`);
    return name;
  });
}

/**
 * Reads all headers of a model folder; `named` is `transformers_weights` of its config.json. Links are resolved, so a hub snapshot (links into `blobs/`) works.
 * Throws `UserError` for a missing, truncated or inconsistent file, and for a tensor that two files hold.
 */
export async function readWeights(folder: string, named: string | null = null): Promise<Weights> {
  const tensors = new Map<string, TensorPlace>();
  const digests: Record<string, string> = {};
  const real: string[] = [];
  let bytes = 0;
  const { files, leftOut } = await weightFiles(folder, named);
  for (const name of files) {
    const file = path.join(folder, name);
    const header = name.endsWith('.bin') ? await readTorchHeader(file) : await readHeader(file);
    for (const [tensor, place] of header.tensors) {
      if (tensors.has(tensor)) throw new UserError(`${file}: tensor ${tensor} is also in ${tensors.get(tensor)?.file}`);
      tensors.set(tensor, place);
    }
    digests[name] = fileDigest(header);
    real.push(header.real);
    bytes += header.size;
  }
  return { tensors, added: new Map(), root: commonFolder(real), digests, bytes, leftOut };
}
