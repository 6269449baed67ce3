/** One line of a comparison: a benchmark, the bias of one, or a language. */

import type { Interval } from '../statistics/binomial.js';
import { type Bootstrap, bootstrapMean, bootstrapStrata, type Corpus } from '../statistics/bootstrap.js';
import { type Flips, mcnemar, mcnemarDrop, pairedInterval } from '../statistics/mcnemar.js';
import { normalQuantile, normalTail, twoSided } from '../statistics/normal.js';
import type { Flipped } from '../statistics/power.js';
import { sumOf } from '../statistics/sums.js';
import type { Estimate, Language } from '../types.js';
import { isShareName } from './metric-kind.js';
import { type Drift, type NearTies, NO_TIES, type Noise, tiesTogether } from './noise.js';
import { BIAS_CELLS, biasOf, cellCounts, type Flip, type PairedTask, pullOf } from './pair.js';

/** How a difference was tested. */
export type TestName = 'McNemar' | 'bootstrap' | 'sign flip' | 'z, unpaired' | 'none';

/** Fields that every line has. Values are in the unit of the result files: a share for accuracies, points for bias; other metrics have their own. */
export interface Row {
  readonly benchmark: string;
  readonly language: Language | null;
  readonly category: string | null;
  /** A benchmark of the user's own: it is in no average. */
  readonly own?: true;
  /** The group of the user's own that counts it: this line is shown beside, and is in no correction for several tests. */
  readonly within?: string;
  /** `metric,filter`. */
  readonly metric: string;
  /** False where less of the metric is better: a positive difference is a loss there. */
  readonly higherIsBetter: boolean;
  /** Values are shares from 0 to 1, which are printed as points of 100. */
  readonly share: boolean;
  /** Tasks that it is made of; empty for averages. */
  readonly tasks: readonly string[];
  /** Documents compared; null where a result file does not say how many there were. */
  readonly n: number | null;
  readonly base: number;
  readonly candidate: number;
  readonly difference: number;
  /** 95 % interval of the difference; null where nothing can be said. */
  readonly low: number | null;
  readonly high: number | null;
  /** Two-sided, and one-sided against "not worse". */
  readonly p: number | null;
  readonly pDrop: number | null;
  /** `pDrop` without the flips that numerical noise would explain; the same where there are none. */
  readonly pDropClean: number | null;
  readonly test: TestName;
  readonly paired: boolean;
  /** Documents that became better and worse; null where the comparison is unpaired. */
  readonly flipsUp: number | null;
  readonly flipsDown: number | null;
  readonly noise: Noise;
  readonly drift: Drift;
  readonly flips: readonly Flip[];
  /** Standard error of the difference where it is known, for averages and power. */
  readonly stderr: number | null;
  /** The benchmarks behind the line (itself, or the members of an average) where all outcomes are right or wrong; null elsewhere. */
  readonly flipped: readonly Flipped[] | null;
  /** Documents without a score in each run, and documents that only the base has. */
  readonly baseUnscored: number;
  readonly candidateUnscored: number;
  readonly missing: number;
  readonly notes: readonly string[];
}

/** What names a line. */
export type RowName = Pick<Row, 'benchmark' | 'language' | 'category' | 'own' | 'within' | 'metric' | 'higherIsBetter'>;

/**
 * Returns the difference of a line seen as a gain: negative where the candidate is worse, whichever way the metric counts.
 */
export function gainOf({ difference, higherIsBetter }: Pick<Row, 'difference' | 'higherIsBetter'>): number {
  return higherIsBetter ? difference : -difference;
}

/** Tests look at gains; lines show values as recorded. */
function recorded({ low, high }: Interval, higherIsBetter: boolean): Interval {
  return higherIsBetter ? { low, high } : { low: -high, high: -low };
}

/** Right and wrong documents of a benchmark, counted. */
export interface Counts extends Flips {
  /** Documents whose outcome in the base is 1: the right ones, of an error rate the wrong ones. */
  readonly right: number;
}

/** What a line holds besides its test. */
type Rest = Pick<Row, 'tasks' | 'flips' | 'baseUnscored' | 'candidateUnscored' | 'missing' | 'notes'>;
export const NO_REST: Rest = { tasks: [], flips: [], baseUnscored: 0, candidateUnscored: 0, missing: 0, notes: [] };

/**
 * Returns the line of a benchmark whose documents are right or wrong; `up` and `down` of the counts are gains and losses.
 */
export function countedRow(name: RowName, counts: Counts, ties: NearTies = NO_TIES, rest: Rest = NO_REST): Row {
  const { n, up, down, right } = counts;
  const { noise, drift } = ties;
  const more = name.higherIsBetter ? up - down : down - up;
  return {
    ...name,
    ...rest,
    share: true,
    n,
    base: right / n,
    candidate: (right + more) / n,
    difference: more / n,
    ...recorded(pairedInterval(counts), name.higherIsBetter),
    p: mcnemar(counts),
    pDrop: mcnemarDrop(counts),
    pDropClean: mcnemarDrop({ n, up: up - noise.up, down: down - noise.down }),
    test: 'McNemar',
    paired: true,
    flipsUp: up,
    flipsDown: down,
    noise,
    drift,
    stderr: Math.sqrt(up + down) / n,
    flipped: [{ n, flips: up + down }],
  };
}

/**
 * Returns the line of a benchmark from its paired tasks. All documents weigh the same (semantics: groups are weighted by size).
 */
export function pairedRow(name: RowName, parts: readonly PairedTask[], seed: number, rounds: number, notes: readonly string[]): Row {
  const n = sumOf(parts, (p) => p.n);
  const flips = parts.flatMap((p) => p.flips);
  const up = flips.filter((f) => f.direction === 'up').length;
  const down = flips.length - up;
  const rest: Rest = {
    tasks: parts.map((p) => p.task),
    flips,
    baseUnscored: sumOf(parts, (p) => p.baseUnscored),
    candidateUnscored: sumOf(parts, (p) => p.candidateUnscored),
    missing: sumOf(parts, (p) => p.missing),
    notes,
  };
  const baseSum = sumOf(parts, (p) => p.baseSum);
  if (parts.every((p) => p.binary)) {
    return countedRow(name, { n, up, down, right: baseSum }, tiesTogether(parts.map((p) => p.ties)), rest);
  }
  const [base, candidate] = [baseSum / n, sumOf(parts, (p) => p.candidateSum) / n];
  const sign = name.higherIsBetter ? 1 : -1;
  const bootstrap = bootstrapMean(
    parts.flatMap((p) => p.differences.map((d) => sign * d)),
    seed,
    rounds,
  );
  return {
    ...name,
    ...rest,
    share: isShareName(name.metric) && isShare(base) && isShare(candidate),
    n,
    base,
    candidate,
    difference: candidate - base,
    paired: true,
    flipsUp: up,
    flipsDown: down,
    ...fields(bootstrap),
    ...recorded(bootstrap, name.higherIsBetter),
    ...NO_TIES,
  };
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function fields(b: Bootstrap): Pick<Row, 'low' | 'high' | 'p' | 'pDrop' | 'pDropClean' | 'test' | 'stderr' | 'flipped'> {
  return { low: b.low, high: b.high, p: b.p, pDrop: b.pDrop, pDropClean: b.pDrop, test: 'bootstrap', stderr: b.stderr, flipped: null };
}

/**
 * Returns the line of the bias metric of a benchmark: documents resampled within each subtask, subtasks weighted by size. Null when no
 * subtask has the metric on both sides.
 */
export function biasRow(name: RowName, parts: readonly PairedTask[], seed: number, rounds: number): Row | null {
  const withBias = parts.flatMap(({ bias }) => (bias === null || bias.length === 0 ? [] : [bias]));
  if (withBias.length === 0) return null;
  const n = sumOf(withBias, (cells) => cells.length);
  const scores = withBias.map((cells) => ({ ...biasOf(cellCounts(cells)), n: cells.length }));
  const [base, candidate] = [sumOf(scores, (s) => (s.base * s.n) / n), sumOf(scores, (s) => (s.candidate * s.n) / n)];
  const pulls = withBias.flatMap((cells) => Array.from(cells, pullOf));
  const strata = withBias.map((kindOf): Corpus => ({ kindOf, kinds: BIAS_CELLS, value: differenceOfBias }));
  return {
    ...name,
    ...NO_REST,
    share: false,
    n,
    base,
    candidate,
    difference: candidate - base,
    ...fields(bootstrapStrata(strata, seed, rounds)),
    paired: true,
    flipsUp: pulls.filter((pull) => pull > 0).length,
    flipsDown: pulls.filter((pull) => pull < 0).length,
    ...NO_TIES,
    tasks: parts.map((p) => p.task),
  };
}

function differenceOfBias(counts: Float64Array): number {
  const { base, candidate } = biasOf(counts);
  return candidate - base;
}

/** What a result file says of one side. */
export interface Side extends Estimate {
  readonly documents: number | null;
  /** Documents without a score, as far as the file says. */
  readonly unscored: number;
}

/**
 * Returns the line of a benchmark from two result files alone: a z-test of independent means, weaker than a paired one.
 */
export function unpairedRow(name: RowName, base: Side, candidate: Side, notes: readonly string[]): Row {
  const share = isShareName(name.metric) && isShare(base.value) && isShare(candidate.value);
  const difference = candidate.value - base.value;
  const [eb, ec] = [stderrOf(base, share), stderrOf(candidate, share)];
  const stderr = eb === null || ec === null ? null : Math.hypot(eb, ec);
  const half = stderr === null ? null : normalQuantile(0.025) * stderr;
  const documents = base.documents === null || candidate.documents === null ? null : Math.min(base.documents, candidate.documents);
  return {
    ...name,
    share,
    n: documents === null ? null : documents - Math.max(base.unscored, candidate.unscored),
    base: base.value,
    candidate: candidate.value,
    difference,
    low: half === null ? null : difference - half,
    high: half === null ? null : difference + half,
    ...zTest(gainOf({ difference, higherIsBetter: name.higherIsBetter }), stderr),
    paired: false,
    flipsUp: null,
    flipsDown: null,
    ...NO_TIES,
    ...NO_REST,
    tasks: [name.benchmark],
    stderr,
    flipped: null,
    baseUnscored: base.unscored,
    candidateUnscored: candidate.unscored,
    notes,
  };
}

/**
 * Returns the z-test of a gain with a standard error; without any variance every difference is certain. Nothing is tested where the error is unknown.
 */
export function zTest(gain: number, stderr: number | null): Pick<Row, 'p' | 'pDrop' | 'pDropClean' | 'test'> {
  if (stderr === null) return { p: null, pDrop: null, pDropClean: null, test: 'none' };
  // Means of equal numbers differ in their last digits.
  const z = stderr > 0 ? gain / stderr : Math.abs(gain) < 1e-12 ? 0 : Math.sign(gain) * Number.POSITIVE_INFINITY;
  const pDrop = normalTail(-z);
  return { p: twoSided(z), pDrop, pDropClean: pDrop, test: 'z, unpaired' };
}

/**
 * All right or all wrong has a standard error of 0 in the file, which would make any difference certain: a share gets one right and one wrong
 * document more. Of other metrics an error of 0 says nothing about the spread: it is unknown.
 */
function stderrOf({ value, stderr, documents }: Side, share: boolean): number | null {
  if (stderr === null || stderr > 0) return stderr;
  if (!share || documents === null || documents === 0) return null;
  const smoothed = (value * documents + 1) / (documents + 2);
  return Math.sqrt((smoothed * (1 - smoothed)) / documents);
}
