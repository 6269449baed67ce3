/** How far scores and judges are to be believed: the wording of prompts, the order of documents, labels of people, the language of answers. */
import { show, type Topic } from '../metrics/topic.js';
import { describeLanguages, noCounts } from '../results/counts.js';
import { cohenKappa } from '../statistics/agreement.js';
import { clopperPearson } from '../statistics/binomial.js';
import { orderTest } from '../statistics/order-test.js';

const SHARDS = [
  { canonical: -610, shuffled: [-616, -615, -617] },
  { canonical: -590, shuffled: [-594, -597, -593] },
  { canonical: -605, shuffled: [-604, -609, -611] },
  { canonical: -598, shuffled: [-603, -601, -606] },
  { canonical: -620, shuffled: [-625, -624, -622] },
];

/** What stands beside scores. */
export const trustTopics: readonly Topic[] = [
  {
    name: 'contamination',
    also: ['order permutation test', 'nats a shard', 'p (exact)', 'shards'],
    title: 'order permutation test: was a model trained on a benchmark?',
    definition:
      'A model that was trained on a data set as it is published gives that order of its documents a higher log-probability than shuffles of it. p is from a one-sided t-test over blocks of documents; the exact p is the share of whole shuffles that are at least as likely. Both assume that the order means nothing in itself; a large p says nothing.',
    formula: ['difference of a shard = log p(published order) - mean log p(its shuffles)', 't = mean(differences) / (s / sqrt(shards))'],
    source: 'Oren et al., Proving Test Set Contamination in Black Box Language Models (ICLR 2024); docs/contamination.md',
    example: () => {
      const { difference, t, p, exactP } = orderTest(SHARDS);
      return [`5 shards, 3 shuffles: ${show(difference)} nats a shard, t = ${show(t)}, p = ${show(p)}, exact p = ${show(exactP)}`];
    },
  },
  {
    name: 'judge',
    also: ["cohen's kappa", 'same in both orders', 'share won by the candidate', 'judged'],
    title: 'a judge model, and its agreement with people',
    definition:
      'A judge labels answers by a rubric; of two answers it is asked in both orders, and where the two verdicts differ the document is a tie. Its agreement with labels of people is the share of equal labels with an exact interval, and kappa, which takes off the agreement that two raters have by chance. Without labels nobody knows how far it is to be believed.',
    formula: ['kappa = (agreement - chance) / (1 - chance), chance = sum over labels of the product of both shares'],
    source: 'Cohen, Educational and Psychological Measurement 20 (1960); docs/judge.md',
    example: () => {
      const pairs = [...'aaaaabbbbb'].map((label, i) => [label, 'aaaabbbbba'.charAt(i)] as const);
      const { n, agreement, kappa } = cohenKappa(pairs);
      const { low, high } = clopperPearson(agreement * n, n);
      return [`8 of 10 labels equal, 5 of each: agreement ${show(agreement)} (${show(low)} to ${show(high)}), kappa ${show(kappa)}`];
    },
  },
  {
    name: 'answer language',
    also: ['language of an answer', 'answer_languages', 'answers by language'],
    title: 'the language of generated answers',
    definition:
      'Told by ELD from sequences of bytes, for answers of at least 40 letters (error rates: docs/metrics.md). Shorter ones, such as numbers, are too short to tell and are not guessed. It is no score.',
    formula: ['share of a language = answers told to be in it / answers told to be in any'],
    source: 'https://github.com/nitotm/efficient-language-detector-js',
    example: () => {
      const languages = { ...noCounts().languages, eu: 237, es: 10, 'too short': 3 };
      return [describeLanguages({ languages }) ?? ''];
    },
  },
];
