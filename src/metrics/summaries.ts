/** The ways in which values of documents become a score with its standard error. */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { z } from 'zod';
import type { Estimate } from '../types.js';
import { bootstrapError, type Corpus } from './bootstrap.js';
import type { Summary } from './define.js';

/** The options of a metric that has none. */
export const NO_OPTIONS = z.strictObject({});

/**
 * Returns mean and standard error of the mean: sample standard deviation (n - 1) / sqrt(n), null for a single value.
 * Throws for an empty list.
 */
export function meanEstimate(values: readonly number[]): Estimate {
  const list = [...values];
  return { value: mean(list), stderr: list.length > 1 ? sampleStandardDeviation(list) / Math.sqrt(list.length) : null };
}

/** The mean of the documents' numbers. */
export const MEAN: Summary<number, unknown> = {
  aggregate: (values) => meanEstimate(values).value,
  standardError: (values) => meanEstimate(values).stderr,
};

/**
 * Returns the summary of a score of the whole task, with a bootstrapped standard error over at most `most` resamples; 0 for no standard error.
 */
export function corpusSummary<V, O>(corpusOf: (values: readonly V[], options: O) => Corpus, most: number): Summary<V, O> {
  return {
    aggregate(values, options) {
      const corpus = corpusOf(values, options);
      const counts = new Float64Array(corpus.kinds);
      for (let i = 0; i < values.length; i++) counts[corpus.kindOf[i] ?? 0] = (counts[corpus.kindOf[i] ?? 0] ?? 0) + 1;
      return corpus.value(counts);
    },
    standardError: (values, options, iterations) =>
      most === 0 ? null : bootstrapError(corpusOf(values, options), values.length, Math.min(iterations, most)),
  };
}

/**
 * Returns the corpus of a score that depends on sums over the documents' rows of numbers (all equally long).
 */
export function sumsCorpus(rows: readonly (readonly number[])[], value: (sums: readonly number[], documents: number) => number): Corpus {
  const width = rows[0]?.length ?? 0;
  return {
    kindOf: Array.from(rows.keys()),
    kinds: rows.length,
    value(counts) {
      const sums = new Array<number>(width).fill(0);
      let documents = 0;
      for (let i = 0; i < rows.length; i++) {
        const count = counts[i] ?? 0;
        if (count === 0) continue;
        documents += count;
        const row = rows[i] ?? [];
        for (let k = 0; k < width; k++) sums[k] = (sums[k] ?? 0) + count * (row[k] ?? 0);
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
