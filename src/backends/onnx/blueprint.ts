/**
 * What an architecture is made of, as data: the parts that `decoder.ts` knows, by the names of their tensors. Each file of `architectures/` fills one in for a model's config;
 * nothing outside those files asks for the type of a model.
 */
import type { Rope } from '../../models/rope-config.js';

export interface Blueprint {
  /** In front of the names of all tensors but the output layer's; a file may leave it out. */
  readonly prefix: string;
  readonly embedding: Embedding;
  readonly blocks: readonly Block[];
  readonly finalNorm: Norm | null;
  readonly output: Output;
  /** Parts of tensor names that some files have in other words: what they say, and what is said here. */
  readonly aliases?: readonly (readonly [theirs: string, ours: string])[];
  /** Streams beside the one that the layers compute. */
  readonly streams?: Streams;
  /** Tensors that hold those of all experts, and the names that these have by themselves. */
  readonly stacked?: readonly Stacked[];
}

/** A tensor `<layer><name>` [experts, rows, columns] that is read as matrices `<layer><before><expert>.<part>`, which divide its rows in equal parts; or [experts, rows] alike. */
export interface Stacked {
  readonly name: string;
  readonly before: string;
  readonly parts: readonly string[];
}

/** Streams beside the one that the layers compute (`streams.ts`), all of the hidden size. */
export interface Streams {
  readonly count: number;
  /** The one that the layers compute. */
  readonly active: number;
  /** From embeddings to the other streams, whose rows are then made as long as theirs. */
  readonly open: readonly Linear[];
  /** From the other streams to what is averaged at the end, made as long as the first stream's rows. */
  readonly close: readonly Linear[];
}

/** How a layer predicts all streams from each other, and corrects them. */
export interface AltUp {
  readonly norm: Norm;
  /** [streams, hidden]; its input is divided by the hidden size, its output goes through tanh. */
  readonly router: Linear;
  /** [streams x streams, streams]. */
  readonly prediction: Linear;
  /** [streams, streams]. */
  readonly correction: Linear;
  /** Name of a tensor [hidden], a factor on what the layer learns of each token from. */
  readonly outputScale: string | null;
}

/** A second way past the attention: rows plus norm(right(left(rows))), averaged with what attention gives (times the square root of 2). */
export interface Laurel {
  readonly left: Linear;
  readonly right: Linear;
  readonly rank: number;
  readonly norm: Norm;
}

export interface Embedding {
  /** Name of the table [vocabulary, hidden]. */
  readonly table: string;
  /** Factor on the embeddings (Gemma: square root of the hidden size). */
  readonly scale: number | null;
  /** Numbers of an embedding, where that is not the hidden size; `project` makes rows of it. */
  readonly width?: number;
  readonly project?: Linear;
  /** What is added for the position of each token. */
  readonly positions?: Positions;
  readonly norm?: Norm;
  readonly perLayer?: PerLayerEmbedding;
}

/**
 * What each layer learns of a token beside the stream (Gemma 4): a row of `table` [vocabulary, layers x size] times `scale`, plus the normed projection [layers x size, hidden] of the
 * embedding times `projectionScale`; the sum times `sumScale`. Tokens beyond the rows of the table take its first.
 */
export interface PerLayerEmbedding {
  readonly table: string;
  /** Of the table. */
  readonly rows: number;
  readonly size: number;
  readonly scale: number;
  readonly projection: Linear;
  readonly projectionScale: number;
  readonly norm: Norm;
  readonly sumScale: number;
}

/**
 * Positions that are added to embeddings: rows of a table [rows, hidden], of which the first position is row `offset`; or sines and cosines (Vaswani et al. 2017) of position +
 * `offset`, sines in the first half of a row.
 */
export type Positions =
  | { readonly kind: 'learned'; readonly table: string; readonly offset: number; readonly rows: number }
  | { readonly kind: 'sines'; readonly offset: number };

export interface Output {
  /** Whether the output layer is the embedding; else its name without `.weight`. */
  readonly tied: boolean;
  readonly name: string;
  /** `<name>.bias` [vocabulary] is added, tied or not. */
  readonly bias?: boolean;
  /** From rows to what the output layer takes, where that is narrower. */
  readonly project?: Linear;
  /** Factor on the logits. */
  readonly scale: number | null;
  readonly softcap: number | null;
}

/** A norm over the last dimension; `<name>.weight` and, with a bias, `<name>.bias`. */
export interface Norm {
  readonly kind: 'rms' | 'layer';
  readonly name: string;
  readonly epsilon: number;
  /** The weight is stored as `weight - 1` (Gemma). */
  readonly plusOne: boolean;
  readonly bias: boolean;
  /** False: it has no weight, and no tensor. */
  readonly weight?: boolean;
}

/** A matrix [outputs, inputs] `<name>.weight` and, with a bias, `<name>.bias`; `transposed`: the file has it as [inputs, outputs]. */
export interface Linear {
  readonly name: string;
  readonly bias: boolean;
  readonly transposed?: boolean;
}

/** One layer. What is null is left out. */
export interface Block {
  readonly before: Norm | null;
  readonly mixer: Mixer;
  /** On what the mixer gives, before it is added. */
  readonly after: Norm | null;
  readonly feedForwardBefore: Norm | null;
  readonly feedForward: FeedForward;
  readonly feedForwardAfter: Norm | null;
  /** Experts beside the feed-forward part: both are normed by themselves and added, before the norm behind them. */
  readonly beside?: { readonly own: Norm; readonly experts: ExpertsFeedForward; readonly after: Norm };
  /** Mixer and feed-forward look at the same rows and are added together; without a norm of its own the feed-forward takes the mixer's input. */
  readonly parallel: boolean;
  /** What the parts are added to: the rows before their norm, or (some BLOOMs) behind it. */
  readonly residual?: 'stream' | 'normed';
  /** Norms of the sums (the oldest models have these alone). */
  readonly sumNorm?: Norm | null;
  readonly feedForwardSumNorm?: Norm | null;
  /** Factor on what is added to the stream. */
  readonly residualScale: number | null;
  readonly altUp?: AltUp;
  readonly laurel?: Laurel;
  /** Adds what the layer learns of each token: norm(projection(activation(gate(x)) * row)). */
  readonly perLayer?: { readonly gate: Linear; readonly projection: Linear; readonly norm: Norm; readonly activation: Activation };
  /** Name of a tensor [1], a factor on what the layer gives. */
  readonly outputFactor?: string;
}

/** What lets the rows of a text look at each other. */
export type Mixer = AttentionPart | RecurrentPart;

/** What carries a state from token to token. */
export type RecurrentPart = StatePart | ConvolutionPart;

/** What has a matrix for each head in its state, beside the rows that a convolution looks at. */
export type StatePart = DeltaPart | MambaPart;

export interface AttentionPart {
  readonly kind: 'attention';
  readonly heads: number;
  readonly kvHeads: number;
  /** Numbers of a head as it is attended to. */
  readonly headDim: number;
  /** As it is projected, where that is fewer. */
  readonly projected?: number;
  readonly projection: Projection;
  /** The query's projection holds a gate behind each head; its sigmoid is a factor on the head's output. */
  readonly gate: boolean;
  /** [heads, hidden]: its sigmoid is a factor on each head's output. */
  readonly headGate?: Linear;
  readonly norms: HeadNorms | null;
  /** Of each head of the values by itself. */
  readonly valueNorm?: Norm;
  /** The layer whose keys and values it takes; it has none of its own. */
  readonly keysOf?: number;
  /** Null: the layer knows no positions. */
  readonly rotary: Rotary | null;
  /** Positions as a part of the scores; it takes the numbers of a head that are not projected. */
  readonly alibi?: Alibi | null;
  readonly output: Linear;
  /** Factor on the products of queries and keys. */
  readonly scale: number;
  readonly softcap: number | null;
  /** Queries, keys (behind their norms) and values are held between -clip and clip. */
  readonly clip?: number | null;
  /** Tokens that a row sees, itself included; null: all. */
  readonly window: number | null;
  /** Tensor [heads] of a logit beside those of the keys, which takes its part of the softmax and gives nothing. */
  readonly sinks?: string;
}

/**
 * Where queries, keys and values come from. The rows of one matrix are `groups` parts, each with its share of the queries, then of the keys, then of the values, in this or another
 * order: one part has all of them one behind the other, as many as there are key heads have each head's by itself.
 */
export type Projection =
  | { readonly kind: 'separate'; readonly query: Linear; readonly key: Linear; readonly value: Linear }
  /** Keys are values, too, before either is normed. */
  | { readonly kind: 'keys are values'; readonly query: Linear; readonly key: Linear }
  /** Keys and values are another layer's. */
  | { readonly kind: 'query'; readonly query: Linear }
  | { readonly kind: 'fused'; readonly linear: Linear; readonly groups: number; readonly order?: 'query value key' };

/**
 * Norms of queries and keys: of each head by itself with one weight [head], with a weight for each head ([heads, head], or one tensor `<name>.<head>.weight` each), or of the whole
 * row.
 */
export interface HeadNorms {
  readonly query: Norm;
  readonly key: Norm;
  readonly over: 'head' | 'each head' | 'each head apart' | 'row';
  /** After the rotation instead of before. */
  readonly afterRotation: boolean;
}

/**
 * ALiBi (Press et al. 2022): the score of a key grows with its position, in each head by another slope; what a query's own position takes off is the same for all its keys, and
 * the softmax does not see it. There are as many key heads as heads.
 */
export interface Alibi {
  readonly slopes: readonly number[];
  /** Slopes and products are rounded to bfloat16 (Falcon). */
  readonly rounded: boolean;
  /** Factor on the products. */
  readonly factor: number;
  /** Factor on the queries, instead of the scale of the scores. */
  readonly queryScale: number;
}

/** Rotary embedding of the first `dims` numbers of a head. */
export interface Rotary {
  readonly rope: Rope;
  readonly dims: number;
  /** Pairs are neighbours (0 and 1, 2 and 3, ...) instead of halves. */
  readonly interleaved: boolean;
  /** Turns the other way. */
  readonly reversed?: boolean;
  /** Makes queries grow with their position. */
  readonly queryGrowth?: Growth;
}

/** The factor 1 + beta * log(1 + floor(position / length)) (Llama 4, Ministral 3). */
export interface Growth {
  readonly beta: number;
  readonly length: number;
}

export type Activation = 'silu' | 'gelu' | 'gelu_tanh' | 'relu' | 'relu2' | { readonly kind: 'xielu'; readonly name: string };

export type FeedForward = DenseFeedForward | ExpertsFeedForward;

/** A router and parts of which each row uses a few. */
export interface ExpertsFeedForward {
  readonly kind: 'experts';
  /** Numbers of a row in all the parts that it uses. */
  readonly size: number;
  /** [experts, hidden]. */
  readonly router: Linear;
  /** Router and experts take the same rows behind norms of their own (Gemma 4); the router's input is multiplied, too. */
  readonly apart?: { readonly router: Norm; readonly factor: number; readonly experts: Norm };
  readonly experts: readonly DenseFeedForward[];
  /** Experts that each row uses. */
  readonly used: number;
  /**
   * How a row's weights come from the router's logits: softmax over all, over those that are used, each by itself, or (SparseMixer, Liu et al. 2024) two experts one after the other,
   * each against those whose logit is no further from the best than twice the jitter.
   */
  readonly scores: 'softmax' | 'softmax of the used' | 'sigmoid' | { readonly kind: 'one after the other'; readonly jitter: number };
  /** Weights are divided by their sum and this number; null: they are not. */
  readonly normalised: number | null;
  /** Factor on the weights. */
  readonly scale: number;
  /** Tensor [experts] that is added to the scores where experts are chosen; null: none. */
  readonly choiceBias: string | null;
  /** Experts lie in groups, one behind the other; a row uses those of the groups alone whose two best have the highest sum. */
  readonly groups?: { readonly count: number; readonly used: number };
  /** Tensor [experts] of a factor on the weights of each expert. */
  readonly expertFactor?: string;
  /** What all rows use beside, with a gate [1, hidden] whose sigmoid is a factor, or without. */
  readonly shared: { readonly part: DenseFeedForward; readonly gate: Linear | null } | null;
}

export interface DenseFeedForward {
  readonly kind: 'dense';
  readonly size: number;
  /** `up` alone; `gate` beside it; or one matrix with the rows of the gate before those of `up`, or in turn with them. */
  readonly input:
    | { readonly kind: 'plain'; readonly up: Linear }
    | { readonly kind: 'gated'; readonly gate: Linear; readonly up: Linear }
    | { readonly kind: 'fused'; readonly linear: Linear; readonly order?: 'sections' | 'in turn' };
  readonly down: Linear;
  readonly activation: Activation;
  /** Before the activation a gate loses mean + `threshold` standard deviations of its row, and is held above 0. */
  readonly threshold?: number;
  /** The gated activation of gpt-oss instead. */
  readonly clamp?: { readonly limit: number; readonly factor: number };
}

/** A gated delta network: a convolution over queries, keys and values, then a linear attention whose state is a matrix for each value head. */
export interface DeltaPart {
  readonly kind: 'delta';
  /** Each key head serves as many value heads, one behind the other. */
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Queries, keys and values together. */
  readonly channels: number;
  /** Rows that the convolution looks at, itself included. */
  readonly kernel: number;
  readonly convolution: Linear;
  /** Tensors that some files have instead of the convolution's, whose channels follow each other. */
  readonly joined?: readonly string[];
  readonly activation: Activation;
  readonly projection: DeltaProjection;
  /** Tensors [value heads]: the state decays by e to the power of -e^(log) softplus(x + bias). */
  readonly decayLog: string;
  readonly decayBias: string;
  /** Factor on beta, which is a sigmoid. */
  readonly betaScale: number;
  /** Of each value head, before the gate. */
  readonly norm: Norm;
  readonly output: Linear;
}

/** A matrix for each, queries, keys and values in one or more; or the rows of each key head together. */
export type DeltaProjection =
  | {
      readonly kind: 'separate';
      readonly mixed: readonly { readonly linear: Linear; readonly size: number }[];
      readonly gate: Linear;
      readonly beta: Linear;
      readonly decay: Linear;
    }
  | { readonly kind: 'grouped'; readonly mixedAndGate: Linear; readonly betaAndDecay: Linear };

/**
 * A state space (Mamba 2, Dao and Gu 2024): a convolution over values, keys and queries, then a linear attention whose state decays by e to the power of -e^(log) times a step, with which
 * values are multiplied, too; the step is softplus(x + bias).
 */
export interface MambaPart {
  readonly kind: 'mamba';
  /** Groups of heads that share their keys and queries. */
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Values, keys and queries together. */
  readonly channels: number;
  readonly kernel: number;
  readonly convolution: Linear;
  readonly activation: Activation;
  /** Rows of the gate, of the channels, and of the step of each head. */
  readonly input: Linear;
  /** The step is held within these; null: it is not. */
  readonly limits: { readonly least: number; readonly most: number } | null;
  /** Tensors [value heads]; `skip` is a factor on the values, which are added to what comes out. */
  readonly decayLog: string;
  readonly decayBias: string;
  readonly skip: string;
  /** Of the rows times their gate, in as many groups as there are key heads. */
  readonly norm: Norm;
  readonly output: Linear;
}

/** A short gated convolution. */
export interface ConvolutionPart {
  readonly kind: 'convolution';
  readonly channels: number;
  readonly kernel: number;
  readonly input: Linear;
  readonly convolution: Linear;
  readonly output: Linear;
}

/** The attention layers of a model with their numbers. */
export function attentionLayers(b: Blueprint): { readonly layer: number; readonly part: AttentionPart }[] {
  return b.blocks.flatMap(({ mixer }, layer) => (mixer.kind === 'attention' ? [{ layer, part: mixer }] : []));
}

/** The layers that carry a state from token to token, with their numbers. */
export function recurrentLayers(b: Blueprint): { readonly layer: number; readonly part: RecurrentPart }[] {
  return b.blocks.flatMap(({ mixer }, layer) => (mixer.kind === 'attention' ? [] : [{ layer, part: mixer }]));
}

/** The attention layers that have keys and values of their own. */
export function keyLayers(b: Blueprint): { readonly layer: number; readonly part: AttentionPart }[] {
  return attentionLayers(b).filter(({ part }) => part.keysOf === undefined);
}

/** The attention of layer `l`. Throws `RangeError` where the layer has none. */
export function attentionOf(b: Blueprint, l: number): AttentionPart {
  const part = b.blocks[l]?.mixer;
  if (part?.kind !== 'attention') throw new RangeError(`layer ${l} has no attention`);
  return part;
}

/** The distinct windows of a model, in the order of its layers; a graph has a mask for each. */
export function windowsOf(b: Blueprint): (number | null)[] {
  return [...new Set(attentionLayers(b).map(({ part }) => part.window))];
}

/** The distinct numbers of query heads for a key head, in the order of the layers. */
export function groupsOf(b: Blueprint): number[] {
  return [...new Set(attentionLayers(b).map(({ part }) => part.heads / part.kvHeads))];
}

/** What a table of cosines and sines is made from. */
export interface TableKind {
  readonly rope: Rope;
  readonly dims: number;
  readonly reversed?: boolean;
  readonly growth?: Growth;
}

const sameTable = (a: TableKind, b: TableKind): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The table of a layer's queries or keys. */
function tableOf({ rope, dims, reversed, queryGrowth }: Rotary, kind: 'query' | 'key'): TableKind {
  return { rope, dims, ...(reversed ? { reversed } : {}), ...(kind === 'query' && queryGrowth ? { growth: queryGrowth } : {}) };
}

/** The distinct rotary tables of a model, in the order of its layers. */
export function tablesOf(b: Blueprint): TableKind[] {
  const out: TableKind[] = [];
  for (const { part } of attentionLayers(b)) {
    if (part.rotary === null) continue;
    for (const table of [tableOf(part.rotary, 'query'), tableOf(part.rotary, 'key')])
      if (!out.some((kind) => sameTable(kind, table))) out.push(table);
  }
  return out;
}

/** The index of the table of a layer's queries or keys among `tables`. */
export function tableIndex(tables: readonly TableKind[], rotary: Rotary, kind: 'query' | 'key'): number {
  const table = tableOf(rotary, kind);
  return tables.findIndex((other) => sameTable(other, table));
}

/** How the rows of a layer look at each other. */
export interface Attention {
  /** Adds the inputs that all layers share. */
  declare(): void;
  /** The position of each row, S whole numbers in any shape. */
  readonly positions: string;
  /** Returns the rows [S, n x head] of queries or keys of layer `l`, rotated to their positions. */
  rotate(layer: number, x: string, kind: 'query' | 'key'): string;
  /** Returns the rows [S, heads x head] of layer `l` from rotated queries and keys, and values, each [S, n x head]. */
  attend(layer: number, query: string, key: string, value: string): string;
}
