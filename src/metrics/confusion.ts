/** Right and predicted labels of a whole task, counted. */
import { UserError } from '../errors.js';
import type { Corpus } from '../statistics/bootstrap.js';
import type { ChoiceDocument } from '../types.js';

/** [right label, predicted label]; -1 is a target that names no choice. */
export type Labelled = readonly [number, number];

/**
 * Returns what a document adds to a score over labels. Throws `UserError` where several labels are right.
 */
export function labelled({ gold, predicted, where }: ChoiceDocument, metric: string): Labelled {
  if (typeof gold !== 'number') throw new UserError(`${where}: ${metric} needs one right choice, the target names ${gold.length}`);
  return [gold, predicted];
}

/** How often each label was right, was predicted, and both; a label that neither was nor was predicted has two zeros. */
export interface LabelCounts {
  readonly labels: readonly number[];
  readonly right: readonly number[];
  readonly predicted: readonly number[];
  readonly both: readonly number[];
}

/**
 * Returns the corpus of a score that depends on counts of labels only.
 */
export function labelCorpus(values: readonly Labelled[], score: (counts: LabelCounts) => number): Corpus {
  const labels = [...new Set(values.flat())].sort((a, b) => a - b);
  const place = new Map(labels.map((label, i) => [label, i]));
  // A kind is a pair of labels.
  const size = labels.length;
  const kindOf = values.map(([right, predicted]) => (place.get(right) ?? 0) * size + (place.get(predicted) ?? 0));
  const value = (counts: Float64Array): number => {
    const right = new Array<number>(size).fill(0);
    const predicted = new Array<number>(size).fill(0);
    const both = new Array<number>(size).fill(0);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const count = counts[i * size + j] ?? 0;
        right[i] = (right[i] ?? 0) + count;
        predicted[j] = (predicted[j] ?? 0) + count;
        if (i === j) both[i] = count;
      }
    }
    return score({ labels, right, predicted, both });
  };
  return { kindOf, kinds: size * size, value };
}

/**
 * Returns the sum of some numbers.
 */
export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
