/** Data sets and models of the hub, brought into the cache. */
import { UserError } from '../errors.js';
import { datasetFinder } from '../hub/dataset-files.js';
import { type Fetched, fetchSplits, type WantedSplit } from '../hub/fetch.js';
import type { Progress } from '../hub/progress.js';
import { type ResolvedModel, resolveModel } from '../hub/resolve-model.js';
import { hubSettings } from '../hub/settings.js';
import { evaluatedSplit, poolSource } from '../prompts/fewshot.js';
import type { TaskOptions } from '../run/task-options.js';
import { loadLeaves } from './tasks.js';

export interface FetchOptions extends TaskOptions {
  readonly offline: boolean;
  /** Bytes of a file that is under way; the number of splits, before the first; a split that is done. */
  readonly onProgress: (progress: Progress) => void;
  readonly onTotal: (splits: number) => void;
  readonly onSplit: () => void;
}

/**
 * Brings the splits that tasks read into the cache. What cannot be had is among `failures`. Throws `UserError` for unknown tasks.
 */
export async function fetchData(options: FetchOptions): Promise<Fetched> {
  const tasks = await loadLeaves(options);
  const wanted = new Map<string, WantedSplit>();
  for (const task of tasks) {
    if (task.dataFiles !== null) continue;
    const pool = task.fewshot.count > 0 ? poolSource(task) : null;
    for (const split of [evaluatedSplit(task), pool?.kind === 'split' ? pool.split : null]) {
      const one = { dataset: task.datasetPath, configuration: task.datasetName, split: split ?? '' };
      if (split !== null) wanted.set(JSON.stringify(one), one);
    }
  }
  options.onTotal(wanted.size);
  return fetchSplits(datasetFinder(hubSettings(options.offline), options.onProgress), [...wanted.values()], options.onSplit);
}

/**
 * Brings a model of the hub into the cache. Throws `UserError` for one that is asked over its server.
 */
export async function fetchModel(reference: string, offline: boolean, onProgress: (progress: Progress) => void): Promise<ResolvedModel> {
  const api = /^(openai|anthropic|completions|fake):/.exec(reference)?.[1];
  if (api !== undefined) throw new UserError(`--model ${reference}: nothing to fetch, ${api} models are asked over their server`);
  return resolveModel(reference.replace(/^onnx:/, ''), { files: 'all', offline, onProgress });
}
