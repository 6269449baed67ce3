/** Joins the shards of a run into what one run would have written. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.js';
import { makeFolder, removeEmpty } from '../folders.js';
import type { HookModule } from '../hooks/user-module.js';
import { type Checks, listOf, NAME, needed, numberFrom, type OneOrMore, type Optional, oneOrMore } from '../options.js';
import { apiEntry } from '../prompts/api.js';
import type { RunOutcome } from '../results/outcome.js';
import { findResultFiles } from '../results/read.js';
import { fail } from '../results/sample-file.js';
import { type SamplesForm, samplesFormOf } from '../results/sample-name.js';
import { resultsContent } from '../results/write.js';
import { pruneTree, uniqueLeaves } from '../task-tree.js';
import { openRegistry } from '../tasks/open-registry.js';
import { withPromptVariants } from '../tasks/prompt-variants.js';
import { selectTasks } from '../tasks/registry.js';
import { variedAs } from '../tasks/vary.js';
import type { Value } from '../types.js';
import { noScoreLine } from './no-score.js';
import { openPipeline } from './pipeline.js';
import { restoreTask } from './restore.js';
import { claimFolder, folderSuffix } from './result-folder.js';
import { folderStore, type StorePass } from './result-store.js';
import { fileDigest, VARIANTS_SETTING } from './settings.js';
import { readShard, type ShardFile, sumWork } from './shard-file.js';
import { TASK_CHECKS } from './task-options.js';

export interface Merged {
  readonly outcome: RunOutcome;
  readonly content: Readonly<Record<string, Value>>;
  readonly resultsFile: string;
  /** Why tasks have no score, and what to do about it; null where all have one. */
  readonly noScore: string | null;
}

export type MergeOptions = {
  /** Folders of shards, or folders above them. */
  readonly shards: OneOrMore<string>;
  /** Where the joined results go. */
  readonly out: string;
} & Optional<{
  /** Share of requests that may have failed before a task has no score; 0.01 without it. */
  maxErrorRate: number;
  /** What the shards were run with. */
  hooks: HookModule;
  promptVariants: string;
}>;

export const MERGE_CHECKS: Checks<MergeOptions> = {
  shards: needed(oneOrMore('folders of shards, or folders above them', NAME)),
  out: needed({ ...NAME, expected: 'a folder' }),
  maxErrorRate: numberFrom(0, 1),
  hooks: TASK_CHECKS.hooks,
  promptVariants: NAME,
};

/**
 * Joins the shards that lie in or below folders and writes results and samples under `out`, as one run would have.
 *
 * Throws `UserError` when shards are missing, doubled, damaged or belong to different runs, naming what is wrong.
 */
export async function mergeShards(options: MergeOptions, now: () => number): Promise<Merged> {
  const { out, maxErrorRate = 0.01, hooks, promptVariants } = options;
  const dirs = listOf(options.shards);
  const files = [...new Set((await Promise.all(dirs.map(findResultFiles))).flat())];
  if (files.length === 0)
    throw new UserError(`merge: no results_*.json in or below ${dirs.join(', ')}; give the folders that --shard runs wrote`);
  const shards = complete(newestPerFolder(await Promise.all(files.map(readShard))));
  const [first] = shards;
  if (first === undefined) throw new UserError('merge: no shards');
  await keepApart(out, shards);
  const { facts } = first;
  refuseOtherVariants(promptVariants, facts.settings);
  const registry = await openRegistry(hooks ?? null);
  const names = new Set(Object.keys(first.tasks));
  const nodes = await selectTasks(facts.selected, registry);
  const selected = variedAs(await withPromptVariants(nodes, promptVariants ?? null), facts.settings);
  const roots = selected.flatMap((root) => pruneTree(facts.family === 'api' ? apiEntry(root) : root, ({ name }) => names.has(name)) ?? []);
  const made = await makeFolder(out).catch(fail(out));
  const target = await claimFolder(out, {
    name: facts.modelName,
    given: false,
    suffix: folderSuffix(facts.family, facts.modelSource, uniqueLeaves(roots)),
    model: facts,
  });
  let pass: StorePass | null = null;
  try {
    pass = await folderStore(target.folder)(formOf(shards));
    const pipeline = openPipeline({ journal: null, openSamples: pass.openSamples, maxErrorRate });
    for (const task of uniqueLeaves(roots)) await restoreTask(pipeline, task, shards);
    const outcome = pipeline.finish(roots, registry.benchmarks);
    const content = resultsContent(outcome, {
      ...facts,
      modelName: target.name,
      startedAt: Math.min(...shards.map((s) => s.facts.startedAt)),
      endedAt: Math.max(...shards.map((s) => s.facts.endedAt)),
      work: sumWork(shards.map((s) => s.facts.work)),
    });
    const { files: written } = await pass.publish(pipeline.samples(), content, now());
    const without = [...outcome.tasks.values()].filter(({ table }) => table === null);
    return {
      outcome,
      content,
      resultsFile: written.at(-1) ?? target.folder,
      noScore: noScoreLine(without, maxErrorRate, 'run those shards again', facts.modelSource),
    };
  } finally {
    await pass?.end();
    // Where nothing came of it, no empty folder stays.
    await target.abandon();
    await removeEmpty(made);
  }
}

/** Throws `UserError` where the wordings of prompts are not those that the shards were run with. */
function refuseOtherVariants(file: string | undefined, settings: Readonly<Record<string, string>>): void {
  const asked = settings[VARIANTS_SETTING];
  if (file === undefined && asked !== undefined)
    throw new UserError('merge: the shards were run with --prompt-variants FILE; give the same file here');
  if (file !== undefined && asked === undefined)
    throw new UserError(`merge: --prompt-variants ${file}: the shards were run without it; leave it out`);
  if (file !== undefined && fileDigest(file) !== asked)
    throw new UserError(`merge: --prompt-variants ${file}: the shards were run with another file, or it was changed since`);
}

/** The form of the joined samples: compact where those of every shard are. */
function formOf(shards: readonly ShardFile[]): SamplesForm {
  const files = shards.flatMap((shard) => Object.keys(shard.tasks).map((task) => shard.samples(task)));
  return files.every((file) => file !== null && samplesFormOf(file) === 'compact') ? 'compact' : 'full';
}

/** What shards of one run have in common. */
function agreed(shard: ShardFile): Readonly<Record<string, string>> {
  return { 'the number of shards': String(shard.count), ...shard.facts.settings };
}

function valueIn(settings: Readonly<Record<string, string>>, key: string): string {
  return settings[key] ?? 'not recorded';
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
    const [a, b] = [agreed(first), agreed(shard)];
    const odd = Object.keys({ ...a, ...b }).find((key) => valueIn(a, key) !== valueIn(b, key));
    if (odd !== undefined)
      throw new UserError(
        `merge: ${shard.file} is of another run than ${first.file}: ${odd} is ${valueIn(b, odd)}, not ${valueIn(a, odd)}`,
      );
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
