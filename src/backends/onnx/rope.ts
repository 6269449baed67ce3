/** Tables of rotary position embeddings, computed in float32 steps so that they equal PyTorch's to the last bit or so. */
import type { Rope } from '../../models/model-config.js';

/**
 * Returns the `headDim / 2` inverse frequencies (float32). Formulas: RoFormer (Su et al. 2021) for the default; linear scaling divides by the factor;
 * llama3 scales long wavelengths by the factor, keeps short ones and blends between (the released code of Llama 3.1).
 */
export function inverseFrequencies(rope: Rope, headDim: number): Float32Array {
  const half = headDim / 2;
  const out = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(1 / Math.fround(rope.theta ** Math.fround((2 * i) / headDim)));
    if (rope.type === 'default') out[i] = frequency;
    else if (rope.type === 'linear') out[i] = frequency / rope.factor;
    else {
      const wavelength = (2 * Math.PI) / frequency;
      const low = rope.originalMaxPosition / rope.lowFreqFactor;
      const high = rope.originalMaxPosition / rope.highFreqFactor;
      const smooth = (rope.originalMaxPosition / wavelength - rope.lowFreqFactor) / (rope.highFreqFactor - rope.lowFreqFactor);
      if (wavelength < high) out[i] = frequency;
      else if (wavelength > low) out[i] = frequency / rope.factor;
      else out[i] = ((1 - smooth) * frequency) / rope.factor + smooth * frequency;
    }
  }
  return out;
}

/**
 * Returns the head size that the attention kernel is given: its rotation takes only multiples of 16. Each half of a smaller head is followed by zeros, which change no
 * product of queries and keys.
 */
export function kernelHead(headDim: number): number {
  return Math.ceil(headDim / 16) * 16;
}

/** Cosines and sines, each `[positions, kernelHead(headDim) / 2]` row by row; zeros where the head is filled up. */
export interface RopeTable {
  readonly positions: number;
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/**
 * Returns the table for positions 0 to `positions - 1`. The angle is rounded to float32 before the cosine, as PyTorch does.
 */
export function ropeTable(rope: Rope, headDim: number, positions: number): RopeTable {
  const frequencies = inverseFrequencies(rope, headDim);
  const half = kernelHead(headDim) / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let p = 0; p < positions; p++) {
    for (const [i, frequency] of frequencies.entries()) {
      const angle = Math.fround(p * frequency);
      cos[p * half + i] = Math.cos(angle);
      sin[p * half + i] = Math.sin(angle);
    }
  }
  return { positions, cos, sin };
}
