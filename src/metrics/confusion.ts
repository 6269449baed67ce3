/** Right and predicted labels of a whole task, counted. */
import { at } from '../at.js';
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

/** How often a label was right, was predicted, and both; a label that neither was nor was predicted has zeros. */
export interface LabelCount {
  readonly label: number;
  readonly right: number;
  readonly predicted: number;
  readonly both: number;
}

/**
 * Returns the corpus of a score that depends on counts of labels only.
 */
export function labelCorpus(values: readonly Labelled[], score: (counts: readonly LabelCount[]) => number): Corpus {
  const labels = [...new Set(values.flat())].sort((a, b) => a - b);
  // A kind is a pair of labels.
  const size = labels.length;
  return {
    kindOf: values.map(([right, predicted]) => labels.indexOf(right) * size + labels.indexOf(predicted)),
    kinds: size * size,
    value(counts) {
      const found = labels.map((label) => ({ label, right: 0, predicted: 0, both: 0 }));
      for (const [i, row] of found.entries()) {
        for (const [j, column] of found.entries()) {
          const count = at(counts, i * size + j);
          row.right += count;
          column.predicted += count;
          if (i === j) row.both = count;
        }
      }
      return score(found);
    },
  };
}
