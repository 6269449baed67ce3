import { defineMetric } from './define.js';
import { rollingDocument } from './documents.js';
import { bits, countBytes, perUnit } from './text-lengths.js';

/** Bits per byte. */
export const bitsPerByte = defineMetric({
  ...perUnit(countBytes, bits),
  name: 'bits_per_byte',
  aggregation: 'bits_per_byte',
  topic: {
    also: ['bpb'],
    title: 'bits per byte; lower is better',
    definition:
      'How many bits the model needs for each byte of the texts (UTF-8), if it were used to compress them. It depends neither on the tokenizer nor on what a word is, so it compares models on texts of one language. As in the harness there is no standard error.',
    formula: ['bits_per_byte = -sum of log2 P(text) / bytes of all texts'],
    source: "EleutherAI's lm-evaluation-harness 0.4.8",
  },
  table: [{ documents: [rollingDocument('ur ñabar bat', -24 * Math.LN2), rollingDocument('bai', -8 * Math.LN2)], value: 2, stderr: null }],
});
