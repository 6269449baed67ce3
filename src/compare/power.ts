/** What a comparison could have seen: power and smallest detectable differences. */
import { bisect } from 'simple-statistics';
import { normalQuantile, normalTail } from './normal.js';

/** Chance with which a detectable difference is seen. */
export const POWER = 0.8;

/**
 * Returns the power of McNemar's test at the one-sided level `alpha` to see a true difference `delta` (0 to 1) among `n` documents of
 * which a share `discordant` flips anyway (Connor 1987, Biometrics 43:207-211, normal approximation; flips are at least as frequent as the difference).
 */
export function mcnemarPower(n: number, discordant: number, delta: number, alpha: number): number {
  return powerAt(n, discordant, delta, normalQuantile(alpha));
}

/** `z`: the quantile of the level, so that a search over `delta` computes it once. */
function powerAt(n: number, discordant: number, delta: number, z: number): number {
  if (n === 0 || delta <= 0) return 0;
  const psi = Math.min(1, Math.max(discordant, delta));
  const spread = Math.sqrt(Math.max(0, psi - delta * delta));
  const reach = delta * Math.sqrt(n) - z * Math.sqrt(psi);
  if (spread === 0) return reach >= 0 ? 1 : 0;
  return 1 - normalTail(reach / spread);
}

/**
 * Returns the smallest true difference (0 to 1) that McNemar's test at the one-sided level `alpha` sees with a chance of 80 %, given the
 * flips that were observed; null when even a difference of 1 would not be seen (too few documents).
 */
export function detectablePaired(n: number, flips: number, alpha: number): number | null {
  if (n === 0) return null;
  const z = normalQuantile(alpha);
  const lack = (delta: number): number => powerAt(n, flips / n, delta, z) - POWER;
  // Fewer flips than this in one direction can never be significant, whatever the approximation says.
  const least = Math.ceil(Math.log2(1 / alpha)) / n;
  if (least > 1 || lack(1) < 0) return null;
  return Math.max(least, bisect(lack, 0, 1, 100, 1e-9));
}

/**
 * Returns the smallest true difference that a z-test with standard error `stderr` at the one-sided level `alpha` sees with a chance of 80 %.
 */
export function detectableNormal(stderr: number, alpha: number): number {
  return (normalQuantile(alpha) + normalQuantile(1 - POWER)) * stderr;
}
