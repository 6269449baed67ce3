import { defineMetric } from './define.js';
import { rollingDocument } from './documents.js';
import { countBytes, perUnit } from './text-lengths.js';

/** Perplexity per byte. */
export const bytePerplexity = defineMetric({
  ...perUnit(countBytes, Math.exp),
  name: 'byte_perplexity',
  aggregation: 'weighted_perplexity',
  topic: {
    also: [],
    title: 'perplexity per byte; lower is better',
    definition:
      'How many equally likely bytes the model would be choosing among at each byte of the texts, on the geometric mean. It depends neither on the tokenizer nor on what a word is. As in the harness there is no standard error.',
    formula: ['byte_perplexity = exp(-sum of log P(text) / bytes of all texts)'],
    source: "EleutherAI's lm-evaluation-harness 0.4.8",
  },
  table: [{ documents: [rollingDocument('ur ñabar bat', -24 * Math.LN2), rollingDocument('bai', -8 * Math.LN2)], value: 4, stderr: null }],
});
