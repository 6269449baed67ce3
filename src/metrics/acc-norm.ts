import { codePointLength } from '../python/strings.js';
import { choiceLines } from './choice-example.js';
import { accuracyBy, perLength } from './choices.js';
import { defineMetric } from './define.js';
import { choiceDocument } from './documents.js';
import { HARNESS } from './topic.js';

const BY_CHARACTERS = accuracyBy(perLength(codePointLength));

/** 1 where the right choice has the largest log-probability per character; code points count, as for Python's `len`. */
export const accNorm = defineMetric({
  ...BY_CHARACTERS,
  name: 'acc_norm',
  topic: {
    also: ['normalised accuracy', 'normalized accuracy'],
    title: 'accuracy with length normalisation',
    definition:
      'As acc, but each log-probability is divided by the length of the choice in characters (Unicode code points, without the delimiter before it), so that long choices are not at a disadvantage.',
    formula: ['acc_norm(document) = 1 if argmax_i log P(choice_i | prompt) / length(choice_i) = target, else 0'],
    source: HARNESS,
    example: () => choiceLines('acc_norm', BY_CHARACTERS.choose, { unit: 'characters', of: codePointLength }),
  },
  table: [
    { documents: [choiceDocument({ ur: -2.5, 'ura da': -4.2 }, 1), choiceDocument({ bai: -1, ez: -2 }, 1)], value: 0.5, stderr: 0.5 },
  ],
});
