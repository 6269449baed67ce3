/** The Llama-like decoder that most architectures are: each file beside this one says what its models have otherwise. */
import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import type { Rope } from '../../../models/rope-config.js';
import type {
  Activation,
  AttentionPart,
  Block,
  Blueprint,
  DenseFeedForward,
  Embedding,
  FeedForward,
  HeadNorms,
  Linear,
  Norm,
  Output,
  Rotary,
} from '../blueprint.js';

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
  if (part === 1 || rope.type === 'proportional') return turning(c, rope, headDim, interleaved);
  if (partial) {
    const dims = Math.trunc(headDim * part);
    if (dims < 2 || dims > headDim || dims % 2 !== 0)
      throw new UserError(
        `${c.file}: ${where(c)}: partial_rotary_factor ${part} turns ${dims} numbers of a head of ${headDim}; valid is a part that gives an even number from 2`,
      );
    return turning(c, rope, dims, interleaved);
  }
  if (rope.type !== 'default')
    throw new UserError(`${c.file}: ${where(c)}: partial_rotary_factor ${part} is not supported; supported is 1`);
  // These classes read the factor for scaled rotations only.
  return { rope: { type: 'default', theta: rope.theta }, dims: headDim, interleaved };
}

/** The rotation of `dims` numbers. Throws `UserError` where the config lists factors, and not one for each pair. */
function turning(c: ModelConfig, rope: Rope, dims: number, interleaved: boolean): Rotary {
  const factors = rope.type === 'longrope' ? { short_factor: rope.shortFactor, long_factor: rope.longFactor } : {};
  for (const [name, { length }] of Object.entries(factors))
    if (length !== dims / 2)
      throw new UserError(`${c.file}: ${where(c)}: ${name} has ${length} numbers; valid are ${dims / 2}, one for each pair that turns`);
  return { rope, dims, interleaved };
}

/** Which of the two spellings a config uses. */
function where(c: ModelConfig): string {
  return c.fields.has('rope_scaling') ? 'rope_scaling' : 'rope_parameters';
}

/**
 * Returns the window of layer `l`, null where it does not slide: the layers slide that the config lists, and where it lists none those of which `usual` is true. Throws `UserError` where one slides
 * and the config gives no `window`.
 */
export function windowOf(
  c: ModelConfig,
  l: number,
  usual: boolean = c.slidingWindow !== null,
  window: number | null = c.slidingWindow,
): number | null {
  if (!(c.slidingLayers?.[l] ?? usual)) return null;
  if (window !== null && window >= 1) return window;
  const found = c.slidingWindow === window ? `sliding_window is ${c.slidingWindow}` : 'use_sliding_window is not true';
  throw new UserError(
    `${c.file}: layer ${l} has a sliding window, and ${found}; valid is a window from 1, or full_attention in layer_types`,
  );
}

/**
 * Returns whether layer `l` slides: as the config lists it, else all but every n-th, which sees everything. Throws `UserError` where the config says every 0th.
 */
export function slidesByPattern(c: ModelConfig, l: number, fallback: number): boolean {
  const listed = c.slidingLayers?.[l];
  if (listed !== undefined) return listed;
  const pattern = c.slidingPattern ?? fallback;
  if (pattern === 0) c.fields.refuse('sliding_window_pattern', 'a whole number from 1');
  return (l + 1) % pattern !== 0;
}

/** Norms of each head's query and key in the layer whose tensors stand behind `p`, under the names that most models use, or others. */
export function headNorms(
  c: ModelConfig,
  p: string,
  {
    norm = (name) => rmsNorm(c, name),
    names: [query, key] = ['q_norm', 'k_norm'],
    over = 'head',
    afterRotation = false,
  }: {
    norm?: (name: string) => Norm;
    names?: readonly [query: string, key: string];
    over?: HeadNorms['over'];
    afterRotation?: boolean;
  } = {},
): HeadNorms {
  return { query: norm(`${p}self_attn.${query}`), key: norm(`${p}self_attn.${key}`), over, afterRotation };
}

/** The attention of a Llama-like layer whose tensors stand behind `p`. */
export function plainAttention(c: ModelConfig, p: string, more: Partial<AttentionPart> = {}, bias = c.attentionBias): AttentionPart {
  const own = `${p}self_attn.`;
  return {
    kind: 'attention',
    heads: c.heads,
    kvHeads: c.kvHeads,
    headDim: c.headDim,
    projection: {
      kind: 'separate',
      query: linear(`${own}q_proj`, bias),
      key: linear(`${own}k_proj`, bias),
      value: linear(`${own}v_proj`, bias),
    },
    gate: false,
    norms: null,
    rotary: more.rotary === undefined ? rotaryOf(c, c.rope) : more.rotary,
    output: linear(`${own}o_proj`, bias),
    scale: 1 / Math.sqrt(c.headDim),
    softcap: null,
    window: null,
    ...more,
  };
}

/** The feed-forward part of a Llama-like layer whose tensors stand behind `p`. */
export function plainFeedForward(c: ModelConfig, p: string, bias = c.mlpBias): DenseFeedForward {
  const input = { kind: 'gated', gate: linear(`${p}mlp.gate_proj`, bias), up: linear(`${p}mlp.up_proj`, bias) } as const;
  return { kind: 'dense', size: c.intermediateSize, input, down: linear(`${p}mlp.down_proj`, bias), activation: activationOf(c) };
}

/** The same with gate and feed-forward in one matrix. */
export function fusedFeedForward(c: ModelConfig, p: string): DenseFeedForward {
  return { ...plainFeedForward(c, p), input: { kind: 'fused', linear: linear(`${p}mlp.gate_up_proj`) } };
}

/** A feed-forward part of two matrices, without a gate. */
export function ungatedFeedForward(
  c: ModelConfig,
  p: string,
  more: { readonly bias?: boolean; readonly up?: string; readonly down?: string; readonly activation?: Activation } = {},
): DenseFeedForward {
  const { bias = c.mlpBias, up = 'up_proj', down = 'down_proj' } = more;
  return {
    kind: 'dense',
    size: c.intermediateSize,
    input: { kind: 'plain', up: linear(`${p}mlp.${up}`, bias) },
    down: linear(`${p}mlp.${down}`, bias),
    activation: more.activation ?? activationOf(c),
  };
}

/** What a model has otherwise than a Llama; `p` stands before the names of a layer's tensors. */
export interface Variation extends Partial<Omit<Blueprint, 'embedding' | 'blocks' | 'output'>> {
  /** The norms before both parts of a layer and behind the last one. */
  readonly norm?: (name: string) => Norm;
  /** In front of the numbers of layers in the names of tensors. */
  readonly layers?: string;
  readonly attention?: (l: number, p: string) => Partial<AttentionPart>;
  /** Whether the projections of attention have biases. */
  readonly bias?: boolean;
  readonly feedForward?: (l: number, p: string) => FeedForward;
  /** What else a layer has otherwise. */
  readonly block?: (l: number, p: string) => Partial<Block>;
  readonly embedding?: Partial<Embedding>;
  readonly output?: Partial<Output>;
}

/** Returns a Llama with these differences: in each layer a norm before attention and one before the feed-forward part. */
export function decoder(c: ModelConfig, variation: Variation = {}): Blueprint {
  const {
    norm = (name) => rmsNorm(c, name),
    layers = 'model.layers.',
    attention = () => ({}),
    bias = c.attentionBias,
    feedForward = (_, p) => plainFeedForward(c, p),
    block = (): Partial<Block> => ({}),
    embedding,
    output,
    ...more
  } = variation;
  return {
    prefix: 'model.',
    embedding: { table: 'model.embed_tokens', scale: null, ...embedding },
    blocks: Array.from({ length: c.layers }, (_, l) => {
      const p = `${layers}${l}.`;
      const own = block(l, p);
      return {
        before: norm(`${p}input_layernorm`),
        mixer: own.mixer ?? plainAttention(c, p, attention(l, p), bias),
        after: null,
        feedForwardBefore: norm(`${p}post_attention_layernorm`),
        feedForward: own.feedForward ?? feedForward(l, p),
        feedForwardAfter: null,
        parallel: false,
        residualScale: null,
        ...own,
      };
    }),
    finalNorm: norm('model.norm'),
    output: { tied: c.tiedEmbeddings, name: 'lm_head', scale: null, softcap: null, ...output },
    ...more,
  };
}

/** The norms of a layer that has them behind its parts alone. */
export function postNorms(c: ModelConfig, p: string): Partial<Block> {
  return {
    before: null,
    after: rmsNorm(c, `${p}post_attention_layernorm`),
    feedForwardBefore: null,
    feedForwardAfter: rmsNorm(c, `${p}post_feedforward_layernorm`),
  };
}

/** The norms of a layer that has them before and behind both parts. */
export function sandwichNorms(p: string, norm: (name: string) => Norm): Partial<Block> {
  return {
    after: norm(`${p}post_attention_layernorm`),
    feedForwardBefore: norm(`${p}pre_feedforward_layernorm`),
    feedForwardAfter: norm(`${p}post_feedforward_layernorm`),
  };
}
