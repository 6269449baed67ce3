/** The ranking of an arena: scores, bootstrap intervals, rank ranges, win shares. */
import { UserError } from '../errors.js';
import { PythonRandom } from '../python/random.js';
import { type Battles, type Pair, QUESTIONS, type Question } from './battles.js';
import { components, fitStrengths, scoresOf } from './bradley-terry.js';

/** One model of a fit. `low` and `high` bound the bootstrap interval; ranks count from 1. */
export interface ArenaModel {
  readonly model: string;
  readonly score: number;
  readonly low: number;
  readonly high: number;
  readonly battles: number;
  /** Wins and half the ties, as a share of its battles. */
  readonly win_share: number;
  readonly rank: number;
  /** Best and worst rank that the intervals leave open. */
  readonly rank_low: number;
  readonly rank_high: number;
}

/** What `arena fit --json` prints. */
export interface ArenaFit {
  readonly question: Question;
  /** Best first. */
  readonly models: readonly ArenaModel[];
  readonly battles: number;
  readonly skipped: number;
  readonly rounds: number;
  readonly seed: number;
  readonly level: number;
  /** `share[i][j]`: wins and half the ties of model i against model j, null where they never met; in the order of `models`. Empty for more than 500 models. */
  readonly win_shares: {
    readonly models: readonly string[];
    readonly share: readonly (readonly (number | null)[])[];
    readonly battles: readonly (readonly number[])[];
  };
  /** Models that cannot be compared with the others and were left out on request. */
  readonly left_out: readonly string[];
  /** Resamples that were drawn again because they fell apart into groups without a common scale. */
  readonly redrawn: number;
}

export interface FitOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Probability of the intervals, e.g. 0.9. */
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
 * Does what `fitArena` does, and stops after each resample: a server answers others in between.
 */
export function* fitSteps(battles: Battles, options: FitOptions): Generator<void, ArenaFit> {
  const { models, pairs, leftOut } = connected(battles, options.largestGroup);
  const total = pairs.reduce((sum, p) => sum + p.winsA + p.winsB + p.ties, 0);
  if (total > MOST_BATTLES && options.rounds > 0)
    throw new UserError(`${total} battles are too many to resample; give --rounds 0 for scores without intervals`);
  const strengths = fitStrengths(models.length, pairs);
  const scores = scoresOf(strengths);
  const { rounds, redrawn } = yield* bootstrap(models.length, pairs, strengths, options);
  const intervals = models.map((_, i) =>
    interval(
      rounds.map((r) => r[i] ?? Number.NaN),
      options.level,
      scores[i] ?? Number.NaN,
    ),
  );
  const lows = Float64Array.from(intervals, ([low]) => low).sort();
  const highs = Float64Array.from(intervals, ([, high]) => high).sort();
  const order = models.map((_, i) => i).sort((i, j) => (scores[j] ?? 0) - (scores[i] ?? 0) || i - j);
  const counts = totals(models.length, pairs);
  const ranked = order.map((i, position): ArenaModel => {
    const [low, high] = intervals[i] ?? [Number.NaN, Number.NaN];
    return {
      model: models[i] ?? '',
      score: scores[i] ?? Number.NaN,
      low,
      high,
      battles: counts[i]?.battles ?? 0,
      win_share: (counts[i]?.wins ?? 0) / (counts[i]?.battles ?? 1),
      rank: position + 1,
      rank_low: 1 + lows.length - firstAbove(lows, high),
      rank_high: models.length - firstNotBelow(highs, low),
    };
  });
  return {
    question: battles.question,
    models: ranked,
    battles: total,
    skipped: battles.skipped,
    rounds: options.rounds,
    seed: options.seed,
    level: options.level,
    win_shares: winShares(models, pairs, order),
    left_out: leftOut,
    redrawn,
  };
}

function connected(battles: Battles, largestGroup: boolean): { models: readonly string[]; pairs: readonly Pair[]; leftOut: string[] } {
  const groups = components(battles.models.length, battles.pairs);
  const [largest = [], ...others] = groups;
  if (battles.models.length < 2) throw new UserError(`no votes on the question '${battles.question}' between two models`);
  if (others.length === 0) return { models: battles.models, pairs: battles.pairs, leftOut: [] };
  const names = (indices: readonly number[]) => indices.map((i) => battles.models[i] ?? '');
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
  const outcomes = pairs.flatMap((p) => [p.winsA, p.winsB, p.ties]);
  const upTo = new Float64Array(outcomes.length);
  let total = 0;
  outcomes.forEach((n, i) => {
    total += n;
    upTo[i] = total;
  });
  const random = new PythonRandom(options.seed);
  const rounds: Float64Array[] = [];
  let redrawn = 0;
  for (let draws = 0; rounds.length < options.rounds; draws++) {
    if (draws > options.rounds + MOST_REDRAWS) {
      throw new UserError(
        'too few battles for intervals: most resamples have no common scale; give --rounds 0 for scores without intervals',
      );
    }
    const counts = new Float64Array(outcomes.length);
    for (let i = 0; i < total; i++) {
      const at = firstAbove(upTo, random.randBelow(total));
      counts[at] = (counts[at] ?? 0) + 1;
    }
    const drawn = pairs.map((p, i) => ({
      a: p.a,
      b: p.b,
      winsA: counts[3 * i] ?? 0,
      winsB: counts[3 * i + 1] ?? 0,
      ties: counts[3 * i + 2] ?? 0,
    }));
    if (components(models, drawn).length > 1) redrawn++;
    else rounds.push(scoresOf(fitStrengths(models, drawn, start)));
    yield;
  }
  return { rounds, redrawn };
}

/** Index of the first entry of an ascending array that is above `x`; its length where none is. */
function firstAbove(ascending: Float64Array, x: number): number {
  return firstWhere(ascending, (value) => value > x);
}

function firstNotBelow(ascending: Float64Array, x: number): number {
  return firstWhere(ascending, (value) => value >= x);
}

/** Index of the first entry for which a test that stays true once it is true holds; the length where there is none. */
function firstWhere(ascending: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(ascending[middle] ?? Number.POSITIVE_INFINITY)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Percentile interval with linear interpolation; the score itself where there are no rounds. Of B values the quantile p lies at place (B + 1) p, counted from 1 (Efron and Tibshirani 1993, 12.5):
 * at (B - 1) p + 1, which is usual elsewhere, the interval between few values holds less than it says (of 100 rounds 93.1 % instead of 95 %).
 */
function interval(values: readonly number[], level: number, score: number): [number, number] {
  if (values.length === 0) return [score, score];
  const sorted = [...values].sort((a, b) => a - b);
  const quantile = (p: number) => {
    const at = Math.min(sorted.length - 1, Math.max(0, p * (sorted.length + 1) - 1));
    const [low, high] = [sorted[Math.floor(at)] ?? score, sorted[Math.ceil(at)] ?? score];
    return low + (high - low) * (at - Math.floor(at));
  };
  return [quantile((1 - level) / 2), quantile((1 + level) / 2)];
}

function totals(models: number, pairs: readonly Pair[]): { battles: number; wins: number }[] {
  const counts = Array.from({ length: models }, () => ({ battles: 0, wins: 0 }));
  for (const { a, b, winsA, winsB, ties } of pairs) {
    for (const [i, wins] of [
      [a, winsA],
      [b, winsB],
    ] as const) {
      const c = counts[i];
      if (c === undefined) continue;
      c.battles += winsA + winsB + ties;
      c.wins += wins + ties / 2;
    }
  }
  return counts;
}

function winShares(models: readonly string[], pairs: readonly Pair[], order: readonly number[]): ArenaFit['win_shares'] {
  if (models.length > MOST_IN_MATRIX) return { models: [], share: [], battles: [] };
  const place = new Map(order.map((i, position) => [i, position]));
  const share: (number | null)[][] = order.map(() => order.map(() => null));
  const battles: number[][] = order.map(() => order.map(() => 0));
  for (const p of pairs) {
    const [i, j] = [place.get(p.a) ?? 0, place.get(p.b) ?? 0];
    const total = p.winsA + p.winsB + p.ties;
    const won = (p.winsA + p.ties / 2) / total;
    const [rowI, rowJ, countI, countJ] = [share[i], share[j], battles[i], battles[j]];
    if (rowI === undefined || rowJ === undefined || countI === undefined || countJ === undefined) continue;
    [rowI[j], rowJ[i], countI[j], countJ[i]] = [won, 1 - won, total, total];
  }
  return { models: order.map((i) => models[i] ?? ''), share, battles };
}

/**
 * Tells whether a text is one of the three questions.
 */
export function isQuestion(text: string): text is Question {
  return QUESTIONS.some((q) => q === text);
}
