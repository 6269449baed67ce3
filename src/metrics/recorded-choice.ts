import { argmax, predictGreedyFirst } from './choices.js';
import { METRICS } from './registry.js';

/** What a sample line records of one choice: log-probability, and whether each of its tokens was the most probable one. */
export type RecordedScore = readonly [number, boolean];

/** Returns the scores in the `filtered_resps` of a sample line; null where it holds anything but pairs, as of generated answers. */
export function recordedScores(filtered: unknown): readonly RecordedScore[] | null {
  if (!Array.isArray(filtered) || filtered.length === 0) return null;
  const scores = filtered.map(
    (pair: unknown): RecordedScore =>
      Array.isArray(pair) && pair.length === 2 ? [Number(pair[0]), String(pair[1]).toLowerCase() === 'true'] : [Number.NaN, false],
  );
  return scores.some(([logprob]) => Number.isNaN(logprob)) ? null : scores;
}

/**
 * Returns the index of the choice that a metric takes for the answer of a recorded document. `scores`: of each choice, then, where the task asked for that, of each
 * behind an empty prompt. `bias`: a document of the bias benchmarks.
 */
export function recordedChoice(metric: string, choices: readonly string[], scores: readonly RecordedScore[], bias: boolean): number {
  const n = choices.length;
  const all = scores.map(([logprob]) => logprob);
  const [logprobs, rest] = [all.slice(0, n), all.slice(n)];
  const greedy = scores.slice(0, n).map(([, own]) => own);
  const predicted = bias ? predictGreedyFirst(logprobs, greedy) : argmax(logprobs);
  const unconditional = rest.length === n ? rest : null;
  const document = {
    outputType: 'multiple_choice',
    doc: {},
    where: metric,
    choices,
    logprobs,
    greedy,
    unconditional,
    gold: -1,
    predicted,
  } as const;
  return METRICS.get(metric)?.bind({}).choose?.(document) ?? predicted;
}
