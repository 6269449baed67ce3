/** Tables of rotary position embeddings, computed in float32 steps so that they equal PyTorch's to the last bit or so. */
import { at } from '../../at.js';
import type { Rope } from '../../models/rope-config.js';
import type { Growth } from './blueprint.js';

/** Where YaRN's ramp begins and ends, as dimensions: those that turn `betaFast` and `betaSlow` times within the context that the model was trained with. */
function yarnRange(rope: Rope & { readonly type: 'yarn' }, dims: number): { readonly low: number; readonly high: number } {
  const turning = (times: number): number =>
    (dims * Math.log(rope.originalMaxPosition / (times * 2 * Math.PI))) / (2 * Math.log(rope.theta));
  const [low, high] = [turning(rope.betaFast), turning(rope.betaSlow)];
  const [from, to] = rope.truncate ? [Math.floor(low), Math.ceil(high)] : [low, high];
  const [least, most] = [Math.max(from, 0), Math.min(to, dims - 1)];
  // Ends that are equal would divide by zero.
  return { low: least, high: least === most ? most + 0.001 : most };
}

/** One frequency of an embedding without a scaling, or of one that scales all alike. */
function scaled(rope: Rope, frequency: number, i: number, long: boolean, range: { readonly low: number; readonly high: number }): number {
  switch (rope.type) {
    case 'default':
    case 'dynamic':
      return frequency;
    case 'linear':
    case 'proportional':
      return frequency / rope.factor;
    case 'longrope':
      return frequency / at(long ? rope.longFactor : rope.shortFactor, i);
    case 'yarn': {
      const ramp = Math.min(1, Math.max(0, Math.fround(i - range.low) / Math.fround(range.high - range.low)));
      return (frequency / rope.factor) * ramp + frequency * (1 - ramp);
    }
    case 'llama3': {
      const wavelength = (2 * Math.PI) / frequency;
      const low = rope.originalMaxPosition / rope.lowFreqFactor;
      const high = rope.originalMaxPosition / rope.highFreqFactor;
      const smooth = (rope.originalMaxPosition / wavelength - rope.lowFreqFactor) / (rope.highFreqFactor - rope.lowFreqFactor);
      if (wavelength < high) return frequency;
      if (wavelength > low) return frequency / rope.factor;
      return ((1 - smooth) * frequency) / rope.factor + smooth * frequency;
    }
  }
}

/**
 * Returns the `dims / 2` inverse frequencies (float32). Formulas: RoFormer (Su et al. 2021) for the default; linear scaling divides by the factor;
 * llama3 scales long wavelengths by the factor, keeps short ones and blends between (the released code of Llama 3.1); YaRN (Peng et al. 2023) blends by how often a
 * dimension turns; LongRoPE (Ding et al. 2024) has a factor for each, for texts beyond the original context (`long`) others; proportional embeddings (Gemma 4) turn only the first
 * part of the dimensions, at the speeds of the whole.
 */
export function inverseFrequencies(rope: Rope, dims: number, long = false): Float32Array {
  const half = dims / 2;
  const out = new Float32Array(half);
  const range = rope.type === 'yarn' ? yarnRange(rope, dims) : { low: 0, high: 1 };
  const turning = rope.type === 'proportional' ? Math.floor(((rope.partial ?? 1) * dims) / 2) : half;
  for (let i = 0; i < turning; i++) {
    const frequency = Math.fround(1 / Math.fround(rope.theta ** Math.fround((2 * i) / dims)));
    out[i] = scaled(rope, frequency, i, long, range);
  }
  return out;
}

/** Returns the head size that the attention kernel is given, which takes only multiples of 8: a smaller head is followed by zeros, which change no product. */
export function kernelHead(headDim: number): number {
  return Math.ceil(headDim / 8) * 8;
}

/** Tokens of the longest text for which short tables hold: beyond its original context LongRoPE has other factors from the first token on. Null: any. */
export function longestText(kinds: readonly { readonly rope: Rope }[]): number | null {
  const lengths = kinds.flatMap(({ rope }) => (rope.type === 'longrope' ? [rope.originalMaxPosition] : []));
  return lengths.length === 0 ? null : Math.min(...lengths);
}

/** Cosines and sines, each `[positions, dims / 2]` row by row. */
export interface RopeTable {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** How a table differs from the plain one of its embedding. */
export interface Turn {
  /** Turns the other way. */
  readonly reversed?: boolean;
  /** Makes what is turned grow with its position. */
  readonly growth?: Growth;
  /** For texts beyond the original context. */
  readonly long?: boolean;
}

/**
 * Returns the table for positions 0 to `positions - 1`. The angle is rounded to float32 before the cosine, as PyTorch does. Of LongRoPE, a text beyond the original context (`long`) has
 * the long factors from its first position on; one that grows beyond it, from there on.
 */
export function ropeTable(rope: Rope, dims: number, positions: number, turn: Turn = {}): RopeTable {
  const { reversed = false, growth, long: all = false } = turn;
  const half = dims / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  const short = inverseFrequencies(rope, dims);
  const long = rope.type === 'longrope' ? inverseFrequencies(rope, dims, true) : short;
  const beyond = rope.type === 'longrope' ? rope.originalMaxPosition : positions;
  const from = all ? 0 : beyond;
  const factor = rope.type === 'longrope' || rope.type === 'yarn' ? rope.attentionFactor : 1;
  for (let p = 0; p < positions; p++) {
    const scale = growth === undefined ? factor : factor * (1 + growth.beta * Math.log(1 + Math.floor(p / growth.length)));
    for (const [i, frequency] of (p < from ? short : long).entries()) {
      const angle = Math.fround(p * frequency);
      cos[p * half + i] = Math.cos(angle) * scale;
      sin[p * half + i] = Math.sin(angle) * (reversed ? -scale : scale);
    }
  }
  return { cos, sin };
}
