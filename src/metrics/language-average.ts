import type { Language, ScoreTable, TaskMeta } from '../types.js';

/** A language's average over its benchmarks. */
export interface LanguageAverage {
  readonly language: Language;
  /** Plain mean of the benchmarks that have a score, a fraction; null when none has. Compare only averages that are complete. */
  readonly value: number | null;
  readonly benchmarks: readonly string[];
  /** Benchmarks of the language without a score. */
  readonly missing: readonly string[];
}

const LANGUAGES: readonly Language[] = ['eu', 'en', 'es'];

/**
 * Returns the paper's three averages: the plain mean of the headline scores over each language's benchmarks without the bias
 * benchmark (eu 14, en 9, es 4). `tables`: by benchmark name. A benchmark asked by letter counts with its `exact_match`.
 */
export function languageAverages(
  benchmarks: readonly { readonly name: string; readonly meta: TaskMeta }[],
  tables: ReadonlyMap<string, ScoreTable>,
): readonly LanguageAverage[] {
  return LANGUAGES.map((language) => {
    const own = benchmarks.filter(({ meta }) => meta.language === language && meta.category !== 'bias');
    const scores = own.map(({ name, meta }) => ({ name, value: headline(tables.get(name), meta.headlineMetric) }));
    const present = scores.flatMap(({ value }) => value ?? []);
    return {
      language,
      value: present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length,
      benchmarks: scores.filter(({ value }) => value !== null).map(({ name }) => name),
      missing: scores.filter(({ value }) => value === null).map(({ name }) => name),
    };
  });
}

/**
 * Returns the headline score of a table, or null: the metric named (`acc` means `acc,none`), or exact match of a letter choice in place of `acc`.
 */
export function headline(table: ScoreTable | undefined, metric: string): number | null {
  const keys = [metric, `${metric},none`, ...(metric.startsWith('acc') ? ['exact_match,strict_match'] : [])];
  for (const key of keys) {
    const estimate = table?.estimates[key];
    if (estimate !== undefined) return estimate.value;
  }
  return null;
}
