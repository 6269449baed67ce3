/** What most architectures have in common; each file beside this one changes what it must. */
import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { Rope } from '../../../models/rope-config.js';
import type { Activation, AttentionPart, Block, Blueprint, DenseFeedForward, HeadNorms, Linear, Norm, Rotary } from '../blueprint.js';

/** The config's names of activations. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  relu: 'relu',
  relu2: 'relu2',
};

/**
 * Returns the activation that the config names. Throws `UserError` for one that is not known.
 */
export function activationOf(c: ModelConfig): Activation {
  const activation = Object.hasOwn(ACTIVATIONS, c.activation) ? ACTIVATIONS[c.activation] : undefined;
  if (activation === undefined)
    throw new UserError(`${c.file}: activation "${c.activation}" is not supported; supported are ${Object.keys(ACTIVATIONS).join(', ')}`);
  return activation;
}

/** A root-mean-square norm with the config's epsilon. */
export function rmsNorm(c: ModelConfig, name: string, more: Partial<Norm> = {}): Norm {
  return { kind: 'rms', name, epsilon: c.normEpsilon, plusOne: false, bias: false, ...more };
}

/** A layer norm with the config's epsilon. */
export function layerNorm(c: ModelConfig, name: string, more: Partial<Norm> = {}): Norm {
  return { kind: 'layer', name, epsilon: c.normEpsilon, plusOne: false, bias: true, ...more };
}

/** A product with the matrix `name.weight` [outputs, inputs], with `name.bias` where `bias` is true. */
export function linear(name: string, bias = false): Linear {
  return { name, bias };
}

/**
 * Returns the rotation of heads of `headDim`. `partial`: the class turns a part of a head where the config says so, else `usual`. Throws `UserError` where the config says so and the class does
 * not.
 */
export function rotaryOf(
  c: ModelConfig,
  rope: Rope,
  { partial = false, usual = 1, interleaved = false, headDim = c.headDim } = {},
): Rotary {
  const part = rope.partial ?? usual;
  // Proportional embeddings turn the rest of a head by nothing.
  if (part === 1 || rope.type === 'proportional') return { rope, dims: headDim, interleaved };
  if (partial) {
    const dims = Math.trunc(headDim * part);
    if (dims < 2 || dims > headDim || dims % 2 !== 0)
      throw new UserError(
        `${c.file}: ${where(c)}: partial_rotary_factor ${part} turns ${dims} numbers of a head of ${headDim}; valid is a part that gives an even number from 2`,
      );
    return { rope, dims, interleaved };
  }
  if (rope.type !== 'default')
    throw new UserError(`${c.file}: ${where(c)}: partial_rotary_factor ${part} is not supported; supported is 1`);
  // These classes read the factor for scaled rotations only.
  return { rope: { type: 'default', theta: rope.theta }, dims: headDim, interleaved };
}

/** Which of the two spellings a config uses. */
function where(c: ModelConfig): string {
  return c.fields.has('rope_scaling') ? 'rope_scaling' : 'rope_parameters';
}

/**
 * Returns the window of a layer that slides. Throws `UserError` where the config gives none.
 */
export function windowOf(c: ModelConfig, layer: number, window: number | null): number {
  if (window !== null && window >= 1) return window;
  const found = c.slidingWindow === window ? `sliding_window is ${c.slidingWindow}` : 'use_sliding_window is not true';
  throw new UserError(
    `${c.file}: layer ${layer} has a sliding window, and ${found}; valid is a window from 1, or full_attention in layer_types`,
  );
}

/**
 * Returns whether layer `l` slides where every n-th layer sees everything, and the config lists no kinds. Throws `UserError` where it says every 0th.
 */
export function slidesByPattern(c: ModelConfig, l: number, fallback: number): boolean {
  const pattern = c.slidingPattern ?? fallback;
  if (pattern === 0) c.fields.refuse('sliding_window_pattern', 'a whole number from 1');
  return (l + 1) % pattern !== 0;
}

/** The names of most tensors, in front of which stands `model.layers.<l>.`. */
export const layerPrefix = (l: number): string => `model.layers.${l}.`;

/** Norms of each head's query and key under the names that most models use. */
export function headNorms(norm: (name: string) => Norm, l: number): HeadNorms {
  const p = `${layerPrefix(l)}self_attn.`;
  return { query: norm(`${p}q_norm`), key: norm(`${p}k_norm`), over: 'head', afterRotation: false };
}

/** The attention of a Llama-like layer. */
export function plainAttention(c: ModelConfig, l: number, more: Partial<AttentionPart> = {}, bias = c.attentionBias): AttentionPart {
  const p = `${layerPrefix(l)}self_attn.`;
  return {
    kind: 'attention',
    heads: c.heads,
    kvHeads: c.kvHeads,
    headDim: c.headDim,
    projection: { kind: 'separate', query: linear(`${p}q_proj`, bias), key: linear(`${p}k_proj`, bias), value: linear(`${p}v_proj`, bias) },
    gate: false,
    norms: null,
    rotary: more.rotary === undefined ? rotaryOf(c, c.rope) : more.rotary,
    output: linear(`${p}o_proj`, bias),
    scale: 1 / Math.sqrt(c.headDim),
    softcap: null,
    window: null,
    ...more,
  };
}

/** The feed-forward part of a Llama-like layer. */
export function plainFeedForward(c: ModelConfig, l: number, bias = c.mlpBias): DenseFeedForward {
  const p = `${layerPrefix(l)}mlp.`;
  return {
    kind: 'dense',
    size: c.intermediateSize,
    input: { kind: 'gated', gate: linear(`${p}gate_proj`, bias), up: linear(`${p}up_proj`, bias) },
    down: linear(`${p}down_proj`, bias),
    activation: activationOf(c),
  };
}

/** A feed-forward part of two matrices, without a gate. */
export function ungatedFeedForward(
  c: ModelConfig,
  l: number,
  more: { readonly bias?: boolean; readonly up?: string; readonly down?: string; readonly activation?: Activation } = {},
): DenseFeedForward {
  const { bias = c.mlpBias, up = 'up_proj', down = 'down_proj' } = more;
  const p = `${layerPrefix(l)}mlp.`;
  return {
    kind: 'dense',
    size: c.intermediateSize,
    input: { kind: 'plain', up: linear(`${p}${up}`, bias) },
    down: linear(`${p}${down}`, bias),
    activation: more.activation ?? activationOf(c),
  };
}

/** A layer whose norms stand behind its parts alone. */
export function postNormBlock(c: ModelConfig, l: number, more: Partial<Block> = {}): Block {
  return plainBlock(c, l, {
    before: null,
    after: rmsNorm(c, `${layerPrefix(l)}post_attention_layernorm`),
    feedForwardBefore: null,
    feedForwardAfter: rmsNorm(c, `${layerPrefix(l)}post_feedforward_layernorm`),
    ...more,
  });
}

/** A Llama-like layer: a norm before attention and one before the feed-forward part. */
export function plainBlock(c: ModelConfig, l: number, more: Partial<Block> = {}): Block {
  return {
    before: rmsNorm(c, `${layerPrefix(l)}input_layernorm`),
    mixer: more.mixer ?? plainAttention(c, l),
    after: null,
    feedForwardBefore: rmsNorm(c, `${layerPrefix(l)}post_attention_layernorm`),
    feedForward: more.feedForward ?? plainFeedForward(c, l),
    feedForwardAfter: null,
    parallel: false,
    residualScale: null,
    ...more,
  };
}

/** A Llama-like model with these layers. */
export function plainBlueprint(c: ModelConfig, block: (layer: number) => Block, more: Partial<Blueprint> = {}): Blueprint {
  return {
    prefix: 'model.',
    embedding: { table: 'model.embed_tokens', scale: null },
    blocks: Array.from({ length: c.layers }, (_, l) => block(l)),
    finalNorm: rmsNorm(c, 'model.norm'),
    output: { tied: c.tiedEmbeddings, name: 'lm_head', scale: null, softcap: null },
    ...more,
  };
}
