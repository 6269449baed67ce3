import { codePointLength } from '../python/strings.js';
import type { ChoiceDocument } from '../types.js';
import { choiceLines } from './choice-example.js';
import { isRight, predictByLength } from './choices.js';
import { defineMetric } from './define.js';
import { choiceDocument } from './documents.js';
import { isRightOrWrong, MEAN, NO_OPTIONS } from './summaries.js';
import { HARNESS } from './topic.js';

/** Code points count, as for Python's `len`. */
function score({ logprobs, choices, gold }: ChoiceDocument): number {
  return Number(isRight(predictByLength(logprobs, choices, codePointLength), gold));
}

/** 1 where the right choice has the largest log-probability per character. */
export const accNorm = defineMetric({
  name: 'acc_norm',
  aggregation: 'mean',
  higherIsBetter: true,
  scale: 'right or wrong',
  options: NO_OPTIONS,
  scores: { multiple_choice: score },
  isValue: isRightOrWrong,
  summary: MEAN,
  topic: {
    also: ['normalised accuracy', 'normalized accuracy'],
    title: 'accuracy with length normalisation',
    definition:
      'As acc, but each log-probability is divided by the length of the choice in characters (Unicode code points, without the delimiter before it), so that long choices are not at a disadvantage.',
    formula: ['acc_norm(document) = 1 if argmax_i log P(choice_i | prompt) / length(choice_i) = target, else 0'],
    source: HARNESS,
    example: () => choiceLines('acc_norm', score, { unit: 'characters', of: codePointLength }),
  },
  table: [
    { documents: [choiceDocument({ ur: -2.5, 'ura da': -4.2 }, 1), choiceDocument({ bai: -1, ez: -2 }, 1)], value: 0.5, stderr: 0.5 },
  ],
});
