import { describe, expect, it } from 'vitest';
import { chooseStorage, fitOf, hostMemory, sizeWords, tooLarge } from '../../../src/backends/onnx/host-memory.js';

const GIB = 1024 ** 3;
/** Llama 3.1 8B: 8.03 billion parameters, 0.53 of them in a table that rows are looked up in. */
const SIZE = {
  ...{ layers: 32, hidden: 4096, intermediate: 14_336, heads: 32, kvHeads: 8, headDim: 128, vocabulary: 128_256 },
  ...{ sliding: false, bytes: 4 as const, parameters: 8.03e9 },
};
const RUN = { logitBytes: 128 * 1024 ** 2, slotBytes: 0 };
const widened = hostMemory({ widened: 7.5e9, mapped: 1.05e9, mappedWhole: 0, largest: 128_256 * 4096, products: 7.5e9 }, SIZE, {
  ...RUN,
  runTokens: 384,
});
const stored = hostMemory({ widened: 3e5, mapped: 16.06e9, mappedWhole: 15e9, largest: 14_336 * 4096, products: 7.5e9 }, SIZE, {
  ...RUN,
  runTokens: 1024,
});
const room = (gib: number) => ({ bytes: gib * GIB, total: 64 * GIB, kind: 'free' as const });

describe('the memory of a model on a CPU', () => {
  it('is that of its weights and some more', () => {
    expect(widened.weights).toBe(30e9);
    expect(widened.total - widened.weights).toBeGreaterThan(2e9);
    expect(widened.total - widened.weights).toBeLessThan(4e9);
    expect(stored.weights + stored.mapped).toBeLessThan(15.1e9);
    expect(stored.total - stored.mapped).toBeLessThan(2.5e9);
  });

  it('decides how the weights lie', () => {
    expect([64, 36, 28, 18, 12].map((gib) => chooseStorage(widened, stored, room(gib)))).toEqual([
      'rows as stored',
      'rows as stored',
      'as stored',
      'as stored',
      null,
    ]);
    expect([40, 32, 20].map((gib) => fitOf(widened, room(gib)))).toEqual(['fits', 'near', 'too large']);
  });

  it('counts the whole memory where nobody knows what is free', () => {
    expect(fitOf(widened, { bytes: null, total: 64 * GIB, kind: 'free' })).toBe('fits');
    expect(fitOf(widened, { bytes: null, total: 16 * GIB, kind: 'free' })).toBe('too large');
  });

  it('is told in one line with the ways that work', () => {
    expect(tooLarge('org/m', widened, room(10), { dtype: 'bfloat16', need: stored }).message).toBe(
      `org/m: needs about ${sizeWords(widened.total)} of memory (weights 27.9 GiB); 10.0 GiB of 64.0 GiB are free; --dtype bfloat16 needs ${sizeWords(stored.total)} and more time; --serve llama.cpp with a quantized GGUF file, or --serve vllm on a card, needs less; a server elsewhere is asked as completions:NAME --base-url URL; --memory ${Math.ceil(widened.total / GIB)} goes on all the same`,
    );
  });
});
