/** The ranking while votes come in. */
import { QUESTIONS, type Question } from '../arena/battles.js';
import { type ArenaModel, fitUnhurried } from '../arena/fit.js';
import { at } from '../at.js';
import { UserError } from '../errors.js';
import type { ArenaConfig } from './config.js';
import { pairKey, pairsOf } from './draw.js';
import { Kept } from './kept.js';
import type { Sql } from './sql.js';
import { tallies } from './tallies.js';

/** Milliseconds that a ranking is shown again before it is fitted anew. */
const FRESH_MS = 60_000;
const ROUNDS = 100;

/** The ranking of one question. `models` is empty and `problem` says why while there is no common scale. */
export interface LiveRanking {
  readonly question: Question;
  readonly battles: number;
  readonly models: readonly ArenaModel[];
  readonly leftOut: readonly string[];
  readonly problem: string;
  /** Battles that are missing until every pair has its target, and widest interval in points. */
  readonly battlesNeeded: number;
  readonly pairsNeeded: number;
  readonly widest: number | null;
}

/** The rankings of all questions. */
export type LiveRankings = Kept<readonly LiveRanking[]>;

/** Returns the rankings of an arena, fitted at most once a minute. */
export function liveRankings(db: Sql, config: ArenaConfig, now: () => number): LiveRankings {
  const fitAll = async (): Promise<readonly LiveRanking[]> => {
    const all: LiveRanking[] = [];
    for (const question of QUESTIONS) all.push(await rankingOf(db, config, question));
    return all;
  };
  return new Kept(fitAll, FRESH_MS, now);
}

/**
 * Returns the ranking of one question: Bradley-Terry scores with 90 % bootstrap intervals (100 rounds, the arena's seed).
 */
async function rankingOf(db: Sql, config: ArenaConfig, question: Question): Promise<LiveRanking> {
  const tallied = await tallies(db, question);
  const met = new Map<string, number>();
  for (const { a, b, winsA, winsB, ties } of tallied.pairs)
    met.set(pairKey(at(tallied.models, a), at(tallied.models, b)), winsA + winsB + ties);
  const battles = [...met.values()].reduce((sum, n) => sum + n, 0);
  const active = config.models.filter((m) => m.active).map((m) => m.name);
  const missing = pairsOf(active).map(([a, b]) => Math.max(0, config.target.battles_per_pair - (met.get(pairKey(a, b)) ?? 0)));
  const needed = { battlesNeeded: missing.reduce((x, y) => x + y, 0), pairsNeeded: missing.filter((n) => n > 0).length };
  try {
    const { models, left_out: leftOut } = await fitUnhurried(tallied, {
      rounds: ROUNDS,
      seed: config.seed,
      level: 0.9,
      largestGroup: true,
    });
    const widest = models.reduce((most, m) => Math.max(most, m.high - m.low), 0);
    return { question, battles, models, leftOut, problem: '', ...needed, widest };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { question, battles, models: [], leftOut: [], problem: error.message, ...needed, widest: null };
  }
}
