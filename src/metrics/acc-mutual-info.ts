import { at } from '../at.js';
import { UserError } from '../errors.js';
import { accuracyBy, argmax } from './choices.js';
import { defineMetric } from './define.js';
import { choiceDocument } from './documents.js';

/** 1 where the right choice gains most by the prompt. */
export const accMutualInfo = defineMetric({
  ...accuracyBy(({ logprobs, unconditional, where }) => {
    if (unconditional === null) throw new UserError(`${where}: acc_mutual_info needs the log-probabilities of the choices by themselves`);
    return argmax(logprobs.map((logprob, i) => logprob - at(unconditional, i)));
  }),
  name: 'acc_mutual_info',
  topic: {
    also: ['mutual information'],
    title: 'accuracy by mutual information',
    definition:
      'As acc, but each choice is judged by how much more probable the prompt makes it: from its log-probability behind the prompt that of the same text behind an empty prompt is taken. Every choice is scored twice.',
    formula: ['acc_mutual_info(document) = 1 if argmax_i (log P(choice_i | prompt) - log P(choice_i)) = target, else 0'],
    source:
      "EleutherAI's lm-evaluation-harness; as newer versions than 0.4.8 have it, which takes every other value of a list that holds first the one half, then the other",
  },
  table: [
    {
      documents: [choiceDocument({ bai: -1, ez: -2 }, 1, [-1, -5]), choiceDocument({ bai: -1, ez: -2 }, 1, [-3, -3])],
      value: 0.5,
      stderr: 0.5,
    },
  ],
});
