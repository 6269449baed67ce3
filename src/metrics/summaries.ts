/** The ways in which values of documents become a score with its standard error. */
import { z } from 'zod';
import { at } from '../at.js';
import { bootstrapError, type Corpus } from '../statistics/bootstrap.js';
import { meanEstimate } from '../statistics/mean.js';
import type { Summary } from './define.js';

/** The options of a metric that has none. */
export const NO_OPTIONS = z.strictObject({});

/** The mean of the documents' numbers. */
export const MEAN: Summary<number, unknown> = {
  aggregate: (values) => meanEstimate(values).value,
  standardError: (values) => meanEstimate(values).stderr,
};

/** What the metrics have in common that are 0 or 1 for each document. */
export const RIGHT_OR_WRONG = {
  aggregation: 'mean',
  higherIsBetter: true,
  scale: 'right or wrong',
  isValue: isRightOrWrong,
  summary: MEAN,
} as const;

/**
 * Returns the summary of a score of the whole task, with a bootstrapped standard error over at most `most` resamples.
 */
export function corpusSummary<V, O>(corpusOf: (values: readonly V[], options: O) => Corpus, most: number): Summary<V, O> {
  return {
    aggregate(values, options) {
      const corpus = corpusOf(values, options);
      const counts = new Float64Array(corpus.kinds);
      for (const kind of Array.from(corpus.kindOf)) counts[kind] = at(counts, kind) + 1;
      return corpus.value(counts);
    },
    standardError: (values, options, iterations) => bootstrapError(corpusOf(values, options), Math.min(iterations, most)),
  };
}

/**
 * Returns the corpus of a score that depends on sums over the documents' rows of numbers (all equally long).
 */
export function sumsCorpus(rows: readonly (readonly number[])[], value: (sums: readonly number[], documents: number) => number): Corpus {
  return {
    kindOf: Array.from(rows.keys()),
    kinds: rows.length,
    value(counts) {
      const sums = at(rows, 0).map(() => 0);
      let documents = 0;
      for (const [i, row] of rows.entries()) {
        const count = at(counts, i);
        if (count === 0) continue;
        documents += count;
        for (let k = 0; k < sums.length; k++) sums[k] = at(sums, k) + count * at(row, k);
      }
      return value(sums, documents);
    },
  };
}

/**
 * Tells a finite number from anything else.
 */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/**
 * Tells a pair of finite numbers from anything else.
 */
export function isPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isNumber);
}

/**
 * Tells 0 and 1 from anything else.
 */
export function isRightOrWrong(value: unknown): value is 0 | 1 {
  return value === 0 || value === 1;
}
