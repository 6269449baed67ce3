import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import { ADAPTER_CONFIG, readAdapterConfig } from '../models/adapter-config.js';
import { refusePlaceholder } from '../placeholder-file.js';
import { parsePlainJson } from '../python/plain-json.js';
import { cachedCommit, isFile } from './cache.js';
import { type CachedFile, ensureFile } from './hub-file.js';
import { isInnerPath, isRepoName, quote } from './names.js';
import type { Progress } from './progress.js';
import { fetchHint, type Repo, repoLabel } from './repo.js';
import { type HubSettings, hubSettings } from './settings.js';

export interface ResolveModelOptions {
  /** `tokenizer`: what prompts need; `all`: the weights too. */
  readonly files: 'tokenizer' | 'all';
  /** No network access: what the cache lacks is an error. */
  readonly offline: boolean;
  readonly onProgress?: (progress: Progress) => void;
}

/** A model on the disk. */
export interface ResolvedModel {
  /** Holds the tokenizer's files and the chat template. */
  readonly folder: string;
  /** Holds config.json and, if asked for, the weights: the same folder, but for an adapter that leaves out what its base model has. */
  readonly weights: string;
  /** The adapter that is laid over the weights, or null. */
  readonly adapter: ResolvedAdapter | null;
  /** The folder as it was given, or `ORG/NAME`. */
  readonly name: string;
  /** Commit of a model from the hub; null for a folder. */
  readonly revision: string | null;
}

/** A folder of PEFT, and the model that it changes. */
export interface ResolvedAdapter {
  readonly folder: string;
  /** The base model as the adapter names it; null where the weights lie beside the adapter. */
  readonly base: string | null;
  /** Commit of a base model from the hub. */
  readonly baseRevision: string | null;
}

/** Small files; a model may lack any of them but the first. Everything else of a repository is never downloaded. */
const SMALL_FILES = [
  'config.json',
  ADAPTER_CONFIG,
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'generation_config.json',
] as const;
/** Weights in the order in which transformers looks for them: a file, else what lists several. */
const WEIGHTS = [
  { single: 'model.safetensors', index: 'model.safetensors.index.json', end: '.safetensors' },
  { single: 'pytorch_model.bin', index: 'pytorch_model.bin.index.json', end: '.bin' },
] as const;
const ADAPTER_WEIGHTS = 'adapter_model.safetensors';
const ONNX = ['onnx/model.onnx', 'onnx/model.onnx_data'] as const;
const MAX_SHARDS = 10_000;
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/**
 * Returns the folder of a model: a local folder as it is, or `ORG/NAME` (`ORG/NAME@REVISION` for a branch, tag or commit) from the hub, downloaded into
 * the cache that Python's tools share. All files are of one commit. For an adapter of PEFT its base model is found in the same way.
 *
 * Throws `UserError` for a name that is neither, for gated, private and absent models, for a model without weights in safetensors (or an ONNX export),
 * and offline when the cache lacks it. `given` replaces the settings from the environment.
 */
export async function resolveModel(reference: string, options: ResolveModelOptions, given?: HubSettings): Promise<ResolvedModel> {
  const local = (await stat(reference).catch(() => null))?.isDirectory() === true;
  const found = local ? { folder: resolve(reference), name: reference, revision: null } : await fromHub(reference, options, given);
  const { folder } = found;
  if (!(await isFile(join(folder, ADAPTER_CONFIG)))) return { ...found, weights: folder, adapter: null };
  // As in transformers: an adapter in a local folder with a config.json belongs to the weights beside it, every other one to the model that it names.
  if (local && (await isFile(join(folder, 'config.json'))))
    return { ...found, weights: folder, adapter: { folder, base: null, baseRevision: null } };
  const base = await baseOf(folder, options, given);
  const adapter = { folder, base: base.name, baseRevision: base.revision };
  return { ...found, folder: (await isFile(join(folder, 'tokenizer.json'))) ? folder : base.folder, weights: base.folder, adapter };
}

/** The model that the adapter in `folder` was trained for. */
async function baseOf(folder: string, options: ResolveModelOptions, given: HubSettings | undefined): Promise<ResolvedModel> {
  const config = await readAdapterConfig(folder);
  const file = join(folder, ADAPTER_CONFIG);
  const reference = config?.base ?? null;
  if (reference === null)
    throw new UserError(
      `${file}: base_model_name_or_path is missing: an adapter is scored together with its base model; write its folder or ORG/NAME there`,
    );
  let base: ResolvedModel;
  try {
    base = await resolveModel(reference, options, given);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`base model of the adapter ${folder} (base_model_name_or_path in ${ADAPTER_CONFIG}): ${error.message}`, {
      cause: error,
    });
  }
  if (base.adapter !== null)
    throw new UserError(
      `${file}: the base model ${reference} is an adapter itself; one adapter over a model is supported: merge the first into its model (merge_and_unload in Python)`,
    );
  return base;
}

/** A model or adapter of the hub, in the cache. */
async function fromHub(
  reference: string,
  options: ResolveModelOptions,
  given: HubSettings | undefined,
): Promise<{ folder: string; name: string; revision: string }> {
  const { name, revision } = parseModelName(reference);
  const hub = { ...(given ?? hubSettings(options.offline)), onProgress: options.onProgress };
  const repo: Repo = { hub, kind: 'model', name };
  const first =
    (await ensureFile({ repo, revision, path: 'config.json' }, null)) ?? (await ensureFile({ repo, revision, path: ADAPTER_CONFIG }, null));
  if (first === null) throw await withoutConfig(repo, revision);
  const get = (path: string): Promise<CachedFile | null> => sameCommit(repo, revision, path, first.commit);
  const found = new Map<string, CachedFile>();
  for (const path of SMALL_FILES) {
    const file = await get(path);
    if (file !== null) found.set(path, file);
  }
  const model = { folder: dirname(first.local), name, revision: first.commit };
  if (found.has(ADAPTER_CONFIG)) {
    if (options.files === 'all' && (await get(ADAPTER_WEIGHTS)) === null)
      throw new UserError(`${repoLabel(repo)} is an adapter without ${ADAPTER_WEIGHTS}${offlineHint(repo)}`);
    return model;
  }
  if (!found.has('tokenizer.json'))
    throw new UserError(
      `${repoLabel(repo)} has no tokenizer.json; a model in the Hugging Face format with a fast tokenizer is needed${offlineHint(repo)}`,
    );
  if (options.files === 'all') await weights(repo, await namedWeights(first.local), get);
  return model;
}

/** `transformers_weights` of a config.json; what else may be wrong with the file is said where it is read. */
async function namedWeights(config: string): Promise<string | null> {
  const text = await readFile(config, 'utf8');
  const named = /"transformers_weights"/.test(text)
    ? z.looseObject({ transformers_weights: z.string() }).safeParse(jsonOrNull(text))
    : null;
  return named?.data?.transformers_weights ?? null;
}

function jsonOrNull(text: string): unknown {
  try {
    return parsePlainJson(text);
  } catch {
    return null;
  }
}

/**
 * Returns the parts of `ORG/NAME[@REVISION]`; the revision is `main` where none is named.
 * Throws `UserError` for everything else, a path that does not exist included.
 */
export function parseModelName(reference: string): { readonly name: string; readonly revision: string } {
  const at = reference.indexOf('@');
  const name = at < 0 ? reference : reference.slice(0, at);
  const revision = at < 0 ? 'main' : reference.slice(at + 1);
  if (!isRepoName(name) || !(name.includes('/') || at >= 0)) {
    const looksLocal = /^[.~/]|\\/.test(reference) || reference.split('/').length > 2;
    const what = looksLocal ? 'no such folder' : 'neither a local folder nor a Hugging Face model (ORG/NAME)';
    throw new UserError(`model ${quote(reference)}: ${what}; valid: a folder with config.json, or ORG/NAME[@REVISION]`);
  }
  if (!isInnerPath(revision) || !/^[\w.\-/]+$/.test(revision)) {
    throw new UserError(`model ${quote(reference)}: ${quote(revision)} is no revision; valid: a branch, tag or commit`);
  }
  return { name, revision };
}

/** A file at the commit that the configuration had, so that a model never mixes two versions. */
async function sameCommit(repo: Repo, revision: string, path: string, commit: string): Promise<CachedFile | null> {
  const file = await ensureFile({ repo, revision, path }, commit);
  if (file !== null && file.commit !== commit)
    throw new UserError(`${repoLabel(repo)} changed on the hub while it was downloaded; run again`);
  return file;
}

async function withoutConfig(repo: Repo, revision: string): Promise<UserError> {
  if (repo.hub.offline && (await cachedCommit(repo, revision)) !== null) {
    return new UserError(`${repoLabel(repo)} is not in the cache (${repo.hub.cacheDir}) and this is offline; ${fetchHint(repo)}`);
  }
  return new UserError(`${repoLabel(repo)} has no config.json; a model in the Hugging Face format is needed`);
}

function offlineHint(repo: Repo): string {
  return repo.hub.offline ? ` (this is offline; if it was never fetched whole, ${fetchHint(repo)})` : '';
}

/** Brings the weights that transformers would take: those that the configuration names, else the single file, else the files of the index. */
async function weights(repo: Repo, named: string | null, get: (path: string) => Promise<CachedFile | null>): Promise<void> {
  if (named !== null && (!isInnerPath(named) || named.includes('/')))
    throw new UserError(`${repoLabel(repo)}: config.json names ${quote(named)} as its weights, which is no file beside it; refused`);
  const lists = named?.endsWith('.index.json') ?? false;
  const places = named === null ? WEIGHTS : [{ single: lists ? null : named, index: lists ? named : null, end: '.safetensors' }];
  for (const { single, index, end } of places) {
    if (single !== null && (await get(single)) !== null) return;
    const list = index === null ? null : await get(index);
    if (index === null || list === null) continue;
    for (const shard of shardsOf(repo, await readIndex(list.local), { name: index, end })) {
      if ((await get(shard)) === null)
        throw new UserError(`${repoLabel(repo)}: ${index} names ${shard}, which is not there${offlineHint(repo)}`);
    }
    return;
  }
  if (named !== null)
    throw new UserError(`${repoLabel(repo)}: config.json names ${named} as its weights, which is not there${offlineHint(repo)}`);
  if ((await get(ONNX[0])) !== null) {
    await get(ONNX[1]);
    return;
  }
  throw new UserError(
    `${repoLabel(repo)} has none of ${[...WEIGHTS.flatMap(({ single, index }) => [single, index]), ONNX[0]].join(', ')}; weights in safetensors are needed${offlineHint(repo)}`,
  );
}

async function readIndex(path: string): Promise<unknown> {
  try {
    if ((await stat(path)).size > MAX_INDEX_BYTES) throw new UserError(`larger than ${MAX_INDEX_BYTES} bytes`);
    const text = await readFile(path, 'utf8');
    refusePlaceholder(text, path);
    return parsePlainJson(text);
  } catch (error) {
    throw new UserError(`${path}: not a readable index of weight files: ${messageOf(error)}`);
  }
}

const SAFETENSORS = { name: WEIGHTS[0].index, end: WEIGHTS[0].end };
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Returns the files that an index of weights names, each once. `kind`: its name, and how the names of its files end. Throws `UserError` for another shape and for names that are no
 * such file beside it.
 */
export function shardsOf(repo: Repo, index: unknown, kind: { readonly name: string; readonly end: string } = SAFETENSORS): string[] {
  const parsed = indexSchema.safeParse(index);
  if (!parsed.success) throw new UserError(`${repoLabel(repo)}: ${kind.name} has no weight_map of file names`);
  const shards = [...new Set(Object.values(parsed.data.weight_map))];
  const bad = shards.find((shard) => !isInnerPath(shard) || shard.includes('/') || !shard.endsWith(kind.end));
  if (bad !== undefined)
    throw new UserError(`${repoLabel(repo)}: ${kind.name} names ${quote(bad)}, which is no ${kind.end} file beside it; refused`);
  if (shards.length > MAX_SHARDS)
    throw new UserError(`${repoLabel(repo)}: ${kind.name} names ${shards.length} files; at most ${MAX_SHARDS} are read`);
  return shards.sort();
}
