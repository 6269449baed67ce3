/** Telling a worse model from the same model on another batch size, kernel or device: such noise moves every log-probability a little. */

import { quantileSorted } from '../statistics/quantile.js';
import { sumOf } from '../statistics/sums.js';

/** Largest noise level, in nats, that two runs of one model may have (docs/gate.md has the measurements). */
export const NOISE_NATS = 0.5;
/** Margins beyond this many nats all count as the same: far from flipping, and a stored baseline keeps no more. */
const FAR_NATS = 2.5;

/** One document that both runs scored. Margins: log-probability of the right choice minus the best other one, NaN where unknown. */
export interface Shift {
  readonly base: number;
  readonly candidate: number;
  readonly baseMargin: number;
  readonly candidateMargin: number;
}

/** Flips of a task or benchmark that numerical noise would explain one by one. */
export interface Noise {
  readonly up: number;
  readonly down: number;
}

/** Changes of the margins of documents near a tie, in nats: their sum, and the sum of their squares. */
export interface Drift {
  readonly sum: number;
  readonly squares: number;
}

/** What happened near the ties of one task. */
export interface NearTies {
  readonly noise: Noise;
  readonly drift: Drift;
}

/** Nothing flipped near a tie. */
export const NO_TIES: NearTies = { noise: { up: 0, down: 0 }, drift: { sum: 0, squares: 0 } };

/**
 * Returns how many flips of one task numerical noise would explain, and how the documents near a tie moved. The noise level is twice the 95th
 * percentile of the change of the margin over the documents that did not flip. A flip is explained when its margin changed by no more than that
 * and both margins say the outcome that was recorded. Near a tie is a document whose mean margin over both runs lies within the level; its change
 * counts up to the level. Nothing is explained when the level is above `limit` (these are different models) or when a margin is unknown for more
 * than one document in twenty.
 */
export function nearTies(documents: Iterable<Shift>, limit = NOISE_NATS): NearTies {
  const still: number[] = [];
  const flipped: Shift[] = [];
  const all: Shift[] = [];
  for (const d of documents) {
    all.push(d);
    if (d.base === d.candidate) still.push(moved(d));
    else flipped.push(d);
  }
  if (still.length === 0 || flipped.length === 0) return NO_TIES;
  // Unknown margins count as infinitely far.
  const sorted = Float64Array.from(still, (s) => (Number.isNaN(s) ? Number.POSITIVE_INFINITY : s)).sort();
  const level = 2 * quantileSorted(sorted, 0.95, 1);
  if (!(level <= limit)) return NO_TIES;
  const explained = flipped.filter((d) => moved(d) <= level && agrees(d.baseMargin, d.base) && agrees(d.candidateMargin, d.candidate));
  const up = explained.filter((d) => d.candidate > d.base).length;
  const drift = { sum: 0, squares: 0 };
  for (const { baseMargin, candidateMargin } of all) {
    // The mean margin treats both runs alike, so that noise alone has no direction among the documents that it picks.
    if (!(Math.abs(baseMargin + candidateMargin) / 2 <= level)) continue;
    const change = Math.max(-level, Math.min(level, candidateMargin - baseMargin));
    drift.sum += change;
    drift.squares += change * change;
  }
  return { noise: { up, down: explained.length - up }, drift };
}

/**
 * Returns the sum over the tasks of a benchmark.
 */
export function tiesTogether(parts: readonly NearTies[]): NearTies {
  const sum = (of: (part: NearTies) => number): number => sumOf(parts, of);
  return {
    noise: { up: sum((p) => p.noise.up), down: sum((p) => p.noise.down) },
    drift: { sum: sum((p) => p.drift.sum), squares: sum((p) => p.drift.squares) },
  };
}

/**
 * Returns the standard normal statistic of a drift, negative where the documents near a tie moved down. Independent changes without a direction
 * have the variance that is the sum of their squares.
 */
export function driftScore({ sum, squares }: Drift): number {
  return squares === 0 ? 0 : sum / Math.sqrt(squares);
}

function moved(d: Shift): number {
  const near = (margin: number): number => Math.max(-FAR_NATS, Math.min(FAR_NATS, margin));
  return Math.abs(near(d.baseMargin) - near(d.candidateMargin));
}

function agrees(margin: number, outcome: number): boolean {
  return outcome === 1 ? margin >= 0 : margin <= 0;
}
