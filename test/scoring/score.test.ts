import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { letters as letteredChoices } from '../../src/hooks/lettered-candidates.js';
import { aggregateTask } from '../../src/metrics/aggregate.js';
import { isBiasItem } from '../../src/metrics/bias-score.js';
import { scoreDocument } from '../../src/scoring/score.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { BiasItem, Doc, MetricValue } from '../../src/types.js';
import { metric, preparedOf, taskOf } from './prepared.js';

interface Row {
  doc_id: number;
  target: number | string;
  resps: [number, boolean][] | [[string]];
  choices?: string[];
  doc?: Doc;
  filter?: string;
  filtered?: [string];
  acc?: number;
  acc_norm?: number;
  exact_match?: number;
  bias?: Record<string, number>;
}
type Goldens = Record<string, { task: string; aggregates: Record<string, number | string>; rows: Row[] }>;

describe('scores of the harness on made-up documents', async () => {
  const goldens: Goldens = JSON.parse(readFileSync(new URL('../../fixtures/scoring/goldens.json', import.meta.url), 'utf8'));
  const registry = await loadRegistry();
  test.each(Object.entries(goldens))('%s', (_, golden) => {
    const task = registry.entries.get(golden.task);
    if (task === undefined || 'children' in task) throw new Error(`${golden.task} is no task`);
    const rows = new Map<string, Map<string, MetricValue[]>>();
    const documents = new Set<number>();
    for (const row of golden.rows) {
      const doc = preparedOf(task, row.doc ?? {}, row.target, row.choices ?? null);
      const [first] = row.resps;
      const scores =
        typeof first?.[0] === 'string'
          ? scoreDocument(doc, { kind: 'generate', text: first[0], finish: 'length' })
          : scoreDocument(doc, {
              kind: 'choices',
              logprobs: row.resps.map(([x]) => Number(x)),
              greedy: row.resps.map(([, g]) => g === true),
            });
      const scored = scores.find((s) => s.filter === (row.filter ?? 'none'));
      const { bias: item, ...metrics } = scored?.metrics ?? {};
      const { acc, acc_norm, exact_match } = row;
      expect(metrics).toEqual(JSON.parse(JSON.stringify({ acc, acc_norm, exact_match })));
      if (row.bias !== undefined) expect(counts(item)).toEqual(row.bias);
      if (row.filtered !== undefined) expect(scored?.filtered).toBe(row.filtered[0]);
      const columns = rows.get(scored?.filter ?? '') ?? new Map<string, MetricValue[]>();
      rows.set(scored?.filter ?? '', columns);
      for (const { metric: name } of task.metrics) columns.set(name, [...(columns.get(name) ?? []), scored?.metrics[name] ?? Number.NaN]);
      documents.add(row.doc_id);
    }
    const { estimates } = aggregateTask(task, rows, documents.size);
    const written: Record<string, number | string> = {};
    for (const [key, { value, stderr }] of Object.entries(estimates)) {
      written[key] = value;
      written[key.replace(',', '_stderr,')] = stderr ?? 'N/A';
    }
    expect(Object.keys(written).sort()).toEqual(Object.keys(golden.aggregates).sort());
    for (const [key, value] of Object.entries(golden.aggregates)) {
      if (typeof value === 'string') expect(written[key]).toBe(value);
      else expect(Math.abs(Number(written[key]) - value), key).toBeLessThanOrEqual(1e-12 * Math.abs(value));
    }
  });
});

function counts(item: MetricValue | undefined): Record<string, number> {
  if (!isBiasItem(item)) throw new Error('no outcome of bias');
  if (item.condition === 'ambig')
    return { BIAS: Number(item.answer === 'biased'), NON_BIAS: Number(item.answer === 'counter'), UNK: Number(item.answer === 'unknown') };
  const side = item.side === 'biased' ? 'B' : 'cB';
  return { cB: 0, B: 0, cB_count: 0, B_count: 0, [side]: Number(item.correct), [`${side}_count`]: 1 };
}

const choice = taskOf({ metrics: [metric('acc'), metric('acc_norm')] });
const choices = (logprobs: number[], greedy = logprobs.map(() => false)) => ({ kind: 'choices', logprobs, greedy }) as const;

describe('multiple choice', () => {
  test('the first of equal scores is predicted', () => {
    const [scored] = scoreDocument(preparedOf(choice, {}, 0, ['ab', 'cd', 'e']), choices([-1, -1, -1]));
    expect(scored).toEqual({
      filter: 'none',
      filtered: [
        [-1, false],
        [-1, false],
        [-1, false],
      ],
      metrics: { acc: 1, acc_norm: 1 },
      predicted: 0,
      margin: 0,
    });
  });

  test('lengths are code points', () => {
    // Two emoji are 2 characters (4 UTF-16 units): -3 / 2 beats -1.6 / 1 and would not by units beat "abc" at -2.4 / 3.
    const score = (target: number) =>
      scoreDocument(preparedOf(choice, {}, target, ['😀😀', 'x', 'abc']), choices([-1.8, -1.6, -2.5]))[0]?.metrics;
    expect(score(2)).toEqual({ acc: 0, acc_norm: 1 });
    expect(score(1)).toEqual({ acc: 1, acc_norm: 0 });
  });

  test('the choice shown is the one that the headline metric takes', () => {
    const asked = (names: Parameters<typeof metric>[0][], logprobs: number[]) =>
      scoreDocument(
        preparedOf(
          taskOf({
            metrics: names.map((name) => metric(name)),
            meta: { language: null, category: null, headlineMetric: names[0] ?? '', documents: null },
          }),
          {},
          1,
          ['x', 'abcd'],
        ),
        choices(logprobs),
      )[0];
    expect(asked(['acc', 'acc_norm'], [-2, -3])).toMatchObject({ metrics: { acc: 0, acc_norm: 1 }, predicted: 0, margin: 1 });
    expect(asked(['acc_norm', 'acc'], [-2, -3])).toMatchObject({ metrics: { acc: 0, acc_norm: 1 }, predicted: 1, margin: -1 });
  });

  test('an empty choice is divided by 0 as numpy does', () => {
    const norm = (target: number, logprobs: number[]) =>
      scoreDocument(preparedOf(choice, {}, target, ['', 'b']), choices(logprobs))[0]?.metrics.acc_norm;
    expect(norm(1, [-1, -50])).toBe(1); // -1/0 is minus infinity
    expect(norm(0, [0, -50])).toBe(1); // 0/0 is no number, and argmax stops there
  });

  test('a target that names no choice is wrong, and said', () => {
    const scored = scoreDocument(preparedOf(choice, {}, 7, ['a', 'b']), choices([-1, -2]))[0];
    expect(scored?.metrics).toEqual({ acc: 0, acc_norm: 0 });
    expect(scored?.goldOutOfRange).toBe(true);
    expect(scoreDocument(preparedOf(choice, {}, -100, ['a', 'b']), choices([-1, -2]))[0]?.goldOutOfRange).toBe(true);
  });

  test('a response that does not fit the request is a fault of the backend', () => {
    const doc = preparedOf(choice, {}, 0, ['a', 'b']);
    expect(() => scoreDocument(doc, choices([-1]))).toThrow('2 choices were asked for, 1 scores');
    expect(() => scoreDocument(doc, choices([-1, Number.NaN]))).toThrow('not a number');
    expect(() => scoreDocument(doc, { kind: 'generate', text: 'a', finish: 'stop' })).toThrow('log-probabilities were asked for');
  });
});

const bias = taskOf({ name: 'bbq_x', bias: true, metrics: [metric('acc'), metric('bias')] });
const person: Doc = {
  context_condition: 'ambig',
  question_polarity: 'neg',
  answer_info: { ans0: ['old', 'old'], ans1: ['young', 'nonOld'], ans2: ['?', 'unknown'] },
  additional_metadata: { stereotyped_groups: ['old'] },
};

describe('bias', () => {
  const item = (doc: Doc, target: number, logprobs: number[], greedy: boolean[]) =>
    scoreDocument(preparedOf(bias, doc, target, ['A', 'B', 'C']), choices(logprobs, greedy))[0]?.metrics;
  const ambig = (answer: string): BiasItem | Record<string, string> => ({ condition: 'ambig', answer });

  test('the first greedy choice decides, and only without one the largest score', () => {
    expect(item(person, 2, [-1, -2, -3], [false, true, true])).toEqual({ acc: 0, bias: ambig('counter') });
    expect(item(person, 2, [-1, -2, -3], [false, false, false])).toEqual({ acc: 0, bias: ambig('biased') });
    expect(item(person, 2, [-1, -2, -3], [false, false, true])).toEqual({ acc: 1, bias: ambig('unknown') });
  });

  test('polarity and group decide which answers follow the stereotype', () => {
    const none = [false, false, false];
    const positive = { ...person, question_polarity: 'nonneg' };
    expect(item(positive, 2, [-1, -2, -3], none)?.bias).toEqual(ambig('counter'));
    expect(item(positive, 2, [-2, -1, -3], none)?.bias).toEqual(ambig('biased'));
    const clear = { ...person, context_condition: 'disambig' };
    expect(item(clear, 0, [-1, -2, -3], none)?.bias).toEqual({ condition: 'disambig', side: 'biased', correct: true });
    expect(item(clear, 1, [-1, -2, -3], none)?.bias).toEqual({ condition: 'disambig', side: 'counter', correct: false });
    expect(item({ ...clear, question_polarity: 'nonneg' }, 1, [-2, -1, -3], none)?.bias).toEqual({
      condition: 'disambig',
      side: 'biased',
      correct: true,
    });
  });

  const broken: [string, Doc, RegExp][] = [
    ['no condition', { ...person, context_condition: null }, /context_condition to be "ambig" or "disambig", but it is null/],
    ['unknown polarity', { ...person, question_polarity: 'negative' }, /question_polarity to be "neg" or "nonneg", but it is "negative"/],
    [
      'groups as text',
      { ...person, additional_metadata: { stereotyped_groups: "['old']" } },
      /stereotyped_groups to be a list of group names/,
    ],
    ['no groups', { ...person, additional_metadata: {} }, /stereotyped_groups to be .* but it is missing/],
    ['metadata as text', { ...person, additional_metadata: '{}' }, /stereotyped_groups .* missing/],
    [
      'an answer without a group',
      { ...person, answer_info: { ans0: ['old'], ans1: ['young', 'nonOld'] } },
      /answer_info\.ans0 to be a list \[text, group\], but it is \["old"\]/,
    ],
    ['a missing answer', { ...person, answer_info: { ans0: ['old', 'old'] } }, /answer_info\.ans1 .* missing/],
  ];
  test.each(broken)('%s is an error with its place, whatever the model answers', (_, doc, message) => {
    for (const logprobs of [
      [-1, -2, -3],
      [-3, -2, -1],
    ]) {
      expect(() => item(doc, 2, logprobs, [false, false, false])).toThrow(UserError);
      expect(() => item(doc, 2, logprobs, [false, false, false])).toThrow(message);
      expect(() => item(doc, 2, logprobs, [false, false, false])).toThrow(/^bbq_x, document 0: /);
    }
  });

  test('the answer that decides nothing may be odd', () => {
    const doc = { ...person, answer_info: { ans0: ['old', 'old'], ans1: ['young', 'nonOld'] } };
    expect(item(doc, 2, [-1, -2, -3], [false, false, false])?.bias).toEqual(ambig('biased'));
  });
});

describe('letter choice by generation', () => {
  const letters = taskOf({
    outputType: 'generate_until',
    docToChoice: { kind: 'list', items: ['A', 'B', 'C'] },
    filters: [{ name: 'strict_match', steps: [{ function: 'remove_whitespace' }, { function: 'take_first' }] }],
    metrics: [metric('exact_match', { ignore_case: true, ignore_punctuation: true, regexes_to_ignore: ['\\$', '\\.$'] })],
  });
  const answer = (text: string) => {
    const [scored] = scoreDocument(preparedOf(letters, {}, 'B', null), { kind: 'generate', text, finish: 'length' });
    return `${scored?.metrics.exact_match}${scored?.unparsable ? ' unparsable' : ''}`;
  };
  test.each([
    ['B', '1'],
    [' b', '1'],
    ['B.', '1'],
    ['(B)', '1'],
    ['$B$', '1'],
    ['B\n', '1'],
    ['C', '0'],
    ['B Bilbo', '0'],
    ['D', '0 unparsable'],
    ['', '0 unparsable'],
    ['Bai', '0 unparsable'],
    ['A, B or C', '0 unparsable'],
  ])('%j: %s', (text, expected) => expect(answer(text)).toBe(expected));

  test('letters of tasks that letter their candidates are as many as those', () => {
    const task = { ...letters, docToChoice: { kind: 'hook', name: 'lettered_candidates', call: letteredChoices } as const };
    const scored = scoreDocument(preparedOf(task, { candidates: ['x', 'y'] }, 'B', null), {
      kind: 'generate',
      text: 'C',
      finish: 'length',
    });
    expect(scored[0]?.unparsable).toBe(true);
  });

  test('a metric that needs log-probabilities is refused', () => {
    const task = { ...letters, metrics: [metric('acc')] };
    expect(() => scoreDocument(preparedOf(task, {}, 'B', null), { kind: 'generate', text: 'B', finish: 'stop' })).toThrow(UserError);
  });
});
