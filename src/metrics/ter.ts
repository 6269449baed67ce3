import { rstrip, splitSpace } from '../python/strings.js';
import { defineMetric } from './define.js';
import { textDocument } from './documents.js';
import { countEdits } from './edit-rate.js';
import { referencesOf, SACREBLEU, type Translated, translation } from './sacrebleu-text.js';

function wordsOf(text: string): readonly string[] {
  return splitSpace(rstrip(text).toLowerCase());
}

/** Edits against the nearest reference, and the mean length of all references. */
function statistics(value: Translated): readonly number[] {
  const answer = wordsOf(value[1]);
  const references = referencesOf(value).map(wordsOf);
  const edits = Math.min(...references.map((reference) => countEdits(answer, reference)));
  return [edits, references.reduce((sum, { length }) => sum + length, 0) / references.length];
}

function terOf([edits = 0, words = 0]: readonly number[]): number {
  if (words > 0) return (100 * edits) / words;
  return edits > 0 ? 100 : 0;
}

/** Translation edit rate of all translations together. */
export const ter = defineMetric({
  ...translation(statistics, terOf),
  name: 'ter',
  aggregation: 'ter',
  higherIsBetter: false,
  scale: 'number',
  topic: {
    also: ['translation edit rate'],
    title: 'TER of translations, in percent; lower is better',
    definition:
      'How many edits turn the translations into their references, for a hundred words of the references: words inserted, deleted, replaced, and sequences of words moved, each as one edit. Words are what stands between blanks, in lower case. The standard error is bootstrapped (100 resamples).',
    formula: ['TER = 100 * edits / words of the references'],
    source: `${SACREBLEU}: case:lc, tok:tercom, norm:no, punct:yes`,
  },
  table: [{ documents: [textDocument('lo dago katua etxean', 'Katua etxean lo dago')], value: 25, stderr: null }],
});
