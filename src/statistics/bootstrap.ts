/** Bootstraps: documents are drawn with replacement, and a score is computed anew from how often each was drawn. */
import { mean, sampleStandardDeviation, sampleWithReplacement } from 'simple-statistics';
import { at } from '../at.js';
import { PythonRandom } from '../python/random.js';
import { quantileSorted } from './quantile.js';
import { sumOf } from './sums.js';

/** Documents by their kind, where a score depends only on how often each kind occurs. */
export interface Corpus {
  /** The kind of each document, from 0 to `kinds` - 1. */
  readonly kindOf: ArrayLike<number>;
  readonly kinds: number;
  /** Returns the score of so many documents of each kind. */
  value(counts: Float64Array): number;
}

/** Uniform numbers in [0, 1). */
type Uniform = () => number;

/** Returns a function that draws as many documents as a corpus has, and returns their score. */
function resampler(corpus: Corpus): (uniform: Uniform) => number {
  const kindOf = Int32Array.from(corpus.kindOf);
  const counts = new Float64Array(corpus.kinds);
  const n = kindOf.length;
  return (uniform) => {
    counts.fill(0);
    for (let i = 0; i < n; i++) {
      const kind = at(kindOf, Math.floor(uniform() * n));
      counts[kind] = at(counts, kind) + 1;
    }
    return corpus.value(counts);
  };
}

/** The harness draws in chunks of so many resamples, each with a generator of its own, whose seed is the number of the chunk. */
const CHUNK = 1000;

/**
 * Returns the standard deviation (n - 1) of a score over resamples of the documents: the numbers that the harness's `bootstrap_stderr` gives, draw by draw
 * (`random.Random(chunk).choices(documents, k=n)`).
 */
export function bootstrapError(corpus: Corpus, iterations: number): number {
  const size = Math.min(CHUNK, iterations);
  const chunks = Math.floor(iterations / size);
  const resample = resampler(corpus);
  const scores: number[] = [];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const random = new PythonRandom(chunk);
    for (let i = 0; i < size; i++) scores.push(resample(() => random.random()));
  }
  return scores.length > 1 ? sampleStandardDeviation(scores) : 0;
}

/** Rounds that `compare` and `gate` use unless told otherwise. */
export const ROUNDS = 2000;
/** Seed that `compare` and `gate` use unless told otherwise. */
export const SEED = 1234;

/** What a paired bootstrap says of a difference. */
export interface Bootstrap {
  /** 95 % percentile interval. */
  readonly low: number;
  readonly high: number;
  readonly stderr: number;
  /** Two-sided, from the share of rounds on the other side of zero. */
  readonly p: number;
  /** One-sided: small when the difference is below zero. */
  readonly pDrop: number;
}

/** Uniform numbers from a seeded Mersenne Twister, the same on every machine. */
function randomSource(seed: number): Uniform {
  const random = new PythonRandom(seed);
  // Multiplying by n keeps the bias of a draw below n / 2^32, far under the Monte Carlo error, and is much faster than rejection.
  return () => random.next32() / 4294967296;
}

/**
 * Returns the bootstrap of a mean of paired differences: documents are drawn with both outcomes, so what the two runs share cancels (Efron and Tibshirani 1993,
 * chapter 13).
 */
export function bootstrapMean(differences: readonly number[], seed = SEED, rounds = ROUNDS): Bootstrap {
  const uniform = randomSource(seed);
  const list = [...differences];
  return summary(Array.from({ length: rounds }, () => mean(sampleWithReplacement(list, list.length, uniform))));
}

/**
 * Returns the bootstrap of a mean over strata, weighted by their documents; these are drawn within their stratum. The value of a stratum is its difference
 * (candidate - base).
 */
export function bootstrapStrata(strata: readonly Corpus[], seed = SEED, rounds = ROUNDS): Bootstrap {
  const uniform = randomSource(seed);
  const total = sumOf(strata, ({ kindOf }) => kindOf.length);
  const values = new Array<number>(rounds).fill(0);
  for (const stratum of strata) {
    const share = stratum.kindOf.length;
    const resample = resampler(stratum);
    for (const [round, value] of values.entries()) values[round] = value + (resample(uniform) * share) / total;
  }
  return summary(values);
}

/** One is added to both sides so that no p-value is zero (Davison and Hinkley 1997, section 4.2). */
function summary(values: number[]): Bootstrap {
  values.sort((a, b) => a - b);
  const rounds = values.length;
  const rise = (values.filter((v) => v <= 0).length + 1) / (rounds + 1);
  const drop = (values.filter((v) => v >= 0).length + 1) / (rounds + 1);
  return {
    low: quantileSorted(values, 0.025, 7),
    high: quantileSorted(values, 0.975, 7),
    stderr: rounds > 1 ? sampleStandardDeviation(values) : 0,
    p: Math.min(1, 2 * Math.min(rise, drop)),
    pDrop: Math.min(1, drop),
  };
}
