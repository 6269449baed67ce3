/**
 * Writes the graph of a decoder-only transformer. What the supported architectures share is here; where they differ is a `Blueprint`, which each file of
 * `architectures/` fills in; how attention is computed is an `Attention` (`attention-cached.ts`, `attention-packed.ts`).
 *
 * One run computes `S` tokens. They are packed: they belong to one or many documents, and a mask says what each may see. Only the rows that are scored reach the
 * output layer.
 *
 * Inputs: input_ids [S], rows [R] (row index of each scored position), pairs [Q,2] (index into rows, token id), and those of the attention.
 * Outputs: logprob [Q] (natural log), greedy [R] (arg max token).
 */
import type { ModelConfig } from '../../models/model-config.js';
import type { GraphBuilder } from './graph-builder.js';

/** What distinguishes an architecture. */
export interface Blueprint {
  /** Prefix of the tensor names, e.g. `model.`. */
  readonly prefix: string;
  readonly tied: boolean;
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  /** Query and key are normalised per head before the rotation (Qwen3, Gemma 3). */
  readonly headNorms: boolean;
  /** Norm weights are stored as `weight - 1` (Gemma). */
  readonly normPlusOne: boolean;
  /** Norms also after attention and after the MLP (Gemma 2, 3). */
  readonly sandwichNorms: boolean;
  /** Factor on the embeddings (Gemma: square root of the hidden size). */
  readonly embeddingScale: number | null;
  readonly activation: 'silu' | 'gelu' | 'gelu_tanh';
  /** Factor on the products of queries and keys. */
  readonly attentionScale: number;
  readonly attentionSoftcap: number | null;
  readonly finalSoftcap: number | null;
  /** Tokens that sliding layers see, itself included; null: none slides. */
  readonly window: number | null;
  /** Whether layer `l` slides. */
  readonly slides: (layer: number) => boolean;
}

/** How the rows of a layer look at each other. */
export interface Attention {
  /** Adds the inputs that all layers share. */
  declare(): void;
  /** Returns the rows [S, heads x head] of layer `l` from queries, keys and values, each [S, n x head], not yet rotated. */
  attend(layer: number, query: string, key: string, value: string): string;
}

const MS = 'com.microsoft';

/**
 * Adds the whole decoder to `g`. Throws `UserError` (through `g.weight`) when a tensor is missing or of another shape than the config says.
 */
export function writeDecoder(
  g: GraphBuilder,
  c: ModelConfig,
  b: Blueprint,
  attentionOf: (g: GraphBuilder, c: ModelConfig, b: Blueprint) => Attention,
): void {
  const float = g.compute;
  const attention = attentionOf(g, c, b);
  g.input('input_ids', 'int64', ['S']);
  attention.declare();
  g.input('rows', 'int64', ['R']);
  g.input('pairs', 'int64', ['Q', 2]);

  const normWeight = (name: string, size: number): string => {
    const weight = g.weight(name, [size]);
    return b.normPlusOne ? g.node('Add', [weight, g.scalar(1)]) : weight;
  };
  const norm = (x: string, name: string, size = c.hiddenSize): string =>
    g.node('SimplifiedLayerNormalization', [x, normWeight(`${name}.weight`, size)], {
      axis: -1,
      epsilon: { float: c.normEpsilon },
      stash_type: 1,
    });
  const linear = (x: string, name: string, outputs: number, inputs: number, bias: boolean): string =>
    g.node('Gemm', [x, g.weight(`${name}.weight`, [outputs, inputs]), ...(bias ? [g.weight(`${name}.bias`, [outputs])] : [])], {
      transB: 1,
    });
  const embedding = g.weight(`${b.prefix}embed_tokens.weight`, [c.vocabSize, c.hiddenSize]);
  let x = g.node('Gather', [embedding, 'input_ids']);
  if (b.embeddingScale !== null) x = g.node('Mul', [x, g.scalar(b.embeddingScale)]);
  for (let l = 0; l < c.layers; l++) {
    const p = `${b.prefix}layers.${l}.`;
    const a = norm(x, `${p}input_layernorm`);
    const [q, k, v] = (['q', 'k', 'v'] as const).map((t) => {
      const n = t === 'q' ? c.heads : c.kvHeads;
      const y = linear(a, `${p}self_attn.${t}_proj`, n * c.headDim, c.hiddenSize, b.qkvBias);
      if (!b.headNorms || t === 'v') return y;
      // Each head's slice is normalised by itself.
      const split = g.node('Reshape', [y, g.int64([-1, c.headDim])]);
      return g.node('Reshape', [norm(split, `${p}self_attn.${t}_norm`, c.headDim), g.int64([-1, n * c.headDim])]);
    });
    const rows = attention.attend(l, q ?? '', k ?? '', v ?? '');
    let o = linear(rows, `${p}self_attn.o_proj`, c.hiddenSize, c.heads * c.headDim, b.outputBias);
    if (b.sandwichNorms) o = norm(o, `${p}post_attention_layernorm`);
    const r = g.node('Add', [x, o]);
    const m = norm(r, `${p}${b.sandwichNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm'}`);
    const gate = activate(g, linear(m, `${p}mlp.gate_proj`, c.intermediateSize, c.hiddenSize, b.mlpBias), b.activation);
    const up = linear(m, `${p}mlp.up_proj`, c.intermediateSize, c.hiddenSize, b.mlpBias);
    let d = linear(g.node('Mul', [gate, up]), `${p}mlp.down_proj`, c.hiddenSize, c.intermediateSize, b.mlpBias);
    if (b.sandwichNorms) d = norm(d, `${p}post_feedforward_layernorm`);
    x = g.node('Add', [r, d]);
  }
  const scored = norm(g.node('Gather', [x, 'rows']), `${b.prefix}norm`);
  const output = b.tied ? embedding : g.weight('lm_head.weight', [c.vocabSize, c.hiddenSize]);
  let logits = g.node('Gemm', [scored, output], { transB: 1 });
  if (float !== 'float32') logits = g.node('Cast', [logits], { to: 1 });
  if (b.finalSoftcap !== null) logits = softcap(g, logits, b.finalSoftcap, true);
  const logSoftmax = g.node('LogSoftmax', [logits], { axis: -1 });
  g.nodeTo(['logprob'], 'GatherND', [logSoftmax, 'pairs']);
  g.nodeTo(['greedy'], 'ArgMax', [logits], { axis: -1, keepdims: 0 });
  g.output('logprob', 'float32', ['Q']);
  g.output('greedy', 'int64', ['R']);
}

function activate(g: GraphBuilder, x: string, kind: Blueprint['activation']): string {
  if (kind === 'silu') return g.node('QuickGelu', [x], { alpha: { float: 1 } }, MS); // x * sigmoid(x)
  return g.node('Gelu', [x], { approximate: kind === 'gelu_tanh' ? 'tanh' : 'none' });
}

/**
 * Adds `cap * tanh(x / cap)`; `x` is of the compute type, or float32 where `wide`.
 */
export function softcap(g: GraphBuilder, x: string, cap: number, wide = false): string {
  const scalar = (value: number): string => (wide ? g.floats(`scalar ${value}`, Float32Array.of(value), []) : g.scalar(value));
  return g.node('Mul', [g.node('Tanh', [g.node('Mul', [x, scalar(1 / cap)])]), scalar(cap)]);
}

/**
 * True where some layer slides.
 */
export function slidesAnywhere(c: ModelConfig, b: Blueprint): boolean {
  return b.window !== null && Array.from({ length: c.layers }, (_, l) => b.slides(l)).some(Boolean);
}
