/** The standard normal distribution to double precision (simple-statistics offers four to seven digits). */
import { rootOf } from './root.js';

/**
 * Returns P(Z > z) for a standard normal Z, exact to about 15 digits also far out in the tail.
 * Series of the error function (Abramowitz and Stegun 7.1.6) near the middle, continued fraction (26.2.14) beyond.
 */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - normalTail(-z);
  if (z > 38.6) return 0;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let k = 3; Math.abs(term) > 1e-17 * sum; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let k = 200; k >= 1; k--) fraction = z + k / fraction;
  return density / fraction;
}

/**
 * Returns the two-sided p-value of a standard normal statistic.
 */
export function twoSided(z: number): number {
  return Math.min(1, 2 * normalTail(Math.abs(z)));
}

/** A comparison asks for the same few levels thousands of times. */
const quantiles = new Map<number, number>();

/**
 * Returns z with P(Z > z) = `tail`, for 0 < tail < 1 (so 1.96 for 0.025), by bisection on `normalTail`.
 */
export function normalQuantile(tail: number): number {
  if (!(tail > 0 && tail < 1)) throw new RangeError(`normalQuantile: ${tail} is not between 0 and 1`);
  if (tail > 0.5) return -normalQuantile(1 - tail);
  const known = quantiles.get(tail);
  if (known !== undefined) return known;
  const z = rootOf((candidate) => normalTail(candidate) - tail, 0, 38.5);
  if (quantiles.size < 1000) quantiles.set(tail, z);
  return z;
}
