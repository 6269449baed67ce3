/**
 * Numerical noise and small drifts through the gate, document by document: margins are drawn, moved by noise of a measured size, and judged by the gate's
 * own code. Prints the tables of docs/gate.md.   usage: npx vite-node benchmarks/gate-noise.ts [PAIRS]
 */
import { compareOptions, comparisonOf } from '../src/compare/compare.js';
import { nearTies, type Shift } from '../src/compare/noise.js';
import type { Run } from '../src/compare/open-run.js';
import { countedRow, type Row } from '../src/compare/row.js';
import { judge } from '../src/gate/judge.js';
import { DEFAULT_POLICY } from '../src/gate/policy.js';
import { PythonRandom } from '../src/python/random.js';
import { mcnemarPower } from '../src/statistics/power.js';
import { type Sized, sizedBenchmarks } from './gate-simulation.js';
import { markdown } from './markdown.js';

const RUN: Run = {
  reference: 'simulated',
  model: 'simulated',
  date: 0,
  tasks: new Map(),
  groups: new Map(),
  newestFile: '',
  baseline: false,
};
/** Margins of a model with about 60 % right answers: a fifth of the documents lies within half a nat of a tie. */
const MARGIN = { mean: 0.5, deviation: 2 };

function normal(random: PythonRandom): number {
  const u = (random.next32() + 0.5) / 4294967296;
  return Math.sqrt(-2 * Math.log(u)) * Math.cos((2 * Math.PI * random.next32()) / 4294967296);
}

/** One benchmark: noise of standard deviation `noise` nats on every margin, and a drift down of `drift` nats. */
export function noisyRow(benchmark: Sized, noise: number, drift: number, random: PythonRandom): Row {
  const shifts: Shift[] = [];
  let [up, down, right] = [0, 0, 0];
  for (let i = 0; i < benchmark.documents; i++) {
    const baseMargin = MARGIN.mean + MARGIN.deviation * normal(random);
    const candidateMargin = baseMargin + noise * normal(random) - drift;
    const [base, candidate] = [Number(baseMargin > 0), Number(candidateMargin > 0)];
    shifts.push({ base, candidate, baseMargin, candidateMargin });
    right += base;
    if (candidate > base) up++;
    if (candidate < base) down++;
  }
  const { name, language, category } = benchmark;
  const counts = { n: benchmark.documents, up, down, right };
  return countedRow({ benchmark: name, language, category, metric: 'acc,none', higherIsBetter: true }, counts, nearTies(shifts));
}

/** Shares of `pairs` in which the gate fires at all, and in which it blames the first benchmark, which alone drifts. */
export function fires(
  benchmarks: readonly Sized[],
  noise: number,
  drift: number,
  pairs: number,
  seed: number,
): { any: number; first: number; drop: number; claimed: number } {
  const random = new PythonRandom(seed);
  let [any, first, drop, flips] = [0, 0, 0, 0];
  for (let i = 0; i < pairs; i++) {
    const rows = benchmarks.map((b, k) => noisyRow(b, noise, k === 0 ? drift : 0, random));
    const judgement = judge(comparisonOf(RUN, RUN, { rows, bias: [], refused: [], missing: [] }, compareOptions([])), DEFAULT_POLICY, 0);
    if (judgement.verdict === 'regressed') any++;
    if (judgement.judged.some((j) => j.row.benchmark === benchmarks[0]?.name && j.verdict === 'regressed')) first++;
    drop -= (rows[0]?.difference ?? 0) / pairs;
    flips += ((rows[0]?.flipsUp ?? 0) + (rows[0]?.flipsDown ?? 0)) / (benchmarks[0]?.documents ?? 1) / pairs;
  }
  const tests = benchmarks.length + new Set(benchmarks.map((b) => b.language)).size;
  const alpha = DEFAULT_POLICY.significance / (benchmarks.length === 1 ? 1 : tests);
  return { any: any / pairs, first: first / pairs, drop, claimed: mcnemarPower(benchmarks[0]?.documents ?? 0, flips, drop, alpha) };
}

async function main(pairs: number): Promise<void> {
  const all = await sizedBenchmarks();
  const small = all.filter((b) => b.documents < 3000);
  const trivia = all.filter((b) => b.name === 'eus_trivia');
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  const noise = [0.02, 0.05, 0.1].map((size, i) => [
    size.toFixed(2),
    percent(fires(small, size, 0, pairs, 10 + i).any),
    percent(fires(trivia, size, 0, 4 * pairs, 20 + i).any),
  ]);
  console.log(`Noise alone, ${pairs} pairs of ${small.length} benchmarks, ${4 * pairs} pairs of eus_trivia alone:\n`);
  console.log(markdown([['Noise (nats)', `Fires (${small.length} benchmarks)`, 'Fires (eus_trivia alone)'], ...noise], new Set([0, 1, 2])));
  const drifts = [0.06, 0.1, 0.14].flatMap((drift, i) =>
    [[...trivia, ...small.filter((b) => b.name !== 'eus_trivia')], trivia].map((set, k) => {
      const seen = fires(set, 0.05, drift, set.length === 1 ? 4 * pairs : pairs, 30 + 10 * k + i);
      return [String(set.length), percent(seen.drop), percent(seen.claimed), percent(seen.first)];
    }),
  );
  console.log('\nA drift of eus_trivia (1,715 documents) alone, every flip near a tie, noise of 0.05 nats besides:\n');
  console.log(markdown([['Benchmarks', 'Drop', 'Claimed', 'Measured'], ...drifts], new Set([0, 1, 2, 3])));
}

if (process.argv[1]?.includes('vite-node') === true) await main(Number(process.argv.at(-1)) || 200);
