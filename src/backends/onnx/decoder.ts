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
import type { GraphBuilder, MatrixUse, StoredMatrix } from './graph-builder.js';
import { ELEMENT } from './proto.js';
import { castTo, declareIds, declareScores, pickRows, type VocabularyPart } from './vocabulary.js';

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

/** The parts of a decoder; each adds nodes to the graph (or loop body) that it is given, weights always to the outermost graph. */
export interface DecoderParts {
  /** Rows [n, hidden] of token ids [n]; of a vocabulary in parts, ids of each part (`vocabulary.ts`). */
  embed(g: GraphBuilder, ids: readonly string[]): string;
  /** Layer `l` on the rows `x`. */
  layer(g: GraphBuilder, l: number, x: string, attention: Attention): string;
  /** Logits in float32 [n, part] of rows that left the last layer, for each part of the vocabulary. */
  output(g: GraphBuilder, x: string): string[];
}

/**
 * Returns the parts of the decoder, whose weights go into `root`. They throw `UserError` (through `root.weight`) when a tensor is missing or of another shape
 * than the config says.
 */
export function decoderParts(
  root: GraphBuilder,
  c: ModelConfig,
  b: Blueprint,
  vocabulary: readonly VocabularyPart[] = [{ start: 0, count: c.vocabSize }],
): DecoderParts {
  const normWeights = new Map<string, string>();
  // One added to a small weight in 16 bits would lose most of it: such norms are computed in float32, as transformers does.
  const wide = b.normPlusOne && root.compute !== 'float32';
  const normWeight = (name: string, size: number): string => {
    const known = normWeights.get(name);
    if (known !== undefined) return known;
    const weight = root.weight(name, [size]);
    let made = weight;
    if (b.normPlusOne && !wide) made = root.node('Add', [weight, root.scalar(1)]);
    if (wide) made = root.node('Add', [root.node('Cast', [weight], { to: ELEMENT.float32 }), root.floats('one', Float32Array.of(1), [])]);
    normWeights.set(name, made);
    return made;
  };
  const norm = (g: GraphBuilder, x: string, name: string, size = c.hiddenSize): string => {
    const attributes = { axis: -1, epsilon: { float: c.normEpsilon }, stash_type: 1 };
    const scale = normWeight(`${name}.weight`, size);
    if (!wide) return g.node('SimplifiedLayerNormalization', [x, scale], attributes);
    const normed = g.node('SimplifiedLayerNormalization', [g.node('Cast', [x], { to: ELEMENT.float32 }), scale], attributes);
    return g.node('Cast', [normed], { to: ELEMENT[g.compute] });
  };
  /** The product with a matrix of the files, which is widened where it is used if it is stored in fewer bits. */
  const product = (g: GraphBuilder, x: string, w: StoredMatrix, bias: readonly string[] = []): string => {
    const weight = castTo(g, w.name, w.type, g.compute);
    if (!w.transposed) return g.node('Gemm', [x, weight, ...bias], { transB: 1, ...(w.scale === 1 ? {} : { alpha: { float: w.scale } }) });
    const plain = g.node('MatMul', [x, weight]);
    const scaled = w.scale === 1 ? plain : g.node('Mul', [plain, g.scalar(w.scale)]);
    return bias.reduce((sum, b) => g.node('Add', [sum, b]), scaled);
  };
  const linear = (g: GraphBuilder, x: string, name: string, outputs: number, inputs: number, bias: boolean): string =>
    product(g, x, root.matrix(`${name}.weight`, [outputs, inputs]), bias ? [root.weight(`${name}.bias`, [outputs])] : []);
  const table = (name: string, use: MatrixUse): StoredMatrix[] =>
    vocabulary.map((part) => root.matrix(name, [c.vocabSize, c.hiddenSize], vocabulary.length === 1 ? undefined : part, use));
  const embeddings = table(`${b.prefix}embed_tokens.weight`, b.tied ? 'product' : 'rows');

  return {
    embed(g, ids) {
      const x = pickRows(g, ids, (k, own) => {
        const { name, type, scale, transposed } = embeddings[k] ?? missing();
        const found = g.node('Gather', [name, own], transposed ? { axis: 1 } : {});
        const rows = castTo(g, transposed ? g.node('Transpose', [found], { perm: [1, 0] }) : found, type, g.compute);
        return scale === 1 ? rows : g.node('Mul', [rows, g.scalar(scale)]);
      });
      return b.embeddingScale === null ? x : g.node('Mul', [x, g.scalar(b.embeddingScale)]);
    },
    layer(g, l, x, attention) {
      const p = `${b.prefix}layers.${l}.`;
      const a = norm(g, x, `${p}input_layernorm`);
      const [q, k, v] = (['q', 'k', 'v'] as const).map((t) => {
        const n = t === 'q' ? c.heads : c.kvHeads;
        const y = linear(g, a, `${p}self_attn.${t}_proj`, n * c.headDim, c.hiddenSize, b.qkvBias);
        if (!b.headNorms || t === 'v') return y;
        // Each head's slice is normalised by itself.
        const split = g.node('Reshape', [y, g.int64([-1, c.headDim])]);
        return g.node('Reshape', [norm(g, split, `${p}self_attn.${t}_norm`, c.headDim), g.int64([-1, n * c.headDim])]);
      });
      const rows = attention.attend(l, q ?? '', k ?? '', v ?? '');
      let o = linear(g, rows, `${p}self_attn.o_proj`, c.hiddenSize, c.heads * c.headDim, b.outputBias);
      if (b.sandwichNorms) o = norm(g, o, `${p}post_attention_layernorm`);
      const r = g.node('Add', [x, o]);
      const m = norm(g, r, `${p}${b.sandwichNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm'}`);
      const gate = activate(g, linear(g, m, `${p}mlp.gate_proj`, c.intermediateSize, c.hiddenSize, b.mlpBias), b.activation);
      const up = linear(g, m, `${p}mlp.up_proj`, c.intermediateSize, c.hiddenSize, b.mlpBias);
      let d = linear(g, g.node('Mul', [gate, up]), `${p}mlp.down_proj`, c.hiddenSize, c.intermediateSize, b.mlpBias);
      if (b.sandwichNorms) d = norm(g, d, `${p}post_feedforward_layernorm`);
      return g.node('Add', [r, d]);
    },
    output(g, x) {
      const scored = norm(g, x, `${b.prefix}norm`);
      return (b.tied ? embeddings : table('lm_head.weight', 'product')).map((weight) => {
        const logits = castTo(g, product(g, scored, weight), g.compute, 'float32');
        return b.finalSoftcap === null ? logits : softcap(g, logits, b.finalSoftcap, true);
      });
    },
  };
}

/**
 * Adds the whole decoder to `g`, as it scores. `vocabulary`: the parts in which a card holds its tables; null for a CPU, which has `LogSoftmax`. Throws `UserError`
 * when a tensor is missing or of another shape than the config says.
 */
export function writeDecoder(
  g: GraphBuilder,
  c: ModelConfig,
  b: Blueprint,
  attentionOf: (g: GraphBuilder, c: ModelConfig, b: Blueprint) => Attention,
  vocabulary: readonly VocabularyPart[] | null,
): void {
  const attention = attentionOf(g, c, b);
  const ids = declareIds(g, vocabulary?.length ?? 1);
  attention.declare();
  g.input('rows', 'int64', ['R']);
  const parts = decoderParts(g, c, b, vocabulary ?? undefined);
  let x = parts.embed(g, ids);
  for (let l = 0; l < c.layers; l++) x = parts.layer(g, l, x, attention);
  const logits = parts.output(g, g.node('Gather', [x, 'rows']));
  if (vocabulary !== null) {
    declareScores(g, logits);
    return;
  }
  const [all = missing()] = logits;
  g.input('pairs', 'int64', ['Q', 2]);
  g.nodeTo(['logprob'], 'GatherND', [g.node('LogSoftmax', [all], { axis: -1 }), 'pairs']);
  g.nodeTo(['greedy'], 'ArgMax', [all], { axis: -1, keepdims: 0 });
  g.output('logprob', 'float32', ['Q']);
  g.output('greedy', 'int64', ['R']);
}

function missing(): never {
  throw new RangeError('a part of the vocabulary is missing');
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
