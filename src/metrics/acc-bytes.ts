import { choiceLines } from './choice-example.js';
import { accuracyBy, perLength } from './choices.js';
import { defineMetric } from './define.js';
import { choiceDocument } from './documents.js';
import { countBytes } from './text-lengths.js';

const BY_BYTES = accuracyBy(perLength(countBytes));

/** 1 where the right choice has the largest log-probability per byte. */
export const accBytes = defineMetric({
  ...BY_BYTES,
  name: 'acc_bytes',
  topic: {
    also: ['byte-normalised accuracy'],
    title: 'accuracy with normalisation by bytes',
    definition: 'As acc_norm, but each log-probability is divided by the length of the choice in bytes of UTF-8.',
    formula: ['acc_bytes(document) = 1 if argmax_i log P(choice_i | prompt) / bytes(choice_i) = target, else 0'],
    source: "EleutherAI's lm-evaluation-harness 0.4.9 and later",
    example: () => choiceLines('acc_bytes', BY_BYTES.choose, { unit: 'bytes', of: countBytes }),
  },
  table: [{ documents: [choiceDocument({ ñññ: -4, nnnn: -3.5 }, 0), choiceDocument({ bai: -1, ez: -2 }, 1)], value: 0.5, stderr: 0.5 }],
});
