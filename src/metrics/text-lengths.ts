/** Metrics of whole texts: a log-probability divided by the text's length in some unit. */
import { SPACE } from '../python/strings.js';
import { sumOf } from '../statistics/sums.js';
import type { RollingDocument } from '../types.js';
import { isPair, NO_OPTIONS } from './summaries.js';

/**
 * Returns what these metrics have in common: a document is its log-probability and its length, and the score is that of the log-probability per unit over all texts
 * together, in nats. As in the harness it has no standard error.
 */
export function perUnit(length: (text: string) => number, score: (nats: number) => number) {
  return {
    higherIsBetter: false,
    scale: 'number',
    options: NO_OPTIONS,
    scores: { loglikelihood_rolling: ({ logprob, text }: RollingDocument): readonly [number, number] => [logprob, length(text)] },
    isValue: isPair,
    summary: {
      aggregate: (values: readonly (readonly [number, number])[]) =>
        score(-sumOf(values, ([logprob]) => logprob) / sumOf(values, ([, units]) => units)),
      standardError: () => null,
    },
  } as const;
}

/**
 * Returns nats as bits.
 */
export function bits(nats: number): number {
  return nats / Math.LN2;
}

const SPACES = new RegExp(`[${SPACE}]+`);

/**
 * Returns the number of parts between runs of white space, as the harness counts words: `len(re.split(r"\s+", text))`, so blanks at an end add an empty one.
 */
export function countWords(text: string): number {
  return text.split(SPACES).length;
}

/**
 * Returns the length of a text in bytes of UTF-8.
 */
export function countBytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
