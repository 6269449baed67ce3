import { BOOTSTRAP_ITERATIONS, defineMetric } from './define.js';
import { continuationDocument } from './documents.js';
import { corpusSummary, isNumber, NO_OPTIONS, sumsCorpus } from './summaries.js';

/** Perplexity of whole continuations, not of their tokens. */
export const perplexity = defineMetric({
  name: 'perplexity',
  aggregation: 'perplexity',
  higherIsBetter: false,
  scale: 'number',
  options: NO_OPTIONS,
  scores: { loglikelihood: ({ logprob }) => logprob },
  isValue: isNumber,
  summary: corpusSummary(
    (values: readonly number[]) =>
      sumsCorpus(
        values.map((value) => [value]),
        ([sum = 0], documents) => Math.exp(-sum / documents),
      ),
    BOOTSTRAP_ITERATIONS,
  ),
  topic: {
    also: [],
    title: 'perplexity of a continuation (LAMBADA); lower is better',
    definition:
      'How many equally likely continuations the model would be choosing among, on the geometric mean: 1 is certain and right. A whole continuation counts as one, however many tokens it has. The standard error is bootstrapped.',
    formula: ['perplexity = exp(-mean of log P(continuation | prompt))'],
    source: "EleutherAI's lm-evaluation-harness 0.4.8",
  },
  table: [{ documents: [continuationDocument(' ura', Math.log(0.5)), continuationDocument(' ardoa', Math.log(0.125))], value: 4 }],
});
