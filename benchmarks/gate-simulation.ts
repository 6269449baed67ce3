/** Simulated pairs of models for gate-calibration.ts: only the flips are drawn, the rest is the gate's own code. */
import type { KnownBenchmark } from '../src/compare/benchmarks.js';
import { type Comparison, compareOptions, comparisonOf, detectableOf } from '../src/compare/compare.js';
import type { Run } from '../src/compare/open-run.js';
import { countedRow, type Row } from '../src/compare/row.js';
import { judge } from '../src/gate/judge.js';
import type { Policy } from '../src/gate/policy.js';
import { PythonRandom } from '../src/python/random.js';
import { mcnemarPower } from '../src/statistics/power.js';
import { loadRegistry } from '../src/tasks/registry.js';

/** A benchmark with its number of documents. */
export interface Sized extends KnownBenchmark {
  readonly documents: number;
}

/** Share of right answers of the simulated base. */
const ACCURACY = 0.6;
const RUN: Run = {
  reference: 'simulated',
  model: 'simulated',
  date: 0,
  tasks: new Map(),
  groups: new Map(),
  newestFile: '',
  baseline: false,
};

/** Number of successes among `n` throws of a coin that shows heads with probability `p`; skips from head to head. */
function binomial(random: PythonRandom, n: number, p: number): number {
  if (p <= 0) return 0;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  const scale = Math.log1p(-p);
  let count = 0;
  for (let at = 0; ; count++) {
    at += 1 + Math.floor(Math.log((random.next32() + 0.5) / 4294967296) / scale);
    if (at > n) return count;
  }
}

/**
 * Returns one simulated line: a share `discordant` of the documents flips, and the true difference is `-drop`.
 */
export function simulatedRow(benchmark: Sized, discordant: number, drop: number, random: PythonRandom): Row {
  const { documents: n, name, language, category } = benchmark;
  const flips = binomial(random, n, Math.max(discordant, drop));
  const up = binomial(random, flips, (1 - drop / Math.max(discordant, drop)) / 2);
  return countedRow(
    { benchmark: name, language, category, metric: 'acc,none', higherIsBetter: true },
    { n, up, down: flips - up, right: Math.round(ACCURACY * n) },
  );
}

/**
 * Returns the comparison of simulated lines.
 */
export function simulatedComparison(rows: readonly Row[]): Comparison {
  return comparisonOf(RUN, RUN, { rows, bias: [], refused: [], missing: [] }, compareOptions([]));
}

/**
 * Returns the share of `pairs` equally good pairs on which the gate says "regressed".
 */
export function falseAlarms(benchmarks: readonly Sized[], discordant: number, policy: Policy, pairs: number, seed: number): number {
  const random = new PythonRandom(seed);
  let alarms = 0;
  for (let i = 0; i < pairs; i++) {
    const rows = benchmarks.map((b) => simulatedRow(b, discordant, 0, random));
    if (judge(simulatedComparison(rows), policy, 0).verdict === 'regressed') alarms++;
  }
  return alarms / pairs;
}

/** What a real drop in one benchmark alone does. */
export interface Seen {
  readonly benchmark: string;
  readonly documents: number;
  /** Power that the gate claims, measured power, and the smallest drop that it claims to see four times in five. */
  readonly claimed: number;
  readonly measured: number;
  readonly detectable: number | null;
}

/**
 * Returns, for each benchmark, how often the gate blames it when it alone has really dropped by `drop`.
 */
export function power(benchmarks: readonly Sized[], discordant: number, drop: number, policy: Policy, pairs: number, seed: number): Seen[] {
  const random = new PythonRandom(seed);
  const equal = Array.from({ length: pairs }, () => benchmarks.map((b) => simulatedRow(b, discordant, 0, random)));
  return benchmarks.map((benchmark, k) => {
    let seen = 0;
    let tests = 1;
    for (const rows of equal) {
      const changed = rows.with(k, simulatedRow(benchmark, discordant, drop, random));
      const judgement = judge(simulatedComparison(changed), policy, 0);
      tests = judgement.judged.length;
      if (judgement.judged.some((j) => j.row.benchmark === benchmark.name && j.verdict === 'regressed')) seen++;
    }
    const alpha = policy.significance / tests;
    const typical = countedRow(
      { benchmark: '', language: null, category: null, metric: '', higherIsBetter: true },
      { n: benchmark.documents, up: 0, down: Math.round(discordant * benchmark.documents), right: 0 },
    );
    return {
      benchmark: benchmark.name,
      documents: benchmark.documents,
      claimed: mcnemarPower(benchmark.documents, discordant, drop, alpha),
      measured: seen / pairs,
      detectable: detectableOf(typical, alpha),
    };
  });
}

/**
 * Returns the package's benchmarks with their sizes.
 */
export async function sizedBenchmarks(): Promise<Sized[]> {
  const { benchmarks } = await loadRegistry();
  return benchmarks.map(({ name, meta }) => ({
    name,
    language: meta.language,
    category: meta.category,
    headline: meta.headlineMetric,
    leaves: [name],
    documents: meta.documents ?? 0,
  }));
}
