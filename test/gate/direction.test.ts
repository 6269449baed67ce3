import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareOptions, comparisonOf } from '../../src/compare/compare.js';
import type { Run } from '../../src/compare/open-run.js';
import { type PairedTask, pairTask } from '../../src/compare/pair.js';
import { pairedRow, type Row, type RowName, unpairedRow } from '../../src/compare/row.js';
import { judge } from '../../src/gate/judge.js';
import { DEFAULT_POLICY } from '../../src/gate/policy.js';
import type { TaskSamples } from '../../src/results/read-samples.js';

const RUN: Run = { reference: 'r', model: 'm', date: 0, tasks: new Map(), groups: new Map(), newestFile: '', baseline: false };
const LANGUAGES = ['eu', 'en', 'es'] as const;

/** A benchmark's scores in two runs, with the direction and key under which they are recorded. */
interface Metric {
  readonly key: string;
  readonly higher: boolean;
  readonly base: readonly number[];
  readonly candidate: readonly number[];
}

const turned = ({ key, higher, base, candidate }: Metric, round: (x: number) => number): Metric => ({
  key,
  higher: !higher,
  base: base.map(round),
  candidate: candidate.map(round),
});

function samples(values: readonly number[], key: string): TaskSamples {
  const hashes = values.map((_, i) => String(i));
  return {
    task: 't',
    path: '',
    docHashes: hashes,
    promptHashes: hashes,
    targetHashes: hashes,
    checks: hashes,
    outcomes: new Map([[key, Float64Array.from(values)]]),
    bias: null,
    margins: null,
    unscored: new Map(),
  };
}

function rowsOf(metrics: readonly Metric[], paired: boolean): Row[] {
  return metrics.map(({ key, higher, base, candidate }, i) => {
    const name: RowName = { benchmark: `b${i}`, language: LANGUAGES[i % 3] ?? 'eu', category: null, metric: key, higherIsBetter: higher };
    if (paired) {
      const alignment = { pairs: base.map((_, k) => [k, k] as const), onlyBase: 0, onlyCandidate: 0, changedPrompts: 0, changedTargets: 0 };
      const task: PairedTask = pairTask(samples(base, key), samples(candidate, key), alignment, { key, higherIsBetter: higher }, 0.5);
      return pairedRow(name, [task], 1, 200, []);
    }
    const side = (values: readonly number[]) => ({
      value: values.reduce((a, b) => a + b, 0) / values.length,
      stderr: 0.01,
      documents: values.length,
      unscored: 0,
    });
    return unpairedRow(name, side(base), side(candidate), []);
  });
}

function verdicts(rows: readonly Row[]): unknown {
  const comparison = comparisonOf(RUN, RUN, { rows, bias: [], refused: [], missing: [] }, compareOptions([]));
  const judgement = judge(comparison, DEFAULT_POLICY, 0);
  return {
    verdict: judgement.verdict,
    lines: judgement.judged.map(({ row, verdict, p }) => [row.benchmark, verdict, p?.toFixed(9), row.flipsUp, row.flipsDown]),
  };
}

/** `binary`: an accuracy against its error rate; else a score without bounds against its negative. */
const metrics = (binary: boolean): fc.Arbitrary<Metric[]> => {
  const value = binary ? fc.constantFrom(0, 1) : fc.integer({ min: -40, max: 40 }).map((x) => x / 8);
  const one = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 60 }).map((pairs) => ({
    key: binary ? 'acc,none' : 'score,none',
    higher: true,
    base: pairs.map(([b]) => b),
    candidate: pairs.map(([, c]) => c),
  }));
  return fc.array(one, { minLength: 1, maxLength: 5 });
};

describe('the direction of a metric', () => {
  it.each([
    ['right or wrong, paired', true, true],
    ['right or wrong, from result files alone', true, false],
    ['scores with a unit of their own, paired', false, true],
    ['scores with a unit of their own, from result files alone', false, false],
  ])('turning metrics and their direction round changes no verdict: %s', (_, binary, paired) => {
    const round = (x: number): number => (binary ? 1 - x : -x);
    fc.assert(
      fc.property(metrics(binary), (given) => {
        expect(
          verdicts(
            rowsOf(
              given.map((m) => turned(m, round)),
              paired,
            ),
          ),
        ).toEqual(verdicts(rowsOf(given, paired)));
      }),
      { numRuns: 60 },
    );
  });

  it('a rise of what should fall is a loss, in words and in the numbers as recorded', () => {
    const base = Array.from({ length: 400 }, (_, i) => 0.1 + (i % 7) / 100);
    const rows = rowsOf([{ key: 'brier_score,none', higher: false, base, candidate: base.map((x) => x + 0.2) }], true);
    const comparison = comparisonOf(RUN, RUN, { rows, bias: [], refused: [], missing: [] }, compareOptions([]));
    const judgement = judge(comparison, DEFAULT_POLICY, 0);
    expect(judgement.verdict).toBe('regressed');
    expect(judgement.reasons[0]?.message).toMatch(
      /^b0 rose from 0\.1299 to 0\.3299 \(\+0\.2000; 400 documents became worse, 0 better\), where less is better, p = 0\.0/,
    );
    expect(
      judge(
        comparisonOf(
          RUN,
          RUN,
          {
            rows: rowsOf([{ key: 'brier_score,none', higher: false, base: base.map((x) => x + 0.2), candidate: base }], true),
            bias: [],
            refused: [],
            missing: [],
          },
          compareOptions([]),
        ),
        DEFAULT_POLICY,
        0,
      ).verdict,
    ).toBe('pass');
  });

  it('an average is over metrics of one direction and one unit only', () => {
    const right = Array.from({ length: 50 }, (_, i) => i % 2);
    const kinds: Metric[] = [
      { key: 'acc,none', higher: true, base: right, candidate: right },
      { key: 'perplexity,none', higher: false, base: right.map((x) => 12 + x), candidate: right.map((x) => 12 + x) },
      { key: 'acc,none', higher: true, base: right, candidate: right },
    ];
    const rows = rowsOf(kinds, true).map((row) => ({ ...row, language: 'eu' as const }));
    const { languages } = comparisonOf(RUN, RUN, { rows, bias: [], refused: [], missing: [] }, compareOptions([]));
    expect(languages.map((l) => [l.benchmarks, l.base])).toEqual([[['b0', 'b2'], 0.5]]);
  });
});
