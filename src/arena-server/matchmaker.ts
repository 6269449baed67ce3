/** Draws the next battle from the battles so far. */
import { pairCounts } from './battles.js';
import type { ArenaConfig } from './config.js';
import { type Draw, drawPair, pairKey } from './draw.js';
import type { EndpointHealth } from './endpoint-health.js';
import { isFresh } from './fresh.js';
import type { Sql } from './sql.js';
import { strengthsOf } from './strengths.js';
import { tallies } from './tallies.js';

/** Milliseconds that counts may be old: counting all battles at each draw would be the arena's most frequent work. */
const FRESH_MS = 2_000;
/** Milliseconds that the strengths behind `uncertain` may be old. */
const STRENGTHS_MS = 60_000;

export interface Matchmaker {
  /** Draws a battle, or the other side of one (`fixed`). Null where fewer than two models are left. */
  draw(
    name: string,
    options?: { readonly fixed?: { readonly model: string; readonly side: 'left' | 'right' }; readonly without?: readonly string[] },
  ): Promise<Draw | null>;
}

/**
 * Returns the matchmaker of an arena.
 */
export function matchmaker(db: Sql, config: ArenaConfig, health: EndpointHealth, now: () => number): Matchmaker {
  const active = config.models.filter((m) => m.active).map((m) => m.name);
  let counts = new Map<string, { a: string; b: string; battles: number }>();
  let [countedAt, fittedAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let strengths: ReadonlyMap<string, number> = new Map();
  return {
    async draw(name, options = {}) {
      if (!isFresh(countedAt, now(), FRESH_MS)) {
        const fresh = new Map<string, { a: string; b: string; battles: number }>();
        for (const { a, b, battles } of await pairCounts(db)) {
          const key = pairKey(a, b);
          fresh.set(key, { a, b, battles: battles + (fresh.get(key)?.battles ?? 0) });
        }
        [counts, countedAt] = [fresh, now()];
      }
      if (config.draw === 'uncertain' && !isFresh(fittedAt, now(), STRENGTHS_MS)) {
        strengths = strengthsOf(await tallies(db, 'global'));
        fittedAt = now();
      }
      const possible = active.filter((m) => !(options.without ?? []).includes(m));
      const awake = possible.filter((m) => m === options.fixed?.model || !health.resting().includes(m));
      const drawn = drawPair({
        // With all of them resting, one more try of any is better than none.
        models: awake.length < 2 ? possible : awake,
        counts: [...counts.values()],
        policy: config.draw,
        strengths,
        seed: config.seed,
        name,
        ...(options.fixed === undefined ? {} : { fixed: options.fixed }),
      });
      if (drawn !== null) {
        const key = pairKey(drawn.left, drawn.right);
        const known = counts.get(key);
        counts.set(key, { a: drawn.left, b: drawn.right, battles: (known?.battles ?? 0) + 1 });
      }
      return drawn;
    },
  };
}
