/** Paired right-or-wrong outcomes: only the documents on which the two models disagree carry evidence. */
import { binomialCdf, type Interval } from './binomial.js';
import { normalQuantile } from './normal.js';
import { rootOf } from './root.js';

/** Documents that both runs scored, and those whose outcome changed: `up` wrong to right, `down` right to wrong. */
export interface Flips {
  readonly n: number;
  readonly up: number;
  readonly down: number;
}

/**
 * Returns the two-sided p-value of McNemar's exact test: the flips are fair coin throws if the models are equally good (McNemar 1947).
 * 1 when nothing flipped.
 */
export function mcnemar(flips: Flips): number {
  return Math.min(1, 2 * binomialCdf(Math.min(flips.up, flips.down), flips.up + flips.down, 0.5));
}

/**
 * Returns the one-sided p-value against "the candidate is not worse": the chance of at most `up` flips upward.
 */
export function mcnemarDrop(flips: Flips): number {
  return binomialCdf(flips.up, flips.up + flips.down, 0.5);
}

/**
 * Returns the score interval of the difference of two paired proportions (Tango 1998, Statistics in Medicine 17:891-908): all
 * differences that the score test does not reject at `alpha`, two-sided. Unlike the textbook interval it has a width when nothing flipped.
 */
export function pairedInterval(flips: Flips, alpha = 0.05): Interval {
  const { n, up, down } = flips;
  if (n === 0) return { low: -1, high: 1 };
  const z = normalQuantile(alpha / 2);
  const estimate = (up - down) / n;
  // Monotone decreasing in the supposed difference.
  const excess = (difference: number): number => tangoScore(flips, difference);
  // The score is infinite at the ends unless the estimate is there too: then the interval reaches the end.
  const edge = 1 - 1e-12;
  const low = excess(-edge) <= z ? -1 : rootOf((d) => excess(d) - z, -edge, Math.min(estimate, edge), 1e-13);
  const high = excess(edge) >= -z ? 1 : rootOf((d) => excess(d) + z, Math.max(estimate, -edge), edge, 1e-13);
  return { low, high };
}

/** Tango's score statistic for the supposed difference `d`: (up - down - n d) / sqrt(n (2 q + d (1 - d))), q the restricted estimate of the chance of a flip down. */
function tangoScore({ n, up, down }: Flips, d: number): number {
  const b = -up - down + (2 * n - up + down) * d;
  const c = -down * d * (1 - d);
  const root = Math.sqrt(Math.max(0, b * b - 8 * n * c));
  const q = (root - b) / (4 * n);
  const variance = n * (2 * q + d * (1 - d));
  const distance = up - down - n * d;
  if (Math.abs(distance) < 1e-12) return 0;
  return variance <= 0 ? Math.sign(distance) * Number.POSITIVE_INFINITY : distance / Math.sqrt(variance);
}
