import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import { cachedCommit } from './cache.js';
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
  /** Holds config.json, the tokenizer's files and, if asked for, the weights. */
  readonly folder: string;
  /** The folder as it was given, or `ORG/NAME`. */
  readonly name: string;
  /** Commit of a model from the hub; null for a folder. */
  readonly revision: string | null;
}

/** Small files; a model may lack any of them but the first. Everything else of a repository is never downloaded. */
const SMALL_FILES = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'generation_config.json',
] as const;
const INDEX = 'model.safetensors.index.json';
const WEIGHTS = 'model.safetensors';
const ONNX = ['onnx/model.onnx', 'onnx/model.onnx_data'] as const;
const MAX_SHARDS = 10_000;
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/**
 * Returns the folder of a model: a local folder as it is, or `ORG/NAME` (`ORG/NAME@REVISION` for a branch, tag or commit) from the hub, downloaded into
 * the cache that Python's tools share. All files are of one commit.
 *
 * Throws `UserError` for a name that is neither, for gated, private and absent models, for a model without weights in safetensors (or an ONNX export),
 * and offline when the cache lacks it. `given` replaces the settings from the environment.
 */
export async function resolveModel(reference: string, options: ResolveModelOptions, given?: HubSettings): Promise<ResolvedModel> {
  if ((await stat(reference).catch(() => null))?.isDirectory()) return { folder: resolve(reference), name: reference, revision: null };
  const { name, revision } = parseModelName(reference);
  const settings = given ?? hubSettings(options.offline);
  const repo: Repo = { kind: 'model', name };
  const config = await ensureFile(settings, { repo, revision, path: 'config.json' }, null, options.onProgress);
  if (config === null) throw await withoutConfig(settings, repo, revision);
  const get = (path: string): Promise<CachedFile | null> => sameCommit(settings, repo, revision, path, config.commit, options.onProgress);
  let tokenizer = false;
  for (const path of SMALL_FILES) {
    if (path === 'config.json') continue;
    const found = await get(path);
    if (found !== null && path === 'tokenizer.json') tokenizer = true;
  }
  if (!tokenizer)
    throw new UserError(
      `${repoLabel(repo)} has no tokenizer.json; a model in the Hugging Face format with a fast tokenizer is needed${offlineHint(settings, repo)}`,
    );
  if (options.files === 'all') await weights(settings, repo, get);
  return { folder: dirname(config.local), name, revision: config.commit };
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
    const what = looksLocal ? 'no such folder' : 'no folder and no name of the hub';
    throw new UserError(`model ${quote(reference)}: ${what}; valid: a folder with config.json, or ORG/NAME[@REVISION]`);
  }
  if (!isInnerPath(revision) || !/^[\w.\-/]+$/.test(revision)) {
    throw new UserError(`model ${quote(reference)}: ${quote(revision)} is no revision; valid: a branch, tag or commit`);
  }
  return { name, revision };
}

/** A file at the commit that the configuration had, so that a model never mixes two versions. */
async function sameCommit(
  settings: HubSettings,
  repo: Repo,
  revision: string,
  path: string,
  commit: string,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<CachedFile | null> {
  const file = await ensureFile(settings, { repo, revision, path }, commit, onProgress);
  if (file !== null && file.commit !== commit)
    throw new UserError(`${repoLabel(repo)} changed on the hub while it was downloaded; run again`);
  return file;
}

async function withoutConfig(settings: HubSettings, repo: Repo, revision: string): Promise<UserError> {
  if (settings.offline && (await cachedCommit(settings, repo, revision)) !== null) {
    return new UserError(`${repoLabel(repo)} is not in the cache (${settings.cacheDir}) and this is offline; ${fetchHint(repo)}`);
  }
  return new UserError(`${repoLabel(repo)} has no config.json; a model in the Hugging Face format is needed`);
}

function offlineHint(settings: HubSettings, repo: Repo): string {
  return settings.offline ? ` (this is offline; if it was never fetched whole, ${fetchHint(repo)})` : '';
}

async function weights(settings: HubSettings, repo: Repo, get: (path: string) => Promise<CachedFile | null>): Promise<void> {
  const index = await get(INDEX);
  if (index !== null) {
    for (const shard of shardsOf(repo, await readIndex(index.local))) {
      if ((await get(shard)) === null)
        throw new UserError(`${repoLabel(repo)}: ${INDEX} names ${shard}, which is not there${offlineHint(settings, repo)}`);
    }
    return;
  }
  if ((await get(WEIGHTS)) !== null) return;
  if ((await get(ONNX[0])) !== null) {
    await get(ONNX[1]);
    return;
  }
  throw new UserError(
    `${repoLabel(repo)} has neither ${WEIGHTS} nor ${INDEX} nor ${ONNX[0]}; weights in safetensors are needed${offlineHint(settings, repo)}`,
  );
}

async function readIndex(path: string): Promise<unknown> {
  try {
    if ((await stat(path)).size > MAX_INDEX_BYTES) throw new UserError(`larger than ${MAX_INDEX_BYTES} bytes`);
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path}: not a readable index of safetensors files: ${messageOf(error)}`);
  }
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Returns the files that a safetensors index names, each once. Throws `UserError` for another shape and for names that are no .safetensors file beside it.
 */
export function shardsOf(repo: Repo, index: unknown): string[] {
  const parsed = indexSchema.safeParse(index);
  if (!parsed.success) throw new UserError(`${repoLabel(repo)}: ${INDEX} has no weight_map of file names`);
  const shards = [...new Set(Object.values(parsed.data.weight_map))];
  const bad = shards.find((shard) => !isInnerPath(shard) || shard.includes('/') || !shard.endsWith('.safetensors'));
  if (bad !== undefined)
    throw new UserError(`${repoLabel(repo)}: ${INDEX} names ${quote(bad)}, which is no .safetensors file beside it; refused`);
  if (shards.length > MAX_SHARDS)
    throw new UserError(`${repoLabel(repo)}: ${INDEX} names ${shards.length} files; at most ${MAX_SHARDS} are read`);
  return shards.sort();
}
