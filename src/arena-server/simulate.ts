/** Arenas that are only calculated: how many battles until the ranking is known as well as wished? */
import { type Battles, Tally } from '../arena/battles.js';
import { fitArena } from '../arena/fit.js';
import { at } from '../at.js';
import { PythonRandom } from '../python/random.js';
import { drawPair, pairKey } from './draw.js';

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
  const { models, policy, seed, ties } = options;
  const names = models.map((m) => m.model);
  const strengths = new Map(models.map((m) => [m.model, ((m.score - 1000) * Math.LN10) / 400]));
  const random = new PythonRandom(seed);
  const byName = models.toSorted((x, y) => (x.model < y.model ? -1 : 1));
  const pairs = byName.flatMap((a, i) => byName.slice(i + 1).map((b) => ({ a, b, key: pairKey(a.model, b.model) })));
  const counts = new Map<string, number>();
  const tally = new Tally();
  // The bootstrap draws pairs by their place: with the order of first meetings it would depend on the draw policy.
  for (const { a, b } of pairs) tally.add(a.model, b.model, 0, 0, 0);
  for (let i = 0; i < options.battles; i++) {
    // Evenly drawn pairs take turns; which is first does not matter here.
    const drawn = policy === 'even' ? null : drawPair({ models: names, counts, policy, strengths, seed, name: String(i) });
    const key = drawn === null ? null : pairKey(drawn.left, drawn.right);
    const pair = at(pairs, key === null ? i % pairs.length : pairs.findIndex((p) => p.key === key));
    counts.set(pair.key, (counts.get(pair.key) ?? 0) + 1);
    const vote = honestVote(pair.a.score, pair.b.score, ties, random);
    tally.add(pair.a.model, pair.b.model, vote === 'a' ? 1 : 0, vote === 'b' ? 1 : 0, vote === 'tie' ? 1 : 0);
  }
  return { question: 'global', ...tally.result(), skipped: 0 };
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
 * Returns one row a number of battles: widths of the 90 % intervals (100 bootstrap rounds) of one simulated arena each.
 */
export function planArena(options: Omit<SimulationOptions, 'battles'>, numbers: readonly number[]): PlanRow[] {
  const mean = options.models.reduce((sum, m) => sum + m.score, 0) / options.models.length;
  const truth = new Map(options.models.map((m) => [m.model, m.score - mean + 1000]));
  return numbers.map((battles) => {
    const { models } = fitArena(simulateBattles({ ...options, battles }), {
      rounds: 100,
      seed: options.seed,
      level: 0.9,
      largestGroup: true,
    });
    const widths = models.map((m) => m.high - m.low).sort((x, y) => x - y);
    const inside = models.filter(({ model, low, high }) => {
      const score = truth.get(model);
      return score !== undefined && score >= low && score <= high;
    });
    const median = at(widths, Math.floor(widths.length / 2));
    return { battles, median, widest: Math.max(...widths), covered: inside.length / models.length };
  });
}
