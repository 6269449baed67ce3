import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFake } from '../../src/backends/fake.js';
import { type AnswersOf, readAnswers } from '../../src/judge/answers.js';
import { humanAgreement, judgeAnswers, judgements } from '../../src/judge/judge.js';
import { rubricOf } from '../../src/judge/rubric.js';
import { evaluate } from '../../src/library/evaluate.js';
import { packagePath } from '../../src/package-files.js';
import { openJournal } from '../../src/run/journal.js';
import type { Answer, Ask, Backend, GenerateRequest, Response } from '../../src/types.js';
import { eusEval } from '../cli/eus-eval.js';

const folder = mkdtempSync(path.join(tmpdir(), 'judge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const TASK = 'mgsm_native_cot_eu';
const signal = new AbortController().signal;
const dirs = { base: path.join(folder, 'one', 'fake-1'), candidate: path.join(folder, 'two', 'fake-2') };
let base: AnswersOf;
let candidate: AnswersOf;
beforeAll(async () => {
  for (const [model, out] of [
    ['fake:1', 'one'],
    ['fake:2', 'two'],
  ] as const)
    await evaluate({ model, tasks: TASK, data: packagePath('fixtures/data'), limit: 10, out: path.join(folder, out), journal: false });
  base = await readAnswers(dirs.base, null, null);
  candidate = await readAnswers(dirs.candidate, [TASK], null);
});

const PAIRWISE = rubricOf(
  'mode: pairwise\nprompt: "{{doc.question}}\\nA:{{answer_a}}\\nB:{{answer_b}}"\nverdict: "Verdict: (\\\\w+)"\n',
  'r.yaml',
);
const SCORE = rubricOf(
  'mode: score\nsystem: Strict.\nprompt: "{{question}}|{{answer}}|{{reference}}"\nverdict: "([1-5])"\nlabels: [1, 2, 3, 4, 5]\n',
  'r.yaml',
);

/** A judge that answers by a rule. */
function judgeBy(rule: (text: string) => string | Response): Backend & { asked: GenerateRequest[] } {
  const backend = {
    ...openFake('9'),
    families: ['api'] as const,
    renderChat: null,
    asked: [] as GenerateRequest[],
    ask: async function* (requests: AsyncIterable<Ask>): AsyncIterable<Answer> {
      for await (const { id, request } of requests) {
        if (request.kind !== 'generate' || typeof request.context === 'string') throw new Error('messages were expected');
        backend.asked.push(request);
        const said = rule(request.context.at(-1)?.content ?? '');
        yield { id, response: typeof said === 'string' ? { kind: 'generate', text: said, finish: 'stop' } : said };
      }
    },
  };
  return backend;
}

const numberIn = (text: string, side: 'A' | 'B'): number => Number(new RegExp(`${side}:.*answer is (\\d+)`).exec(text)?.[1]);

describe('a judge model', () => {
  it('is shown question, answer and reference of every document once', async () => {
    const backend = judgeBy(() => 'I say 2, no: 4');
    const verdicts = await judgeAnswers(backend, SCORE, base, null, null, signal);
    expect(backend.asked).toHaveLength(10);
    const [first] = base.answers;
    expect(backend.asked[0]?.context).toEqual([
      { role: 'system', content: 'Strict.' },
      { role: 'user', content: `${first?.question}|${first?.answer}|${first?.reference}` },
    ]);
    expect(first?.answer).toMatch(/The answer is \d+\.$/);
    expect(verdicts.every(({ label }) => label === '4')).toBe(true);
    expect(judgements(verdicts)).toEqual([{ task: TASK, documents: 10, unscored: 0, labels: { '4': 10 }, mean: 4, stderr: 0 }]);
  });

  it('of two answers is asked in both orders, and one that always takes the first has no winner', async () => {
    const larger = (text: string): string => {
      const [a, b] = [numberIn(text, 'A'), numberIn(text, 'B')];
      return `Verdict: ${a === b ? 'tie' : a > b ? 'A' : 'b'}`;
    };
    const fair = await judgeAnswers(judgeBy(larger), PAIRWISE, base, candidate, null, signal);
    const number = (answers: AnswersOf, i: number): number => Number(/answer is (\d+)/.exec(answers.answers[i]?.answer ?? '')?.[1]);
    const expected = base.answers.map((_, i) => Math.sign(number(candidate, i) - number(base, i)));
    expect(fair.map(({ label }) => ({ base: -1, tie: 0, candidate: 1 })[label ?? ''])).toEqual(expected);
    const [row] = judgements(fair);
    expect(row?.consistent).toBe(1);
    expect(row?.mean).toBeCloseTo(expected.reduce((sum, sign) => sum + (sign + 1) / 2, 0) / 10, 12);
    const biased = await judgeAnswers(
      judgeBy(() => 'Verdict: A'),
      PAIRWISE,
      base,
      candidate,
      null,
      signal,
    );
    const [differing] = judgements(biased);
    expect(differing).toMatchObject({ labels: { tie: 10 }, mean: 0.5, consistent: 0, unscored: 0 });
  });

  it('that gives no verdict, or does not answer, leaves documents unscored and never wrong; the next command asks only what failed', async () => {
    let calls = 0;
    const away: Response = { kind: 'failure', reason: 'http', message: 'away' };
    const rule = () => (++calls === 3 ? away : calls === 5 ? 'no idea' : '5');
    const journal = openJournal(path.join(folder, 'journal'), { judge: 'x' });
    const verdicts = await judgeAnswers(judgeBy(rule), SCORE, base, null, journal, signal);
    expect(verdicts.flatMap(({ label, why }) => (label === null ? [why] : []))).toEqual(['http: away', 'no verdict in the answer']);
    expect(judgements(verdicts)).toMatchObject([{ documents: 10, unscored: 2, mean: 5 }]);
    const again = judgeBy(() => '1');
    const second = await judgeAnswers(again, SCORE, base, null, journal, signal);
    expect(again.asked).toHaveLength(1);
    expect(judgements(second)).toMatchObject([{ unscored: 1, labels: { '1': 1, '5': 8 } }]);
    await journal.close();
  });

  it('is held against labels of people', async () => {
    const verdicts = base.answers.map(({ task, docId }, i) => ({ task, doc_id: docId, label: i < 5 ? '1' : '5', why: null, said: [] }));
    const labels = path.join(folder, 'labels.csv');
    // 8 of 10 agree; both use 1 and 5 five times, so that chance agreement is 0.5 and kappa 0.6.
    const human = (i: number) => (i === 0 ? '5' : i === 9 ? '1' : i < 5 ? '1' : '5');
    writeFileSync(
      labels,
      `task,doc_id,label\n${verdicts.map(({ doc_id }, i) => `${TASK},${doc_id},${human(i)}\n`).join('')}${TASK},99,1\n`,
    );
    const found = await humanAgreement(labels, SCORE, verdicts);
    expect(found).toMatchObject({ n: 10, agreement: 0.8 });
    expect(found.kappa).toBeCloseTo(0.6, 12);
    // SciPy: binomtest(8, 10).proportion_ci(method='exact').
    expect([found.low, found.high].map((x) => x.toFixed(6))).toEqual(['0.443905', '0.974789']);
    writeFileSync(labels, `task,doc_id,label\n${TASK},0,9\n`);
    await expect(humanAgreement(labels, SCORE, verdicts)).rejects.toThrow(/line 2: label '9' is not known; valid: 1, 2, 3, 4, 5/);
  });

  it('as a command says that nobody validated it, and writes its verdicts', async () => {
    const rubric = path.join(folder, 'rubric.yaml');
    writeFileSync(
      rubric,
      `mode: score\nprompt: "{{answer}}"\nverdict: "answer is (\\\\d+)"\nlabels: [${Array.from({ length: 100 }, (_, i) => 2 * i).join(', ')}]\n`,
    );
    const out = path.join(folder, 'judged');
    const args = ['judge', dirs.base, '--model', 'fake:7', '--rubric', rubric, '--out', out];
    const ended = await eusEval(args);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout.replace(/\s+/g, ' ')).toMatch(/The judge fake-7 is not validated: no labels of people were given/);
    const file = /verdicts: (.*\.jsonl)/.exec(ended.stderr)?.[1] ?? '';
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(10);
    const bad = await eusEval([...args, '--against', dirs.candidate]);
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringMatching(/--against goes with mode: pairwise/)]);
  });
});

it.each([
  ['mode: maybe', /mode/],
  ['mode: score\nprompt: x\nverdict: "(a)"', /labels: missing/],
  ['mode: pairwise\nprompt: "{{ x"\nverdict: "(a)"', /prompt: /],
  ['mode: pairwise\nprompt: x\nverdict: "(a"', /verdict: /],
  ['mode: pairwise\nprompt: x\nverdict: "(a)"\nrubrik: 1', /rubrik/],
])('a rubric %j is refused in one line', (text, message) => {
  expect(() => rubricOf(text, 'r.yaml')).toThrow(message);
});
