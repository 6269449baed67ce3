/** What the models before Llama have in common: layer norms and biases, a feed-forward part without a gate, positions that are not always turned. */
import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Block, DenseFeedForward, Linear } from '../blueprint.js';
import { activationOf, layerNorm, linear, plainAttention } from './common.js';

interface Classic {
  /** Names behind the layer's prefix: the norm before attention, and the one before the feed-forward part, where it has one. */
  readonly norms: readonly [attention: string, feedForward?: string];
  readonly mixer: AttentionPart;
  /** Names of the two matrices. */
  readonly feedForward: readonly [up: string, down: string];
  readonly size?: number;
  readonly bias?: boolean;
  readonly normBias?: boolean;
  readonly parallel?: boolean;
  readonly transposed?: boolean;
  readonly activation?: DenseFeedForward['activation'];
}

/** A layer of such a model; `p` stands before the names of its tensors. */
export function classicBlock(c: ModelConfig, p: string, classic: Classic): Block {
  const {
    norms,
    mixer,
    feedForward,
    size = c.intermediateSize,
    bias = true,
    normBias = true,
    parallel = false,
    transposed = false,
  } = classic;
  const [up, down] = feedForward;
  const matrix = (name: string): Linear => ({ ...linear(`${p}${name}`, bias), transposed });
  return {
    before: layerNorm(c, `${p}${norms[0]}`, { bias: normBias }),
    mixer,
    after: null,
    feedForwardBefore: norms[1] === undefined ? null : layerNorm(c, `${p}${norms[1]}`, { bias: normBias }),
    feedForward: {
      kind: 'dense',
      size,
      input: { kind: 'plain', up: matrix(up) },
      down: matrix(down),
      activation: classic.activation ?? activationOf(c),
    },
    feedForwardAfter: null,
    parallel,
    residualScale: null,
  };
}

/** Attention with four matrices of these names and no rotation. */
export function classicAttention(
  c: ModelConfig,
  p: string,
  names: readonly [query: string, key: string, value: string, output: string],
  bias: readonly [projection: boolean, output: boolean],
  more: Partial<AttentionPart> = {},
): AttentionPart {
  const [query, key, value, output] = names;
  const projection = (name: string): Linear => linear(`${p}${name}`, bias[0]);
  return plainAttention(c, p, {
    projection: { kind: 'separate', query: projection(query), key: projection(key), value: projection(value) },
    output: linear(`${p}${output}`, bias[1]),
    rotary: null,
    ...more,
  });
}

/** The slopes of ALiBi (Press et al. 2022) for a number of heads: powers of two for the largest power of two below it, and every other one of the next for the rest. */
export function alibiSlopes(heads: number): number[] {
  const whole = 2 ** Math.floor(Math.log2(heads));
  const base = (n: number): number => 2 ** -(2 ** -(Math.log2(n) - 3));
  return Array.from({ length: heads }, (_, h) => (h < whole ? base(whole) ** (h + 1) : base(2 * whole) ** (2 * (h - whole) + 1)));
}

/** Numbers that a head has more for its position: attention kernels want multiples of 8. */
const MORE = 8;

/** Attention with ALiBi instead of a rotation; `scaled`: the slopes are scaled as the scores are. */
export function withAlibi(part: AttentionPart, slopes: readonly number[], { rounded = false, scaled = false } = {}): AttentionPart {
  return {
    ...part,
    rotary: null,
    headDim: part.headDim + MORE,
    projected: part.headDim,
    alibi: { slopes, rounded, factor: scaled ? part.scale : 1, queryScale: part.scale },
    scale: 1,
  };
}
