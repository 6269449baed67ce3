/** Whether flips near ties count: numerical noise explains flips in both directions, but no drift to one side. */
import { driftScore, NO_TIES } from '../compare/noise.js';
import type { Row } from '../compare/row.js';
import { normalTail } from '../statistics/normal.js';

/**
 * The share of the chance of a false alarm that pure noise may use up: one part in fifty, whatever its size, since the flips and the margins of
 * documents near a tie are then fair throws.
 */
const NOISE_SHARE = 1 / 50;

/**
 * Returns a line with the p-value that counts. `alpha` is the level that the line is tested at. The flips near ties count when the exact test over all
 * flips is beyond a fiftieth of it, or when the documents near a tie moved down together beyond that; else they are left out as noise. Where a drift
 * made the flips, the margins, which move continuously, show it before the flips do, so that hardly any power is lost.
 */
export function settleNoise<T extends Row>(row: T, alpha: number): T {
  if (row.noise.up + row.noise.down === 0) return row;
  const level = alpha * NOISE_SHARE;
  const certain = row.pDrop !== null && row.pDrop < level;
  const drifted = normalTail(-driftScore(row.drift)) < level;
  return certain || drifted ? { ...row, ...NO_TIES } : { ...row, pDrop: row.pDropClean };
}
