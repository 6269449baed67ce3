import { type Comparison, compareOptions, compareRuns, requireShared } from '../compare/compare.js';
import { ALLOWABLE, type Allowable } from '../compare/differs.js';
import { type FlipText, flipTexts } from '../compare/flips.js';
import { knownBenchmarks } from '../compare/known.js';
import { type Check, type Checks, listWith, NAME, needed, type Optional, oneOf, refuseAborted, SIGNAL, wholeFrom } from '../options.js';
import { openRunOf, RESULTS_CHECK, type Side } from './results.js';

export type CompareOptions = {
  /** A folder of results of one model, a results file, a stored baseline, or results. */
  readonly base: Side;
  readonly candidate: Side;
} & Optional<{
  /** Folder of models, in which names are looked for. */
  inside: string;
  /** Differences between the runs that are noted instead of refused. */
  allow: readonly Allowable[];
  /** Seed and rounds of the bootstrap. */
  seed: number;
  rounds: number;
  /** Documents that flipped to return with their texts, for each benchmark; none without it. */
  flips: number;
  signal: AbortSignal;
}>;

/** Those of `gate`, too. */
export const TWO_RUNS_CHECKS = {
  base: needed(RESULTS_CHECK),
  candidate: needed(RESULTS_CHECK),
  inside: NAME,
  allow: listWith(ALLOWABLE.join(', '), oneOf(...ALLOWABLE)),
  seed: wholeFrom(0),
  rounds: wholeFrom(100),
  signal: SIGNAL,
} satisfies Record<string, Check>;

export const COMPARE_CHECKS: Checks<CompareOptions> = { ...TWO_RUNS_CHECKS, flips: wholeFrom(0) };

/** A comparison with the texts of documents that flipped; null where they were not asked for. */
export interface ComparisonResult extends Comparison {
  readonly flipped: readonly FlipText[] | null;
}

/**
 * Compares two runs document by document, per benchmark and language. Benchmarks whose prompts, shots or versions differ are in `refused`.
 * Throws `UserError` when a side cannot be read or the two share no benchmark.
 */
export async function compare(options: CompareOptions): Promise<ComparisonResult> {
  const { signal, inside, allow = [], flips = 0 } = options;
  refuseAborted(signal);
  const base = await openRunOf(options.base, inside);
  const candidate = await openRunOf(options.candidate, inside);
  refuseAborted(signal);
  const given = {
    allow: new Set(allow),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.rounds === undefined ? {} : { rounds: options.rounds }),
    ...(signal === undefined ? {} : { signal }),
  };
  const comparison = await compareRuns(base, candidate, compareOptions(await knownBenchmarks(), given));
  requireShared(comparison);
  return { ...comparison, flipped: flips > 0 ? await flipTexts(comparison, flips) : null };
}
