/** Scores of a multiple-choice document from the log-probabilities of its choices. */
import { at } from '../at.js';
import type { ChoiceDocument } from '../types.js';
import { NO_OPTIONS, RIGHT_OR_WRONG } from './summaries.js';

/**
 * Returns what the accuracies have in common, each of which takes another choice for the answer: 1 where that one is right.
 */
export function accuracyBy(choose: (document: ChoiceDocument) => number) {
  const multiple_choice = (document: ChoiceDocument): number => isRight(document, choose(document));
  return { ...RIGHT_OR_WRONG, options: NO_OPTIONS, choose, scores: { multiple_choice } };
}

/**
 * Returns 1 where a choice is right (the one, or one of those, that the target names), else 0.
 */
export function isRight({ gold }: ChoiceDocument, choice: number): number {
  return Number(goldList(gold).includes(choice));
}

/**
 * Returns a function that takes the choice with the largest log-probability per unit of length (of its text without delimiter).
 */
export function perLength(length: (choice: string) => number): (document: ChoiceDocument) => number {
  return ({ logprobs, choices }) => argmax(choices.map((choice, i) => at(logprobs, i) / length(choice)));
}

/**
 * Returns the index of the largest value, the first on ties, and the first NaN if there is one: numpy's `argmax`, by which the
 * harness decides (0/0 of an empty choice's normalised score is the only NaN that can get here). -1 for an empty list.
 */
export function argmax(values: readonly number[]): number {
  let best = -1;
  let most = Number.NaN;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) return i;
    if (best === -1 || value > most) [best, most] = [i, value];
  }
  return best;
}

/**
 * Returns the right choices as a list.
 */
export function goldList(gold: number | readonly number[]): readonly number[] {
  return typeof gold === 'number' ? [gold] : gold;
}

/**
 * Returns the probabilities of the choices among themselves: exp(logprob) divided by the sum of all.
 */
export function softmax(logprobs: readonly number[]): readonly number[] {
  const most = Math.max(...logprobs);
  const powers = logprobs.map((logprob) => Math.exp(logprob - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/**
 * Returns the first choice all of whose tokens were the model's own greedy pick, and only if there is none the one with the
 * largest log-probability: how the bias benchmarks predict.
 */
export function predictGreedyFirst(logprobs: readonly number[], greedy: readonly boolean[]): number {
  const first = greedy.indexOf(true);
  return first === -1 ? argmax(logprobs) : first;
}
