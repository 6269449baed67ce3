/** Metrics of whole texts: a log-probability divided by the text's length in some unit. */
import { SPACE } from '../python/strings.js';
import type { RollingDocument } from '../types.js';
import type { Summary } from './define.js';

/** [log-probability, length]. */
export type Measured = readonly [number, number];

/**
 * Returns what a text adds: its log-probability and its length.
 */
export function measured(length: (text: string) => number): (document: RollingDocument) => Measured {
  return ({ logprob, text }) => [logprob, length(text)];
}

/**
 * Returns the summary of a score of log-probability per unit over all texts together. As in the harness it has no standard error.
 */
export function perUnit(score: (nats: number) => number): Summary<Measured, unknown> {
  return {
    aggregate(values) {
      let logprob = 0;
      let length = 0;
      for (const [own, units] of values) [logprob, length] = [logprob + own, length + units];
      return score(-logprob / length);
    },
    standardError: () => null,
  };
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
