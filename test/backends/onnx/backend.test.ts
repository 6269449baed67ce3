import { describe, expect, it } from 'vitest';
import { newOnnxBackend } from '../../../src/backends/onnx/backend.js';
import { newCounters } from '../../../src/backends/onnx/counters.js';
import { stackEngine } from '../../../src/backends/onnx/engine.js';
import type { GenerateLimits } from '../../../src/backends/onnx/generate.js';
import { NO_DRAW_DEFAULTS } from '../../../src/backends/onnx/sample.js';
import { OutOfMemoryError, type StackSession } from '../../../src/backends/onnx/session.js';
import { UserError } from '../../../src/errors.js';
import { loadTokenizer } from '../../../src/models/tokenizer.js';
import { MAX_TEXT } from '../../../src/models/tokenizer-hazards.js';
import { packagePath } from '../../../src/package-files.js';
import { cutAtStop } from '../../../src/thought.js';
import type { Ask, Backend, Request } from '../../../src/types.js';
import { askAll, askEachAlone, openModel } from './compare.js';

const tiny = packagePath('fixtures/models/tiny-llama');
const tokenizer = await loadTokenizer(tiny);

/** A session whose log-probability of a token depends on nothing but the token; `before` may throw instead, or give another number. */
function pretend(before: (run: { tokens: number; base: number; runs: number }) => number | undefined = () => undefined): StackSession {
  let runs = 0;
  return {
    async run(message) {
      const value = before({ tokens: message.ids.length, base: message.base, runs: runs++ });
      const logprobs = Float32Array.from({ length: message.pairs.length / 2 }, (_, i) => value ?? -((message.pairs[2 * i + 1] ?? 0) % 10));
      return { kind: 'result', id: 0, logprobs, greedy: new Int32Array(message.rows.length).fill(300), seconds: 0 };
    },
    async step(message) {
      const tokens = message.ids.length;
      const value = before({ tokens, base: 0, runs: runs++ }) ?? -1;
      return {
        kind: 'result',
        id: 0,
        logprobs: new Float32Array(tokens).fill(value),
        greedy: new Int32Array(tokens).fill(300),
        seconds: 0,
      };
    },
  };
}

const LIMITS: GenerateLimits = { runTokens: 64, runRows: 16, documents: 4, slotTokens: 10_000 };

function backendOf(session: StackSession, limits = LIMITS): Backend {
  const counters = newCounters();
  return newOnnxBackend({
    modelName: 'm',
    counters,
    engine: stackEngine({ session, counters, ensurePositions: () => {} }, { tokenizer, eos: new Set([2]) }, limits),
    tokenizer,
    addBos: false,
    maxLength: 200,
    vocabSize: 1200,
    longest: null,
    drawDefaults: NO_DRAW_DEFAULTS,
    identity: {},
    facts: {},
    renderChat: null,
    chatTemplate: null,
    forecast: null,
    close: async () => {},
  });
}

const choices = (context: string, ...continuations: string[]): Request => ({ kind: 'choices', context, continuations });
const asks = (...requests: Request[]): Ask[] => requests.map((request, id) => ({ id, request }));
const many = asks(
  ...Array.from({ length: 60 }, (_, i) => choices(`Galdera ${i % 7}: zenbat da ${i}?\nErantzuna:`, ' A', ' B', ' Bai noski')),
);

describe('answers', () => {
  it('come once for each request, the same whatever the batches are', async () => {
    const wide = await askAll(backendOf(pretend()), many);
    const narrow = await askAll(backendOf(pretend(), { runTokens: 5, runRows: 2, documents: 1, slotTokens: 1 }), many);
    const alone = await askEachAlone(backendOf(pretend()), many);
    expect(wide.size).toBe(many.length);
    expect(narrow).toEqual(wide);
    expect(alone).toEqual(wide);
  });

  it('a continuation without a token, a NaN and a too long continuation are failures, the others are scored', async () => {
    const session = pretend();
    const answers = await askAll(
      backendOf(session),
      asks(choices('a', ''), choices('a', ' b'), choices('a', ' b'.repeat(400)), choices('', ' b')),
    );
    expect(answers.get(0)).toMatchObject({ kind: 'failure', reason: 'empty continuation' });
    expect(answers.get(1)?.kind).toBe('choices');
    expect(answers.get(2)).toMatchObject({ kind: 'failure', reason: 'too long' });
    expect(answers.get(3)?.kind).toBe('choices');
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      const nan = await askAll(backendOf(pretend(() => bad)), asks(choices('a', ' b')));
      expect(nan.get(0)).toMatchObject({ kind: 'failure', reason: 'not a number' });
    }
  });

  it('half a surrogate pair and a text beyond all limits leave their own documents unscored, no others', async () => {
    const generate = (context: string): Request => ({ kind: 'generate', context, until: ['\n'], maxNewTokens: 2 });
    const half = ['\ud83d', '\ude00 bai', 'bai \ud83d.'];
    const long = 'a'.repeat(MAX_TEXT);
    const bad = [
      ...half.flatMap((text) => [choices(text, ' A'), choices('a', ' A', text), generate(text)]),
      ...[choices(`${long}b`, ' A'), choices(long, ' A'), choices('a', ' A', long), generate(`${long}b`)],
    ];
    const good = [choices('\ud83d\ude00', ' A'), generate('\ud83d\ude00')];
    const answers = await askAll(backendOf(pretend()), asks(...bad, ...good));
    const reasons = [...bad, ...good].map((_, id) => {
      const response = answers.get(id);
      return response?.kind === 'failure' ? response.reason : response?.kind;
    });
    expect(reasons).toEqual([...Array(9).fill('malformed'), ...Array(4).fill('too long'), 'choices', 'generate']);
    expect(answers.get(9)).toMatchObject({ message: 'a text of 2000001 characters; at most 2000000 are tokenized' });
  });

  it('a context that is too long is cut on the left and the cut is noted', async () => {
    const context = 'bat bi hiru '.repeat(100);
    const length = (await tokenizer.encode(`${context}lau`)).length;
    const answers = await askAll(backendOf(pretend()), asks(choices(`${context}lau`, ' A')));
    const cut = length + (await tokenizer.encode(' A')).length - 201;
    expect(answers.get(0)).toMatchObject({ kind: 'choices', notes: { truncatedTokens: cut } });
  });
});

describe('faults', () => {
  it('out of memory: smaller runs, the same answers, counted', async () => {
    const expected = await askAll(backendOf(pretend()), many);
    const backend = backendOf(
      pretend(({ tokens }) => {
        if (tokens > 20) throw new OutOfMemoryError('Failed to allocate memory');
        return undefined;
      }),
    );
    expect(await askAll(backend, many)).toEqual(expected);
    expect(Number(backend.work().details.outOfMemory)).toBeGreaterThan(0);
  });

  it('out of memory in the prompt of a text that is generated alone: smaller runs, the same text', async () => {
    const one: Ask[] = [{ id: 0, request: { kind: 'generate', context: 'bat bi hiru lau '.repeat(20), until: ['\n'], maxNewTokens: 3 } }];
    const expected = await askAll(backendOf(pretend()), one);
    const backend = backendOf(
      pretend(({ tokens }) => {
        if (tokens > 20) throw new OutOfMemoryError('Failed to allocate memory');
        return undefined;
      }),
    );
    expect(await askAll(backend, one)).toEqual(expected);
    expect(expected.get(0)?.kind).toBe('generate');
    expect(Number(backend.work().details.outOfMemory)).toBeGreaterThan(0);
  });

  it('out of memory at any size: a failure for each document', async () => {
    const never = pretend(() => {
      throw new OutOfMemoryError('Failed to allocate memory');
    });
    const answers = await askAll(backendOf(never), [
      ...many.slice(0, 5),
      { id: 99, request: { kind: 'generate', context: 'a', until: ['\n'], maxNewTokens: 3 } },
    ]);
    expect([...answers.values()].map((r) => (r.kind === 'failure' ? r.reason : r.kind))).toEqual(Array(6).fill('out of memory'));
  });

  it('out of memory after a document was done with its first token: that one is not answered twice', async () => {
    let [runs, steps] = [0, 0];
    const session = pretend();
    const backend = backendOf({
      ...session,
      async run(message) {
        const result = await session.run(message);
        // One of the two prompts is answered by an end token.
        if (++runs === 1) result.greedy[1] = 2;
        return result;
      },
      async step(message) {
        if (++steps === 2) throw new OutOfMemoryError('Failed to allocate memory');
        return session.step(message);
      },
    });
    const generate = (context: string): Request => ({ kind: 'generate', context, until: ['\n'], maxNewTokens: 4 });
    const requests = async function* (): AsyncIterable<Ask> {
      yield* asks(generate('Galdera bat'), generate('Galdera bi'));
    };
    const answered: number[] = [];
    for await (const { id } of backend.ask(requests(), new AbortController().signal)) answered.push(id);
    expect(answered.sort()).toEqual([0, 1]);
    expect(runs).toBe(2);
  });

  it('an error of the session ends the run with its message', async () => {
    const broken = pretend(({ runs }) => {
      if (runs === 1) throw new Error('the session thread ended unexpectedly (code 7)');
      return undefined;
    });
    await expect(askAll(backendOf(broken), many)).rejects.toThrow('the session thread ended unexpectedly (code 7)');
  });

  it('an error of the source is thrown, not swallowed', async () => {
    async function* source(): AsyncGenerator<Ask> {
      yield* many.slice(0, 3);
      throw new Error('line 7 is broken');
    }
    const read = async () => {
      for await (const _ of backendOf(pretend()).ask(source(), new AbortController().signal));
    };
    await expect(read()).rejects.toThrow('line 7 is broken');
  });

  it('an abort ends the stream early and closes the source', async () => {
    const controller = new AbortController();
    let closed = false;
    async function* source(): AsyncGenerator<Ask> {
      try {
        for (let id = 0; ; id++) yield { id, request: choices(`d ${id}`, ' A') };
      } finally {
        closed = true;
      }
    }
    let answers = 0;
    for await (const _ of backendOf(pretend()).ask(source(), controller.signal)) if (++answers === 5) controller.abort();
    expect(answers).toBeLessThan(200);
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(true);
  });

  it('a closed session thread refuses further work', async () => {
    const backend = await openModel(tiny);
    await backend.close();
    await backend.close();
    const refused = askAll(backend, many.slice(0, 1));
    await expect(refused).rejects.toThrow('the model is closed');
    await expect(refused).rejects.toThrow(UserError);
  });
});

describe('generation', () => {
  it('cuts at the first of all stop strings', () => {
    expect(cutAtStop('a b\n\nc</s>', ['</s>', '\n\n', 'zz', ''])).toEqual({ text: 'a b', found: true });
    expect(cutAtStop('abc', ['zz'])).toEqual({ text: 'abc', found: false });
    expect(cutAtStop('Question:', ['Question:'])).toEqual({ text: '', found: true });
  });

  it('several at a time give what one at a time gives', async () => {
    const prompts = Array.from(
      { length: 12 },
      (_, i): Request => ({
        kind: 'generate',
        context: `Galdera: ${'bai '.repeat(i)}${i}?\nErantzuna:`,
        until: ['\n\n', 'Galdera:'],
        maxNewTokens: 20 + i,
      }),
    );
    const together = await openModel(tiny);
    const alone = await openModel(tiny);
    try {
      const expected = await askEachAlone(alone, asks(...prompts));
      expect(await askAll(together, asks(...prompts))).toEqual(expected);
      // Prompts are computed together, and steps are full until no more documents wait.
      expect(together.work().runs).toBeLessThan(alone.work().runs / 6);
      expect([...expected.values()].every((r) => r.kind === 'generate')).toBe(true);
    } finally {
      await together.close();
      await alone.close();
    }
  });
});

describe('real batches', () => {
  it('packed and shared scores equal those of every sequence by itself', async () => {
    const together = await openModel(tiny);
    const alone = await openModel(tiny);
    try {
      const expected = await askEachAlone(alone, many);
      const actual = await askAll(together, many);
      for (const [id, response] of expected) {
        const other = actual.get(id);
        if (response.kind !== 'choices' || other?.kind !== 'choices') throw new Error('no scores');
        response.logprobs.forEach((value, i) => {
          expect(other.logprobs[i]).toBeCloseTo(value, 4);
        });
        expect(other.greedy).toEqual(response.greedy);
      }
      expect(together.work().computedTokens).toBeLessThan(together.work().naiveTokens / 2);
    } finally {
      await together.close();
      await alone.close();
    }
  });
});
