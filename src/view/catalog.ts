/** Which runs lie in some folders, and which tasks they have. */
import path from 'node:path';
import { at } from '../at.js';
import { sharedKey } from '../compare/benchmarks.js';
import { knownBenchmarks } from '../compare/known.js';
import { joinFiles, type Run } from '../compare/open-run.js';
import { UserError } from '../errors.js';
import { fieldsAt, textOrNull } from '../results/fields.js';
import { leavesOf } from '../results/group-tree.js';
import { findResultFiles, type ResultFile, readResultContent, resultFileOf } from '../results/read.js';
import { VERSION } from '../version.js';
import type { Catalog, RunInfo, TaskInfo } from './protocol.js';

/** A task of a run on the disk. */
export interface TaskFile {
  /** Null where the run kept no samples. */
  readonly samples: string | null;
  readonly metric: string;
  /** What stands between few-shot examples. */
  readonly delimiter: string;
}

export interface RunFiles {
  readonly catalog: Catalog;
  /** By run and task. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, TaskFile>>;
}

/**
 * Finds the runs below `dirs`: one for each folder of results, prompt family and shard, newest first. `only` keeps the benchmarks or tasks of these names.
 * Throws `UserError` when there is none, or `only` names what no run has.
 */
export async function findRuns(dirs: readonly string[], only: readonly string[] | null): Promise<RunFiles> {
  const paths = [...new Set((await Promise.all(dirs.map(findResultFiles))).flat())];
  if (paths.length === 0)
    throw new UserError(`no results_*.json in or below ${dirs.join(', ')}; give a folder that \`eus-eval run\` or the harness wrote`);
  const groups = new Map<string, ResultFile[]>();
  const delimiters = new Map<string, string>();
  for (const file of paths) {
    const content = await readResultContent(file);
    const result = resultFileOf(content, file);
    for (const [task, delimiter] of delimitersIn(content)) delimiters.set(`${file}\0${task}`, delimiter);
    const shard = result.shard === null ? '' : `${result.shard.index}/${result.shard.count}`;
    const key = JSON.stringify([path.dirname(path.resolve(file)), result.family, shard]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const benchmarks = await knownBenchmarks();
  const ids = new Map<string, number>();
  const runs: RunInfo[] = [];
  const files = new Map<string, ReadonlyMap<string, TaskFile>>();
  const dated = [...groups.values()].map((group) => ({ group, run: joinFiles(at(group, 0).path, group) }));
  for (const { group, run } of dated.sort((a, b) => b.run.date - a.run.date)) {
    const tasks = tasksOf(run, benchmarks).filter((task) => only === null || only.includes(task.name) || only.includes(task.benchmark));
    if (tasks.length === 0) continue;
    const times = (ids.get(run.model) ?? 0) + 1;
    ids.set(run.model, times);
    const id = times === 1 ? run.model : `${run.model}~${times}`;
    const { family, limit, shard } = at(group, 0);
    runs.push({
      id,
      model: run.model,
      family,
      date: run.date,
      limit,
      shard: shard === null || shard.count < 2 ? null : `${shard.index + 1}/${shard.count}`,
      tasks,
    });
    files.set(
      id,
      new Map(
        tasks.map(({ name, metric }) => {
          const task = run.tasks.get(name);
          return [name, { samples: task?.source?.path ?? null, metric, delimiter: delimiters.get(`${task?.file}\0${name}`) ?? '\n\n' }];
        }),
      ),
    );
  }
  if (runs.length === 0) throw new UserError(`--tasks ${only?.join(',')}: no run below ${dirs.join(', ')} has it`);
  return { catalog: { version: VERSION, runs }, files };
}

/** The benchmarks of the paper in their order, then others by their groups. */
function tasksOf(run: Run, known: Awaited<ReturnType<typeof knownBenchmarks>>): TaskInfo[] {
  const found = new Map<string, TaskInfo>();
  const add = (name: string, benchmark: string, headline: string, language: TaskInfo['language'], category: string | null): void => {
    const result = run.tasks.get(name)?.result;
    if (result === undefined || result.isGroup || found.has(name)) return;
    const keys = new Set(result.estimates.keys());
    const metric = sharedKey(headline, keys, keys) ?? headline;
    const estimate = result.estimates.get(metric);
    found.set(name, {
      name,
      benchmark,
      language,
      category,
      metric,
      value: estimate === undefined || Number.isNaN(estimate.value) ? null : estimate.value,
      stderr: estimate?.stderr ?? null,
      documents: result.samples?.effective ?? 0,
      samples: run.tasks.get(name)?.source !== null,
    });
  };
  for (const { name, leaves, headline, language, category } of known)
    for (const leaf of leaves) add(leaf, name, headline, language, category);
  for (const group of run.groups.keys()) for (const leaf of leavesOf(group, run.groups)) add(leaf, group, 'acc', null, null);
  for (const name of run.tasks.keys()) add(name, name, 'acc', null, null);
  return [...found.values()];
}

/** `fewshot_delimiter` of the tasks' configurations. */
function delimitersIn(content: unknown): Map<string, string> {
  const found = new Map<string, string>();
  for (const [task, config] of Object.entries(fieldsAt(fieldsAt(content).configs))) {
    const delimiter = textOrNull(fieldsAt(config).fewshot_delimiter);
    if (delimiter !== null) found.set(task, delimiter);
  }
  return found;
}
