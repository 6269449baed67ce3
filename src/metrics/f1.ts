import { z } from 'zod';
import { UserError } from '../errors.js';
import { sumOf } from '../statistics/sums.js';
import { type LabelCount, type Labelled, labelCorpus, labelled } from './confusion.js';
import { BOOTSTRAP_ITERATIONS, defineMetric } from './define.js';
import { choiceDocument } from './documents.js';
import { corpusSummary, isPair } from './summaries.js';

const AVERAGES = ['binary', 'micro', 'macro', 'weighted'] as const;

const options = z
  .strictObject({
    average: z.enum(AVERAGES, `valid: ${AVERAGES.join(', ')}`).optional(),
    labels: z.array(z.number().int()).min(1).optional(),
  })
  .transform(({ average, labels }) => ({ average: average ?? ('binary' as const), labels: labels ?? null }));
type Options = z.infer<typeof options>;

/** 2 both / (right + predicted), 0 where neither occurs. */
function harmonic({ both, right, predicted }: Omit<LabelCount, 'label'>): number {
  return right + predicted === 0 ? 0 : (2 * both) / (right + predicted);
}

/** scikit-learn's `f1_score`: over the labels that occur, or over `labels`. */
function f1Of(counts: readonly LabelCount[], { average, labels }: Options): number {
  const wanted = average === 'binary' ? [1] : labels;
  const rows =
    wanted === null
      ? counts.filter(({ right, predicted }) => right + predicted > 0)
      : wanted.map((label) => counts.find((one) => one.label === label) ?? { label, right: 0, predicted: 0, both: 0 });
  const right = sumOf(rows, (row) => row.right);
  switch (average) {
    case 'binary':
    case 'macro':
      return sumOf(rows, harmonic) / rows.length;
    case 'micro':
      return harmonic({ both: sumOf(rows, (row) => row.both), right, predicted: sumOf(rows, (row) => row.predicted) });
    case 'weighted':
      return right === 0 ? 0 : sumOf(rows, (row) => harmonic(row) * row.right) / right;
  }
}

const three = (right: number, predicted: number) =>
  choiceDocument({ ezkorra: predicted === 0 ? -1 : -9, neutroa: predicted === 1 ? -1 : -9, baikorra: predicted === 2 ? -1 : -9 }, right);
const two = (right: number, predicted: number) => choiceDocument({ ez: predicted === 0 ? -1 : -2, bai: predicted === 1 ? -1 : -2 }, right);

/** F1 of predicted labels. */
export const f1 = defineMetric({
  name: 'f1',
  aggregation: 'f1',
  higherIsBetter: true,
  scale: 'share',
  options,
  scores: {
    multiple_choice(document, { average }: Options) {
      if (average === 'binary' && document.choices.length > 2)
        throw new UserError(
          `${document.where}: f1 of ${document.choices.length} choices needs average: micro, macro or weighted in metric_list (without it choice 1 of two is the positive one)`,
        );
      return labelled(document, 'f1');
    },
  },
  isValue: isPair,
  summary: corpusSummary(
    (values: readonly Labelled[], chosen: Options) => labelCorpus(values, (counts) => f1Of(counts, chosen)),
    BOOTSTRAP_ITERATIONS,
  ),
  topic: {
    also: ['f1 score', 'macro f1', 'micro f1', 'weighted f1'],
    title: 'F1 of predicted labels',
    definition:
      'The harmonic mean of precision and recall, which is 2 * (documents where a label is right and predicted) / (times it is right + times it is predicted). average: binary (the default) is the F1 of choice 1 of two; macro the mean over the labels that occur; weighted the same weighted by how often each is right; micro takes all labels together. labels: only these count. The standard error is bootstrapped.',
    formula: [
      'F1(label) = 2 * both / (right + predicted)',
      'macro: mean over labels; micro: 2 * sum(both) / (sum(right) + sum(predicted))',
    ],
    source: "scikit-learn's f1_score, which the harness calls",
  },
  table: [
    { documents: [two(1, 1), two(0, 1), two(1, 0), two(1, 1), two(0, 0)], value: 2 / 3 },
    { options: { average: 'macro' }, documents: [three(0, 0), three(1, 2), three(2, 2), three(2, 1)], value: 0.5 },
    { options: { average: 'micro', labels: [0, 2] }, documents: [three(0, 0), three(1, 2), three(2, 2), three(2, 1)], value: 2 / 3 },
    { options: { average: 'weighted' }, documents: [three(0, 0), three(1, 2), three(2, 2), three(2, 1)], value: 0.5 },
  ],
});
