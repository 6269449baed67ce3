/** Scores over several draws of few-shot examples: how much they depend on the prompt, apart from how much they depend on the documents. */
import { mean, rootMeanSquare, sampleStandardDeviation } from 'simple-statistics';
import { at } from '../at.js';
import { isGroup, nodesOf } from '../task-tree.js';
import { NO_SCREEN, type Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import type { Estimate } from '../types.js';
import type { RunOutcome } from './outcome.js';
import { partsOfKey } from './score-key.js';

/** A run with one seed of the draws. */
export interface SeedRun {
  readonly seed: number;
  readonly outcome: RunOutcome;
}

/** One score of a task or group over the seeds. */
export interface SeedScore {
  readonly task: string;
  /** `metric,filter`. */
  readonly key: string;
  /** Examples; null for a group. */
  readonly shots: number | null;
  /** By seed; a seed without a score (too many failures) is left out. */
  readonly values: ReadonlyMap<number, number>;
  readonly mean: number;
  /** Standard deviation over the seeds (n - 1): how much the score depends on the examples. Null for one seed. */
  readonly spread: number | null;
  readonly least: number;
  readonly most: number;
  /** The usual standard error over the documents, as the root of the mean square of those of the runs; null where a run has none. */
  readonly stderr: number | null;
}

/**
 * Returns the scores over runs that differ in the seed of their draws only, in the order of the tasks. All runs score the same documents, so what differs between them is
 * the prompts' doing.
 */
export function seedScores(runs: readonly SeedRun[]): SeedScore[] {
  const placed = at(runs, 0).outcome.roots.flatMap((root) => nodesOf(root));
  const nodes = new Map(placed.map(({ node }) => [node.name, node]));
  return [...nodes.values()].flatMap((node) => {
    const tables = runs.flatMap(({ seed, outcome }) => {
      const found = isGroup(node) ? outcome.groups.get(node.name) : outcome.tasks.get(node.name)?.table;
      return found == null ? [] : [{ seed, estimates: found.estimates }];
    });
    const keys = [...new Set(tables.flatMap(({ estimates }) => Object.keys(estimates)))];
    return keys.map((key) => {
      const scored = tables.flatMap(({ seed, estimates }) => {
        const estimate = estimates[key];
        return estimate === undefined ? [] : [{ seed, estimate }];
      });
      return scoreOf(node.name, key, isGroup(node) ? null : node.fewshot.count, scored);
    });
  });
}

function scoreOf(task: string, key: string, shots: number | null, scored: readonly { seed: number; estimate: Estimate }[]): SeedScore {
  const values = scored.map(({ estimate }) => estimate.value);
  const errors = scored.flatMap(({ estimate }) => estimate.stderr ?? []);
  return {
    task,
    key,
    shots,
    values: new Map(scored.map(({ seed, estimate }) => [seed, estimate.value])),
    mean: mean(values),
    spread: values.length < 2 ? null : sampleStandardDeviation(values),
    least: Math.min(...values),
    most: Math.max(...values),
    stderr: errors.length < scored.length ? null : rootMeanSquare(errors),
  };
}

/**
 * Returns the scores as the content of a file: plain JSON.
 */
export function seedFields(scores: readonly SeedScore[]): readonly Readonly<Record<string, unknown>>[] {
  return scores.map(({ values, ...score }) => ({ ...score, values: Object.fromEntries(values) }));
}

/**
 * Returns the scores as a table: the mean with its spread over prompts, and beside it the standard error over documents.
 */
export function seedTable(scores: readonly SeedScore[], screen: Screen = NO_SCREEN): string {
  const number = (x: number | null): string => (x === null ? '' : x.toFixed(4));
  const columns = [
    { title: 'Tasks' },
    { title: 'Filter' },
    { title: 'n-shot', right: true },
    { title: 'Metric' },
    { title: 'Mean', right: true },
    { title: 'Spread over prompts', right: true },
    { title: 'Stderr over documents', right: true },
    { title: 'Least', right: true },
    { title: 'Most', right: true },
    { title: 'Seeds', right: true },
  ];
  const rows = scores.map((score, i) => {
    const [metric, filter] = partsOfKey(score.key);
    const again = scores[i - 1]?.task === score.task;
    return [
      again ? '' : score.task,
      filter,
      again || score.shots === null ? '' : String(score.shots),
      metric,
      number(score.mean),
      number(score.spread),
      number(score.stderr),
      number(score.least),
      number(score.most),
      String(score.values.size),
    ];
  });
  return table(columns, rows, screen);
}
