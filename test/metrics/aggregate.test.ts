import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggregateGroup, aggregateTask } from '../../src/metrics/aggregate.js';
import { biasScore } from '../../src/metrics/bias-score.js';
import { languageAverages } from '../../src/metrics/language-average.js';
import { pooledStandardError, weightedMean } from '../../src/metrics/pooled.js';
import { meanEstimate } from '../../src/statistics/mean.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { BiasItem, Group, ScoreTable } from '../../src/types.js';
import { metric, taskOf } from '../scoring/prepared.js';
import { SHARED, shared } from '../shared.js';

const meta = { language: null, category: null, headlineMetric: 'acc', documents: null };
const group = (name: string, children: Group['children'], weightBySize = true): Group => ({
  name,
  alias: name,
  file: '',
  children,
  aggregate: [{ metric: 'acc', filters: ['none'], weightBySize }],
  version: 1,
  meta,
});
const table = (name: string, value: number, stderr: number | null, samples: number): ScoreTable => ({
  name,
  alias: name,
  estimates: { 'acc,none': { value, stderr } },
  samples,
});
const tables = (...all: ScoreTable[]): Map<string, ScoreTable> => new Map(all.map((one) => [one.name, one]));
const [a, b, c] = ['a', 'b', 'c'].map((name) => taskOf({ name }));
if (a === undefined || b === undefined || c === undefined) throw new Error('no tasks');

describe('tasks', () => {
  test('a single document has a value and no standard error, none has nothing', () => {
    const task = taskOf({ metrics: [metric('acc'), metric('acc_norm')] });
    expect(
      aggregateTask(
        task,
        new Map([
          [
            'none',
            new Map([
              ['acc', [1]],
              ['acc_norm', []],
            ] as const),
          ],
        ]),
        1,
      ).estimates,
    ).toEqual({
      'acc,none': { value: 1, stderr: null },
    });
    expect(aggregateTask(task, new Map(), 0)).toEqual({ name: 'made_up', alias: 'made_up', estimates: {}, samples: 0 });
  });

  test('the standard error of k right answers out of n is that of their proportion with n - 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 400 }), fc.nat(), (n, raw) => {
        const k = raw % (n + 1);
        const { value, stderr } = meanEstimate(Array.from({ length: n }, (_, i) => (i < k ? 1 : 0)));
        const p = k / n;
        return value === p && Math.abs((stderr ?? Number.NaN) - Math.sqrt((p * (1 - p)) / (n - 1))) < 1e-12;
      }),
    );
  });
});

describe('groups', () => {
  test('weigh tasks by documents, or not', () => {
    const both = tables(table('a', 1, 0.1, 10), table('b', 0, 0.1, 30));
    expect(aggregateGroup(group('g', [a, b]), both)?.estimates['acc,none']?.value).toBe(0.25);
    expect(aggregateGroup(group('g', [a, b], false), both)?.estimates['acc,none']?.value).toBe(0.5);
  });

  test('of groups count every task below them, whatever the sub-groups say', () => {
    const tree = group('top', [group('sub', [a, b], false), c]);
    const all = tables(table('a', 1, 0.1, 1), table('b', 0, 0.1, 2), table('c', 0, 0.1, 7));
    expect(aggregateGroup(tree, all)).toMatchObject({ samples: 10, estimates: { 'acc,none': { value: 0.1 } } });
    expect(aggregateGroup(tree, all)).not.toHaveProperty('missing');
  });

  test('that are not complete say what is missing', () => {
    const some = aggregateGroup(group('g', [a, b, c]), tables(table('b', 0.5, 0.1, 4), { ...table('c', 0, 0, 0), estimates: {} }));
    expect(some).toMatchObject({ samples: 4, missing: ['a', 'c'], estimates: { 'acc,none': { value: 0.5, stderr: 0.1 } } });
    expect(aggregateGroup(group('g', [a]), new Map())).toBeNull();
    expect(aggregateGroup({ ...group('g', [a]), aggregate: [] }, tables(table('a', 1, 0, 4)))).toBeNull();
  });

  test('have no standard error where a task has none', () => {
    expect(aggregateGroup(group('g', [a, b]), tables(table('a', 1, null, 1), table('b', 0, 0.1, 3)))?.estimates['acc,none']).toEqual({
      value: 0.25,
      stderr: null,
    });
  });

  test('of equally good tasks have the standard error of all their documents together, but for the degrees of freedom', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 6 }), fc.nat(), (n, k, raw) => {
        const right = raw % (n + 1);
        const answers = Array.from({ length: n }, (_, i) => (i < right ? 1 : 0));
        const part = { ...meanEstimate(answers), size: n };
        const parts = Array.from({ length: k }, () => part);
        const whole = meanEstimate(parts.flatMap(() => answers));
        const pooled = pooledStandardError(parts) ?? Number.NaN;
        const corrected = (whole.stderr ?? 0) * Math.sqrt((n * k - 1) / (n * k - k));
        return Math.abs(pooled - corrected) < 1e-12 && Math.abs(weightedMean(parts, true) - whole.value) < 1e-12;
      }),
    );
  });
});

describe('bias', () => {
  const ambig = (answer: 'biased' | 'counter' | 'unknown'): BiasItem => ({ condition: 'ambig', answer });
  const disambig = (side: 'biased' | 'counter', correct: boolean): BiasItem => ({ condition: 'disambig', side, correct });

  test('of ambiguous documents counts unknown answers in the denominator only', () => {
    expect(biasScore([ambig('biased'), ambig('unknown'), ambig('unknown'), ambig('unknown')])).toBe(-25);
    expect(biasScore([ambig('counter')])).toBe(100);
  });

  test('of disambiguated documents is a difference of accuracies; a side without documents is 0', () => {
    expect(biasScore([disambig('biased', true), disambig('biased', false), disambig('counter', true)])).toBe(50);
    expect(biasScore([disambig('biased', true)])).toBe(-100);
  });

  test('of a mixture is refused', () => {
    expect(() => biasScore([ambig('biased'), disambig('biased', true)])).toThrow(/holds both/);
  });
});

describe('language averages', () => {
  test('leave the bias benchmark out and say what is missing', async () => {
    const { benchmarks } = await loadRegistry();
    const all = tables(...benchmarks.map((one) => scored(one.name, one.meta.headlineMetric, one.meta.category === 'bias' ? 0 : 0.5)));
    expect(languageAverages(benchmarks, all).map((x) => [x.language, x.value, x.benchmarks.length, x.missing.length])).toEqual([
      ['eu', 0.5, 14, 0],
      ['en', 0.5, 9, 0],
      ['es', 0.5, 4, 0],
    ]);
    all.delete('mmlu_es');
    expect(languageAverages(benchmarks, all)[2]).toMatchObject({ value: 0.5, missing: ['mmlu_es'] });
    expect(languageAverages(benchmarks, new Map())[0]).toMatchObject({ value: null, benchmarks: [] });
  });

  // The paper prints its English average over ten benchmarks, with the accuracy of bbq (docs/metrics.md); one row is without.
  test.skipIf(SHARED === null)("are those of the paper's tables, in English but for bbq", async () => {
    const { benchmarks } = await loadRegistry();
    const folders = new Map(csv('paper/models.csv').map((row) => [row.table_name ?? '', row.folder ?? '']));
    const misprinted: string[] = [];
    const compared = { eu: 0, en: 0, 'en without bbq': 0, es: 0 };
    for (const row of [...csv('paper/tables/benchmarks-eu.csv'), ...csv('paper/tables/benchmarks-en-es.csv')]) {
      const own = benchmarks.filter(({ name }) => Number(row[name]) > 0);
      const averages = languageAverages(own, tables(...own.map((x) => scored(x.name, x.meta.headlineMetric, Number(row[x.name])))));
      for (const { language, value, benchmarks: names } of averages) {
        const printed = row[`average_${language}`] ?? (language === 'eu' ? row.average : undefined);
        if (!(Number(printed) > 0) || value === null) continue;
        const near = (mine: number) => Math.abs(mine - Number(printed)) < 0.0101;
        const withBbq = () => (value * names.length + 100 * recordedBbq(folders.get(row.model ?? '') ?? '')) / 10;
        if (near(value)) compared[language === 'en' ? 'en without bbq' : language]++;
        else if (language === 'en' && near(withBbq())) compared.en++;
        else misprinted.push(`${row.model}, ${language}: ${value.toFixed(2)}, printed ${printed}`);
      }
    }
    expect(misprinted).toEqual(MISPRINTED);
    expect(compared).toEqual({ eu: 20, en: 21, 'en without bbq': 1, es: 21 });
  });
});

/** Printed averages that are not the mean of the printed cells of their row. */
const MISPRINTED = [
  'Instruct EN + I EU, eu: 55.20, printed 56.76',
  'Instruct EN + I EN+EU, eu: 56.67, printed 57.51',
  'Instruct EN,70B + C EU I EN, es: 86.22, printed 86.82',
];

function csv(file: string): Record<string, string>[] {
  return parse(readFileSync(shared(file), 'utf8'), { columns: true });
}

function recordedBbq(folder: string): number {
  for (const name of readdirSync(shared(`paper/lm-eval-results/${folder}`))) {
    const file: { results: Record<string, Record<string, number>> } = JSON.parse(
      readFileSync(shared(`paper/lm-eval-results/${folder}/${name}`), 'utf8'),
    );
    const accuracy = file.results.bbq?.['acc,none'];
    if (accuracy !== undefined) return accuracy;
  }
  throw new Error(`no bbq in ${folder}`);
}

function scored(name: string, metricName: string, value: number): ScoreTable {
  const key = metricName.includes(',') ? metricName : `${metricName},none`;
  return { name, alias: name, estimates: { [key]: { value, stderr: null } }, samples: 1 };
}
