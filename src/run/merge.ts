/** Joins the shards of a run into what one run would have written. */
import { createReadStream, existsSync } from 'node:fs';
import { readdir, realpath, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../errors.js';
import { fileNameOf } from '../file-name.js';
import { makeFolder } from '../folders.js';
import { apiEntry } from '../prompts/api.js';
import { averagesOf } from '../results/averages.js';
import type { RunOutcome, TaskOutcome } from '../results/outcome.js';
import { publishFiles } from '../results/publish.js';
import { fail, openSampleFile, type SampleFile } from '../results/sample-file.js';
import { parseMetric } from '../results/samples.js';
import { isGroup, resultsContent } from '../results/write.js';
import { loadRegistry, selectTasks } from '../tasks/registry.js';
import type { Group, MetricName, MetricValue, ScoreTable, Task, Value } from '../types.js';
import { addCounts, noCounts } from './guard.js';
import { fingerprintOf } from './prepare-task.js';
import { aggregateTree } from './run.js';
import { readShard, type ShardFile, sumWork } from './shard-file.js';
import { newTaskState, outcomeOf, type TaskState } from './task-state.js';

export interface Merged {
  readonly outcome: RunOutcome;
  readonly content: Readonly<Record<string, Value>>;
  readonly resultsFile: string;
}

/**
 * Joins the shards that lie in or below the folders `dirs` and writes results and samples under `out`, as one run would have.
 *
 * Throws `UserError` when shards are missing, doubled or belong to different runs, naming what is wrong.
 */
export async function mergeShards(dirs: readonly string[], out: string, maxErrorRate: number, now: () => number): Promise<Merged> {
  const files = (await Promise.all(dirs.map(findResults))).flat();
  if (files.length === 0)
    throw new UserError(`merge: no results_*.json in or below ${dirs.join(', ')}; give the folders that --shard runs wrote`);
  const shards = complete(newestPerFolder(await Promise.all(files.map(readShard))));
  const [first] = shards;
  if (first === undefined) throw new UserError('merge: no shards');
  await keepApart(out, shards);
  const registry = await loadRegistry();
  const selected = await selectTasks(first.selected, registry);
  const names = new Set(Object.keys(first.tasks));
  const roots = selected.flatMap((root) => keepNamed(first.family === 'api' ? apiEntry(root) : root, names) ?? []);
  const folder = path.join(out, fileNameOf(first.modelName));
  const partial = path.join(folder, `.partial-merge-${process.pid}`);
  const made = [folder, out].filter((name) => !existsSync(name));
  await makeFolder(partial).catch(fail(partial));
  try {
    const outcomes = new Map<string, TaskOutcome>();
    const samples = new Map<string, SampleFile>();
    for (const task of leaves(roots)) {
      if (outcomes.has(task.name)) continue;
      const file = openSampleFile(path.join(partial, `${task.name}.jsonl`));
      samples.set(task.name, file);
      outcomes.set(task.name, await mergeTask(task, shards, file, maxErrorRate));
    }
    const groups = new Map<string, ScoreTable>();
    for (const root of roots) aggregateTree(root, outcomes, groups);
    const outcome: RunOutcome = {
      roots,
      tasks: outcomes,
      groups,
      averages: averagesOf(registry.benchmarks, { roots, tasks: outcomes, groups }),
      counts: [...outcomes.values()].reduce((sum, o) => addCounts(sum, o.counts), noCounts()),
    };
    const content = resultsContent(outcome, {
      ...first.facts,
      shard: null,
      startedAt: Math.min(...shards.map((s) => s.facts.startedAt)),
      endedAt: Math.max(...shards.map((s) => s.facts.endedAt)),
      work: sumWork(shards.map((s) => s.facts.work)),
    });
    const written = await publishFiles(folder, partial, samples, content, now());
    const resultsFile = written.at(-1) ?? folder;
    return { outcome, content, resultsFile };
  } finally {
    await rm(partial, { recursive: true, force: true });
    // Where nothing came of it, no empty folder stays.
    for (const name of made) await rmdir(name).catch(() => undefined);
  }
}

/** Throws `UserError` where the joined results would lie among those of a shard: the next merge would find them there. */
async function keepApart(out: string, shards: readonly ShardFile[]): Promise<void> {
  const target = await realPathOf(out);
  for (const { file } of shards) {
    // A run writes to OUT/MODEL/results_TIME.json.
    const shard = path.dirname(path.dirname(path.resolve(file)));
    if (isWithin(target, await realPathOf(shard)))
      throw new UserError(`merge: --out ${out} is, or lies in, the folder of a shard (${shard}); give another folder`);
  }
}

function isWithin(inner: string, outer: string): boolean {
  const way = path.relative(outer, inner);
  return way === '' || (way.split(path.sep)[0] !== '..' && !path.isAbsolute(way));
}

/** The path without links, also of a folder that is yet to be made. */
async function realPathOf(name: string): Promise<string> {
  const whole = path.resolve(name);
  const real = await realpath(whole).catch(() => null);
  if (real !== null) return real;
  const above = path.dirname(whole);
  return above === whole ? whole : path.join(await realPathOf(above), path.basename(whole));
}

/** All results files in or below a folder. */
async function findResults(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true }).catch((error: unknown) => {
    throw new UserError(`merge: ${dir} is no folder that can be read; give the folders that --shard runs wrote`, { cause: error });
  });
  return names.filter((name) => /(^|[/\\])results_[^/\\]*\.json$/.test(name)).map((name) => path.join(dir, name));
}

/** A shard that was run twice into the same folder has two results files; the newer one counts. */
function newestPerFolder(shards: readonly ShardFile[]): ShardFile[] {
  const newest = new Map<string, ShardFile>();
  for (const shard of shards) {
    const key = `${path.dirname(shard.file)}\0${shard.index}/${shard.count}`;
    const other = newest.get(key);
    if (other === undefined || shard.facts.endedAt > other.facts.endedAt) newest.set(key, shard);
  }
  return [...newest.values()];
}

/** The shards in order, if they are all of one run. */
function complete(shards: readonly ShardFile[]): ShardFile[] {
  const [first] = shards;
  if (first === undefined) return [];
  for (const shard of shards) {
    const odd = Object.entries(first.signature).find(([key, value]) => shard.signature[key] !== value);
    if (odd !== undefined) {
      throw new UserError(
        `merge: ${shard.file} is of another run than ${first.file}: ${odd[0]} is ${shard.signature[odd[0]]}, not ${odd[1]}`,
      );
    }
  }
  const byIndex = new Map<number, ShardFile>();
  for (const shard of shards) {
    const other = byIndex.get(shard.index);
    if (other !== undefined)
      throw new UserError(`merge: shard ${shard.index + 1}/${shard.count} is there twice: ${other.file} and ${shard.file}; give only one`);
    byIndex.set(shard.index, shard);
  }
  const missing = Array.from({ length: first.count }, (_, i) => i).filter((i) => !byIndex.has(i));
  if (missing.length > 0) {
    throw new UserError(
      `merge: missing shards ${missing.map((i) => `${i + 1}/${first.count}`).join(', ')}; run them with --shard, or give their folders`,
    );
  }
  return [...byIndex.values()].sort((a, b) => a.index - b.index);
}

async function mergeTask(task: Task, shards: readonly ShardFile[], file: SampleFile, maxErrorRate: number): Promise<TaskOutcome> {
  const state = newTaskState(task, file);
  const fingerprint = fingerprintOf(task, shards[0]?.family ?? 'plain');
  let counts = noCounts();
  for (const shard of shards) {
    const part = shard.tasks[task.name];
    if (part === undefined) throw new UserError(`merge: ${shard.file} has no task ${task.name}`);
    counts = addCounts(counts, part.counts);
    state.original = part.original;
    const lines = await addSamples(state, shard.samples(task.name), file, fingerprint.add);
    if (lines !== part.documents * task.filters.length) {
      throw new UserError(
        `merge: ${shard.samples(task.name)} has ${lines} samples, its results file says ${part.documents * task.filters.length}`,
      );
    }
  }
  Object.assign(state.counts, counts);
  state.taskHash = fingerprint.hash();
  state.prompts = shards[0]?.facts.limit === null || state.delivered >= state.original ? fingerprint.status() : 'partial';
  return outcomeOf(state, maxErrorRate);
}

/** Adds the lines of one sample file; returns how many there were. */
async function addSamples(
  state: TaskState,
  source: string,
  file: SampleFile,
  addHashes: (doc: string, prompt: string, target: string) => void,
): Promise<number> {
  const filters = state.task.filters.map((f) => f.name);
  let lines = 0;
  const input = createReadStream(source);
  const opened = new Promise<void>((resolve, reject) => {
    input.once('open', () => resolve());
    input.once('error', (error) =>
      reject(new UserError(`merge: ${source} cannot be read; a shard must be run with samples`, { cause: error })),
    );
  });
  await opened;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    lines += 1;
    const sample = parseSample(line, `${source} line ${lines}`);
    const filter = filters.indexOf(sample.filter);
    if (filter < 0) throw new UserError(`merge: ${source} line ${lines}: unknown filter '${sample.filter}'; valid: ${filters.join(', ')}`);
    if (filter === 0) {
      state.delivered += 1;
      addHashes(sample.docHash, sample.promptHash, sample.targetHash);
    }
    keepValues(state, sample);
    await file.add(filter * 2 ** 32 + sample.docId, line);
  }
  return lines;
}

interface SampleLine {
  readonly docId: number;
  readonly filter: string;
  readonly docHash: string;
  readonly promptHash: string;
  readonly targetHash: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function keepValues(state: TaskState, sample: SampleLine): void {
  const columns = state.values.get(sample.filter) ?? new Map<MetricName, (MetricValue | undefined)[]>();
  state.values.set(sample.filter, columns);
  for (const { metric } of state.task.metrics) {
    const value = parseMetric(metric, sample.fields[metric]);
    if (value === null) continue;
    const column = columns.get(metric) ?? [];
    columns.set(metric, column);
    column[sample.docId] = value;
  }
}

function parseSample(line: string, where: string): SampleLine {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch (error) {
    throw new UserError(`merge: ${where} is no JSON; run this shard again`, { cause: error });
  }
  if (
    typeof fields === 'object' &&
    fields !== null &&
    'doc_id' in fields &&
    'filter' in fields &&
    'doc_hash' in fields &&
    'prompt_hash' in fields &&
    'target_hash' in fields
  ) {
    const { doc_id: docId, filter, doc_hash: docHash, prompt_hash: promptHash, target_hash: targetHash } = fields;
    const hashes = [docHash, promptHash, targetHash].every((hash) => typeof hash === 'string');
    if (hashes && typeof docId === 'number' && Number.isSafeInteger(docId) && docId >= 0 && docId < 2 ** 32 && typeof filter === 'string') {
      return {
        docId,
        filter,
        docHash: String(docHash),
        promptHash: String(promptHash),
        targetHash: String(targetHash),
        fields: { ...fields },
      };
    }
  }
  throw new UserError(`merge: ${where} is no sample of a run; run this shard again`);
}

function leaves(nodes: readonly (Group | Task)[]): Task[] {
  return nodes.flatMap((node) => (isGroup(node) ? leaves(node.children) : [node]));
}

/** The tree with only the tasks that the run had (others had no data then). */
function keepNamed(node: Group | Task, names: ReadonlySet<string>): Group | Task | null {
  if (!isGroup(node)) return names.has(node.name) ? node : null;
  const children = node.children.flatMap((child) => keepNamed(child, names) ?? []);
  return children.length === 0 ? null : { ...node, children };
}
