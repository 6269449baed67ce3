import type { ChoiceDocument } from '../types.js';
import { choiceLines } from './choice-example.js';
import { isRight, predictByLength } from './choices.js';
import { defineMetric } from './define.js';
import { choiceDocument } from './documents.js';
import { isRightOrWrong, MEAN, NO_OPTIONS } from './summaries.js';

function bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

function score({ logprobs, choices, gold }: ChoiceDocument): number {
  return Number(isRight(predictByLength(logprobs, choices, bytes), gold));
}

/** 1 where the right choice has the largest log-probability per byte. */
export const accBytes = defineMetric({
  name: 'acc_bytes',
  aggregation: 'mean',
  higherIsBetter: true,
  scale: 'right or wrong',
  options: NO_OPTIONS,
  scores: { multiple_choice: score },
  isValue: isRightOrWrong,
  summary: MEAN,
  topic: {
    also: ['byte-normalised accuracy'],
    title: 'accuracy with normalisation by bytes',
    definition: 'As acc_norm, but each log-probability is divided by the length of the choice in bytes of UTF-8.',
    formula: ['acc_bytes(document) = 1 if argmax_i log P(choice_i | prompt) / bytes(choice_i) = target, else 0'],
    source: "EleutherAI's lm-evaluation-harness 0.4.9 and later",
    example: () => choiceLines('acc_bytes', score, { unit: 'bytes', of: bytes }),
  },
  table: [{ documents: [choiceDocument({ ñññ: -4, nnnn: -3.5 }, 0), choiceDocument({ bai: -1, ez: -2 }, 1)], value: 0.5, stderr: 0.5 }],
});
