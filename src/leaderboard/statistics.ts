/** Averages and the question whether the best is better than the second. Runs in the page too. */
import { normalQuantile } from '../statistics/normal.js';

/** Two-sided 5 % point of the normal distribution: half a 95 % interval in standard errors. */
export const Z = normalQuantile(0.025);

/** A number with its standard error, both in percent. */
export interface Score {
  readonly value: number;
  readonly stderr: number | null;
}

/**
 * Returns the least and the largest of numbers, however many; (Infinity, -Infinity) for none.
 */
export function extent(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], x) => [Math.min(low, x), Math.max(high, x)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

/**
 * Returns the plain mean of scores, and its standard error sqrt(sum of squares) / k, taking benchmarks as independent; null for no scores.
 * The standard error is null when one of them has none.
 */
export function meanOf(scores: readonly Score[]): Score | null {
  if (scores.length === 0) return null;
  let sum = 0;
  let squares: number | null = 0;
  for (const { value, stderr } of scores) {
    sum += value;
    squares = stderr === null || squares === null ? null : squares + stderr * stderr;
  }
  return { value: sum / scores.length, stderr: squares === null ? null : Math.sqrt(squares) / scores.length };
}

/**
 * Returns whether two scores differ at the 5 % level: |a - b| > 1.96 sqrt(se_a^2 + se_b^2). The models answered the same documents, so the true error of the
 * difference is as a rule smaller and the test errs on the side of no mark. False when a standard error is missing.
 */
export function differ(a: Score, b: Score): boolean {
  if (a.stderr === null || b.stderr === null) return false;
  return Math.abs(a.value - b.value) > Z * Math.hypot(a.stderr, b.stderr);
}

/**
 * Returns the index of the best score where it differs from the second best (`differ`), else null. With fewer than two scores there is no best.
 */
export function clearBest(scores: readonly (Score | null)[], higherIsBetter = true): number | null {
  const sign = higherIsBetter ? 1 : -1;
  const order = scores.flatMap((score, i) => (score === null ? [] : [{ score, i }])).sort((a, b) => sign * (b.score.value - a.score.value));
  const [first, second] = order;
  return first !== undefined && second !== undefined && differ(first.score, second.score) ? first.i : null;
}

/**
 * Returns the sum of numbers; null for none, or where one is unknown.
 */
export function knownSum(values: readonly (number | null | undefined)[]): number | null {
  return values.length === 0 ? null : values.reduce<number | null>((sum, x) => (sum === null || x == null ? null : sum + x), 0);
}

/** First and last rank that a score may have; ranks count from 1. */
export interface Rank {
  readonly low: number;
  readonly high: number;
}

/**
 * Returns a rank as text: `3`, `2–5`, a dash for none.
 */
export function rankText(rank: Rank | null): string {
  if (rank === null) return '–';
  return rank.low === rank.high ? String(rank.low) : `${rank.low}–${rank.high}`;
}

/**
 * Returns for every score the ranks that the errors leave open: `low` is one more than the scores that are significantly better (`differ`), so that models which
 * cannot be told apart share it; `high` leaves room for all that are not significantly worse. Null for a missing score and for one without a standard error.
 */
export function rankRanges(scores: readonly (Score | null)[], higherIsBetter = true): (Rank | null)[] {
  const sign = higherIsBetter ? 1 : -1;
  const known = scores.flatMap((score) => (score === null || score.stderr === null ? [] : [score]));
  return scores.map((score) => {
    if (score === null || score.stderr === null) return null;
    let [better, worse] = [0, 0];
    for (const other of known) {
      if (!differ(score, other)) continue;
      if (sign * (other.value - score.value) > 0) better++;
      else worse++;
    }
    return { low: better + 1, high: known.length - worse };
  });
}
