import { choiceLines } from './choice-example.js';
import { accuracyBy } from './choices.js';
import { defineMetric } from './define.js';
import { choiceDocument, continuationDocument } from './documents.js';
import { HARNESS } from './topic.js';

const PREDICTED = accuracyBy(({ predicted }) => predicted);

/** 1 where the right choice is predicted; of a continuation: where each of its tokens is the model's own pick. */
export const acc = defineMetric({
  ...PREDICTED,
  name: 'acc',
  scores: { ...PREDICTED.scores, loglikelihood: ({ greedy }) => Number(greedy) },
  topic: {
    also: ['accuracy'],
    title: 'accuracy',
    definition:
      'The share of documents whose right choice has the largest log-probability of all choices (the first of equal ones). The log-probability of a choice is the sum over its tokens, given the prompt. Where several choices are right, any of them counts. In the bias benchmarks the first choice that the model would have written by itself (each token the most probable one) is its answer, and only without such a choice the largest log-probability. Of a task that scores one continuation: the share of continuations that the model would have written by itself.',
    formula: ['acc(document) = 1 if argmax_i log P(choice_i | prompt) = target, else 0', 'acc = mean over documents'],
    source: HARNESS,
    example: () => choiceLines('acc', PREDICTED.choose),
  },
  table: [
    { documents: [choiceDocument({ ur: -2.5, 'ura da': -4.2 }, 1), choiceDocument({ bai: -1, ez: -2 }, 0)], value: 0.5, stderr: 0.5 },
    { documents: [choiceDocument({ a: -3, b: -1, c: -2 }, [0, 1])], value: 1, stderr: null },
    { documents: [continuationDocument(' ura', -0.5, true), continuationDocument(' ardoa', -3)], value: 0.5, stderr: 0.5 },
  ],
});
