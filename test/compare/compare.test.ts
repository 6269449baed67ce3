import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KnownBenchmark } from '../../src/compare/benchmarks.js';
import { type Comparison, compareOptions, compareRuns, requireShared } from '../../src/compare/compare.js';
import type { Allowable } from '../../src/compare/differs.js';
import { flipTexts } from '../../src/compare/flips.js';
import { openRun } from '../../src/compare/open-run.js';
import { comparisonJson, comparisonText, describeRefusal, flipsText, refusalMessage } from '../../src/compare/print.js';
import { recordedChoice } from '../../src/metrics/recorded-choice.js';
import { docs, type FakeDoc, type FakeRun, known, scratch, spoil, writeRun } from './runs.js';

const NAMES = ['eus_trivia', 'eus_reading', 'piqa'];
const KNOWN: readonly KnownBenchmark[] = [
  known('eus_trivia'),
  known('eus_reading'),
  known('piqa', 'en'),
  known('bbq', 'en', ['bbq_A_ambig', 'bbq_A_disambig'], 'bias'),
];

async function compared(base: FakeRun, candidate: FakeRun, allow: readonly Allowable[] = [], benchmarks = KNOWN): Promise<Comparison> {
  const sides = [base, candidate].map((run, i) => writeRun(scratch(), { model: `acme/${i === 0 ? 'base' : 'candidate'}`, ...run }));
  const [b, c] = [await openRun(sides[0] ?? ''), await openRun(sides[1] ?? '')];
  return compareRuns(b, c, compareOptions(benchmarks, { allow: new Set(allow), rounds: 500 }));
}

const plain = (change: (name: string, given: FakeDoc[]) => readonly FakeDoc[] = (_, given) => given): FakeRun => ({
  tasks: NAMES.map((name, i) => ({ name, docs: change(name, docs(200 + 100 * i, 0.6)) })),
});

describe('compareRuns', () => {
  it('finds nothing between a run and itself', async () => {
    const { benchmarks, languages, refused } = await compared(plain(), plain());
    expect(benchmarks.map((r) => [r.benchmark, r.n, r.difference, r.p, r.pHolm, r.flipsUp, r.flipsDown, r.paired])).toEqual(
      NAMES.map((name, i) => [name, 200 + 100 * i, 0, 1, 1, 0, 0, true]),
    );
    expect(languages.map((r) => [r.language, r.benchmarks])).toEqual([
      ['eu', ['eus_trivia', 'eus_reading']],
      ['en', ['piqa']],
    ]);
    expect(refused).toEqual([]);
  });

  it('counts flips in both directions, whatever the order of the documents', async () => {
    const shuffled = (given: readonly FakeDoc[]): FakeDoc[] => given.map((d, i) => ({ doc: String(i), prompt: `p${i}`, target: 0, ...d }));
    const base = shuffled(docs(200, 0.6));
    const changed = base.map((d, i) => (i < 20 ? { ...d, score: d.score === 1 ? 0 : 1 } : d));
    const lost = base.filter((d, i) => i < 20 && d.score === 1).length;
    const result = await compared(
      { tasks: [{ name: 'eus_trivia', docs: base }] },
      { tasks: [{ name: 'eus_trivia', docs: [...changed].reverse(), hash: 'same' }] },
      ['fingerprint'],
    );
    const row = result.benchmarks[0];
    expect([row?.flipsUp, row?.flipsDown]).toEqual([20 - lost, lost]);
    expect(row?.difference).toBeCloseTo((20 - 2 * lost) / 200, 12);
  });

  it('joins a group over its subtasks by size and resamples its bias', async () => {
    const tasks = (wrong: number): FakeRun => ({
      tasks: [
        {
          name: 'bbq_A_ambig',
          docs: docs(60, 0.5).map((d, i) => ({
            ...d,
            bias: i < 20 + wrong ? { BIAS: 1, NON_BIAS: 0, UNK: 0 } : { BIAS: 0, NON_BIAS: 0, UNK: 1 },
          })),
        },
        { name: 'bbq_A_disambig', docs: docs(20, 1).map((d) => ({ ...d, bias: { cB: 0, B: 1, cB_count: 0, B_count: 1 } })) },
      ],
      groups: { bbq: ['bbq_A_ambig', 'bbq_A_disambig'] },
    });
    const { benchmarks, bias, languages } = await compared(tasks(0), tasks(12));
    expect(benchmarks.map((r) => [r.benchmark, r.n, r.base])).toEqual([['bbq', 80, (30 + 20) / 80]]);
    const row = bias[0];
    // ambig: -100 * 20 / 60 and -100 * 32 / 60; disambig: -100 on both sides; weights 60 and 20.
    expect(row?.base).toBeCloseTo((-100 * 20) / 80 - 25, 9);
    expect(row?.difference).toBeCloseTo((-100 * 12) / 80, 9);
    expect(row?.test).toBe('bootstrap');
    expect(row?.p).toBeLessThan(0.01);
    expect((row?.low ?? 0) < -15 && (row?.high ?? 0) > -15 && (row?.high ?? 0) < 0).toBe(true);
    expect(languages).toEqual([]);
  });

  it('leaves unscored documents out on both sides and says so', async () => {
    const result = await compared(
      plain(),
      plain((name, given) => (name === 'piqa' ? given.map((d, i) => (i < 40 ? { score: null } : d)) : given)),
    );
    const row = result.benchmarks.find((r) => r.benchmark === 'piqa');
    expect([row?.n, row?.candidateUnscored, row?.difference]).toEqual([360, 40, 0]);
    expect(comparisonText(result)).toContain('note: piqa: unscored documents are left out on both sides (candidate 40)');
  });

  it('compares a part of the documents with the whole, and says so', async () => {
    const result = await compared(
      plain(),
      plain((_, given) => given.slice(0, 50)),
    );
    expect(result.refused).toEqual([]);
    expect(result.benchmarks[0]?.n).toBe(50);
    expect(result.benchmarks[0]?.notes).toEqual(['compared on the 50 of 200 documents that both runs have']);
  });

  it('uses a paired bootstrap for scores that are not right or wrong', async () => {
    const graded = (shift: number): FakeRun => ({
      tasks: [
        {
          name: 'summaries',
          key: 'rouge,none',
          docs: Array.from({ length: 80 }, (_, i) => ({ score: ((i * 7) % 10) / 10 + shift + (i % 3) / 50 })),
        },
      ],
    });
    const { benchmarks } = await compared(graded(0), graded(-0.05));
    expect(benchmarks[0]).toMatchObject({ benchmark: 'summaries', metric: 'rouge,none', test: 'bootstrap', paired: true, language: null });
    expect(benchmarks[0]?.high).toBeLessThan(0);
    expect(benchmarks[0]?.difference).toBeCloseTo(-0.05, 9);
  });

  it('falls back to an unpaired test and says so', async () => {
    const without: FakeRun = { tasks: plain().tasks.map((t) => ({ ...t, samples: t.name !== 'piqa' })) };
    const result = await compared(without, plain());
    const row = result.benchmarks.find((r) => r.benchmark === 'piqa');
    expect(row).toMatchObject({ paired: false, flipsUp: null, test: 'z, unpaired', p: 1 });
    expect(comparisonText(result)).toContain(
      'note: piqa: no samples of base (samples_*.jsonl beside the results): the test is unpaired and weaker',
    );
    const json = JSON.parse(JSON.stringify(comparisonJson(result)));
    expect(json.benchmarks[2]).toMatchObject({ benchmark: 'piqa', language: 'en', paired: false, flips_up: null, flips_down: null });
  });

  it('refuses a score that its samples do not give', async () => {
    const base = writeRun(scratch(), plain());
    const other = writeRun(
      scratch(),
      plain((name, given) => (name === 'piqa' ? spoil(given, 12) : given)),
    );
    renameSync(
      path.join(other, 'samples_piqa_2025-01-01T00-00-00.000000.jsonl'),
      path.join(base, 'samples_piqa_2025-01-01T00-00-00.000000.jsonl'),
    );
    const clean = writeRun(scratch(), plain());
    const result = await compareRuns(await openRun(clean), await openRun(base), compareOptions(KNOWN));
    expect(result.refused.map(describeRefusal)).toEqual([
      'piqa: the samples of the candidate give acc 0.5700, its result file says 0.6000: one of the two was changed',
    ]);
    // A difference in later digits is shown, or the two numbers would look the same.
    const near = writeRun(scratch(), plain());
    const file = path.join(near, readdirSync(near).filter((name) => name.startsWith('results_'))[0] ?? '');
    const content = JSON.parse(readFileSync(file, 'utf8'));
    content.results.piqa['acc,none'] += 0.00002;
    writeFileSync(file, JSON.stringify(content));
    const nearly = await compareRuns(await openRun(clean), await openRun(near), compareOptions(KNOWN));
    expect(nearly.refused.map(describeRefusal)).toEqual([
      'piqa: the samples of the candidate give acc 0.60000000, its result file says 0.60002000: one of the two was changed',
    ]);
  });
});

describe('refusals', () => {
  const cases: [string, (run: FakeRun) => FakeRun, string][] = [
    ['another version', (run) => ({ ...run, tasks: run.tasks.map((t) => ({ ...t, version: 2 })) }), 'eus_trivia: version 1 and 2'],
    ['other shots', (run) => ({ ...run, tasks: run.tasks.map((t) => ({ ...t, shots: 0 })) }), 'eus_trivia: shots 5 and 0'],
    [
      'another fingerprint in the file only',
      (run) => ({ ...run, tasks: run.tasks.map((t) => ({ ...t, hash: 'f'.repeat(64) })) }),
      'eus_trivia: fingerprint ',
    ],
    [
      'one changed prompt in the samples only',
      (run) => ({
        ...run,
        tasks: run.tasks.map((t) => ({ ...t, hash: 'kept', docs: t.docs.map((d, i) => (i === 7 ? { ...d, prompt: 'changed' } : d)) })),
      }),
      'eus_trivia: fingerprint: 1 of 200 documents have another prompt',
    ],
    [
      'a changed target',
      (run) => ({
        ...run,
        tasks: run.tasks.map((t) => ({ ...t, hash: 'kept', docs: t.docs.map((d, i) => (i === 7 ? { ...d, target: 9 } : d)) })),
      }),
      'eus_trivia: fingerprint: 1 of 200 documents have another target',
    ],
    [
      'other documents',
      (run) => ({
        ...run,
        tasks: run.tasks.map((t) => ({ ...t, hash: 'kept', docs: t.docs.map((d, i) => (i < 3 ? { ...d, doc: `new ${i}` } : d)) })),
      }),
      'eus_trivia: documents: 3 only in the base, 3 only in the candidate',
    ],
  ];
  it.each(cases)('%s', async (_, change, message) => {
    const kept = (run: FakeRun): FakeRun =>
      change(run).tasks[0]?.hash === 'kept' ? { ...run, tasks: run.tasks.map((t) => ({ ...t, hash: 'kept' })) } : run;
    const one = kept({ tasks: plain().tasks.slice(0, 1) });
    const result = await compared(
      { tasks: [...one.tasks, ...plain().tasks.slice(1)] },
      { tasks: [...change(one).tasks, ...plain().tasks.slice(1)] },
    );
    expect(result.refused.map(describeRefusal)[0]).toContain(message);
    expect(result.benchmarks.map((r) => r.benchmark)).toEqual(['eus_reading', 'piqa']);
    expect(refusalMessage(result)).toMatch(/^1 benchmark is not comparable: eus_trivia: .*--allow (version|shots|fingerprint)$/);
  });

  it('are waved through one by one, and noted', async () => {
    const two: FakeRun = { tasks: plain().tasks.map((t) => ({ ...t, version: 2 })) };
    const result = await compared(plain(), two, ['version']);
    expect(result.refused).toEqual([]);
    expect(result.benchmarks[0]?.notes).toEqual(['allowed: version 1 and 2']);
    expect((await compared(plain(), two, ['shots'])).refused).toHaveLength(3);
  });

  it('name a subtask that one run lacks', async () => {
    const both = ['bbq_A_ambig', 'bbq_A_disambig'].map((name) => ({ name, docs: docs(20, 0.5) }));
    const result = await compared({ tasks: both }, { tasks: both.slice(0, 1) });
    expect(result.refused.map(describeRefusal)).toEqual([
      'bbq: subtasks 2 (with bbq_A_disambig) and 1 (without bbq_A_disambig) (bbq_A_disambig)',
    ]);
  });

  it('list what one run lacks altogether', async () => {
    const result = await compared(plain(), { tasks: plain().tasks.slice(1) });
    expect(result.missing).toEqual([{ benchmark: 'eus_trivia', from: 'candidate' }]);
  });

  it('say when there is nothing in common', async () => {
    const nothing = await compared(plain(), { tasks: [] });
    expect(() => requireShared(nothing)).toThrow(/share no benchmark \(eus_trivia, eus_reading, piqa against none\)/);
  });
});

describe('openRun', () => {
  it('takes a model by name inside a folder, with slashes or without', async () => {
    const root = scratch();
    for (const model of ['acme/a', 'acme/b']) writeRun(root, { ...plain(), model });
    for (const reference of [path.join(root, 'acme__a'), `${root}/acme/a`]) expect((await openRun(reference)).model).toBe('acme/a');
    expect((await openRun('acme/b', { inside: root })).model).toBe('acme/b');
    await expect(openRun(root)).rejects.toThrow(/holds 2 models \(acme__a, acme__b\); give one of them, e\.g\. .*acme__a/);
    await expect(openRun('acme/c', { inside: root })).rejects.toThrow(/no such file or folder, nor a model in/);
    mkdirSync(path.join(root, 'acme__c__other-shots'));
    await expect(openRun('acme/c', { inside: root })).rejects.toThrow(/nor a model in .*; there is acme__c__other-shots; expected/);
    await expect(openRun(path.join(root, 'acme__c'))).rejects.toThrow(/; there is acme__c__other-shots; expected/);
    mkdirSync(path.join(root, 'empty'));
    await expect(openRun(path.join(root, 'empty'))).rejects.toThrow(/no results_\*\.json/);
  });

  it('lets the newest file of a task win, and keeps a group together', async () => {
    const root = scratch();
    const scores = (acc: number): NonNullable<FakeRun['groupScores']> => ({
      bbq: { alias: 'bbq', 'acc,none': acc, 'acc_stderr,none': 0.1 },
    });
    const group = { groups: { bbq: ['bbq_A_ambig', 'bbq_A_disambig'] } };
    const tasks = ['bbq_A_ambig', 'bbq_A_disambig'].map((name) => ({ name, docs: docs(20, 0.5) }));
    writeRun(root, { tasks, ...group, groupScores: scores(0.5) });
    // Later, but in a file that sorts first: one subtask again, alone, with fewer documents; and piqa.
    writeRun(root, {
      stamp: '2024-01-01T00-00-00.000000',
      date: 1_800_000_000,
      tasks: [
        { name: 'bbq_A_ambig', docs: docs(5, 0) },
        { name: 'piqa', docs: docs(10, 1) },
      ],
    });
    const run = await openRun(root);
    expect(run.tasks.get('bbq_A_ambig')?.result.samples?.effective).toBe(20);
    expect(run.tasks.get('piqa')?.result.estimates.get('acc,none')?.value).toBe(1);
    expect(run.date).toBe(1_800_000_000);
  });

  it('refuses a folder with results of two prompt families, naming a file of each', async () => {
    const root = scratch();
    const folder = writeRun(root, plain());
    const stamp = '2025-01-03T00-00-00.000000';
    writeRun(root, { ...plain(), stamp });
    await expect(openRun(folder)).resolves.toMatchObject({ model: 'acme/model' });
    const newer = path.join(folder, `results_${stamp}.json`);
    const said = JSON.parse(readFileSync(newer, 'utf8')) as Record<string, unknown>;
    writeFileSync(newer, JSON.stringify({ ...said, chat_template: '{{ messages }}' }));
    await expect(openRun(folder)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(
        /holds results of 2 prompt families; give one result file: .*results_2025-01-0.*\((chat|plain)\), .*\)/,
      ),
    });
    await expect(openRun(newer)).resolves.toMatchObject({ model: 'acme/model' });
  });

  it('refuses one shard of a run', async () => {
    const folder = writeRun(scratch(), plain());
    const file = path.join(folder, 'results_2025-01-02T00-00-00.000000.json');
    writeFileSync(file, JSON.stringify({ results: {}, model_name: 'x', date: 1, eus_eval: { shard: { index: 1, count: 4 } } }));
    await expect(openRun(folder)).rejects.toThrow(/is one of 4 shards of a run; join them first with `eus-eval merge`/);
  });
});

describe('flips', () => {
  it('shows prompt and answers side by side, losses first, without control characters', async () => {
    const base = docs(30, 0.5).map((d, i) => ({ ...d, margin: d.score === 1 ? 1 : -1, prompt: i === 1 ? 'red \u001b[31m' : `p${i}` }));
    const changed = base.map((d, i) => (i === 0 ? { ...d, score: 1, margin: 2 } : i === 1 ? { ...d, score: 0, margin: -2 } : d));
    const result = await compared({ tasks: [{ name: 'piqa', docs: base }] }, { tasks: [{ name: 'piqa', docs: changed }] });
    const flips = await flipTexts(result, 10);
    expect(flips.map((f) => [f.benchmark, f.direction, f.target, f.base, f.candidate])).toEqual([
      ['piqa', 'down', 'no', 'no (-2.000, -1.000)', 'yes (1.000, -1.000)'],
      ['piqa', 'up', 'yes', 'no (-1.000, 0.000)', 'yes (-1.000, -3.000)'],
    ]);
    const text = flipsText(flips);
    expect(text).toContain('right to wrong');
    expect(text).not.toContain('\u001b');
    expect((await flipTexts(result, 1)).map((f) => f.direction)).toEqual(['down']);
  });

  it('shows the choice that the metric takes: by length, by mutual information, and greedy first in the bias benchmarks', () => {
    const scores: [number, boolean][] = [
      [-2, false],
      [-3, true],
    ];
    expect(recordedChoice('acc,none', ['x', 'abcd'], scores, false)).toBe(0);
    expect(recordedChoice('acc_norm', ['x', 'abcd'], scores, false)).toBe(1);
    expect(recordedChoice('acc', ['x', 'abcd'], scores, true)).toBe(1);
    expect(recordedChoice('acc_mutual_info', ['x', 'abcd'], [...scores, [-2, false], [-9, false]], false)).toBe(1);
    expect(recordedChoice('a_metric_of_others', ['x', 'abcd'], scores, false)).toBe(0);
  });
});

describe('a group of the user’s own', () => {
  const metadata = { language: 'eu', category: 'kultura' };
  const grouped = (score: number): FakeRun => ({
    tasks: [
      { name: 'eus_trivia', docs: docs(100, 0.6) },
      { name: 'nire_galderak', docs: spoil(docs(100, 0.6), score), metadata },
      { name: 'silent', docs: docs(50, 0.6) },
      { name: 'piqa', docs: docs(100, 0.6) },
    ],
    groups: { nire_taldea: ['eus_trivia', 'nire_galderak', 'silent'] },
    groupScores: { nire_taldea: { 'acc,none': 0.5 } },
  });
  const compared = async (options: Parameters<typeof compareOptions>[1] = {}) => {
    const [base, candidate] = [await openRun(writeRun(scratch(), grouped(0))), await openRun(writeRun(scratch(), grouped(10)))];
    return compareRuns(base, candidate, compareOptions(KNOWN, options));
  };

  it('stands beside its members, which are counted once', async () => {
    const { benchmarks, languages } = await compared();
    expect(benchmarks.map((r) => [r.benchmark, r.within, r.pHolm !== null])).toEqual([
      ['eus_trivia', 'nire_taldea', false],
      ['piqa', undefined, true],
      ['nire_taldea', undefined, true],
      ['nire_galderak', 'nire_taldea', false],
    ]);
    const [, , group, member] = benchmarks;
    expect(member?.p).toBeGreaterThan(0);
    // Two tests, not four.
    expect(group?.pHolm).toBeCloseTo(2 * (group?.p ?? 0), 12);
    expect(languages.map((l) => [l.benchmark, l.benchmarks])).toEqual([
      ['eu', ['eus_trivia']],
      ['en', ['piqa']],
    ]);
  });

  it('lets a named member count for itself, with or without metadata', async () => {
    const { benchmarks } = await compared({ named: new Set(['silent', 'nire_galderak']) });
    expect(benchmarks.filter((r) => r.pHolm !== null).map((r) => r.benchmark)).toEqual(['piqa', 'nire_taldea', 'nire_galderak', 'silent']);
  });
});
