/** Arenas that are only calculated: how many battles until the ranking is known as well as wished? */
import type { Battles, Pair } from '../arena/battles.js';
import { fitArena } from '../arena/fit.js';
import { PythonRandom } from '../python/random.js';
import { drawPair, pairKey, pairsOf } from './draw.js';

/** A model of known score, 1000 + 400 log10(strength). */
export interface KnownModel {
  readonly model: string;
  readonly score: number;
}

/** What the simulation draws from. */
export interface SimulationOptions {
  readonly models: readonly KnownModel[];
  readonly battles: number;
  readonly policy: 'even' | 'uncertain';
  readonly seed: number;
  /** Share of ties between models of equal strength. */
  readonly ties: number;
}

/** Uniform numbers in [0, 1), 30 bits each. */
export function uniform(random: PythonRandom): number {
  return random.randBelow(2 ** 30) / 2 ** 30;
}

/**
 * Returns the vote of a voter who follows the scores: A, B or a tie. Ties in a share of `ties` 4 p (1 - p), where p is the chance of A without ties; what is left is divided so that
 * A's wins and half the ties are p in all, which is the model that `arena fit` fits.
 */
export function honestVote(scoreA: number, scoreB: number, ties: number, random: PythonRandom): 'a' | 'b' | 'tie' {
  const p = 1 / (1 + 10 ** ((scoreB - scoreA) / 400));
  const tie = ties * 4 * p * (1 - p);
  const at = uniform(random);
  if (at < tie) return 'tie';
  return at < tie + (p - tie / 2) ? 'a' : 'b';
}

/**
 * Returns simulated battles. Pairs are drawn as the arena draws them; strengths for `uncertain` are the true ones.
 */
export function simulateBattles(options: SimulationOptions): Battles {
  const { models, seed, ties } = options;
  const names = models.map((m) => m.model);
  const scores = new Map(models.map((m) => [m.model, m.score]));
  const strengths = new Map(models.map((m) => [m.model, ((m.score - 1000) * Math.LN10) / 400]));
  const random = new PythonRandom(seed);
  const pairs = new Map<string, { a: string; b: string; battles: number; outcome: [number, number, number] }>();
  for (const [a, b] of pairsOf(names)) pairs.set(pairKey(a, b), { a, b, battles: 0, outcome: [0, 0, 0] });
  for (let i = 0; i < options.battles; i++) {
    const drawn =
      options.policy === 'even'
        ? null
        : drawPair({ models: names, counts: [...pairs.values()], policy: 'uncertain', strengths, seed, name: String(i) });
    // Evenly drawn pairs take turns; which is first does not matter here.
    const pair = drawn === null ? [...pairs.values()][i % pairs.size] : pairs.get(pairKey(drawn.left, drawn.right));
    if (pair === undefined) continue;
    const vote = honestVote(scores.get(pair.a) ?? 1000, scores.get(pair.b) ?? 1000, ties, random);
    pair.battles++;
    pair.outcome[vote === 'a' ? 0 : vote === 'b' ? 1 : 2]++;
  }
  const sorted = [...names].sort();
  const place = new Map(sorted.map((m, i) => [m, i]));
  const counted: Pair[] = [...pairs.values()]
    .filter((p) => p.battles > 0)
    .map((p) => ({ a: place.get(p.a) ?? 0, b: place.get(p.b) ?? 0, winsA: p.outcome[0], winsB: p.outcome[1], ties: p.outcome[2] }));
  return { question: 'global', models: sorted, pairs: counted, skipped: 0 };
}

/** What a number of battles would give. */
export interface PlanRow {
  readonly battles: number;
  /** Interval widths in points: the middle one and the widest. */
  readonly median: number;
  readonly widest: number;
  /** Share of true scores inside their interval. */
  readonly covered: number;
}

/**
 * Returns one row a number of battles: widths of the 90 % intervals of one simulated arena each.
 */
export function planArena(options: Omit<SimulationOptions, 'battles'>, numbers: readonly number[], rounds: number): PlanRow[] {
  const mean = options.models.reduce((sum, m) => sum + m.score, 0) / options.models.length;
  const truth = new Map(options.models.map((m) => [m.model, m.score - mean + 1000]));
  return numbers.map((battles) => {
    const fit = fitArena(simulateBattles({ ...options, battles }), { rounds, seed: options.seed, level: 0.9, largestGroup: true });
    const widths = fit.models.map((m) => m.high - m.low).sort((x, y) => x - y);
    const inside = fit.models.filter((m) => (truth.get(m.model) ?? 0) >= m.low && (truth.get(m.model) ?? 0) <= m.high).length;
    return {
      battles,
      median: widths[Math.floor(widths.length / 2)] ?? Number.NaN,
      widest: widths.at(-1) ?? Number.NaN,
      covered: inside / fit.models.length,
    };
  });
}
