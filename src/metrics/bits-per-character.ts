import { codePointLength } from '../python/strings.js';
import { defineMetric } from './define.js';
import { rollingDocument } from './documents.js';
import { isPair, NO_OPTIONS } from './summaries.js';
import { measured, perUnit } from './text-lengths.js';

/** Bits per character. */
export const bitsPerCharacter = defineMetric({
  name: 'bits_per_character',
  aggregation: 'bits_per_character',
  higherIsBetter: false,
  scale: 'number',
  options: NO_OPTIONS,
  scores: { loglikelihood_rolling: measured(codePointLength) },
  isValue: isPair,
  summary: perUnit((nats) => nats / Math.LN2),
  topic: {
    also: ['bpc'],
    title: 'bits per character; lower is better',
    definition:
      'As bits_per_byte, but divided by characters (Unicode code points), which letters outside ASCII do not make longer. As in the harness there is no standard error.',
    formula: ['bits_per_character = -sum of log2 P(text) / characters of all texts'],
    source: "EleutherAI's lm-evaluation-harness 0.4.8 (bits_per_byte), with characters instead of bytes",
  },
  table: [{ documents: [rollingDocument('ur ñabar bat', -22 * Math.LN2), rollingDocument('bai', -8 * Math.LN2)], value: 2, stderr: null }],
});
