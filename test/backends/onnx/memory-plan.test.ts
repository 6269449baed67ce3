import { describe, expect, it } from 'vitest';
import { cardMemory } from '../../../src/backends/onnx/card-memory.js';
import {
  activationBudget,
  type CardMemory,
  generateBytes,
  type ModelSize,
  runBytes,
  stackedLimits,
} from '../../../src/backends/onnx/memory-plan.js';
import { UserError } from '../../../src/errors.js';

const GIB = 1024 ** 3;
/** Sizes as the models' config.json and weight files say. */
const LLAMA_8B: ModelSize = {
  layers: 32,
  hidden: 4096,
  intermediate: 14_336,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  vocabulary: 128_256,
  sliding: false,
  bytes: 2,
  parameters: 8_030_261_248,
};
const LLAMA_70B: ModelSize = { ...LLAMA_8B, layers: 80, hidden: 8192, intermediate: 28_672, heads: 64, parameters: 70_553_706_496 };
const TINY: ModelSize = {
  ...LLAMA_8B,
  layers: 2,
  hidden: 64,
  intermediate: 128,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  vocabulary: 1200,
  parameters: 200_000,
};
const card = (gib: number, kind: CardMemory['kind'] = 'total'): CardMemory => ({ bytes: gib * GIB, kind });
const errorOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'none';
};

describe('the memory that a run may take', () => {
  it('is what a card has less the weights and a reserve', () => {
    const on24 = activationBudget(LLAMA_8B, card(24), 'm') / GIB;
    const on80 = activationBudget(LLAMA_8B, card(80), 'm') / GIB;
    // Weights of 14.96 GiB; the reserve and the rounding of the allocator take the rest.
    expect(on24).toBeGreaterThan(5);
    expect(on24).toBeLessThan(24 - 14.96 - 1);
    expect(on80 - on24).toBeCloseTo(0.92 * 56, 6);
    expect(activationBudget(TINY, card(1.5), 'm')).toBeGreaterThan(0.4 * GIB);
  });

  it('weights that do not fit are refused before anything is opened, with the sizes and what would do', () => {
    expect(errorOf(() => activationBudget(LLAMA_70B, card(80), 'm'))).toMatch(
      /^m: weights of 131\.4 GiB need a card of at least 144\.\d GiB; 80\.0 GiB has the card; serve the model over several cards .*completions:NAME/,
    );
    expect(errorOf(() => activationBudget({ ...LLAMA_8B, bytes: 4 }, card(24, 'free'), 'm'))).toMatch(
      /weights of 29\.9 GiB.* 24\.0 GiB are free on the card; --dtype bfloat16 or float16 halves that$/,
    );
    expect(errorOf(() => activationBudget(LLAMA_8B, card(16, 'given'), 'm'))).toMatch(/16\.0 GiB were given/);
  });

  it('a card of which nothing is known is tried', () => {
    expect(activationBudget(LLAMA_8B, card(8, 'assumed'), 'm')).toBeGreaterThan(0);
  });

  it('grows with every part of a run and is no less than its largest tensors', () => {
    const base = { prefix: 1000, blocks: 16, length: 128, scored: 100 };
    const bytes = runBytes(LLAMA_8B, base);
    const scores = 32 * 16 * 128 * (1000 + 128) * 2;
    expect(bytes).toBeGreaterThan(2 * scores);
    for (const more of [{ prefix: 3000 }, { blocks: 64 }, { length: 512 }, { scored: 5000 }]) {
      expect(runBytes(LLAMA_8B, { ...base, ...more })).toBeGreaterThan(bytes);
    }
    expect(runBytes({ ...LLAMA_8B, sliding: true }, base)).toBeGreaterThan(bytes);
    expect(runBytes({ ...LLAMA_8B, bytes: 4 }, base)).toBeGreaterThan(1.5 * bytes);
    const caches = 2 * 32 * 8 * 128 * 2 * (1000 + 16 * (128 + 2 * 64));
    expect(generateBytes(LLAMA_8B, base, 64)).toBe(bytes + caches);
  });

  it('a tensor that the kernels cannot count needs more than there ever is', () => {
    expect(runBytes(LLAMA_8B, { prefix: 8, blocks: 1, length: 8100, scored: 1 })).toBeLessThan(20 * GIB);
    expect(runBytes(LLAMA_8B, { prefix: 8, blocks: 1, length: 8200, scored: 1 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('how much at once a card computes that keeps keys and values', () => {
  const wide = { ...LLAMA_8B, bytes: 4, weightBytes: 2 * LLAMA_8B.parameters } as const;
  const MIB = 1024 ** 2;

  it('no tensor is larger than the device binds: scores of all heads, and rows of the feed-forward', () => {
    expect(stackedLimits(wide, GIB, null)).toEqual({ runTokens: 1024, documents: 32, slotTokens: Number.POSITIVE_INFINITY });
    for (const limit of [128 * MIB, 32 * MIB, 8 * MIB]) {
      const { runTokens } = stackedLimits(wide, limit, null);
      expect(4 * 32 * runTokens * 2 * runTokens).toBeLessThanOrEqual(limit);
      expect(4 * runTokens * 14_336).toBeLessThanOrEqual(limit);
      // Twice as many would not do.
      expect(4 * Math.max(32 * 4 * runTokens, 14_336) * 2 * runTokens).toBeGreaterThan(limit);
    }
  });

  it('what is given is shared between runs and the texts that are generated, and weights are counted as they lie there', () => {
    const of = (gib: number, m: ModelSize = wide) => stackedLimits(m, GIB, activationBudget(m, card(gib, 'given'), 'm'));
    const [small, middle, large] = [of(18.5), of(20), of(40)];
    expect(small.runTokens).toBeLessThan(middle.runTokens);
    expect(middle.runTokens).toBeLessThanOrEqual(large.runTokens);
    expect(large.runTokens).toBe(1024);
    expect(small.slotTokens).toBeLessThan(large.slotTokens);
    // All that lies there at once fits into what was given.
    for (const [gib, limits] of [
      [18.5, small],
      [20, middle],
      [40, large],
    ] as const) {
      const tokens = 2 * 32 * 8 * 128 * 4;
      expect(2 * LLAMA_8B.parameters + 2 * tokens * (limits.slotTokens + 2 * limits.runTokens)).toBeLessThan(gib * GIB);
    }
    expect(errorOf(() => of(18.5, { ...wide, weightBytes: 4 * LLAMA_8B.parameters }))).toMatch(/^m: weights of 29\.9 GiB/);
  });

  it('a small number that is given does for a small model, and one that does not says what would', () => {
    expect(activationBudget(TINY, card(0.5, 'given'), 'm', 'webgpu')).toBeGreaterThan(0.2 * GIB);
    expect(errorOf(() => activationBudget(wide, card(8, 'given'), 'm', 'webgpu'))).toMatch(
      /^m: weights of 15\.0 GiB need a card of at least 16\.9 GiB; 8\.0 GiB were given as the card’s memory; a larger --card-memory, where the card has it$/,
    );
    const plain = { ...LLAMA_8B, bytes: 4 } as const;
    expect(errorOf(() => activationBudget(plain, card(24, 'given'), 'm', 'webgpu'))).toMatch(/has it, or --dtype float16 halves that$/);
  });

  it('states that layers carry from token to token are counted', () => {
    // Qwen 3.5 with 24 such layers: 32 heads of 128 x 128, and three rows of 8,192 channels.
    const layer = 32 * 128 * 128 + 3 * 8192;
    const m = { ...wide, state: { largest: layer, all: 24 * layer } };
    const run = { prefix: 256, blocks: 16, length: 64, scored: 64 };
    expect(generateBytes(m, run, 8) - generateBytes(wide, run, 8)).toBeGreaterThanOrEqual(16 * 2 * 4 * 24 * layer);
    expect(runBytes(m, { ...run, scored: 1024 })).toBeGreaterThan(4 * 1024 * layer);
    const budget = 8 * GIB;
    const { documents, slotTokens } = stackedLimits(m, GIB, budget);
    expect(documents).toBeLessThan(32);
    expect(documents * 2 * 4 * 24 * layer).toBeLessThan(budget);
    expect(slotTokens).toBeLessThan(stackedLimits(wide, GIB, budget).slotTokens);
  });
});

describe('what a card has', () => {
  const smi = (reply: string) => {
    const calls: string[] = [];
    const run = async (file: string, args: readonly string[]): Promise<string> => {
      calls.push([file, ...args].join(' '));
      return reply;
    };
    return { calls, run };
  };
  it('the driver’s tool is asked for what is free on the card that is meant', async () => {
    const { calls, run } = smi('23871\n');
    expect(await cardMemory(1, null, {}, run)).toEqual({ bytes: 23_871 * 1024 ** 2, kind: 'free' });
    expect(await cardMemory(1, null, { CUDA_VISIBLE_DEVICES: '4, GPU-8f2a' }, run)).toMatchObject({ kind: 'free' });
    expect(calls).toEqual([
      'nvidia-smi --query-gpu=memory.free --format=csv,noheader,nounits -i 1',
      'nvidia-smi --query-gpu=memory.free --format=csv,noheader,nounits -i GPU-8f2a',
    ]);
  });
  it('what the user says comes first; without any answer 16 GiB are assumed', async () => {
    const { calls, run } = smi('23871');
    expect(await cardMemory(0, 12 * GIB, {}, run)).toEqual({ bytes: 12 * GIB, kind: 'given' });
    expect(calls).toEqual([]);
    expect(await cardMemory(0, null, {}, smi('[N/A]').run)).toEqual({ bytes: 16 * GIB, kind: 'assumed' });
    expect(await cardMemory(0, null, {}, () => Promise.reject(new Error('ENOENT')))).toEqual({ bytes: 16 * GIB, kind: 'assumed' });
    expect(await cardMemory(2, null, { CUDA_VISIBLE_DEVICES: '0' }, run)).toEqual({ bytes: 16 * GIB, kind: 'assumed' });
  });
});
