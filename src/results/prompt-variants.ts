/** How much a score depends on the wording of the prompt: worst, mean and best over the variants of a task. */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { at } from '../at.js';
import type { Estimate } from '../types.js';
import type { RunOutcome } from './outcome.js';
import { scoreText } from './score-key.js';

export interface VariantSummary {
  readonly task: string;
  /** `metric,filter` of the headline score. */
  readonly key: string;
  /** By variant; `original` is the prompt of the task itself. Standard errors are those of the documents. */
  readonly scores: ReadonlyMap<string, Estimate>;
  readonly worst: string;
  readonly best: string;
  readonly mean: number;
  /** Sample standard deviation over the variants: what the wording does, apart from the sampling of documents. */
  readonly spread: number;
}

/** What the prompt of the task itself is called among its variants. */
const ORIGINAL = 'original';

/**
 * Returns a summary for each task of which at least two wordings have a score.
 */
export function variantSummaries(run: Pick<RunOutcome, 'tasks'>): readonly VariantSummary[] {
  return [...run.tasks.values()].flatMap(({ task, table }) => {
    const wanted = task.meta.headlineMetric.includes(',') ? task.meta.headlineMetric : `${task.meta.headlineMetric},none`;
    const variants = [...run.tasks.values()].filter((other) => other.task.variantOf === task.name);
    const tables = [
      { name: ORIGINAL, table },
      ...variants.map((other) => ({ name: other.task.name.slice(task.name.length + 1), table: other.table })),
    ];
    const scores = new Map(
      tables.flatMap((one): [string, Estimate][] => {
        const estimate = one.table?.estimates[wanted];
        return estimate === undefined ? [] : [[one.name, estimate]];
      }),
    );
    if (scores.size < 2 || variants.length === 0) return [];
    const higher = task.metrics.find(({ metric }) => wanted.startsWith(`${metric},`))?.higherIsBetter ?? true;
    const ranked = [...scores].sort(([, a], [, b]) => (higher ? a.value - b.value : b.value - a.value)).map(([name]) => name);
    const values = [...scores.values()].map(({ value }) => value);
    const [worst, best] = [at(ranked, 0), at(ranked, ranked.length - 1)];
    return [{ task: task.name, key: wanted, scores, worst, best, mean: mean(values), spread: sampleStandardDeviation(values) }];
  });
}

/**
 * Returns a sentence for each summary.
 */
export function describeVariants(summaries: readonly VariantSummary[]): readonly string[] {
  return summaries.map(({ task, key, scores, worst, best, mean: middle, spread }) => {
    const shown = new Map([...scores].map(([name, score]) => [name, `${scoreText(score)} (${name})`]));
    return (
      `Prompts of ${task}, ${key.replace(/,none$/, '')}: worst ${shown.get(worst)}, mean ${middle.toFixed(4)}, best ${shown.get(best)} ` +
      `of ${scores.size} wordings; they spread by ${spread.toFixed(4)} (standard deviation), apart from the sampling errors.`
    );
  });
}
