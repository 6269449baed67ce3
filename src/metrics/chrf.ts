import { splitSpace } from '../python/strings.js';
import { defineMetric } from './define.js';
import { textDocument } from './documents.js';
import { countMatches, countSequences, referencesOf, SACREBLEU, type Translated, translation } from './sacrebleu-text.js';

const ORDER = 6;
/** Recall weighs as much as precision does, times this squared. */
const BETA = 2;

function characters(text: string): string[] {
  return Array.from(splitSpace(text).join(''));
}

/** For each order: sequences of the answer, of the reference, and of both. */
function against(answer: readonly string[], reference: readonly string[]): readonly number[] {
  return Array.from({ length: ORDER }, (_, i) => {
    const own = countSequences(answer, i + 1, '');
    const wanted = countSequences(reference, i + 1, '');
    const count = (length: number): number => Math.max(0, length - i);
    return [wanted.size === 0 ? 0 : count(answer.length), count(reference.length), countMatches(own, wanted)];
  }).flat();
}

/** Of several references the one that gives the answer the highest score. */
function statistics(value: Translated): readonly number[] {
  const answer = characters(value[1]);
  let best: readonly number[] = [];
  let most = -1;
  for (const reference of referencesOf(value)) {
    const counts = against(answer, characters(reference));
    const score = chrfOf(counts);
    if (score > most) [best, most] = [counts, score];
  }
  return best;
}

/** F of mean precision and mean recall over the orders that both sides have. */
function chrfOf(counts: readonly number[]): number {
  let precision = 0;
  let recall = 0;
  let orders = 0;
  for (let i = 0; i < ORDER; i++) {
    const [own = 0, wanted = 0, both = 0] = counts.slice(3 * i, 3 * i + 3);
    if (own === 0 || wanted === 0) continue;
    precision += both / own;
    recall += both / wanted;
    orders++;
  }
  if (orders === 0 || precision + recall === 0) return 0;
  precision /= orders;
  recall /= orders;
  const factor = BETA ** 2;
  return (100 * ((1 + factor) * precision * recall)) / (factor * precision + recall);
}

/** chrF of all translations together. */
export const chrf = defineMetric({
  ...translation(statistics, chrfOf),
  name: 'chrf',
  aggregation: 'chrf',
  higherIsBetter: true,
  scale: 'percent',
  topic: {
    also: ['chrf2'],
    title: 'chrF of translations, from 0 to 100',
    definition:
      'How many of the sequences of one to six characters (without blanks) of translations and references are in both. Characters instead of words suit languages with many endings, such as Basque. The standard error is bootstrapped (100 resamples).',
    formula: ['chrF = 100 * 5 * P * R / (4 * P + R), P and R the mean precision and recall over the six orders'],
    source: `${SACREBLEU}: nc:6, nw:0, space:no`,
  },
  table: [
    { documents: [textDocument('Katua etxean dago lo, sofan.', 'Katua etxean dago lo, ohean.')], value: 76.89961894195304, stderr: null },
  ],
});
