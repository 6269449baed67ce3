/** What one side of a comparison is: a folder of result files, one result file, a model inside a folder, or a stored baseline. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { at } from '../at.js';
import { UserError } from '../errors.js';
import { fileNameOf } from '../file-name.js';
import { leavesOf } from '../results/group-tree.js';
import { fileBytes } from '../results/gzip-blocks.js';
import { findResultFiles, type ResultFile, readResultFile, type TaskResult } from '../results/read.js';
import { readSamples, type TaskSamples } from '../results/read-samples.js';
import { findSampleFile } from '../results/sample-name.js';
import type { PromptFamily } from '../types.js';

/** How a run asked, besides its tasks: what may explain another fingerprint. */
export interface Setting {
  readonly family: PromptFamily;
  /** sha256 of the chat template; null without one. */
  readonly template: string | null;
  readonly system: string | null;
  readonly multiturn: boolean;
  /** Other few-shot examples than the tasks say; empty or absent for those. */
  readonly variation?: string | undefined;
}

/** One task or group of a run, from the newest file that holds it. */
export interface RunTask {
  readonly result: Pick<
    TaskResult,
    'name' | 'isGroup' | 'estimates' | 'nShot' | 'version' | 'samples' | 'hash' | 'higherIsBetter' | 'own' | 'about'
  >;
  /** Null in a baseline that does not say. */
  readonly setting: Setting | null;
  /** Where it was read from, for messages. */
  readonly file: string;
  /** Reads its per-document outcomes; null where the run has none. */
  readonly samples: (() => Promise<TaskSamples>) | null;
  /** Where its samples are; null where they are not kept. */
  readonly source: SampleSource | null;
}

/** One side of a comparison. */
export interface Run {
  /** Path or name as given. */
  readonly reference: string;
  readonly model: string;
  /** Time of the newest result, in seconds since the epoch. */
  readonly date: number;
  readonly tasks: ReadonlyMap<string, RunTask>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** The newest result file, or the baseline's file. */
  readonly newestFile: string;
  /** Whether this is a compact baseline instead of a run. */
  readonly baseline: boolean;
}

/** Where to look for a model that is named instead of given as a path. */
export interface OpenOptions {
  readonly inside?: string;
}

/**
 * Opens one side of a comparison. `reference` is a result file, a folder with result files of one model, `FOLDER/MODEL` with the model's
 * name as it is written (`results/HiTZ/Latxa`), or a model's name inside `options.inside`. Throws `UserError` when there is nothing, when a folder
 * holds several models (naming them), or when a file is one shard of a run.
 */
export async function openRun(reference: string, options: OpenOptions = {}): Promise<Run> {
  const folder = locate(reference, options.inside);
  const paths = await findResultFiles(folder);
  if (paths.length === 0)
    throw new UserError(`${reference}: no results_*.json in it; give a folder that \`eus-eval run\` wrote, or one result file`);
  const folders = [...new Set(paths.map((file) => path.dirname(file)))];
  if (folders.length > 1) {
    const names = folders.map((f) => path.relative(path.resolve(folder), f) || '.');
    throw new UserError(
      `${reference}: holds ${names.length} models (${some(names)}); give one of them, e.g. ${path.join(reference, at(names, 0))}`,
    );
  }
  const files: ResultFile[] = [];
  for (const file of paths) files.push(await readResultFile(file));
  for (const file of files) {
    if (file.shard !== null && file.shard.count > 1) {
      throw new UserError(`${file.path}: is one of ${file.shard.count} shards of a run; join them first with \`eus-eval merge\``);
    }
  }
  // The newest measurement counts, but never that of another prompt family.
  const families = new Map(files.map((file) => [file.family, file.path]));
  if (families.size > 1) {
    throw new UserError(
      `${reference}: holds results of ${families.size} prompt families; give one result file: ${[...families].map(([f, p]) => `${p} (${f})`).join(', ')}`,
    );
  }
  return joinFiles(reference, files);
}

/** The samples of a task of a results file; null where there are none. */
export type SamplesOf = (file: ResultFile, task: string) => SampleSource | null;

export interface SampleSource {
  /** What they are called in messages. */
  readonly name: string;
  /** Their file; null where they are in memory. */
  readonly path: string | null;
  readonly bytes: () => AsyncIterable<Buffer>;
}

/** The harness and this program write samples beside the results, with the same time in the name. */
const samplesBeside: SamplesOf = (file, task) => {
  const path = findSampleFile(file.path, task);
  return path === null ? null : { name: path, path, bytes: () => fileBytes(path) };
};

/**
 * Joins the result files of one model: for each task the newest file that holds it; the subtasks of a group come from the group's own file.
 */
export function joinFiles(reference: string, files: readonly ResultFile[], samplesOf: SamplesOf = samplesBeside): Run {
  const oldestFirst = [...files].sort((a, b) => a.date - b.date || (a.path < b.path ? -1 : 1));
  const newest = oldestFirst.at(-1);
  if (newest === undefined) throw new UserError(`${reference}: no result file`);
  const tasks = new Map<string, RunTask>();
  const groups = new Map<string, readonly string[]>();
  for (const file of oldestFirst) {
    for (const [name, result] of file.tasks) tasks.set(name, taskOf(result, file, samplesOf));
    for (const [name, below] of file.groupSubtasks) if (below.length > 0) groups.set(name, below);
  }
  // A subtask that was run again alone must not mix into its group: the group's number and its subtasks come from one file.
  for (const file of oldestFirst) {
    for (const [name, result] of file.tasks) {
      if (!result.isGroup || tasks.get(name)?.file !== file.path) continue;
      for (const leaf of leavesOf(name, file.groupSubtasks)) {
        const task = file.tasks.get(leaf);
        if (task !== undefined) tasks.set(leaf, taskOf(task, file, samplesOf));
      }
    }
  }
  return { reference, model: newest.modelName, date: newest.date, tasks, groups, newestFile: newest.path, baseline: false };
}

function taskOf(result: TaskResult, from: ResultFile, samplesOf: SamplesOf): RunTask {
  const setting = {
    family: from.family,
    template: from.chatTemplateSha,
    system: from.systemInstruction,
    variation: from.variation,
    multiturn: from.fewshotAsMultiturn,
  };
  const source = samplesOf(from, result.name);
  const samples = source === null ? null : () => readSamples(source.name, result.name, source.bytes());
  return { result, setting, file: from.path, samples, source };
}

function locate(reference: string, inside: string | undefined): string {
  if (existsSync(reference)) return reference;
  const candidates = inside === undefined ? [] : [path.join(inside, reference), path.join(inside, fileNameOf(reference))];
  // `results/HiTZ/Latxa-8B` is the folder `results/HiTZ__Latxa-8B`.
  const parts = reference.split('/');
  for (let i = parts.length - 1; i > 0; i--)
    candidates.push(path.join(parts.slice(0, i).join('/') || '/', fileNameOf(parts.slice(i).join('/'))));
  const found = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isDirectory());
  if (found !== undefined) return found;
  const where = inside === undefined ? '' : `, nor a model in ${inside}`;
  throw new UserError(
    `${reference}: no such file or folder${where}${relatives(candidates)}; expected a folder of results, a result file or FOLDER/MODEL`,
  );
}

/** Folders of the same model with something behind its name (`__chat`, `__0-shot`). */
function relatives(candidates: readonly string[]): string {
  const found = candidates.flatMap((candidate) => {
    const folder = path.dirname(candidate);
    const names = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
    return names.filter((name) => name.startsWith(`${path.basename(candidate)}__`)).sort();
  });
  return found.length === 0 ? '' : `; there is ${some([...new Set(found)])}`;
}

function some(names: readonly string[]): string {
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 6).join(', ')}, ...`;
}
