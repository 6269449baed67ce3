import { afterAll, describe, expect, it } from 'vitest';
import { newCounters } from '../../../src/backends/onnx/counters.js';
import { generatePacked, type PackedGenerateLimits } from '../../../src/backends/onnx/generate-packed.js';
import { prepareModel } from '../../../src/backends/onnx/prepare-model.js';
import type { GenerateItem } from '../../../src/backends/onnx/requests.js';
import { ropeTable } from '../../../src/backends/onnx/rope.js';
import { OutOfMemoryError, openSession, type Session } from '../../../src/backends/onnx/session.js';
import { loadTokenizer } from '../../../src/models/tokenizer.js';
import { packagePath } from '../../../src/package-files.js';
import type { Answer, GenerateResponse } from '../../../src/types.js';
import { askAll, openModel } from './compare.js';

const folder = packagePath('fixtures/models/tiny-llama');
const tokenizer = await loadTokenizer(folder);
const model = await prepareModel(folder, 'packed', 'float32');
const session = await openSession({ source: model.source, threads: 1, provider: { name: 'cpu' }, libraries: [] });
session.setTables({ tables: (model.tables ?? []).map(({ rope, dims }) => ropeTable(rope, dims, 1024)) });
afterAll(() => session.close());

const unlimited: PackedGenerateLimits = { documents: 64, stretch: 128, bytes: 1, bytesOf: () => 0 };
const shots = 'Question: How many legs has a cow?\nAnswer: A cow has four legs.\n\n';
/** Prompts of many lengths, some with a common beginning, one twice. */
const prompts = [
  '',
  'Why?',
  shots,
  `${shots}Question: Why?`,
  `${shots}Question: Why not?`,
  `${shots}Question: Why?`,
  'Zenbat dira bi eta bi? '.repeat(16),
];
const encoded = await tokenizer.encodeAll(prompts);
const items = encoded.map((own, id): GenerateItem => {
  const ids = [1, ...own];
  return {
    kind: 'generate',
    id,
    ids,
    tokens: ids.length,
    until: [],
    lookback: 3,
    maxNewTokens: 20 + 3 * id,
    turn: 'short',
    notes: undefined,
  };
});

async function generate(
  limits: PackedGenerateLimits,
  more: { items?: readonly GenerateItem[]; eos?: readonly number[]; session?: Session } = {},
): Promise<{ answers: Answer[]; work: ReturnType<ReturnType<typeof newCounters>['report']> }> {
  const waiting = [...(more.items ?? items)];
  const counters = newCounters();
  const answers: Answer[] = [];
  const rules = { tokenizer, eos: new Set(more.eos ?? []) };
  const computing = { session: more.session ?? session, counters, ensurePositions: () => {} };
  const source = { next: (count: number) => waiting.splice(0, count), stopped: () => false };
  for await (const answer of generatePacked(computing, rules, limits, source)) answers.push(answer);
  return { answers: answers.sort((a, b) => a.id - b.id), work: counters.report({}) };
}
const textOf = (answer: Answer | undefined): string => (answer?.response.kind === 'generate' ? answer.response.text : 'no text');

const whole = await generate(unlimited);

describe('generation in stretches', () => {
  it('writes what the cache writes, document by document', async () => {
    const backend = await openModel(folder, { dtype: 'float32' });
    const texts = prompts.map((context) => (context === '' ? ' ' : context));
    const asks = texts.map((context, id) => ({
      id,
      request: { kind: 'generate', context, until: [], lookback: 3, maxNewTokens: 20 + 3 * id } as const,
    }));
    const packed = await openModel(folder, { dtype: 'float32', attention: 'packed' });
    const [a, b] = [await askAll(backend, asks), await askAll(packed, asks)];
    await Promise.all([backend.close(), packed.close()]);
    const text = (r: unknown): GenerateResponse => r as GenerateResponse;
    for (const { id } of asks) expect(text(b.get(id))).toEqual(text(a.get(id)));
    expect(new Set([...a.values()].map((r) => text(r).text)).size).toBeGreaterThan(3);
  });

  it('scoring goes on after it, and gives what it gave before', async () => {
    const packed = await openModel(folder, { dtype: 'float32', attention: 'packed' });
    const choices = { id: 0, request: { kind: 'choices', context: shots, continuations: [' Why', ' A cow', ' not'] } } as const;
    const text = { id: 1, request: { kind: 'generate', context: shots, until: [], lookback: 3, maxNewTokens: 5 } } as const;
    const before = await askAll(packed, [choices]);
    const both = await askAll(packed, [text, choices]);
    const after = await askAll(packed, [choices]);
    await packed.close();
    expect(before.get(0)).toMatchObject({ kind: 'choices' });
    expect(both.get(0)).toEqual(before.get(0));
    expect(both.get(1)).toMatchObject({ kind: 'generate', finish: 'length' });
    expect(after.get(0)).toEqual(before.get(0));
  });

  it.each([
    [1, 128],
    [3, 128],
    [64, 7],
    [3, 5],
    [2, 1],
  ])('%i documents at a time, %i tokens in a run: the same texts', async (documents, stretch) => {
    const { answers } = await generate({ ...unlimited, documents, stretch });
    expect(answers).toEqual(whole.answers);
  });

  it('an end token ends its document and not the others, and the loop when all have ended', async () => {
    const { answers } = await generate(unlimited, { items: items.slice(0, 3) });
    const tokens = await tokenizer.encode(textOf(answers[1]));
    const end = tokens[4];
    if (end === undefined) throw new Error('too short');
    const ended = await generate(unlimited, { items: items.slice(0, 3), eos: [end] });
    expect(ended.answers[1]?.response).toMatchObject({ kind: 'generate', finish: 'stop' });
    expect(textOf(ended.answers[1]).length).toBeLessThan(textOf(answers[1]).length);
    const alone = await generate(unlimited, { items: items.slice(1, 2), eos: [end] });
    expect(alone.answers[0]).toEqual(ended.answers[1]);
    // Prompt and a few tokens, not the whole stretch.
    expect(alone.work.outputRows).toBeLessThanOrEqual(6);
  });

  it('a stop string ends a document wherever the stretch ends', async () => {
    const text = textOf(whole.answers[4]);
    const stop = text.slice(10, 13);
    for (const stretch of [1, 4, 128]) {
      const stopped = items.slice(4, 5).map((item) => ({ ...item, until: [stop] }));
      const { answers } = await generate({ ...unlimited, stretch }, { items: stopped });
      expect(answers[0]?.response).toMatchObject({ kind: 'generate', text: text.slice(0, text.indexOf(stop)), finish: 'stop' });
    }
  });

  it('where memory does not suffice fewer go on together, and one that does not fit by itself is a failure', async () => {
    const longest = Math.max(...items.map((item) => item.ids.length));
    const runs: number[] = [];
    const tight = (room: number): Session => ({
      ...session,
      packed(message) {
        runs.push(message.blocks);
        return message.ids.length > room ? Promise.reject(new OutOfMemoryError('Failed to allocate memory')) : session.packed(message);
      },
    });
    const enough = await generate(unlimited, { session: tight(longest + 24) });
    expect(enough.answers).toEqual(whole.answers);
    expect(runs[0]).toBe(items.length);
    expect(enough.work.details).toMatchObject({ outOfMemory: expect.any(Number) });
    const { answers } = await generate(unlimited, { session: tight(longest - 1) });
    expect(answers).toHaveLength(items.length);
    expect(answers.filter((a) => a.response.kind === 'failure')).toMatchObject([{ id: 6, response: { reason: 'out of memory' } }]);
  });

  it('a prompt that no run can hold fails without being tried', async () => {
    const never = { ...session, packed: () => Promise.reject(new Error('was tried')) };
    const { answers } = await generate(
      { ...unlimited, bytesOf: () => Number.POSITIVE_INFINITY },
      { session: never, items: items.slice(0, 1) },
    );
    expect(answers[0]?.response).toMatchObject({ kind: 'failure', reason: 'out of memory' });
  });

  it('numbers that are none fail the document', async () => {
    const broken: Session = {
      ...session,
      async packed(message) {
        const result = await session.packed(message);
        return { ...result, logprobs: result.logprobs.fill(Number.NaN) };
      },
    };
    const { answers } = await generate(unlimited, { session: broken, items: items.slice(0, 2) });
    expect(answers.map((a) => a.response)).toMatchObject([{ reason: 'not a number' }, { reason: 'not a number' }]);
  });
});
