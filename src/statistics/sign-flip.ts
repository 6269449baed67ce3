/** Averages over benchmarks (a language): every benchmark counts the same, whatever its size. */
import { PythonRandom } from '../python/random.js';
import type { Interval } from './binomial.js';
import { type Flips, mcnemar, mcnemarDrop } from './mcnemar.js';
import { normalTail, twoSided } from './normal.js';
import { sumOf } from './sums.js';

/** Up to this many flips the test throws coins instead of trusting the normal approximation. */
const FEW_FLIPS = 200;
const THROWS = 10_000;

export interface AverageTest {
  /** Two-sided. */
  readonly p: number;
  /** One-sided: small when the average is below zero. */
  readonly pDrop: number;
}

/**
 * Returns a paired sign-flip test of the mean difference over benchmarks: under "equally good" every flip is a fair coin throw, weighted by one
 * over its benchmark's size. One benchmark: McNemar's exact test. Few flips: the distribution by 10,000 seeded throws; many: its normal limit.
 */
export function signFlipTest(benchmarks: readonly Flips[], seed: number): AverageTest {
  const [only] = benchmarks;
  if (only !== undefined && benchmarks.length === 1) return { p: mcnemar(only), pDrop: mcnemarDrop(only) };
  const parts = benchmarks.map(({ n, up, down }) => ({ weight: n === 0 ? 0 : 1 / n, flips: up + down, gain: up - down }));
  const observed = sumOf(parts, ({ weight, gain }) => weight * gain);
  const all = sumOf(parts, ({ flips }) => flips);
  if (all === 0) return { p: 1, pDrop: 1 };
  if (all > FEW_FLIPS) {
    const z = observed / Math.sqrt(sumOf(parts, ({ weight, flips }) => flips * weight ** 2));
    return { p: twoSided(z), pDrop: normalTail(-z) };
  }
  const random = new PythonRandom(seed);
  // Sums of the same weights in another order differ in the last digit; that is no difference.
  const slack = 1e-12;
  let asFarDown = 1;
  let asFar = 1;
  for (let i = 0; i < THROWS; i++) {
    const value = sumOf(parts, ({ weight, flips }) => weight * (2 * heads(random, flips) - flips));
    if (value <= observed + slack) asFarDown++;
    if (Math.abs(value) >= Math.abs(observed) - slack) asFar++;
  }
  return { p: Math.min(1, asFar / (THROWS + 1)), pDrop: Math.min(1, asFarDown / (THROWS + 1)) };
}

/** Heads among `n` fair throws: bits of random words, 32 at a time. */
function heads(random: PythonRandom, n: number): number {
  let count = 0;
  for (let left = n; left > 0; left -= 32) {
    let bits = random.next32();
    if (left < 32) bits &= 2 ** left - 1;
    // Sums of 1, 2, 4 and more neighbouring bits at once (Warren, Hacker's Delight, section 5-1).
    bits -= (bits >>> 1) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
    bits = (bits + (bits >>> 4)) & 0x0f0f0f0f;
    count += Math.imul(bits, 0x01010101) >>> 24;
  }
  return count;
}

/**
 * Returns the interval of a mean of independent differences from the intervals of each (MOVER, Zou and Donner 2008, Statistics in Medicine
 * 27:1693-1702): distances of the limits from the estimates add up as squares.
 */
export function meanInterval(parts: readonly (Interval & { readonly difference: number })[]): Interval {
  const k = parts.length;
  const estimate = sumOf(parts, ({ difference }) => difference) / k;
  const below = Math.sqrt(sumOf(parts, ({ difference, low }) => (difference - low) ** 2)) / k;
  const above = Math.sqrt(sumOf(parts, ({ difference, high }) => (high - difference) ** 2)) / k;
  return { low: estimate - below, high: estimate + above };
}
