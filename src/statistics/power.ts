/** What a comparison could have seen: power and smallest detectable differences. */
import { normalQuantile, normalTail } from './normal.js';
import { rootOf } from './root.js';
import { sumOf } from './sums.js';

/** Chance with which a detectable difference is seen. */
const POWER = 0.8;

/** Documents of a benchmark and how many of them flipped, whatever the direction. */
export interface Flipped {
  readonly n: number;
  readonly flips: number;
}

/**
 * Returns the power of McNemar's test at the one-sided level `alpha` to see a true difference `delta` (0 to 1) among `n` documents of
 * which a share `discordant` flips anyway (Connor 1987, Biometrics 43:207-211, normal approximation with a
 * continuity correction of one flip; flips are at least as frequent as the difference).
 */
export function mcnemarPower(n: number, discordant: number, delta: number, alpha: number): number {
  return powerAt([{ n, flips: discordant * n }], delta, normalQuantile(alpha));
}

/** Connor's formula for the mean over benchmarks that all differ by `delta`. `z`: the quantile of the level, so that a search computes it once. */
function powerAt(benchmarks: readonly Flipped[], delta: number, z: number): number {
  if (delta <= 0 || benchmarks.some(({ n }) => n === 0)) return 0;
  let without = 0;
  let withDelta = 0;
  for (const { n, flips } of benchmarks) {
    const psi = Math.min(1, Math.max(flips / n, delta));
    without += psi / n;
    withDelta += Math.max(0, psi - delta * delta) / n;
  }
  // The exact test of one benchmark counts whole flips: its threshold lies about one flip further out than the normal's.
  const [only] = benchmarks;
  const step = only === undefined || benchmarks.length > 1 ? 0 : 1 / only.n;
  const reach = delta * benchmarks.length - step - z * Math.sqrt(without);
  if (withDelta === 0) return reach >= 0 ? 1 : 0;
  return 1 - normalTail(reach / Math.sqrt(withDelta));
}

/**
 * Returns the smallest true difference (0 to 1) that the test of the mean over benchmarks (one benchmark: McNemar's) sees at the one-sided level
 * `alpha` with a chance of 80 %, given the flips that were observed; null when even a difference of 1 would not be seen (too few documents).
 */
export function detectablePaired(benchmarks: readonly Flipped[], alpha: number): number | null {
  const documents = sumOf(benchmarks, ({ n }) => n);
  const z = normalQuantile(alpha);
  const lack = (delta: number): number => powerAt(benchmarks, delta, z) - POWER;
  // Fewer flips than this in one direction can never be significant, whatever the approximation says.
  const least = Math.ceil(Math.log2(1 / alpha)) / documents;
  if (documents === 0 || least > 1 || lack(1) < 0) return null;
  return Math.max(least, rootOf(lack, 0, 1, 1e-9));
}

/**
 * Returns the smallest true difference that a z-test with standard error `stderr` at the one-sided level `alpha` sees with a chance of 80 %.
 */
export function detectableNormal(stderr: number, alpha: number): number {
  return (normalQuantile(alpha) + normalQuantile(1 - POWER)) * stderr;
}
