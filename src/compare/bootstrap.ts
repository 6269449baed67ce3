/** Paired bootstrap: documents are drawn with replacement, each with both outcomes, so what the two runs share cancels. */
import { mean, quantileSorted, sampleWithReplacement } from 'simple-statistics';
import { PythonRandom } from '../python/random.js';

/** Rounds that `compare` and `gate` use unless told otherwise. */
export const ROUNDS = 2000;
/** Seed that `compare` and `gate` use unless told otherwise. */
export const SEED = 1234;

export interface Bootstrap {
  readonly low: number;
  readonly high: number;
  readonly stderr: number;
  /** Two-sided, from the share of rounds on the other side of zero. */
  readonly p: number;
  /** One-sided: small when the difference is below zero. */
  readonly pDrop: number;
}

/**
 * Returns numbers in [0, 1) from a seeded Mersenne Twister, the same on every machine.
 */
export function randomSource(seed: number): () => number {
  const random = new PythonRandom(seed);
  return () => random.next32() / 4294967296;
}

/**
 * Returns the 95 % percentile interval, standard error and p-values of a mean of paired differences (Efron and Tibshirani 1993, chapter 13).
 */
export function bootstrapMean(differences: readonly number[], seed = SEED, rounds = ROUNDS): Bootstrap {
  const random = randomSource(seed);
  return summary(Array.from({ length: rounds }, () => mean(sampleWithReplacement([...differences], differences.length, random))));
}

/** Documents of one subtask by what both runs did: `cells[i]` is the kind of document i, from 0 to `kinds` - 1. */
export interface Stratum {
  readonly cells: Uint8Array;
  readonly kinds: number;
  /** The difference (candidate - base) of this stratum, given how often each kind occurs. */
  readonly difference: (counts: Float64Array) => number;
  readonly weight: number;
}

/**
 * Returns the bootstrap of a weighted mean over strata; documents are drawn within their stratum.
 */
export function bootstrapStrata(strata: readonly Stratum[], seed = SEED, rounds = ROUNDS): Bootstrap {
  const random = new PythonRandom(seed);
  const total = strata.reduce((sum, s) => sum + s.weight, 0);
  const values = new Array<number>(rounds).fill(0);
  for (const { cells, kinds, difference, weight } of strata) {
    const n = cells.length;
    if (n === 0) continue;
    const counts = new Float64Array(kinds);
    for (let round = 0; round < rounds; round++) {
      counts.fill(0);
      for (let i = 0; i < n; i++) {
        // Multiplying keeps the bias below n / 2^32, far under the Monte Carlo error, and is much faster than rejection.
        const cell = cells[Math.floor((random.next32() / 4294967296) * n)] ?? 0;
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
      values[round] = (values[round] ?? 0) + (difference(counts) * weight) / total;
    }
  }
  return summary(values);
}

/** One is added to both sides so that no p-value is zero (Davison and Hinkley 1997, section 4.2). */
function summary(values: number[]): Bootstrap {
  values.sort((a, b) => a - b);
  const rounds = values.length;
  const average = mean(values);
  const variance = values.reduce((sum, v) => sum + (v - average) ** 2, 0) / Math.max(1, rounds - 1);
  const notAbove = values.filter((v) => v <= 0).length;
  const notBelow = values.filter((v) => v >= 0).length;
  const rise = (notAbove + 1) / (rounds + 1);
  const drop = (notBelow + 1) / (rounds + 1);
  return {
    low: quantileSorted(values, 0.025),
    high: quantileSorted(values, 0.975),
    stderr: Math.sqrt(variance),
    p: Math.min(1, 2 * Math.min(rise, drop)),
    pDrop: Math.min(1, drop),
  };
}
