/**
 * The graphs for a card in 16 bits, as far as a CPU can take them: ONNX Runtime checks all types, in loops, too, and computes float16 there in a mixture of float16 and
 * float32. It has no kernels for bfloat16 on a CPU, and says so after it has found the graph sound.
 */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { newCounters } from '../../../src/backends/onnx/counters.js';
import { generatePacked } from '../../../src/backends/onnx/generate-packed.js';
import { type PreparedModel, prepareModel } from '../../../src/backends/onnx/prepare-model.js';
import type { GenerateItem, ScoreItem } from '../../../src/backends/onnx/requests.js';
import { ropeTable } from '../../../src/backends/onnx/rope.js';
import { newPackedScorer } from '../../../src/backends/onnx/score-packed.js';
import { openSession } from '../../../src/backends/onnx/session.js';
import { loadTokenizer } from '../../../src/models/tokenizer.js';
import { packagePath } from '../../../src/package-files.js';
import { SHARED } from '../../shared.js';

const tiny = packagePath('fixtures/models/tiny-llama');
const tokenizer = await loadTokenizer(tiny);
const others = SHARED === null ? [] : ['tiny-qwen3', 'tiny-gemma2', 'tiny-gemma3'].map((name) => `${SHARED}/models/${name}`);
if (SHARED === null) console.log('skipped: graphs in 16 bits of other architectures than Llama (no ../shared)');

async function open(model: PreparedModel) {
  const session = await openSession({ source: model.source, threads: 1, provider: { name: 'cpu' }, libraries: [] });
  session.setTables({ tables: (model.tables ?? []).map(({ rope, dims }) => ropeTable(rope, dims, 1024)) });
  return session;
}

const ids = Array.from({ length: 90 }, (_, i) => 5 + ((i * 37) % 900));
const question: ScoreItem = {
  kind: 'choices',
  id: 0,
  ids,
  tokens: 92,
  sequences: [
    { ids, targets: [7] },
    { ids: [...ids, 7, 8], targets: [7, 8, 9] },
  ],
  turn: 'short',
  notes: undefined,
};
const prompts = [90, 50].map(
  (length, id): GenerateItem => ({
    kind: 'generate',
    id,
    ids: ids.slice(0, length),
    tokens: length,
    until: [],
    lookback: 3,
    maxNewTokens: 6,
    turn: 'short',
    notes: undefined,
  }),
);

async function answers(folder: string, dtype: 'float32' | 'float16'): Promise<{ logprobs: readonly number[]; generated: number }> {
  const session = await open(await prepareModel(folder, 'packed', dtype));
  try {
    const computing = { session, counters: newCounters(), ensurePositions: () => {} };
    const scorer = newPackedScorer(computing, { rows: 1000, bytes: 1, bytesOf: () => 0, keyCost: 1e-4 });
    const [scored] = await scorer.score([question]);
    const waiting = [...prompts];
    const limits = { documents: 8, stretch: 4, bytes: 1, bytesOf: () => 0 };
    let generated = 0;
    const source = { next: (count: number) => waiting.splice(0, count), stopped: () => false };
    for await (const { response } of generatePacked(computing, { tokenizer, eos: new Set() }, limits, source)) {
      expect(response).toMatchObject({ kind: 'generate', finish: 'length' });
      generated++;
    }
    return { logprobs: scored?.response.kind === 'choices' ? scored.response.logprobs : [], generated };
  } finally {
    await session.close();
  }
}

describe.each([tiny, ...others].map((folder) => [path.basename(folder), folder] as const))('%s', (_, folder) => {
  it('float16 gives what float32 gives, within what its ten bits allow, and generates', async () => {
    const exact = await answers(folder, 'float32');
    const half = await answers(folder, 'float16');
    expect(half.generated).toBe(2);
    exact.logprobs.forEach((value, i) => {
      expect(Math.abs((half.logprobs[i] ?? Number.NaN) - value)).toBeLessThan(0.01);
    });
    expect(half.logprobs).not.toEqual(exact.logprobs);
  });
  it('bfloat16 is a sound graph: what is missing is a kernel', async () => {
    const model = await prepareModel(folder, 'packed', 'bfloat16');
    await expect(open(model)).rejects.toThrow(/Could not find an implementation for \w+\(\d+\)/);
    if (model.source.kind !== 'graph' || model.source.generator === null) throw new Error('no graph that generates');
    const generator = { ...model, source: { ...model.source, bytes: model.source.generator } };
    await expect(open(generator)).rejects.toThrow(/Could not find an implementation for \w+\(\d+\)/);
  });
});
