/** One line of a comparison: a benchmark, the bias of one, or a language. */
import type { Estimate, Language } from '../types.js';
import { type Bootstrap, bootstrapMean, bootstrapStrata, type Stratum } from './bootstrap.js';
import { type Flips, mcnemar, mcnemarDrop, pairedInterval } from './mcnemar.js';
import { type Noise, noiseTogether } from './noise.js';
import { normalQuantile, normalTail, twoSided } from './normal.js';
import { BIAS_CELLS, biasOf, type Flip, type PairedTask } from './pair.js';
import type { Flipped } from './power.js';

/** How a difference was tested. */
export type TestName = 'McNemar' | 'bootstrap' | 'sign flip' | 'z, unpaired' | 'none';

/** Fields that every line has. Values are in the unit of the result files: a share for accuracies, points for bias. */
export interface Row {
  readonly benchmark: string;
  readonly language: Language | null;
  readonly category: string | null;
  /** `metric,filter`. */
  readonly metric: string;
  /** Tasks that it is made of; empty for averages. */
  readonly tasks: readonly string[];
  /** Documents compared. */
  readonly n: number;
  readonly base: number;
  readonly candidate: number;
  readonly difference: number;
  /** 95 % interval of the difference; null where nothing can be said. */
  readonly low: number | null;
  readonly high: number | null;
  /** Two-sided, and one-sided against "not worse" (without the flips that numerical noise explains). */
  readonly p: number | null;
  readonly pDrop: number | null;
  readonly test: TestName;
  readonly paired: boolean;
  /** Null where the comparison is unpaired. */
  readonly flipsUp: number | null;
  readonly flipsDown: number | null;
  readonly noise: Noise;
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
export type RowName = Pick<Row, 'benchmark' | 'language' | 'category' | 'metric'>;

const NO_NOISE: Noise = { up: 0, down: 0 };

/** Right and wrong documents of a benchmark, counted. */
export interface Counts extends Flips {
  /** Documents that the base has right. */
  readonly right: number;
}

/** What a line holds besides its test. */
type Rest = Pick<Row, 'tasks' | 'flips' | 'baseUnscored' | 'candidateUnscored' | 'missing' | 'notes'>;
const NO_REST: Rest = { tasks: [], flips: [], baseUnscored: 0, candidateUnscored: 0, missing: 0, notes: [] };

/**
 * Returns the line of a benchmark whose documents are right or wrong. `noise` flips do not count against the candidate.
 */
export function countedRow(name: RowName, counts: Counts, noise: Noise = NO_NOISE, rest: Rest = NO_REST): Row {
  const { n, up, down, right } = counts;
  return {
    ...name,
    ...rest,
    n,
    base: right / n,
    candidate: (right + up - down) / n,
    difference: (up - down) / n,
    ...pairedInterval(counts),
    p: mcnemar(counts),
    pDrop: mcnemarDrop({ n, up: up - noise.up, down: down - noise.down }),
    test: 'McNemar',
    paired: true,
    flipsUp: up,
    flipsDown: down,
    noise,
    stderr: Math.sqrt(up + down) / n,
    flipped: [{ n, flips: up + down }],
  };
}

/**
 * Returns the line of a benchmark from its paired tasks. All documents weigh the same (semantics: groups are weighted by size).
 */
export function pairedRow(name: RowName, parts: readonly PairedTask[], seed: number, rounds: number, notes: readonly string[]): Row {
  const n = sum(parts, (p) => p.n);
  const flips = parts.flatMap((p) => p.flips);
  const up = flips.filter((f) => f.direction === 'up').length;
  const down = flips.length - up;
  const rest: Rest = {
    tasks: parts.map((p) => p.task),
    flips,
    baseUnscored: sum(parts, (p) => p.baseUnscored),
    candidateUnscored: sum(parts, (p) => p.candidateUnscored),
    missing: sum(parts, (p) => p.missing),
    notes,
  };
  const baseSum = sum(parts, (p) => p.baseSum);
  if (parts.every((p) => p.binary)) {
    return countedRow(name, { n, up, down, right: baseSum }, noiseTogether(parts.map((p) => p.noise)), rest);
  }
  const [base, candidate] = [baseSum / n, sum(parts, (p) => p.candidateSum) / n];
  const bootstrap = bootstrapMean(
    parts.flatMap((p) => p.differences),
    seed,
    rounds,
  );
  return {
    ...name,
    ...rest,
    n,
    base,
    candidate,
    difference: candidate - base,
    paired: true,
    flipsUp: up,
    flipsDown: down,
    ...fields(bootstrap),
    noise: NO_NOISE,
  };
}

function fields(b: Bootstrap): Pick<Row, 'low' | 'high' | 'p' | 'pDrop' | 'test' | 'stderr' | 'flipped'> {
  return { low: b.low, high: b.high, p: b.p, pDrop: b.pDrop, test: 'bootstrap', stderr: b.stderr, flipped: null };
}

/**
 * Returns the line of the bias metric of a benchmark: documents resampled within each subtask, subtasks weighted by size. Null when no
 * subtask has the metric on both sides.
 */
export function biasRow(name: RowName, parts: readonly PairedTask[], seed: number, rounds: number): Row | null {
  const withBias = parts.flatMap((p) => (p.bias === null || p.bias.length === 0 ? [] : [p.bias]));
  if (withBias.length === 0) return null;
  const n = sum(withBias, (cells) => cells.length);
  let base = 0;
  let candidate = 0;
  let up = 0;
  let down = 0;
  const strata = withBias.map((cells): Stratum => {
    const counts = new Float64Array(BIAS_CELLS);
    for (const cell of cells) counts[cell] = (counts[cell] ?? 0) + 1;
    const score = biasOf(counts);
    base += (score.base * cells.length) / n;
    candidate += (score.candidate * cells.length) / n;
    for (const cell of cells) {
      const [b, c] = [BIAS_SIGN[Math.floor(cell / 7)] ?? 0, BIAS_SIGN[cell % 7] ?? 0];
      if (c > b) up++;
      else if (c < b) down++;
    }
    const difference = (drawn: Float64Array): number => {
      const s = biasOf(drawn);
      return s.candidate - s.base;
    };
    return { cells, kinds: BIAS_CELLS, difference, weight: cells.length };
  });
  return {
    ...name,
    n,
    base,
    candidate,
    difference: candidate - base,
    ...fields(bootstrapStrata(strata, seed, rounds)),
    paired: true,
    flipsUp: up,
    flipsDown: down,
    noise: NO_NOISE,
    tasks: parts.map((p) => p.task),
    flips: [],
    baseUnscored: 0,
    candidateUnscored: 0,
    missing: 0,
    notes: [],
  };
}

/** How each outcome pulls the bias, in the order of `BIAS_CODES`: stereotyped answers down, others up. */
const BIAS_SIGN = [-1, 1, 0, 0, -1, 0, 1];

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
  const difference = candidate.value - base.value;
  const errors = [base, candidate].map(stderrOf);
  const [eb, ec] = [errors[0] ?? null, errors[1] ?? null];
  const stderr = eb === null || ec === null ? null : Math.hypot(eb, ec);
  const half = stderr === null ? null : normalQuantile(0.025) * stderr;
  const z = stderr === null ? null : stderr === 0 ? 0 : difference / stderr;
  return {
    ...name,
    n:
      Math.min(base.documents ?? candidate.documents ?? 0, candidate.documents ?? base.documents ?? 0) -
      Math.max(base.unscored, candidate.unscored),
    base: base.value,
    candidate: candidate.value,
    difference,
    low: half === null ? null : difference - half,
    high: half === null ? null : difference + half,
    p: z === null ? null : twoSided(z),
    pDrop: z === null ? null : normalTail(-z),
    test: z === null ? 'none' : 'z, unpaired',
    paired: false,
    flipsUp: null,
    flipsDown: null,
    noise: NO_NOISE,
    tasks: [name.benchmark],
    flips: [],
    stderr,
    flipped: null,
    baseUnscored: base.unscored,
    candidateUnscored: candidate.unscored,
    missing: 0,
    notes,
  };
}

/** All right or all wrong has a standard error of 0 in the file, which would make any difference certain: add one right and one wrong document. */
function stderrOf({ value, stderr, documents }: Side): number | null {
  if (stderr === null || stderr > 0 || documents === null || documents === 0) return stderr;
  const share = (value * documents + 1) / (documents + 2);
  return Math.sqrt(Math.max(0, share * (1 - share)) / documents);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
