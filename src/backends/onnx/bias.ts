/** The additive mask of a run: which positions of the cache each packed row may see. */
import { at } from '../../at.js';
import type { Segment } from './protocol.js';

/** Added where a row may not see a position; finite, so that no sum becomes a NaN. */
export const HIDDEN = -1e30;

export interface BiasInput {
  /** Number of rows, S. */
  readonly rows: number;
  /** Positions of the cache below the run; T = base + rows. */
  readonly base: number;
  readonly segments: readonly Segment[];
  /** Tokens that a row sees, itself included; null: all. */
  readonly window: number | null;
}

/**
 * Returns the mask [S, T], 0 where a row sees a position and a large negative number elsewhere. Columns behind the row itself stay 0: the kernel is causal.
 * The ranges that a segment sees hold its text in order, so a window is counted from the row backwards through them.
 */
export function fillBias({ rows, base, segments, window }: BiasInput): Float32Array {
  const total = base + rows;
  const bias = new Float32Array(rows * total);
  for (const { start, end, sees } of segments) {
    for (let row = start; row < end; row++) {
      const line = row * total;
      // Hide the stack below the segment, then open what is seen.
      bias.fill(HIDDEN, line, line + base + start);
      let left = window ?? Number.POSITIVE_INFINITY;
      const own = row - start + 1;
      if (own > left) bias.fill(HIDDEN, line + base + start, line + base + row + 1 - left);
      left -= Math.min(own, left);
      for (let i = sees.length - 1; i >= 0 && left > 0; i--) {
        const { from, to } = at(sees, i);
        const open = Math.min(left, to - from);
        bias.fill(0, line + to - open, line + to);
        left -= open;
      }
    }
  }
  return bias;
}
