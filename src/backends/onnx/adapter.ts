/**
 * Lays a LoRA adapter over a model's weights. Nothing is computed or written here: the graph gets the adapter's matrices beside the model's and adds their product
 * in float32; the runtime does so once, when the session is made.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../errors.js';
import { ADAPTER_CONFIG, type LoraConfig, readAdapterConfig } from '../../models/adapter-config.js';
import { commonFolder, fileDigest, type LowRank, readHeader, type Weights } from './safetensors.js';
import type { TensorPlace } from './tensor-place.js';

const FILE = 'adapter_model.safetensors';
const PREFIX = 'base_model.model.';
const EMBEDDING = 'model.embed_tokens';
const HEAD = 'lm_head';

/** An adapted model. */
export interface AdaptedWeights {
  readonly weights: Weights;
  /** Whether the output layer still is the input embedding. */
  readonly tied: boolean;
}

/** A pair of matrices of a module, one of which may be missing. */
type Pair = { a?: string; b?: string; embedding: boolean };

/**
 * Returns the weights of the model with those of the adapter in `folder` over them. `tied`: the model's output layer is its input embedding.
 * Throws `UserError` for an adapter that lacks matrices, whose sizes fit neither its rank nor the model, or that changes what is not there.
 */
export async function adaptWeights(base: Weights, folder: string, tied: boolean): Promise<AdaptedWeights> {
  const config = await readAdapterConfig(folder);
  if (config === null) throw new UserError(`${path.join(folder, ADAPTER_CONFIG)}: no such file`);
  const file = path.join(folder, FILE);
  if (!existsSync(file)) {
    const pickled = existsSync(path.join(folder, 'adapter_model.bin'));
    throw new UserError(
      `${file}: no such file${pickled ? '; adapter_model.bin is not read: load and save the adapter with peft, which writes safetensors' : '; the adapter is incomplete'}`,
    );
  }
  const header = await readHeader(file);
  const tensors = new Map(base.tensors);
  const added = new Map<string, LowRank>();
  const pairs = new Map<string, Pair>();
  /** Modules that the adapter has a trained copy of (`modules_to_save`). */
  const copied = new Set<string>();

  for (const [name, place] of header.tensors) {
    if (!name.startsWith(PREFIX))
      throw new UserError(`${file}: tensor ${name}: the name does not begin with ${PREFIX}; is this an adapter that peft saved?`);
    const inner = name.slice(PREFIX.length);
    const matrix = /^(.*)\.lora_(embedding_)?([AB])(?:\.weight)?$/.exec(inner);
    const [, module = '', embedding, side] = matrix ?? [];
    if (matrix !== null && (embedding === undefined) === inner.endsWith('.weight')) {
      const pair: Pair = pairs.get(module) ?? { embedding: embedding !== undefined };
      if (side === 'A') pair.a = name;
      else pair.b = name;
      pairs.set(module, pair);
      continue;
    }
    if (inner.includes('.lora_'))
      throw new UserError(`${file}: tensor ${name} is none that a plain LoRA adapter has (lora_A.weight, lora_B.weight)`);
    const target = inner.replace(/\.base_layer\.(weight|bias)$/, '.$1');
    replace(tensors, target, place, { file, name, tied });
    if (config.saved.some((end) => moduleOf(target).endsWith(end) || moduleOf(target).includes(`${end}.`))) copied.add(moduleOf(target));
  }
  // Loaded by peft and by transformers such an adapter scores differently, so there is no right answer.
  if (tied && config.keepsTied && (pairs.has(HEAD) || pairs.has(EMBEDDING)))
    throw new UserError(
      `${config.file}: ensure_weight_tying together with matrices for ${pairs.has(EMBEDDING) ? EMBEDDING : HEAD} is not supported; merge the adapter in Python (merge_and_unload)`,
    );
  checkTargets(base, config, pairs, file);

  for (const [module, pair] of pairs) {
    const [a, b] = [pair.a, pair.b].map((name) => (name === undefined ? undefined : header.tensors.get(name)));
    if (pair.a === undefined || pair.b === undefined || a === undefined || b === undefined)
      throw new UserError(`${file}: ${module} has only one of the matrices lora_A and lora_B; the adapter is incomplete`);
    const rank = config.rank(module);
    if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[0] !== rank || b.shape[1] !== rank)
      throw new UserError(
        `${file}: ${module}: matrices of [${a.shape.join(', ')}] and [${b.shape.join(', ')}], but ${ADAPTER_CONFIG} says rank ${rank}`,
      );
    added.set(`${module}.weight`, {
      a: { name: `adapter:${pair.a}`, place: a },
      b: { name: `adapter:${pair.b}`, place: b },
      scale: config.scale(module),
      transposed: pair.embedding,
    });
  }

  const changed = (module: string): boolean => pairs.has(module) || copied.has(module);
  const parts = changed(HEAD) || (changed(EMBEDDING) && !config.keepsTied);
  if (tied && parts && !copied.has(HEAD)) {
    // What the adapter leaves alone stays what the shared matrix was: a module that is saved as a whole is a copy of it.
    const shared = (copied.has(EMBEDDING) ? base : { tensors }).tensors.get(`${EMBEDDING}.weight`);
    if (shared !== undefined) tensors.set(`${HEAD}.weight`, shared);
  }
  return {
    weights: {
      tensors,
      added,
      root: commonFolder([...new Set([...tensors.values(), ...header.tensors.values()].map((place) => place.file))]),
      digests: { ...base.digests, [`adapter:${FILE}`]: fileDigest(header) },
      bytes: base.bytes + header.size,
      leftOut: base.leftOut,
    },
    tied: tied && !parts,
  };
}

const moduleOf = (tensor: string): string => tensor.replace(/\.(?:weight|bias)$/, '');

/** Puts a whole tensor of the adapter in the place of the model's. */
function replace(
  tensors: Map<string, TensorPlace>,
  target: string,
  place: TensorPlace,
  { file, name, tied }: { file: string; name: string; tied: boolean },
): void {
  const old = tensors.get(target) ?? (tied && target === `${HEAD}.weight` ? tensors.get(`${EMBEDDING}.weight`) : undefined);
  if (old === undefined) throw new UserError(`${file}: tensor ${name}: the base model has no ${target}`);
  if (old.shape.join() !== place.shape.join())
    throw new UserError(
      `${file}: tensor ${name} has shape [${place.shape.join(', ')}], in the base model ${target} has [${old.shape.join(', ')}]`,
    );
  tensors.set(target, place);
}

/** Throws where the modules that the file has matrices for are not those that the settings name: peft would leave out the one and make up the other. */
function checkTargets(base: Weights, config: LoraConfig, pairs: ReadonlyMap<string, Pair>, file: string): void {
  const layers = new Set(
    [...base.tensors].filter(([name, place]) => name.endsWith('.weight') && place.shape.length === 2).map(([name]) => moduleOf(name)),
  );
  layers.add(HEAD);
  for (const module of pairs.keys()) {
    if (!layers.has(module)) throw new UserError(`${file}: has matrices for ${module}, which is no layer of the base model`);
    if (!config.targets(module))
      throw new UserError(`${file}: has matrices for ${module}, which target_modules of ${config.file} does not name`);
  }
  for (const module of layers) {
    if (config.targets(module) && !pairs.has(module))
      throw new UserError(
        `${file}: has no matrices for ${module}, which target_modules of ${config.file} names; the adapter is incomplete`,
      );
  }
}
