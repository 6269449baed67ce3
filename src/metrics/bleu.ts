import { at } from '../at.js';
import { rstrip, splitSpace } from '../python/strings.js';
import { defineMetric } from './define.js';
import { textDocument } from './documents.js';
import { countMatches, countSequences, referencesOf, SACREBLEU, type Translated, translation } from './sacrebleu-text.js';

const ORDER = 4;
/** Stands for the logarithm of 0. */
const LOG_OF_ZERO = -9_999_999_999;

/** The tokenizer "13a" of WMT's mteval script, step by step. */
function tokenize(text: string): string[] {
  let line = rstrip(text).replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  line = line.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
  return splitSpace(
    ` ${line} `
      .replace(/[{-~[-` -&(-+:-@/]/gu, ' $& ')
      .replace(/([^0-9])([.,])/gu, '$1 $2 ')
      .replace(/([.,])([^0-9])/gu, ' $1 $2')
      .replace(/([0-9])(-)/gu, '$1 $2 '),
  );
}

/** The tokenizer "intl": punctuation and symbols of Unicode apart, but between digits. */
function tokenizeAll(text: string): string[] {
  return splitSpace(
    rstrip(text)
      .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
      .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
      .replace(/\p{S}/gu, ' $& '),
  );
}

const TOKENIZERS = { '13a': tokenize, intl: tokenizeAll };

/**
 * Returns the BLEU of one answer, from 0 to 100, with one of sacreBLEU's tokenizers.
 */
export function sentenceBleu(reference: string, answer: string, tokenizer: keyof typeof TOKENIZERS): number {
  return bleuOf(statistics([reference, answer], TOKENIZERS[tokenizer]));
}

/** Length of the answer, of the reference nearest to it in length, then matches and totals of 1- to 4-grams. */
function statistics(value: Translated, cut = tokenize): readonly number[] {
  const answer = cut(value[1]);
  const distance = (words: readonly string[]): number => Math.abs(words.length - answer.length);
  const references = referencesOf(value)
    .map(cut)
    .sort((a, b) => distance(a) - distance(b) || a.length - b.length);
  const matches: number[] = [];
  const totals: number[] = [];
  for (let n = 1; n <= ORDER; n++) {
    const most = new Map<string, number>();
    for (const reference of references)
      for (const [key, count] of countSequences(reference, n, ' ')) most.set(key, Math.max(most.get(key) ?? 0, count));
    matches.push(countMatches(countSequences(answer, n, ' '), most));
    totals.push(Math.max(0, answer.length - n + 1));
  }
  return [answer.length, at(references, 0).length, ...matches, ...totals];
}

/** Geometric mean of the precisions times the brevity penalty; orders without a match are smoothed exponentially. */
function bleuOf([answer = 0, reference = 0, ...counts]: readonly number[]): number {
  const matches = counts.slice(0, ORDER);
  if (matches.every((count) => count === 0)) return 0;
  const penalty = answer >= reference ? 1 : answer > 0 ? Math.exp(1 - reference / answer) : 0;
  let smoothing = 1;
  let logs = 0;
  let ended = false;
  for (const [i, correct] of matches.entries()) {
    const total = at(counts, ORDER + i);
    ended ||= total === 0;
    if (ended) {
      logs += LOG_OF_ZERO;
      continue;
    }
    if (correct === 0) smoothing *= 2;
    logs += Math.log(correct === 0 ? 100 / (smoothing * total) : (100 * correct) / total);
  }
  return penalty * Math.exp(logs / ORDER);
}

/** BLEU of all translations together. */
export const bleu = defineMetric({
  ...translation((value) => statistics(value), bleuOf),
  name: 'bleu',
  aggregation: 'bleu',
  higherIsBetter: true,
  scale: 'percent',
  topic: {
    also: [],
    title: 'BLEU of translations, from 0 to 100',
    definition:
      'How many of the sequences of one to four words of all translations together are in their references, as a geometric mean, less where the translations are shorter than the references. Words are cut as mteval-v13a cuts them. The standard error is bootstrapped (100 resamples).',
    formula: ['BLEU = min(1, exp(1 - length of references / length of translations)) * (p1 * p2 * p3 * p4)^(1/4)'],
    source: `${SACREBLEU}: tok:13a, smooth:exp`,
  },
  table: [
    { documents: [textDocument('Katua etxean dago lo, sofan.', 'Katua etxean dago lo, ohean.')], value: 64.34588841607616, stderr: null },
    { documents: [textDocument('bat bi', 'hiru lau')], value: 0, stderr: null },
  ],
});
