import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { BUILT_IN_HOOKS } from '../../src/hooks/built-in.js';
import { aggregateTask } from '../../src/metrics/aggregate.js';
import { defineMetric } from '../../src/metrics/define.js';
import { textDocument } from '../../src/metrics/documents.js';
import { METRICS, metricFor, withMetrics } from '../../src/metrics/registry.js';
import { isNumber, MEAN, sumsCorpus } from '../../src/metrics/summaries.js';
import { bootstrapError } from '../../src/statistics/bootstrap.js';
import { buildTask } from '../../src/tasks/build.js';
import { checkTask } from '../../src/tasks/schema.js';

describe('every metric', () => {
  for (const metric of METRICS.values()) {
    test(`${metric.name} gives what its table says, and reads back what it writes`, () => {
      expect(metric.table.length).toBeGreaterThan(0);
      for (const { options = {}, documents, value, stderr } of metric.table) {
        const bound = metric.bind(options);
        const values = documents.map((document) => bound.score(document));
        const estimate = bound.estimate(values, stderr === undefined ? 0 : undefined);
        expect(estimate.value).toBeCloseTo(value, 9);
        if (stderr === null) expect(estimate.stderr).toBeNull();
        else if (stderr !== undefined) expect(estimate.stderr).toBeCloseTo(stderr, 9);
        for (const one of values) expect(bound.read(JSON.parse(JSON.stringify(one)))).toEqual(one);
      }
      for (const odd of [null, 'x', {}, [], [1], [1, 2, 3], Number.NaN]) expect(metric.bind({}).read(odd)).toBeNull();
    });

    test(`${metric.name} refuses an option that it does not have`, () => {
      expect(() => metric.bind({ no_such_option: 1 })).toThrow(UserError);
      expect(() => metric.bind({ no_such_option: 1 })).toThrow(`${metric.name} has no option 'no_such_option'`);
    });
  }
});

/** All that a new metric takes: this, and its place in a list. */
const vowels = defineMetric({
  name: 'vowels',
  aggregation: 'mean',
  higherIsBetter: false,
  scale: 'number',
  options: z.strictObject({ letters: z.string().optional() }),
  scores: {
    generate_until: ({ answer }, { letters = 'aeiou' }) => Array.from(answer).filter((letter) => letters.includes(letter)).length,
  },
  isValue: isNumber,
  summary: MEAN,
  topic: { also: [], title: 'vowels of an answer', definition: 'How many vowels there are.', formula: ['sum'], source: 'this test' },
  table: [{ documents: [textDocument('kaixo', '')], value: 3, stderr: null }],
});

describe('a metric of the caller', () => {
  const base = { task: 't', dataset_path: 'made-up/x', test_split: 'test', doc_to_text: 'q', doc_to_target: 'a' };
  test('is one definition and one line', () => {
    const vocabulary = { metrics: withMetrics([vowels]), hooks: BUILT_IN_HOOKS };
    const config = { ...base, metric_list: [{ metric: 'vowels', letters: 'ao' }, { metric: 'exact_match' }] };
    const task = buildTask('t.yaml', checkTask('t.yaml', config), vocabulary);
    const values = ['kaixo', 'bai', 'ez'].map((answer) => task.metrics[0]?.score(textDocument(answer, 'x')) ?? Number.NaN);
    expect(values).toEqual([2, 1, 0]);
    expect(aggregateTask(task, new Map([['none', new Map([['vowels', values]])]]), 3).estimates['vowels,none']).toEqual({
      value: 1,
      stderr: expect.closeTo(1 / Math.sqrt(3), 12),
    });
    expect(task.metrics[0]).toMatchObject({ higherIsBetter: false, aggregation: 'mean' });
    expect(vowels.topic.example()).toEqual(['"kaixo" for "": vowels = 3']);
  });

  test('cannot take the name of another, and is refused where nobody added it', () => {
    expect(() => withMetrics([vowels, vowels])).toThrow(/vowels is there already/);
    expect(() => withMetrics([{ ...vowels, name: 'acc' }])).toThrow(/acc is there already/);
    expect(() => withMetrics([{ ...vowels, name: 'a,b' }])).toThrow(/letters, digits/);
    expect(() => metricFor(METRICS, 'vowels', 'generate_until')).toThrow(
      /there is no metric 'vowels'; valid: bleu, chrf, exact_match, ter/,
    );
    expect(() => metricFor(METRICS, 'bleu', 'multiple_choice')).toThrow(/bleu does not fit multiple_choice/);
  });
});

test('a bootstrap of a mean is near the standard error that is known', () => {
  const values = Array.from({ length: 50 }, (_, i) => [(i * 7) % 11]);
  const corpus = sumsCorpus(values, ([sum = 0], documents) => sum / documents);
  const exact = MEAN.standardError(values.flat(), {}, 0) ?? 0;
  expect(bootstrapError(corpus, 5000) / exact).toBeCloseTo(Math.sqrt(49 / 50), 1);
});
