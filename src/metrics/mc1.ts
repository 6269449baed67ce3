import { accuracyBy } from './choices.js';
import { defineMetric } from './define.js';
import { choiceDocument } from './documents.js';

/** 1 where a true answer is the most probable one. */
export const mc1 = defineMetric({
  ...accuracyBy(({ predicted }) => predicted),
  name: 'mc1',
  topic: {
    also: [],
    title: 'TruthfulQA, one true answer',
    definition: 'The share of questions whose true answer has the largest log-probability. The same as acc.',
    formula: ['mc1(document) = 1 if argmax_i log P(answer_i | question) is true, else 0'],
    source: 'TruthfulQA (Lin et al. 2022)',
  },
  table: [
    { documents: [choiceDocument({ egia: -1, gezurra: -2 }, 0), choiceDocument({ egia: -3, gezurra: -2 }, 0)], value: 0.5, stderr: 0.5 },
  ],
});
