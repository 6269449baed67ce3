/** Several models or checkpoints side by side: one row a model, its headline scores, and the training step that its name tells. */
import { NO_SCREEN, type Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import type { Estimate, PromptFamily } from '../types.js';
import type { ResultFile, TaskResult } from './read.js';
import { scoreText } from './score-key.js';

export interface ModelRow {
  readonly model: string;
  readonly family: PromptFamily;
  /** Other few-shot examples than the tasks' files say (`fewshot_seed=1`); empty for those of the files. */
  readonly variation: string;
  /** The name without its step, and the step; null where the name tells none. */
  readonly series: string;
  readonly step: number | null;
  /** Headline scores by benchmark. */
  readonly scores: ReadonlyMap<string, Estimate>;
}

export interface ModelRows {
  /** In the order of benchmarks in the files. */
  readonly benchmarks: readonly { readonly name: string; readonly key: string }[];
  /** Series by series, each by step. */
  readonly rows: readonly ModelRow[];
}

/** Words that checkpoints carry before their number, as trainers and the hub write them. */
const STEP = /(^|[-_/@.])(?:global[-_]?step|step|checkpoint|ckpt|iter(?:ation)?|epoch)s?[-_]?(\d{1,12})([kKmM]?)(?![A-Za-z0-9])/;
/** A folder or revision that is nothing but a number. */
const BARE = /([/@])(\d{1,12})()$/;
const FACTORS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6 };

/**
 * Returns the training step that the name of a model tells (`HiTZ/x@step-1000`, `run7/checkpoint-500`, `x/step10k`; null where it tells
 * none), and the name without it: of a name that is nothing else (`step-100`), the word before the number.
 */
export function stepOf(model: string): { readonly series: string; readonly step: number | null } {
  const match = STEP.exec(model) ?? BARE.exec(model);
  if (match === null) return { series: model, step: null };
  const series = `${model.slice(0, match.index)}${model.slice(match.index + match[0].length)}`;
  const word = match[0].replace(/[-_]?\d.*$/, '');
  return { series: series || word || model, step: Number(match[2]) * (FACTORS[(match[3] ?? '').toLowerCase()] ?? 1) };
}

/** Picks the benchmarks of a file and the key of the score that stands for each. */
export type HeadlinePicker = (file: ResultFile) => readonly { readonly task: TaskResult; readonly key: string }[];

/**
 * Returns one row for each model, prompt family and variation of the few-shot examples of the files; a variation stands behind the name (`x@fewshot_seed=1`), in
 * its series too. Of several measurements of a benchmark the one of most documents counts,
 * then the newest.
 */
export function rowsByModel(files: readonly ResultFile[], headlinesOf: HeadlinePicker): ModelRows {
  const benchmarks = new Map<string, string>();
  const rows = new Map<string, ModelRow & { readonly scores: Map<string, Estimate> }>();
  const best = new Map<string, readonly [number, number]>();
  for (const file of files.filter(({ shard }) => shard === null || shard.count === 1)) {
    const { variation } = file;
    const key = JSON.stringify([file.modelName, file.family, variation]);
    const suffix = variation === '' ? '' : `@${variation}`;
    const { series, step } = stepOf(file.modelName);
    const row = rows.get(key) ?? {
      model: `${file.modelName}${suffix}`,
      family: file.family,
      variation,
      series: `${series}${suffix}`,
      step,
      scores: new Map<string, Estimate>(),
    };
    rows.set(key, row);
    for (const { task, key: metric } of headlinesOf(file)) {
      const estimate = task.estimates.get(metric);
      if (estimate === undefined) continue;
      const rank = [task.samples?.effective ?? 0, file.date] as const;
      const place = JSON.stringify([key, task.name]);
      const [documents, date] = best.get(place) ?? [-1, 0];
      if (rank[0] < documents || (rank[0] === documents && rank[1] < date)) continue;
      best.set(place, rank);
      row.scores.set(task.name, estimate);
      if (!benchmarks.has(task.name)) benchmarks.set(task.name, metric);
    }
  }
  const series = [...new Set([...rows.values()].map((row) => row.series))];
  const order = (row: ModelRow): number => series.indexOf(row.series);
  return {
    benchmarks: [...benchmarks].map(([name, key]) => ({ name, key: key.replace(/,none$/, '') })),
    rows: [...rows.values()].sort((a, b) => order(a) - order(b) || (a.step ?? -1) - (b.step ?? -1)),
  };
}

/**
 * Returns the rows as a table: the model (with its prompt family where there are several), its step where any has one, and each headline
 * score with its standard error.
 */
export function byModelTable({ benchmarks, rows }: ModelRows, screen: Screen = NO_SCREEN): string {
  const steps = rows.some(({ step }) => step !== null);
  const families = new Set(rows.map(({ family }) => family)).size > 1;
  return table(
    [
      { title: 'Model' },
      ...(steps ? [{ title: 'Step', right: true }] : []),
      ...benchmarks.map(({ name, key }, i) => ({ title: `${name} (${key})`, right: true, spare: 1 + i })),
    ],
    rows.map((row) => [
      families ? `${row.model} (${row.family})` : row.model,
      ...(steps ? [row.step === null ? '' : String(row.step)] : []),
      ...benchmarks.map(({ name }) => {
        const score = row.scores.get(name);
        return score === undefined ? '' : scoreText(score);
      }),
    ]),
    screen,
  );
}

/**
 * Returns JSON-ready rows.
 */
export function byModelJson({ rows }: ModelRows): readonly Record<string, unknown>[] {
  return rows.map(({ model, family, series, step, scores }) => ({
    model,
    prompt: family,
    series,
    step,
    scores: Object.fromEntries(scores),
  }));
}
