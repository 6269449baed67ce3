/**
 * Was a model trained on a data set? If it was, the order in which the data set is published is more likely to it than another order of the
 * same documents. Source: Oren, Meister, Chatterji, Ladhak and Hashimoto, Proving Test Set Contamination in Black Box Language Models (ICLR
 * 2024), section 3.
 */
import { mean } from 'simple-statistics';
import { at } from '../at.js';
import { meanEstimate } from './mean.js';
import { studentTail } from './student.js';
import { sumOf } from './sums.js';

/** Log-probabilities of one shard: in its published order, and in each of its shuffles. */
export interface ShardLikelihoods {
  readonly canonical: number;
  readonly shuffled: readonly number[];
}

export interface OrderTest {
  readonly shards: number;
  readonly shuffles: number;
  /** Mean over the shards of the published order's log-probability minus the mean of its shuffles, in nats. */
  readonly difference: number;
  /** Statistic and one-sided p-value of the t-test that the difference is not above 0. */
  readonly t: number;
  readonly p: number;
  /**
   * The share of whole shuffles (the same in all shards) at least as likely as the published order, it included: exact, at least 1 /
   * (shuffles + 1).
   */
  readonly exactP: number;
}

/**
 * Returns contiguous blocks of `documents` indices, `shards` of them with sizes that differ by at most one: the published order of each,
 * then `shuffles` orders that `shuffle` draws of as many indices (the published one may be drawn again, or the exact p-value would not be).
 */
export function shuffledShards(
  documents: number,
  shards: number,
  shuffles: number,
  shuffle: (size: number) => readonly number[],
): readonly (readonly (readonly number[])[])[] {
  return Array.from({ length: shards }, (_, shard) => {
    const start = Math.floor((documents * shard) / shards);
    const size = Math.floor((documents * (shard + 1)) / shards) - start;
    const canonical = Array.from({ length: size }, (_, i) => start + i);
    const draw = (): readonly number[] => shuffle(size).map((index) => start + index);
    return [canonical, ...Array.from({ length: shuffles }, draw)];
  });
}

/**
 * Returns the result of the test over the shards (at least two, each with equally many shuffles). A difference that is the same in all
 * shards has the p-value that its sign says: 0, 0.5 or 1.
 */
export function orderTest(shards: readonly ShardLikelihoods[]): OrderTest {
  const { value: difference, stderr } = meanEstimate(shards.map(({ canonical, shuffled }) => canonical - mean([...shuffled])));
  if (stderr === null) throw new Error('an order test needs two shards or more');
  const t = difference === 0 ? 0 : difference / stderr;
  const canonical = sumOf(shards, (shard) => shard.canonical);
  const shuffles = at(shards, 0).shuffled.length;
  const asLikely = Array.from({ length: shuffles }, (_, j) => sumOf(shards, ({ shuffled }) => at(shuffled, j))).filter(
    (sum) => sum >= canonical,
  );
  return {
    shards: shards.length,
    shuffles,
    difference,
    t,
    p: studentTail(t, shards.length - 1),
    exactP: (1 + asLikely.length) / (shuffles + 1),
  };
}
