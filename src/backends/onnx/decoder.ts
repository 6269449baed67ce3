/**
 * Writes the graph of a decoder-only transformer. What the supported architectures share is here; where they differ is a `Blueprint`, which each file of
 * `architectures/` fills in.
 *
 * One run computes `S` new tokens that stand behind `base` tokens whose keys and values lie in the cache (a stack, see `stack.ts`). Tokens are packed: they belong to
 * one or many documents, and an additive bias says which of the `T = base + S` positions each may see. Only the rows that are scored reach the output layer.
 *
 * In a step of generation the batch is B documents with one token each, S = B, and every document has a cache of its own.
 *
 * Inputs: input_ids [S], batch [1] = B, position_ids [B,S/B], bias [B or 1,1,S/B,T] (0 or a large negative number), bias_local (the same for sliding layers),
 * seqlens_k [B] = tokens seen - 1, total_length [] = T, cos, sin [M, head/2] (and cos_local, sin_local), rows [R] (row index of each scored position), pairs [Q,2] (index into rows, token id),
 * past_key_<l>, past_value_<l> [B, kv heads, capacity, head].
 * Outputs: logprob [Q] (natural log), greedy [R] (arg max token), key_<l>, value_<l> (written in place: give the same buffers as the past).
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

const MS = 'com.microsoft';

/**
 * Adds the whole decoder to `g`. Throws `UserError` (through `g.weight`) when a tensor is missing or of another shape than the config says.
 */
export function writeDecoder(g: GraphBuilder, c: ModelConfig, b: Blueprint): void {
  const float = g.compute;
  const anySliding = b.window !== null && Array.from({ length: c.layers }, (_, l) => b.slides(l)).some(Boolean);
  g.input('input_ids', 'int64', ['S']);
  g.input('batch', 'int64', [1]);
  g.input('position_ids', 'int64', [null, null]);
  g.input('bias', float, [null, 1, null, 'T']);
  if (anySliding) g.input('bias_local', float, [null, 1, null, 'T']);
  g.input('seqlens_k', 'int32', ['B']);
  g.input('total_length', 'int32', []);
  g.input('cos', float, ['M', c.headDim / 2]);
  g.input('sin', float, ['M', c.headDim / 2]);
  if (anySliding) {
    g.input('cos_local', float, ['M', c.headDim / 2]);
    g.input('sin_local', float, ['M', c.headDim / 2]);
  }
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
  const shapes = new Map<number, string>();
  /** The shape [batch, tokens, n heads] as the attention wants its rows. */
  const packed = (n: number): string => {
    const shape = shapes.get(n) ?? g.node('Concat', ['batch', g.int64([-1, n * c.headDim])], { axis: 0 });
    shapes.set(n, shape);
    return shape;
  };
  const heads = (x: string, name: string, n: number): string => {
    // Normalise each head's slice, then back to one row a token.
    const split = g.node('Reshape', [x, g.int64([-1, c.headDim])]);
    return g.node('Reshape', [norm(split, name, c.headDim), packed(n)]);
  };

  const embedding = g.weight(`${b.prefix}embed_tokens.weight`, [c.vocabSize, c.hiddenSize]);
  let x = g.node('Gather', [embedding, 'input_ids']);
  if (b.embeddingScale !== null) x = g.node('Mul', [x, g.scalar(b.embeddingScale)]);
  for (let l = 0; l < c.layers; l++) {
    const p = `${b.prefix}layers.${l}.`;
    const local = anySliding && b.slides(l);
    const a = norm(x, `${p}input_layernorm`);
    const [q, k, v] = (['q', 'k', 'v'] as const).map((t) => {
      const n = t === 'q' ? c.heads : c.kvHeads;
      const y = linear(a, `${p}self_attn.${t}_proj`, n * c.headDim, c.hiddenSize, b.qkvBias);
      if (b.headNorms && t !== 'v') return heads(y, `${p}self_attn.${t}_norm`, n);
      return g.node('Reshape', [y, packed(n)]);
    });
    // The capacity stays without a name: ONNX Runtime would else reuse buffers of "equal" shapes that differ.
    for (const t of ['key', 'value']) {
      g.input(`past_${t}_${l}`, float, [null, c.kvHeads, null, c.headDim]);
      g.output(`${t}_${l}`, float, [null, c.kvHeads, null, c.headDim]);
    }
    const suffix = local ? '_local' : '';
    g.nodeTo(
      [`attention_${l}`, `key_${l}`, `value_${l}`],
      'GroupQueryAttention',
      [
        q ?? '',
        k ?? '',
        v ?? '',
        `past_key_${l}`,
        `past_value_${l}`,
        'seqlens_k',
        'total_length',
        `cos${suffix}`,
        `sin${suffix}`,
        'position_ids',
        `bias${suffix}`,
      ],
      {
        num_heads: c.heads,
        kv_num_heads: c.kvHeads,
        do_rotary: 1,
        scale: { float: b.attentionScale },
        ...(b.attentionSoftcap === null ? {} : { softcap: { float: b.attentionSoftcap } }),
      },
      MS,
    );
    const rows = g.node('Reshape', [`attention_${l}`, g.int64([-1, c.heads * c.headDim])]);
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
  const head = b.tied ? embedding : g.weight('lm_head.weight', [c.vocabSize, c.hiddenSize]);
  let logits = g.node('Gemm', [scored, head], { transB: 1 });
  if (float !== 'float32') logits = g.node('Cast', [logits], { to: 1 });
  if (b.finalSoftcap !== null) logits = softcap(g, logits, b.finalSoftcap);
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

/** `cap * tanh(x / cap)`, on float32. */
function softcap(g: GraphBuilder, x: string, cap: number): string {
  return g.node('Mul', [g.node('Tanh', [g.node('Div', [x, g.scalar(cap)])]), g.scalar(cap)]);
}
