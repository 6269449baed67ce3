import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSide } from '../../src/gate/baseline.js';
import { type GateRequest, runGate } from '../../src/gate/run-gate.js';
import { docs, type FakeDoc, type FakeRun, scratch, spoil, writeRun } from '../compare/runs.js';

const NOW = 1_735_689_600;
const request = async (base: string, candidate: string, more: Partial<GateRequest> = {}): Promise<GateRequest> => ({
  base: { path: base, open: () => openSide(base) },
  candidate: await openSide(candidate),
  policy: null,
  bless: null,
  junit: null,
  summary: null,
  allow: new Set(),
  seed: 1,
  rounds: 500,
  now: NOW,
  ...more,
});

/** A run with everything that a baseline has to keep: margins, unscored documents, bias, a score that is no 0 or 1, a group. */
function run(change: (name: string, given: FakeDoc[]) => readonly FakeDoc[] = (_, given) => given): FakeRun {
  const margins = (n: number): FakeDoc[] =>
    Array.from({ length: n }, (_, i) => {
      const margin = 4 * Math.sin(i * 1.7 + 0.4) + 0.001;
      return { score: margin > 0 ? 1 : 0, margin };
    });
  const bias = margins(300).map((d, i) => ({
    ...d,
    bias: i % 3 === 0 ? { BIAS: 1, NON_BIAS: 0, UNK: 0 } : { BIAS: 0, NON_BIAS: 0, UNK: 1 },
  }));
  const tasks = [
    { name: 'eus_trivia', docs: margins(1715) },
    { name: 'bbq_Age_ambig', docs: bias },
    { name: 'piqa', docs: docs(1838, 0.7).map((d, i) => (i === 9 ? { score: null } : d)) },
    { name: 'summaries', key: 'rouge,none', docs: Array.from({ length: 90 }, (_, i) => ({ score: ((i * 7) % 10) / 10 })) },
  ];
  return {
    tasks: tasks.map((t) => ({ ...t, docs: change(t.name, [...t.docs]) })),
    groups: { bbq: ['bbq_Age_ambig'] },
    groupScores: { bbq: { alias: 'bbq', 'acc,none': 0.5, 'acc_stderr,none': 0.02 } },
  };
}
const write = (r: FakeRun): string => writeRun(scratch(), r);

describe('blessing', () => {
  it('stores a baseline that judges like the run it came from, in about nine bytes a document', async () => {
    const [base, worse] = [write(run()), write(run((name, given) => (name === 'eus_trivia' ? spoil(given, 51) : given)))];
    const file = path.join(scratch(), 'baseline.json');
    expect((await runGate(await request(file, base, { bless: file }))).judgement).toBeNull();
    const documents = 1715 + 300 + 1838 + 90;
    expect(statSync(file).size).toBeLessThan(documents * 9.5 + 3000);

    const fromRun = (await runGate(await request(base, worse))).judgement;
    const fromFile = (await runGate(await request(file, worse))).judgement;
    expect(fromRun?.verdict).toBe('regressed');
    const numbers = (j: typeof fromRun): unknown =>
      j?.judged.map(({ row, verdict, p, detectable }) => [
        row.benchmark,
        verdict,
        p,
        detectable,
        row.n,
        row.base,
        row.difference,
        row.low,
        row.high,
        row.flipsUp,
        row.flipsDown,
        row.baseUnscored,
      ]);
    expect(numbers(fromFile)).toEqual(numbers(fromRun));
    expect(fromFile?.reasons).toEqual(fromRun?.reasons);
    expect(fromFile?.comparison.bias.map((r) => [r.base, r.low])).toEqual(fromRun?.comparison.bias.map((r) => [r.base, r.low]));
    expect((await runGate(await request(file, base))).judgement?.verdict).toBe('pass');
  });

  it('knows a changed prompt, another document and another version from the baseline alone', async () => {
    const file = path.join(scratch(), 'baseline.json');
    await runGate(await request(file, write(run()), { bless: file }));
    const kept = (r: FakeRun): FakeRun => {
      const stored: { tasks: Record<string, { fingerprint: string }> } = JSON.parse(readFileSync(file, 'utf8'));
      return { ...r, tasks: r.tasks.map((t) => ({ ...t, hash: stored.tasks[t.name]?.fingerprint ?? '' })) };
    };
    const changed = kept(run((name, given) => (name === 'piqa' ? given.map((d) => ({ ...d, prompt: 'other' })) : given)));
    const prompts = (await runGate(await request(file, write(changed)))).judgement;
    expect(prompts?.verdict).toBe('cannot judge');
    expect(prompts?.reasons[0]?.message).toMatch(/^not comparable: piqa: fingerprint: 18\d\d of 1838 documents have another prompt$/);
    const version = { ...run(), tasks: run().tasks.map((t) => ({ ...t, version: 7 })) };
    expect((await runGate(await request(file, write(version)))).judgement?.reasons[0]?.message).toContain('version 1 and 7');
  });

  it('replaces the baseline even by a worse run, because somebody asked for it', async () => {
    const file = path.join(scratch(), 'baseline.json');
    await runGate(await request(file, write(run()), { bless: file }));
    const worse = write(run((name, given) => (name === 'eus_trivia' ? spoil(given, 51) : given)));
    const outcome = await runGate(await request(file, worse, { bless: file }));
    expect([outcome.judgement?.verdict, outcome.blessed]).toEqual(['regressed', file]);
    expect((await runGate(await request(file, worse))).judgement?.verdict).toBe('pass');
  });

  it('never makes a measure of a run that is full of holes, nor overwrites what is no baseline', async () => {
    const file = path.join(scratch(), 'baseline.json');
    const holes = write(run((name, given) => (name === 'piqa' ? given.map((d, i) => (i % 20 === 0 ? { score: null } : d)) : given)));
    await expect(runGate(await request(file, holes, { bless: file }))).rejects.toThrow(
      /^not blessed: piqa: 9\d of 1838 documents of the candidate have no score/,
    );
    expect(existsSync(file)).toBe(false);
    const good = write(run());
    const results = path.join(good, 'results_2025-01-01T00-00-00.000000.json');
    const before = readFileSync(results, 'utf8');
    for (const target of [results, good])
      await expect(runGate(await request(good, good, { bless: target }))).rejects.toThrow(/is not a baseline and is not overwritten/);
    expect(readFileSync(results, 'utf8')).toBe(before);
  });

  it.each<[string, (content: Record<string, unknown>) => unknown, RegExp]>([
    ['another format', (c) => ({ ...c, eus_eval_baseline: 99 }), /eus_eval_baseline: /],
    ['no model', (c) => ({ ...c, model: 3 }), /model: /],
    [
      'cut outcomes',
      (c) => JSON.parse(JSON.stringify(c).replace(/"checks":"[^"]{8}/, '"checks":"')),
      /tasks\.eus_trivia\.samples\.checks: \d+ bytes; expected 1715 for 1715 documents/,
    ],
  ])('refuses a baseline with %s, naming the field', async (_, change, message) => {
    const file = path.join(scratch(), 'baseline.json');
    const base = write(run());
    await runGate(await request(file, base, { bless: file }));
    writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
    const judged = openSide(file).then((side) => Promise.all([...side.tasks.values()].map((t) => t.samples?.())));
    await expect(judged).rejects.toThrow(message);
  });
});

describe('reports', () => {
  it('writes JUnit and the step summary', async () => {
    const folder = scratch();
    const [junit, summary] = [path.join(folder, 'gate.xml'), path.join(folder, 'summary.md')];
    writeFileSync(summary, 'before\n');
    const worse = write(run((name, given) => (name === 'eus_trivia' ? spoil(given, 51) : given)));
    await runGate(await request(write(run()), worse, { junit, summary }));
    expect(readFileSync(junit, 'utf8')).toMatch(/<testsuites tests="\d+" failures="\d+" errors="0" skipped="0">/);
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n## ❌ eus-eval gate: regressed\n/);
  });

  it('says where a report cannot be written', async () => {
    const base = write(run());
    await expect(runGate(await request(base, base, { junit: `${process.execPath}/gate.xml` }))).rejects.toThrow(
      /cannot write .*gate\.xml: E[A-Z]+$/,
    );
  });
});

describe('a member of a group of the user’s own', () => {
  const grouped = (wrong: number): string =>
    write({
      tasks: [
        { name: 'galderak', docs: spoil(docs(200, 0.6), wrong), metadata: { language: 'eu', category: 'kultura' } },
        { name: 'isila', docs: docs(50, 0.6) },
      ],
      groups: { taldea: ['galderak', 'isila'] },
      groupScores: { taldea: { 'acc,none': 0.5 } },
    });
  const judgement = async (policy: GateRequest['policy']) => (await runGate(await request(grouped(0), grouped(40), { policy }))).judgement;

  it('is judged inside the group, and by itself where the policy names it', async () => {
    const inside = await judgement({ detectable: null });
    expect(inside?.judged.map(({ row, verdict }) => [row.benchmark, verdict])).toEqual([
      ['taldea', 'regressed'],
      ['galderak', 'not judged'],
    ]);
    expect(inside?.remarks.join()).toContain('galderak is judged inside the group taldea');
    const named = await judgement({ detectable: null, required: ['galderak', 'isila'], benchmarks: { galderak: { floor: 55 } } });
    expect(named?.judged.map(({ row, verdict }) => [row.benchmark, verdict])).toEqual([
      ['taldea', 'regressed'],
      ['galderak', 'regressed'],
      ['isila', 'pass'],
    ]);
    expect(named?.reasons.map(({ message }) => message).join()).toMatch(/galderak is at 40\.\d+, below its floor of 55/);
    expect(named?.reasons.map(({ message }) => message).join()).not.toContain('in neither run');
  });
});
