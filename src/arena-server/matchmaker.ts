/** Draws the next battle from the battles so far. */
import { pairCounts } from './battles.js';
import type { ArenaConfig } from './config.js';
import { type Draw, drawPair, type FixedSide, pairKey } from './draw.js';
import type { EndpointHealth } from './endpoint-health.js';
import { Kept } from './kept.js';
import type { Sql } from './sql.js';
import { strengthsOf } from './strengths.js';
import { tallies } from './tallies.js';

/** Milliseconds that counts may be old: counting all battles at each draw would be the arena's most frequent work. */
const FRESH_MS = 2_000;
/** Milliseconds that the strengths behind `uncertain` may be old. */
const STRENGTHS_MS = 60_000;

/** Draws a battle, or the other side of one (`fixed`), without some models. Null where fewer than two models are left. */
export type Matchmaker = (name: string, fixed?: FixedSide, without?: readonly string[]) => Promise<Draw | null>;

/**
 * Returns the matchmaker of an arena.
 */
export function matchmaker(db: Sql, config: ArenaConfig, health: EndpointHealth, now: () => number): Matchmaker {
  const active = config.models.filter((m) => m.active).map((m) => m.name);
  const counted = new Kept(() => countsOf(db), FRESH_MS, now);
  const fitted = new Kept(async () => strengthsOf(await tallies(db, 'global')), STRENGTHS_MS, now);
  return async (name, fixed, without = []) => {
    const counts = await counted.read();
    const strengths = config.draw === 'uncertain' ? await fitted.read() : new Map();
    const possible = active.filter((m) => !without.includes(m));
    const resting = health.resting();
    const awake = possible.filter((m) => m === fixed?.model || !resting.includes(m));
    // With all of them resting, one more try of any is better than none.
    const models = awake.length < 2 ? possible : awake;
    const drawn = drawPair({ models, counts, policy: config.draw, strengths, seed: config.seed, name, fixed });
    if (drawn !== null) add(counts, drawn.left, drawn.right, 1);
    return drawn;
  };
}

async function countsOf(db: Sql): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { a, b, battles } of await pairCounts(db)) add(counts, a, b, battles);
  return counts;
}

function add(counts: Map<string, number>, a: string, b: string, battles: number): void {
  const key = pairKey(a, b);
  counts.set(key, (counts.get(key) ?? 0) + battles);
}
