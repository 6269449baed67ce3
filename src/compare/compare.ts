/** Compares two runs benchmark by benchmark and language by language. Reads files only; never loads a model. */
import { at } from '../at.js';
import { InterruptedError, UserError } from '../errors.js';
import { partsOfKey } from '../results/score-key.js';
import { ROUNDS, SEED } from '../statistics/bootstrap.js';
import { holm } from '../statistics/holm.js';
import { detectableNormal, detectablePaired } from '../statistics/power.js';
import { sumOf } from '../statistics/sums.js';
import type { Language } from '../types.js';
import { averageRow, oneKind } from './average-row.js';
import { type Benchmark, benchmarksOf, type KnownBenchmark, keyOf, sharedKey } from './benchmarks.js';
import {
  type Allowable,
  type Difference,
  type DifferenceKind,
  describeDifference,
  documentsOf,
  fileDifferences,
  unscoredOf,
} from './differs.js';
import { higherIsBetter, isRightOrWrong } from './metric-kind.js';
import { NOISE_NATS } from './noise.js';
import type { Run } from './open-run.js';
import { type Alignment, align, type PairedMetric, type PairedTask, pairTask } from './pair.js';
import { biasRow, pairedRow, type Row, type RowName, type Side, unpairedRow } from './row.js';

/** How to compare. */
export interface CompareOptions {
  /** The benchmarks of the task files, in the order to print. */
  readonly known: readonly KnownBenchmark[];
  /** Differences between the runs that are waved through (noted, not refused). */
  readonly allow: ReadonlySet<Allowable>;
  /** Members of groups that count for themselves, besides in their group. */
  readonly named: ReadonlySet<string>;
  readonly seed: number;
  readonly rounds: number;
  readonly noiseNats: number;
  /** Aborted when the answer is no longer wanted. */
  readonly signal?: AbortSignal;
}

/** What of a line depends on the other lines. */
interface Tested {
  readonly pHolm: number | null;
  /** Smallest true difference that this comparison sees four times in five at its corrected level; null where nothing would be. */
  readonly detectable: number | null;
}

export type TestedRow = Row & Tested;

/** Averages name what they average. */
export type AverageOver = TestedRow & { readonly benchmarks: readonly string[] };

/** A benchmark that both runs hold but that cannot be compared. */
export interface Refusal {
  readonly benchmark: string;
  readonly differences: readonly Difference[];
}

/** The whole answer. */
export interface Comparison {
  readonly base: Run;
  readonly candidate: Run;
  readonly benchmarks: readonly TestedRow[];
  /** The bias metric of the bias benchmarks; their accuracy is among `benchmarks`. */
  readonly bias: readonly TestedRow[];
  readonly languages: readonly AverageOver[];
  readonly refused: readonly Refusal[];
  readonly missing: readonly { readonly benchmark: string; readonly from: 'base' | 'candidate' }[];
  readonly options: CompareOptions;
}

/**
 * Returns options with their defaults.
 */
export function compareOptions(known: readonly KnownBenchmark[], given: Partial<CompareOptions> = {}): CompareOptions {
  return { known, allow: new Set(), named: new Set(), seed: SEED, rounds: ROUNDS, noiseNats: NOISE_NATS, ...given };
}

/**
 * Compares two runs. Benchmarks whose prompts, shots or versions differ land in `refused`.
 */
export async function compareRuns(base: Run, candidate: Run, options: CompareOptions): Promise<Comparison> {
  const rows: Row[] = [];
  const bias: Row[] = [];
  const refused: Refusal[] = [];
  const missing: { benchmark: string; from: 'base' | 'candidate' }[] = [];
  for (const benchmark of benchmarksOf(base, candidate, options.known, options.named)) {
    if (options.signal?.aborted === true) throw new InterruptedError('interrupted by the caller');
    if (benchmark.base.length === 0) missing.push({ benchmark: benchmark.name, from: 'base' });
    else if (benchmark.candidate.length === 0) missing.push({ benchmark: benchmark.name, from: 'candidate' });
    else {
      const compared = await compareBenchmark(base, candidate, benchmark, options);
      if ('differences' in compared) refused.push(compared);
      else {
        rows.push(compared.row);
        if (compared.bias !== null) bias.push(compared.bias);
      }
    }
  }
  return comparisonOf(base, candidate, { rows, bias, refused, missing }, options);
}

/** The lines of a comparison before what depends on all of them. */
export interface Lines {
  readonly rows: readonly Row[];
  readonly bias: readonly Row[];
  readonly refused: readonly Refusal[];
  readonly missing: Comparison['missing'];
}

/**
 * Returns the comparison of given lines: adds the averages of languages (without the bias benchmarks), Holm's correction and power.
 */
export function comparisonOf(base: Run, candidate: Run, lines: Lines, options: CompareOptions): Comparison {
  const { refused, missing } = lines;
  const [rows, bias] = [countedOnce(lines.rows), countedOnce(lines.bias)];
  const languages: readonly Language[] = ['eu', 'en', 'es'];
  const averages = languages.flatMap((language) => {
    const members = oneKind(rows.filter((row) => row.language === language && row.category !== 'bias' && row.own !== true));
    const name = { benchmark: language, language, category: null, metric: 'mean' };
    return members.length === 0 ? [] : [{ ...averageRow(name, members, options.seed), benchmarks: members.map((m) => m.benchmark) }];
  });
  return {
    base,
    candidate,
    benchmarks: tested(rows),
    bias: tested(bias),
    languages: tested(averages),
    refused,
    missing,
    options,
  };
}

/** Without a line of its group (which cannot be compared, say) a member counts for itself. */
function countedOnce(rows: readonly Row[]): Row[] {
  const names = new Set(rows.map(({ benchmark }) => benchmark));
  return rows.map((row) => {
    const { within, ...rest } = row;
    return within === undefined || names.has(within) ? row : rest;
  });
}

/**
 * Throws `UserError` when the runs share no benchmark at all.
 */
export function requireShared({ base, candidate, benchmarks, refused }: Comparison): void {
  if (benchmarks.length + refused.length > 0) return;
  throw new UserError(
    `${base.reference} and ${candidate.reference} share no benchmark${shared(base, candidate)}; compare runs of the same tasks`,
  );
}

/** Adds Holm's correction over the lines but those that a group counts, and what each could have seen at the level that the correction leaves it. */
function tested<T extends Row>(rows: readonly T[]): (T & Tested)[] {
  const corrected = holm(rows.map((row) => (row.within === undefined ? row.p : null)));
  const tests = Math.max(1, corrected.filter((p) => p !== null).length);
  return rows.map((row, i) => ({
    ...row,
    pHolm: at(corrected, i),
    detectable: row.within === undefined ? detectableOf(row, 0.025 / tests) : null,
  }));
}

/**
 * Returns the smallest true difference that a line's test sees four times in five at the one-sided level `alpha`, in the line's own unit.
 */
export function detectableOf(row: Row, alpha: number): number | null {
  if (row.flipped !== null) return detectablePaired(row.flipped, alpha);
  return row.stderr === null ? null : detectableNormal(row.stderr, alpha);
}

async function compareBenchmark(
  base: Run,
  candidate: Run,
  benchmark: Benchmark,
  options: CompareOptions,
): Promise<{ row: Row; bias: Row | null } | Refusal> {
  const refuse = (differences: readonly Difference[]): Refusal => ({ benchmark: benchmark.name, differences });
  const lacking = (from: readonly string[], of: readonly string[]): readonly string[] => of.filter((name) => !from.includes(name));
  const [first] = [...lacking(benchmark.base, benchmark.candidate), ...lacking(benchmark.candidate, benchmark.base)];
  if (first !== undefined) {
    const said = (mine: readonly string[]): string => `${mine.length} (${mine.includes(first) ? 'with' : 'without'} ${first})`;
    return refuse([{ what: 'subtasks', task: first, base: said(benchmark.base), candidate: said(benchmark.candidate) }]);
  }
  const notes: string[] = [];
  let differences = fileDifferences(base, candidate, [...new Set([benchmark.name, ...benchmark.base])]);
  const pairs = await pairLeaves(base, candidate, benchmark, options, notes);
  if (pairs !== null) {
    if (pairs.contradiction !== null) return refuse([pairs.contradiction]);
    // With the documents at hand the fingerprint is judged by them: a part of the documents with the same prompts can be compared.
    if (pairs.part && pairs.changed === null) differences = differences.filter(({ what }) => what !== 'fingerprint');
    if (pairs.changed !== null) differences = withChanges(differences, pairs.changed);
  } else differences.push(...documentDifference(base, candidate, benchmark));
  const refusing = differences.filter((d) => !isAllowed(d.what, options.allow));
  if (refusing.length > 0) return refuse(differences);
  for (const d of differences) notes.push(`allowed: ${describeDifference(d)}`);
  const { language, category } = benchmark;
  const name = (metric: PairedMetric): RowName => ({
    benchmark: benchmark.name,
    language,
    category,
    ...(benchmark.own === true ? { own: true } : {}),
    ...(benchmark.within === undefined ? {} : { within: benchmark.within }),
    metric: metric.key,
    higherIsBetter: metric.higherIsBetter,
  });
  if (pairs !== null) {
    if (pairs.tasks.some(({ n }) => n > 0)) {
      return {
        row: pairedRow(name(pairs.metric), pairs.tasks, options.seed, options.rounds, notes),
        bias: biasRow(name(BIAS), pairs.tasks, options.seed, options.rounds),
      };
    }
    const documents = (run: Run): string => totalDocuments(run, benchmark)?.toString() ?? 'unknown';
    const detail = 'no document is scored in both';
    return refuse([{ what: 'documents', task: benchmark.name, base: documents(base), candidate: documents(candidate), detail }]);
  }
  return unpaired(base, candidate, benchmark, name, notes) ?? refuse([metricDifference(base, candidate, benchmark)]);
}

function isAllowed(what: DifferenceKind, allow: ReadonlySet<Allowable>): boolean {
  return (what === 'fingerprint' || what === 'shots' || what === 'version') && allow.has(what);
}

/** Another number of documents explains another fingerprint; of the first task that has one. */
function documentDifference(base: Run, candidate: Run, benchmark: Benchmark): readonly Difference[] {
  const all = benchmark.base.flatMap((task): Difference[] => {
    const [b, c] = [documentsOf(base.tasks.get(task)), documentsOf(candidate.tasks.get(task))];
    return b === null || c === null || b === c ? [] : [{ what: 'documents', task, base: String(b), candidate: String(c) }];
  });
  return all.slice(0, 1);
}

/** The file's fingerprint says that something changed, the documents say what. */
function withChanges(differences: readonly Difference[], changed: Difference): Difference[] {
  if (!differences.some(({ what }) => what === 'fingerprint')) return [...differences, changed];
  return differences.map((known) =>
    known.what === 'fingerprint' ? { ...known, detail: `${describeDifference(known)}; ${describeDifference(changed)}` } : known,
  );
}

function totalDocuments(run: Run, benchmark: Benchmark): number | null {
  const counts = benchmark.base.map((task) => documentsOf(run.tasks.get(task)));
  return counts.reduce<number | null>((sum, n) => (sum === null || n === null ? null : sum + n), 0);
}

/** The score of bias benchmarks. 0 is best there; a higher value is only more against the stereotype. */
const BIAS: PairedMetric = { key: 'bias,none', higherIsBetter: true };

interface PairedLeaves {
  readonly metric: PairedMetric;
  readonly tasks: readonly PairedTask[];
  /** One run holds only a part of the other's documents. */
  readonly part: boolean;
  readonly changed: Difference | null;
  /** A score that the samples beside it do not give. */
  readonly contradiction: Difference | null;
}

/** The paired outcomes of all tasks of a benchmark; null when a run has no samples of one of them, or none from which the metric follows. */
async function pairLeaves(
  base: Run,
  candidate: Run,
  benchmark: Benchmark,
  options: CompareOptions,
  notes: string[],
): Promise<PairedLeaves | null> {
  const tasks: PairedTask[] = [];
  // One for all tasks, from the first.
  const metrics: PairedMetric[] = [];
  let contradiction: Difference | null = null;
  let part = false;
  let changed: Difference | null = null;
  let documents = 0;
  let shared = 0;
  for (const name of benchmark.base) {
    const [readBase, readCandidate] = [base.tasks.get(name)?.samples ?? null, candidate.tasks.get(name)?.samples ?? null];
    if (readBase === null || readCandidate === null) {
      const without = [readBase === null ? 'base' : [], readCandidate === null ? 'candidate' : []].flat().join(' and ');
      notes.push(`no samples of ${without} (samples_*.jsonl beside the results): the test is unpaired and weaker`);
      return null;
    }
    const [b, c] = [await readBase(), await readCandidate()];
    const key: string | null = metrics[0]?.key ?? sharedKey(benchmark.headline, new Set(b.outcomes.keys()), new Set(c.outcomes.keys()));
    if (key === null) {
      notes.push('the samples hold no score of each document: the test is unpaired and weaker');
      return null;
    }
    // The headline of a benchmark of one's own may be a score of all documents together (F1), in whose place no other may stand.
    if (benchmark.own === true && key !== keyOf(benchmark.headline) && [base, candidate].every((run) => hasEstimate(run, benchmark))) {
      notes.push(`the samples hold no ${benchmark.headline} of each document: the test is unpaired and weaker`);
      return null;
    }
    const metric = metrics[0] ?? { key, higherIsBetter: directionOf(base, candidate, benchmark, key) };
    metrics.push(metric);
    for (const [run, samples, side] of [
      [base, b, 'base'],
      [candidate, c, 'candidate'],
    ] as const) {
      const unlike = unlikeSamples(run, name, key, samples.outcomes, side);
      if (unlike === null) continue;
      if (!isRightOrWrong(key)) {
        notes.push(`${partsOfKey(key)[0]} is not the mean of the documents' scores: the test is unpaired and weaker`);
        return null;
      }
      contradiction ??= { what: 'summary', task: name, base: '', candidate: '', detail: unlike };
    }
    const alignment = align(b, c);
    changed ??= changedPrompts(name, alignment);
    if (alignment.onlyBase > 0 || alignment.onlyCandidate > 0) {
      // A part of the documents is fine; two overlapping sets are different data.
      if (alignment.onlyBase > 0 && alignment.onlyCandidate > 0) {
        changed ??= {
          what: 'fingerprint',
          task: name,
          base: 'other documents',
          candidate: 'other documents',
          detail: `documents: ${alignment.onlyBase} only in the base, ${alignment.onlyCandidate} only in the candidate`,
        };
      } else part = true;
    }
    documents += Math.max(b.docHashes.length, c.docHashes.length);
    shared += alignment.pairs.length;
    tasks.push(pairTask(b, c, alignment, metric, options.noiseNats));
  }
  if (part) notes.push(`compared on the ${shared} of ${documents} documents that both runs have`);
  const [metric] = metrics;
  return metric === undefined ? null : { metric, tasks, part, changed, contradiction };
}

function hasEstimate(run: Run, { name, headline }: Benchmark): boolean {
  return run.tasks.get(name)?.result.estimates.has(keyOf(headline)) === true;
}

function changedPrompts(task: string, { pairs, changedPrompts: prompts, changedTargets: targets }: Alignment): Difference | null {
  if (prompts + targets === 0) return null;
  const what = prompts > 0 ? 'prompt' : 'target';
  const detail = `fingerprint: ${Math.max(prompts, targets)} of ${pairs.length} documents have another ${what}`;
  return { what: 'fingerprint', task, base: `its own ${what}s`, candidate: `its own ${what}s`, detail };
}

/** Samples that do not give the number of their result file: one of the two was changed, or the metric is no mean. In words, or null where they agree. */
function unlikeSamples(run: Run, task: string, key: string, outcomes: ReadonlyMap<string, Float64Array>, side: string): string | null {
  const value = run.tasks.get(task)?.result.estimates.get(key)?.value;
  const scores = outcomes.get(key)?.filter((x) => !Number.isNaN(x));
  if (value === undefined || scores === undefined || scores.length === 0) return null;
  const mean = sumOf(scores, (score) => score) / scores.length;
  if (Math.abs(mean - value) <= 1e-6) return null;
  // One document of thousands more or less shows in later digits only.
  const shown = (x: number): string => x.toFixed(mean.toFixed(4) === value.toFixed(4) ? 8 : 4);
  return `the samples of the ${side} give ${partsOfKey(key)[0]} ${shown(mean)}, its result file says ${shown(value)}: one of the two was changed`;
}

/** What the files say of a metric of a benchmark: of the group, or of one of its tasks. */
function directionOf(base: Run, candidate: Run, benchmark: Benchmark, key: string): boolean {
  const [metric] = partsOfKey(key);
  const said = [base, candidate].flatMap((run) =>
    [benchmark.name, ...benchmark.base].map((task) => run.tasks.get(task)?.result.higherIsBetter.get(metric)),
  );
  return higherIsBetter(key, said);
}

function unpaired(
  base: Run,
  candidate: Run,
  benchmark: Benchmark,
  name: (metric: PairedMetric) => RowName,
  notes: readonly string[],
): { row: Row; bias: Row | null } | null {
  const [b, c] = [base.tasks.get(benchmark.name)?.result, candidate.tasks.get(benchmark.name)?.result];
  if (b === undefined || c === undefined) return null;
  const key = sharedKey(benchmark.headline, new Set(b.estimates.keys()), new Set(c.estimates.keys()));
  if (key === null) return null;
  const side = (run: Run, of: string): Side | null => {
    const estimate = run.tasks.get(benchmark.name)?.result.estimates.get(of);
    if (estimate === undefined || Number.isNaN(estimate.value)) return null;
    const unscored = sumOf(benchmark.base, (task) => unscoredOf(run.tasks.get(task)));
    return { ...estimate, documents: totalDocuments(run, benchmark), unscored };
  };
  const [sb, sc] = [side(base, key), side(candidate, key)];
  if (sb === null || sc === null) return null;
  const [bb, bc] = [side(base, BIAS.key), side(candidate, BIAS.key)];
  return {
    row: unpairedRow(name({ key, higherIsBetter: directionOf(base, candidate, benchmark, key) }), sb, sc, notes),
    bias: bb === null || bc === null ? null : unpairedRow(name(BIAS), bb, bc, notes),
  };
}

function metricDifference(base: Run, candidate: Run, benchmark: Benchmark): Difference {
  const keys = (run: Run): string => [...(run.tasks.get(benchmark.name)?.result.estimates.keys() ?? [])].join(' ') || 'none';
  return { what: 'metric', task: benchmark.name, base: keys(base), candidate: keys(candidate) };
}

/** Names alone would say `x against x` where one run has the task inside a group. */
function shared(base: Run, candidate: Run): string {
  const both = [...base.tasks.keys()].filter((name) => candidate.tasks.has(name));
  const [first] = both;
  if (first === undefined) return ` (${names(base)} against ${names(candidate)})`;
  const groups = [base, candidate].flatMap((run) => [...run.groups].flatMap(([group, below]) => (below.includes(first) ? [group] : [])));
  const where = groups.length > 0 ? ` belongs to the group ${[...new Set(groups)].join(', ')} in one of them` : ' has no score there';
  return `: the task ${first} is in both, but${where}`;
}

function names(run: Run): string {
  const all = [...run.tasks.keys()];
  return all.length === 0 ? 'none' : all.length <= 3 ? all.join(', ') : `${all.slice(0, 3).join(', ')} and ${all.length - 3} more`;
}
