import { describe, expect, it } from 'vitest';
import { newCounters } from '../../../src/backends/onnx/counters.js';
import { generateAll } from '../../../src/backends/onnx/generate.js';
import type { GenerateItem, ScoreItem } from '../../../src/backends/onnx/requests.js';
import { newScorer } from '../../../src/backends/onnx/score.js';
import type { StackSession } from '../../../src/backends/onnx/session.js';
import { newColumns } from '../../../src/backends/onnx/stacked-columns.js';
import { loadTokenizer } from '../../../src/models/tokenizer.js';
import { packagePath } from '../../../src/package-files.js';

const RUN = { runTokens: 256, runRows: 64 };

/** A session that keeps columns as the runner of a card does, and computes nothing. */
function columnsOnly(widths: number[]): StackSession {
  const columns = newColumns();
  const numbers = (pairs: number, rows: number) => ({
    kind: 'result' as const,
    id: 0,
    logprobs: new Float32Array(pairs).fill(-1),
    greedy: new Int32Array(rows).fill(300),
    seconds: 0,
  });
  const drop = (keep: Int32Array | null): void => {
    if (keep !== null) columns.kept(keep);
  };
  return {
    async run(m) {
      drop(columns.toKeep({ kind: 'run', base: m.base, moves: m.moves }));
      columns.planRun(m);
      columns.done();
      widths.push(columns.width);
      return numbers(m.pairs.length / 2, m.rows.length);
    },
    async step(m) {
      drop(columns.toKeep({ kind: 'step', slots: m.ids.length }));
      columns.planStep(m);
      columns.done();
      widths.push(columns.width);
      return numbers(m.ids.length, m.ids.length);
    },
  };
}

const computing = (widths: number[]) => ({ session: columnsOnly(widths), counters: newCounters(), ensurePositions: () => {} });

const shared = Array.from({ length: 40 }, (_, i) => 10 + i);
/** A prompt of 45 to 63 tokens, 40 of which all share. */
const prompt = (id: number): number[] => [
  ...shared,
  ...Array.from({ length: 5 + (id % 19) }, (_, i) => 100 + ((id * 31 + i * i * 7) % 900)),
];

describe('columns on a card', () => {
  it('are as few after 10,000 documents as after a hundred', async () => {
    const widths: number[] = [];
    const scorer = newScorer(computing(widths), RUN);
    const documents = Array.from({ length: 10_000 }, (_, id): ScoreItem => {
      const ids = prompt(id);
      const sequences = [
        { ids, targets: [5] },
        { ids: [...ids, 6, 7], targets: [6, 7, 8] },
      ];
      return { kind: 'choices', id, ids, tokens: ids.length + 2, sequences, turn: 'short', notes: undefined };
    });
    for (let at = 0; at < documents.length; at += 10) expect(await scorer.score(documents.slice(at, at + 10))).toHaveLength(10);
    const early = Math.max(...widths.slice(0, 20));
    expect(Math.max(...widths)).toBeLessThanOrEqual(1.1 * early);
    // What is shared, a batch and the one before it, and a quarter that nobody needs.
    expect(Math.max(...widths)).toBeLessThan(1.25 * (shared.length + 2 * 10 * 26) + 64);
  });

  it('are as few after a thousand generated texts as after fifty', async () => {
    const widths: number[] = [];
    const tokenizer = await loadTokenizer(packagePath('fixtures/models/tiny-llama'));
    let id = 0;
    const next = (count: number): GenerateItem[] =>
      Array.from({ length: Math.min(count, 1000 - id) }, () => {
        const ids = prompt(id++);
        return {
          kind: 'generate',
          id,
          ids,
          tokens: ids.length,
          until: [],
          lookback: 2,
          maxNewTokens: 1 + ((id * 13) % 40),
          turn: 'short',
          notes: undefined,
        };
      });
    const limits = { ...RUN, documents: 16, slotTokens: 100_000 };
    const rules = { tokenizer, eos: new Set<number>() };
    let answers = 0;
    for await (const _ of generateAll(computing(widths), rules, limits, { next, stopped: () => false })) answers++;
    expect(answers).toBe(1000);
    // The prompts of all slots, what they have grown by, and what is shared.
    expect(Math.max(...widths)).toBeLessThan(1.25 * (shared.length + 16 * (23 + 40) + RUN.runTokens) + 64 + 16);
    const early = Math.max(...widths.slice(0, Math.floor(widths.length / 10)));
    expect(Math.max(...widths)).toBeLessThanOrEqual(1.1 * early);
  });
});
