import { describe, expect, it } from 'vitest';
import { newCounters } from '../../../src/backends/onnx/counters.js';
import type { RunLimits } from '../../../src/backends/onnx/packed-plan.js';
import type { PackedMessage } from '../../../src/backends/onnx/protocol.js';
import type { ScoreItem } from '../../../src/backends/onnx/requests.js';
import { newPackedScorer } from '../../../src/backends/onnx/score-packed.js';
import { OutOfMemoryError, type PackedSession } from '../../../src/backends/onnx/session.js';

/** A session whose log-probability of a token is minus its number, and which has no room for more rows than `room`. */
function pretend(room: number): { session: PackedSession; runs: number[] } {
  const runs: number[] = [];
  const packed = (m: Omit<PackedMessage, 'kind' | 'id'>): ReturnType<PackedSession['packed']> => {
    runs.push(m.ids.length);
    if (m.ids.length > room) return Promise.reject(new OutOfMemoryError('Failed to allocate memory for requested buffer'));
    const logprobs = Float32Array.from({ length: m.pairs.length / 2 }, (_, i) => -(m.pairs[2 * i + 1] ?? 0));
    return Promise.resolve({ kind: 'result', id: 0, logprobs, greedy: new Int32Array(m.rows.length).fill(9), seconds: 0 });
  };
  return { session: { packed }, runs };
}

/** A document of a context of this length and three continuations; the second is what the session finds best. */
function document(id: number, length: number): ScoreItem {
  const ids = Array.from({ length }, (_, i) => (i < 10 ? 1 : 100 + id));
  const sequences = [
    { ids, targets: [3] },
    { ids: [...ids, 9], targets: [9, 9] },
    { ids: [...ids, 4, 5], targets: [4, 5, 6] },
  ];
  return { kind: 'choices', id, ids, tokens: length + 3, sequences, turn: 'short', notes: undefined };
}
const limits: RunLimits = { rows: 10_000, bytes: 1, bytesOf: () => 0, keyCost: 1e-4 };
const right = { kind: 'choices', logprobs: [-3, -18, -15], greedy: [false, true, false] };

describe('scoring in packed runs', () => {
  const items = [20, 30, 25, 90].map((length, id) => document(id, length));

  it('gives each document its own numbers', async () => {
    const counters = newCounters();
    const { session, runs } = pretend(10_000);
    const answers = await newPackedScorer({ session, counters, ensurePositions: () => {} }, limits).score(items);
    expect(answers).toEqual(items.map(({ id }) => ({ id, response: right })));
    expect(runs).toHaveLength(1);
    const work = counters.report({});
    // Ten shared tokens, the rest of each context, and three tokens of continuations.
    expect(work.distinctTokens).toBe(10 + items.reduce((sum, item) => sum + item.ids.length - 10 + 3, 0));
    expect(work.computedTokens).toBe(work.distinctTokens);
    expect(work.computedTokens + work.paddingTokens).toBe(runs[0]);
  });

  it('halves what does not fit, plans smaller runs afterwards, and fails only what does not fit alone', async () => {
    const counters = newCounters();
    const { session, runs } = pretend(64);
    const scorer = newPackedScorer({ session, counters, ensurePositions: () => {} }, limits);
    const answers = await scorer.score(items);
    expect(answers.slice(0, 3)).toEqual(items.slice(0, 3).map(({ id }) => ({ id, response: right })));
    expect(answers[3]).toMatchObject({ id: 3, response: { kind: 'failure', reason: 'out of memory' } });
    expect(runs.length).toBeGreaterThan(4);
    expect(counters.outOfMemory).toBeGreaterThan(2);
    expect(counters.report({}).naiveTokens).toBe(items.slice(0, 3).reduce((sum, item) => sum + 3 * item.ids.length + 3, 0));
    const many = Array.from({ length: 200 }, (_, id) => document(id, 60));
    const before = newPackedScorer({ session, counters: newCounters(), ensurePositions: () => {} }, limits).pick(many).length;
    expect(scorer.pick(many).length).toBeLessThan(before);
  });

  it('what no run can hold is not tried', async () => {
    const { session, runs } = pretend(10_000);
    const never = { ...limits, bytesOf: () => Number.POSITIVE_INFINITY };
    const answers = await newPackedScorer({ session, counters: newCounters(), ensurePositions: () => {} }, never).score([document(0, 20)]);
    expect(answers[0]).toMatchObject({ response: { kind: 'failure', reason: 'out of memory' } });
    expect(runs).toEqual([]);
  });

  it('another error is not taken for a lack of memory', async () => {
    const { session } = pretend(0);
    const broken = { ...session, packed: () => Promise.reject(new Error('the session thread ended')) };
    await expect(
      newPackedScorer({ session: broken, counters: newCounters(), ensurePositions: () => {} }, limits).score(items),
    ).rejects.toThrow('thread ended');
  });
});
