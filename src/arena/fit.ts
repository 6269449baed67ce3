/** The ranking of an arena: scores, bootstrap intervals, rank ranges, win shares. */
import { at } from '../at.js';
import { UserError } from '../errors.js';
import { PythonRandom } from '../python/random.js';
import { quantileSorted } from '../statistics/quantile.js';
import { sumOf } from '../statistics/sums.js';
import type { Battles, Pair } from './battles.js';
import { fitStrengths, scoresOf } from './bradley-terry.js';
import { components } from './components.js';
import type { ArenaFit, ArenaModel } from './fit-schema.js';

export type { ArenaFit, ArenaModel };

export interface FitOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Confidence level of the intervals, e.g. 0.9. */
  readonly level: number;
  /** Fit the largest group of comparable models instead of refusing. */
  readonly largestGroup: boolean;
}

/** Battles that are still resampled one by one. */
const MOST_BATTLES = 50_000_000;
/** Models of whom each is set against each; of more the matrix is left empty: nobody reads it, and it grows with the square. */
const MOST_IN_MATRIX = 500;
/** Draws of one resample before giving up. */
const MOST_REDRAWS = 100;

/**
 * Fits Bradley-Terry scores (mean 1000) and percentile bootstrap intervals over battles; equal seeds give equal intervals. Throws `UserError` when the models
 * have no common scale (one never lost, or groups never met) and says which, unless `largestGroup`.
 */
export function fitArena(battles: Battles, options: FitOptions): ArenaFit {
  const steps = fitSteps(battles, options);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/**
 * Does what `fitArena` does, and lets others work after each resample: a fit takes seconds where there are many battles. What `between` throws then ends the fit.
 */
export async function fitUnhurried(battles: Battles, options: FitOptions, between: () => void = () => undefined): Promise<ArenaFit> {
  const steps = fitSteps(battles, options);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    await new Promise((resolve) => setImmediate(resolve));
    between();
  }
}

/** A model while its row is put together; `against` holds the wins (ties counted half) and battles against each opponent. */
interface Entry {
  readonly model: string;
  readonly score: number;
  readonly low: number;
  readonly high: number;
  readonly against: Map<Entry, { readonly won: number; readonly battles: number }>;
}

function* fitSteps(battles: Battles, options: FitOptions): Generator<void, ArenaFit> {
  const { models, pairs, leftOut } = connected(battles, options.largestGroup);
  const total = sumOf(pairs, (p) => p.winsA + p.winsB + p.ties);
  if (total > MOST_BATTLES && options.rounds > 0)
    throw new UserError(`${total} battles are too many to resample; give --rounds 0 for scores without intervals`);
  const strengths = fitStrengths(models.length, pairs);
  const scores = scoresOf(strengths);
  const { rounds, redrawn } = yield* bootstrap(models.length, pairs, strengths, options);
  const entries = models.map((model, i): Entry => {
    const score = at(scores, i);
    const samples = rounds.map((round) => at(round, i));
    return { model, score, ...interval(samples, options.level, score), against: new Map() };
  });
  for (const { a, b, winsA, winsB, ties } of pairs) {
    const [first, second] = [at(entries, a), at(entries, b)];
    first.against.set(second, { won: winsA + ties / 2, battles: winsA + winsB + ties });
    second.against.set(first, { won: winsB + ties / 2, battles: winsA + winsB + ties });
  }
  const ranked = entries.toSorted((x, y) => y.score - x.score);
  return {
    question: battles.question,
    models: ranked.map(({ model, score, low, high, against }, position): ArenaModel => {
      const met = [...against.values()];
      const fought = sumOf(met, (m) => m.battles);
      const won = sumOf(met, (m) => m.won);
      const rankLow = 1 + entries.filter((other) => other.low > high).length;
      const rankHigh = entries.filter((other) => other.high >= low).length;
      return {
        model,
        score,
        low,
        high,
        battles: fought,
        win_share: won / fought,
        rank: position + 1,
        rank_low: rankLow,
        rank_high: rankHigh,
      };
    }),
    battles: total,
    skipped: battles.skipped,
    rounds: options.rounds,
    seed: options.seed,
    level: options.level,
    win_shares: winShares(ranked),
    left_out: leftOut,
    redrawn,
  };
}

function winShares(ranked: readonly Entry[]): ArenaFit['win_shares'] {
  const shown = ranked.length > MOST_IN_MATRIX ? [] : ranked;
  const met = shown.map((entry) => shown.map((other) => entry.against.get(other) ?? null));
  return {
    models: shown.map((entry) => entry.model),
    share: met.map((row) => row.map((m) => (m === null ? null : m.won / m.battles))),
    battles: met.map((row) => row.map((m) => m?.battles ?? 0)),
  };
}

function connected(battles: Battles, largestGroup: boolean): { models: readonly string[]; pairs: readonly Pair[]; leftOut: string[] } {
  const groups = components(battles.models.length, battles.pairs);
  const [largest = [], ...others] = groups;
  if (battles.models.length < 2) throw new UserError(`no votes on the question '${battles.question}' between two models`);
  if (others.length === 0) return { models: battles.models, pairs: battles.pairs, leftOut: [] };
  const names = (indices: readonly number[]) => indices.map((i) => at(battles.models, i));
  const leftOut = names(others.flat()).sort();
  const shown = leftOut.length > 5 ? `${leftOut.slice(0, 5).join(', ')} and ${leftOut.length - 5} more` : leftOut.join(', ');
  if (!largestGroup || largest.length < 2) {
    throw new UserError(
      `no common scale: ${shown} ${leftOut.length === 1 ? 'has' : 'have'} only won, only lost, or never met the other ${largest.length === 1 ? 'model' : `${largest.length} models`}; ` +
        (largest.length < 2 ? 'more battles are needed' : 'collect more battles, or give --largest-group to rank the others without'),
    );
  }
  const index = new Map(largest.map((old, i) => [old, i]));
  const pairs = battles.pairs.flatMap((p) => {
    const [a, b] = [index.get(p.a), index.get(p.b)];
    return a === undefined || b === undefined ? [] : [{ ...p, a, b }];
  });
  return { models: names(largest), pairs, leftOut };
}

/** Scores of resamples of the battles, each as large as the original. */
function* bootstrap(
  models: number,
  pairs: readonly Pair[],
  start: Float64Array,
  options: FitOptions,
): Generator<void, { rounds: Float64Array[]; redrawn: number }> {
  if (options.rounds === 0) return { rounds: [], redrawn: 0 };
  // Three ways in which the battles of a pair end, and of each battle which one it is: four bytes a battle, and no search in a draw.
  const ways = pairs.flatMap((p) => [p.winsA, p.winsB, p.ties]);
  const total = sumOf(ways, (battles) => battles);
  const wayOf = new Uint32Array(total);
  let from = 0;
  for (const [way, battles] of ways.entries()) {
    wayOf.fill(way, from, from + battles);
    from += battles;
  }
  const counts = new Uint32Array(ways.length);
  const random = new PythonRandom(options.seed);
  const rounds: Float64Array[] = [];
  let redrawn = 0;
  for (let draws = 0; rounds.length < options.rounds; draws++) {
    if (draws > options.rounds + MOST_REDRAWS) {
      throw new UserError(
        'too few battles for intervals: most resamples have no common scale; give --rounds 0 for scores without intervals',
      );
    }
    counts.fill(0);
    for (let i = 0; i < total; i++) {
      const way = at(wayOf, random.randBelow(total));
      counts[way] = at(counts, way) + 1;
    }
    const drawn = pairs.map(({ a, b }, i) => ({
      a,
      b,
      winsA: at(counts, 3 * i),
      winsB: at(counts, 3 * i + 1),
      ties: at(counts, 3 * i + 2),
    }));
    if (components(models, drawn).length > 1) redrawn++;
    else rounds.push(scoresOf(fitStrengths(models, drawn, start)));
    yield;
  }
  return { rounds, redrawn };
}

/** Percentile interval; the score itself where there are no rounds. */
function interval(samples: readonly number[], level: number, score: number): { low: number; high: number } {
  if (samples.length === 0) return { low: score, high: score };
  const sorted = samples.toSorted((a, b) => a - b);
  // Type 7, usual elsewhere, holds less than it says between few values: of 100 rounds 93.1 % instead of 95 %.
  return { low: quantileSorted(sorted, (1 - level) / 2, 6), high: quantileSorted(sorted, (1 + level) / 2, 6) };
}
