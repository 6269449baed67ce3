import { codePointLength } from '../python/strings.js';
import { defineMetric } from './define.js';
import { rollingDocument } from './documents.js';
import { bits, perUnit } from './text-lengths.js';

/** Bits per character. */
export const bitsPerCharacter = defineMetric({
  ...perUnit(codePointLength, bits),
  name: 'bits_per_character',
  aggregation: 'bits_per_character',
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
