/** Tasks with another number of few-shot examples, or other draws of them, than their files say. */
import { UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import { isGroup, leavesOf, mapTasks, nodesOf, type TaskNode } from '../task-tree.js';
import type { Task } from '../types.js';

/** Seed of the few-shot draws in every run of the paper; the harness's default. */
export const FEWSHOT_SEED = 1234;

/** Examples at most, as in a task file. */
export const MAX_SHOTS = 1000;

/** Numbers of few-shot examples: of all tasks, and of tasks and groups by name, which go before. */
export interface Shots {
  readonly all: number | null;
  readonly byTask: ReadonlyMap<string, number>;
}

/**
 * Returns numbers of examples from words `N` and `TASK=N`. Throws `UserError` for anything else.
 */
export function parseShots(words: readonly string[]): Shots {
  let all: number | null = null;
  const byTask = new Map<string, number>();
  for (const word of words) {
    const equals = word.lastIndexOf('=');
    const digits = word.slice(equals + 1);
    const count = Number(digits);
    if (!/^\d{1,4}$/.test(digits) || count > MAX_SHOTS || equals === 0)
      throw new UserError(`--num-fewshot ${word}: write a number from 0 to ${MAX_SHOTS}, or TASK=NUMBER`);
    if (equals < 0 ? all !== null : byTask.has(word.slice(0, equals)))
      throw new UserError(`--num-fewshot ${word}: the number of ${equals < 0 ? 'all tasks' : word.slice(0, equals)} is there twice`);
    if (equals < 0) all = count;
    else byTask.set(word.slice(0, equals), count);
  }
  return { all, byTask };
}

/**
 * Returns trees of tasks with other numbers of few-shot examples; tasks of `loglikelihood_rolling` have none and keep it so where all tasks are meant. Throws `UserError` for a name that
 * is not among them, and for a task that can have no examples.
 */
export function changeShots(nodes: readonly TaskNode[], shots: Shots): readonly TaskNode[] {
  const names = new Set(nodes.flatMap((node) => nodesOf(node).map((placed) => placed.node.name)));
  for (const name of shots.byTask.keys()) {
    if (!names.has(name)) throw new UserError(`--num-fewshot ${name}: no such task in this run.${didYouMean(name, [...names])}`);
  }
  const change = (node: TaskNode, above: number | null): TaskNode => {
    const named = shots.byTask.get(node.name) ?? null;
    const count = named ?? above;
    if (isGroup(node)) return { ...node, children: node.children.map((child) => change(child, count)) };
    const wanted = count ?? (node.outputType === 'loglikelihood_rolling' ? null : shots.all);
    return wanted === null ? node : withShots(node, wanted, `--num-fewshot ${named === null ? wanted : `${node.name}=${named}`}`);
  };
  return nodes.map((node) => change(node, null));
}

/**
 * Returns a task with `count` examples; `said` is where that was said. Throws `UserError` where a task can have none.
 */
export function withShots(task: Task, count: number, said: string): Task {
  if (count === task.fewshot.count) return task;
  if (task.outputType === 'loglikelihood_rolling' && count > 0)
    throw new UserError(`${said}: ${task.name} is a task of loglikelihood_rolling, which has no examples`);
  const { samples } = task.fewshot;
  if (samples !== null && task.fewshotSplit === null && count > samples.length)
    throw new UserError(`${said}: ${task.name} has ${samples.length} examples, written in its file`);
  return { ...task, fewshot: { ...task.fewshot, count }, config: { ...task.config, num_fewshot: count } };
}

/**
 * Returns a tree whose tasks draw their few-shot examples with another seed.
 */
export function withSeed(node: TaskNode, seed: number): TaskNode {
  return mapTasks(node, (task) => ({ ...task, fewshot: { ...task.fewshot, seed } }));
}

/**
 * Tells whether a task's few-shot examples are drawn by chance, so that a seed changes its prompts.
 */
function drawsByChance({ fewshot }: Task): boolean {
  return fewshot.count > 0 && fewshot.sampler === 'default';
}

/**
 * Tells whether a task has other examples than its file says.
 */
export function isVaried(task: Task): boolean {
  return task.fewshot.count !== task.fewshot.original || (task.fewshot.seed !== FEWSHOT_SEED && drawsByChance(task));
}

/**
 * Returns what is other than in the files of tasks, by the name of the flag that says it: shards of a run must agree on it, and merging them needs it.
 */
export function variationOf(tasks: readonly Task[]): Readonly<Record<string, string>> {
  const changed = tasks.filter(({ fewshot }) => fewshot.count !== fewshot.original).map(({ name, fewshot }) => `${name}=${fewshot.count}`);
  const seed = tasks.find(({ fewshot }) => fewshot.seed !== FEWSHOT_SEED)?.fewshot.seed;
  return {
    ...(changed.length === 0 ? {} : { '--num-fewshot': changed.join(',') }),
    ...(seed === undefined ? {} : { '--fewshot-seeds': String(seed) }),
  };
}

/**
 * Returns trees of tasks varied as the settings of a run say (`variationOf`).
 */
export function variedAs(nodes: readonly TaskNode[], settings: Readonly<Record<string, string>>): readonly TaskNode[] {
  const names = new Set(nodes.flatMap(leavesOf).map(({ name }) => name));
  const words = (settings['--num-fewshot'] ?? '').split(',').filter((word) => names.has(word.slice(0, word.lastIndexOf('='))));
  const seed = settings['--fewshot-seeds'];
  const shot = changeShots(nodes, parseShots(words));
  return seed === undefined ? shot : shot.map((node) => withSeed(node, Number(seed)));
}

/** How tasks are to differ from their files: numbers of examples, and the seed of their draws. */
export interface Variation {
  readonly shots?: Shots | null;
  readonly fewshotSeed?: number | null;
}

/**
 * Returns trees of tasks varied as asked for; throws as `changeShots` does.
 */
export function varied(nodes: readonly TaskNode[], { shots, fewshotSeed }: Variation): readonly TaskNode[] {
  const changed = shots == null ? nodes : changeShots(nodes, shots);
  return fewshotSeed == null ? changed : changed.map((node) => withSeed(node, fewshotSeed));
}

/**
 * Returns what stands behind the name of a folder of results of tasks with other examples than their files say, so that they never lie among others:
 * `0-shot`, `other-shots`, `fewshot-seed-7`; empty for tasks as they are.
 */
export function variationSuffix(tasks: readonly Task[]): string {
  const counts = new Set(tasks.filter(({ fewshot }) => fewshot.count !== fewshot.original).map(({ fewshot }) => fewshot.count));
  const [count] = counts;
  const all = tasks.every(({ fewshot }) => fewshot.count === count);
  const shots = counts.size === 0 ? [] : [counts.size === 1 && all ? `${count}-shot` : 'other-shots'];
  const seed = tasks.find(({ fewshot }) => fewshot.seed !== FEWSHOT_SEED)?.fewshot.seed;
  return [...shots, ...(seed === undefined ? [] : [`fewshot-seed-${seed}`])].join('__');
}

/**
 * Returns what is other than in the files as results and the leaderboard call it, from settings as `variationOf` returns them and the seed of the draws: `num_fewshot=0`,
 * `fewshot_seed=7`, both with a comma between, or empty.
 */
export function variationName(shots: string | null, seed: number | null): string {
  const words = shots?.split(',') ?? [];
  const counts = new Set(words.map((word) => word.slice(word.lastIndexOf('=') + 1)));
  return [
    ...(words.length === 0 ? [] : [`num_fewshot=${counts.size === 1 ? [...counts].join() : words.join(' ')}`]),
    ...(seed === null || seed === FEWSHOT_SEED ? [] : [`fewshot_seed=${seed}`]),
  ].join(',');
}
