import { sumOf } from '../statistics/sums.js';
import { type LabelCount, type Labelled, labelCorpus, labelled } from './confusion.js';
import { BOOTSTRAP_ITERATIONS, defineMetric } from './define.js';
import { choiceDocument } from './documents.js';
import { corpusSummary, isPair, NO_OPTIONS } from './summaries.js';

/** For any number of labels (Gorodkin 2004); 0 where all labels are one. */
function mccOf(labels: readonly LabelCount[]): number {
  const n = sumOf(labels, ({ right }) => right);
  const spread = (n * n - sumOf(labels, ({ right }) => right * right)) * (n * n - sumOf(labels, ({ predicted }) => predicted * predicted));
  const covariance = sumOf(labels, ({ both }) => both) * n - sumOf(labels, ({ right, predicted }) => right * predicted);
  return spread === 0 ? 0 : covariance / Math.sqrt(spread);
}

const two = (right: number, predicted: number) => choiceDocument({ ez: predicted === 0 ? -1 : -2, bai: predicted === 1 ? -1 : -2 }, right);

/** Matthews' correlation of right and predicted labels. */
export const mcc = defineMetric({
  name: 'mcc',
  aggregation: 'matthews_corrcoef',
  higherIsBetter: true,
  scale: 'number',
  options: NO_OPTIONS,
  scores: { multiple_choice: (document) => labelled(document, 'mcc') },
  isValue: isPair,
  summary: corpusSummary((values: readonly Labelled[]) => labelCorpus(values, mccOf), BOOTSTRAP_ITERATIONS),
  topic: {
    also: ['matthews correlation', 'matthews_corrcoef'],
    title: "Matthews' correlation coefficient",
    definition:
      'The correlation of right and predicted labels, from -1 to 1: 1 is all right, 0 no better than chance. Unlike accuracy it gains nothing from always giving the frequent answer. The standard error is bootstrapped.',
    formula: ['mcc = (n * correct - sum(right_k * predicted_k)) / sqrt((n^2 - sum(right_k^2)) * (n^2 - sum(predicted_k^2)))'],
    source: "scikit-learn's matthews_corrcoef, which the harness calls",
  },
  table: [
    { documents: [two(1, 1), two(0, 1), two(1, 0), two(1, 1), two(0, 0)], value: 1 / 6 },
    { documents: [two(1, 1), two(0, 1)], value: 0 },
  ],
});
