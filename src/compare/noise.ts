/** Telling a worse model from the same model on another batch size, kernel or device: such noise moves every log-probability a little. */
import { mcnemarDrop } from './mcnemar.js';

/** Largest noise level, in nats, that two runs of one model may have (docs/gate.md has the measurements). */
export const NOISE_NATS = 0.5;
/** Margins beyond this many nats all count as the same: far from flipping, and a stored baseline keeps no more. */
export const FAR_NATS = 2.5;
/** Noise throws fair coins; flips that all lean down beyond this chance are no noise, whatever their size. */
const LEAN = 1e-4;

/** One document that both runs scored. Margins: log-probability of the right choice minus the best other one, NaN where unknown. */
export interface Shift {
  readonly base: number;
  readonly candidate: number;
  readonly baseMargin: number;
  readonly candidateMargin: number;
}

/** Flips of a task or benchmark that numerical noise explains. */
export interface Noise {
  readonly up: number;
  readonly down: number;
}

/**
 * Returns how many flips of one task numerical noise explains. The noise level is twice the 95th percentile of the change of the margin over
 * the documents that did not flip. A flip is explained when its margin changed by no more than that and both margins say the outcome that
 * was recorded. Nothing is explained when the level is above `limit` (these are different models) or when a margin is unknown for
 * more than one document in twenty.
 */
export function noiseFlips(documents: Iterable<Shift>, limit = NOISE_NATS): Noise {
  const still: number[] = [];
  const flipped: Shift[] = [];
  for (const d of documents) {
    if (d.base === d.candidate) still.push(moved(d));
    else flipped.push(d);
  }
  if (still.length === 0 || flipped.length === 0) return { up: 0, down: 0 };
  // Unknown margins count as infinitely far.
  const sorted = Float64Array.from(still, (s) => (Number.isNaN(s) ? Number.POSITIVE_INFINITY : s)).sort();
  const level = 2 * (sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.POSITIVE_INFINITY);
  if (!(level <= limit)) return { up: 0, down: 0 };
  const explained = flipped.filter((d) => moved(d) <= level && agrees(d.baseMargin, d.base) && agrees(d.candidateMargin, d.candidate));
  const up = explained.filter((d) => d.candidate > d.base).length;
  return { up, down: explained.length - up };
}

/**
 * Returns the sum over the tasks of a benchmark, or nothing when the sum leans down in a way that noise does not (one-sided exact p below 0.0001).
 */
export function noiseTogether(parts: readonly Noise[]): Noise {
  const up = parts.reduce((sum, p) => sum + p.up, 0);
  const down = parts.reduce((sum, p) => sum + p.down, 0);
  return mcnemarDrop({ n: up + down, up, down }) < LEAN ? { up: 0, down: 0 } : { up, down };
}

function moved(d: Shift): number {
  const near = (margin: number): number => Math.max(-FAR_NATS, Math.min(FAR_NATS, margin));
  return Math.abs(near(d.baseMargin) - near(d.candidateMargin));
}

function agrees(margin: number, outcome: number): boolean {
  return outcome === 1 ? margin >= 0 : margin <= 0;
}
