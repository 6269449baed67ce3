/** What the metrics of translations have in common: sacreBLEU's values, references and n-gram counts. */
import { countOf } from '../statistics/sums.js';
import type { TextDocument } from '../types.js';
import { corpusSummary, NO_OPTIONS, sumsCorpus } from './summaries.js';

/** [reference or references, answer], as the harness's sample files hold it. */
export type Translated = readonly [string | readonly string[], string];

/** Resamples of a bootstrapped standard error, fewer than elsewhere, as in the harness. */
const ITERATIONS = 100;

/**
 * Returns what the metrics of translations have in common: each translation gives some numbers, and the score is that of their sums over all of them.
 */
export function translation(numbersOf: (value: Translated) => readonly number[], score: (sums: readonly number[]) => number) {
  return {
    options: NO_OPTIONS,
    scores: { generate_until: translated },
    isValue: isTranslated,
    summary: corpusSummary((values: readonly Translated[]) => sumsCorpus(values.map(numbersOf), score), ITERATIONS),
  };
}

/** Its references and the answer. */
function translated({ references, answer }: TextDocument): Translated {
  const [reference = ''] = references;
  return [references.length === 1 ? reference : references, answer];
}

function isTranslated(value: unknown): value is Translated {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[1] !== 'string') return false;
  return (
    typeof value[0] === 'string' || (Array.isArray(value[0]) && value[0].length > 0 && value[0].every((one) => typeof one === 'string'))
  );
}

/**
 * Returns the references as a list.
 */
export function referencesOf([references]: Translated): readonly string[] {
  return typeof references === 'string' ? [references] : references;
}

/**
 * Returns how often each sequence of `n` parts occurs; `glue` stands between them in the keys.
 */
export function countSequences(parts: readonly string[], n: number, glue: string): Map<string, number> {
  return countOf(parts.slice(n - 1).map((_, i) => parts.slice(i, i + n).join(glue)));
}

/**
 * Returns how many sequences of one count are in the other too, each as often as in both.
 */
export function countMatches(own: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  let matches = 0;
  for (const [key, count] of own) matches += Math.min(count, other.get(key) ?? 0);
  return matches;
}

/** Where the definitions come from. */
export const SACREBLEU = "sacreBLEU 2.6 with the harness's (its default) settings";
