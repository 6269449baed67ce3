/** What main thread and session thread say to each other. Plain data only; typed arrays are moved, not copied. */

import type { NarrowedTensor } from './narrow-weights.js';
import type { VocabularyPart } from './vocabulary.js';

/** One execution provider with its options, as ONNX Runtime's binding takes them. */
export type Provider =
  | { readonly name: 'cpu' }
  | { readonly name: 'cuda'; readonly deviceId: number }
  | {
      readonly name: 'webgpu';
      /** Largest binding in bytes, where another than the device's own is to be kept to. */
      readonly bindingBytes: number | null;
      /** Variables for the process that drives the device. */
      readonly environment: Readonly<Record<string, string>>;
    };

/** Keys and values of one layer. */
export interface LayerCache {
  /** Its number, by which the graph names its tensors. */
  readonly layer: number;
  readonly kvHeads: number;
  /** As the kernel takes it: a model's own head may be smaller. */
  readonly headDim: number;
}

/** What a layer carries from token to token: the rows before the last one, and a matrix for each head where it has one. */
export interface StateShape {
  readonly layer: number;
  readonly channels: number;
  /** Rows that its convolution looks at, itself included; the same in all layers. */
  readonly kernel: number;
  /** Heads, numbers of a key, numbers of a value. */
  readonly state: readonly [number, number, number] | null;
}

/** What a model keeps of each token: one entry for each layer with attention. */
export type CacheShape = readonly LayerCache[];

export interface OpenMessage {
  readonly kind: 'open';
  readonly source: GraphSource | ExportSource;
  readonly threads: number;
  readonly provider: Provider;
  /** Paths of what is loaded before ONNX Runtime; empty on a CPU. */
  readonly libraries: readonly string[];
}

/** A graph that this program wrote. */
export interface GraphSource {
  readonly kind: 'graph';
  readonly bytes: Uint8Array;
  /** Folder that the graph's external data are relative to. */
  readonly folder: string;
  readonly cache: CacheShape;
  readonly states: readonly StateShape[];
  /** `cached`: keys and values stay between runs, in this process (CPU). `packed`: every run holds whole texts (CUDA). `stacked`: keys and values stay on the device (WebGPU). */
  readonly attention: 'cached' | 'packed' | 'stacked';
  /** What the graph computes in. */
  readonly compute: 'float32' | 'float16' | 'bfloat16';
  /** The runtime may copy matrices into the order in which its kernels read them. */
  readonly repacked: boolean;
  /** The parts in which the device holds tables as long as the vocabulary; null where there are no parts. */
  readonly vocabulary: readonly VocabularyPart[] | null;
  /** Tensors that are turned into float16 when the session is made. */
  readonly narrowed: readonly NarrowedTensor[];
  /** The graph that generates, where that is another one (`packed`): opened instead of the first when generation is asked for. */
  readonly generator: Uint8Array | null;
  /** The distinct numbers of query heads for a key head. */
  readonly groups: readonly number[];
  /** The distinct windows of its layers, null for one that sees everything: a mask for each. */
  readonly windows: readonly (number | null)[];
  /** What its rotary tables turn: numbers of a head, a table for each. */
  readonly rotary: readonly number[];
}

/** An ordinary export with `past_key_values`. */
export interface ExportSource {
  readonly kind: 'export';
  readonly file: string;
}

/** Positions `[from, to)` of the cache. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Tokens of the stack that are moved. */
export interface Move {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** A stretch of rows of a run: each row sees the ranges, and of the stretch itself what stands before it and itself. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly sees: readonly Range[];
}

/**
 * One run: `ids.length` new tokens are put on the stack at `base` (what lay above is forgotten).
 */
export interface RunMessage {
  readonly kind: 'run';
  readonly id: number;
  readonly base: number;
  readonly ids: Int32Array;
  readonly positions: Int32Array;
  readonly segments: readonly Segment[];
  /** Index of each scored row in `ids`. */
  readonly rows: Int32Array;
  /** Which log-probabilities to pick: index into `rows`, token id, and so on. */
  readonly pairs: Int32Array;
  /** Positions of the stack, among those that this run fills, whose states later runs begin with; none where no layer carries a state. */
  readonly keep: readonly number[];
  /** Before the run: parts of the cache that are moved down, in ascending order. */
  readonly moves: readonly Move[];
}

/**
 * One step of generation: a token for each of the first `ids.length` slots. Each slot is a cache of its own, so that documents do not look at each other's tokens.
 */
export interface StepMessage {
  readonly kind: 'step';
  readonly id: number;
  readonly ids: Int32Array;
  /** Which log-probabilities to pick, as in `RunMessage`; rows are those of `ids`. */
  readonly pairs: Int32Array;
  /** Tokens that lie in each slot before the step. */
  readonly lengths: Int32Array;
  /** Slots to make room for at once, because more documents will come. */
  readonly slots: number;
  /** Positions that every slot must have room for. */
  readonly capacity: number;
  /** Before the step, in order: slots that take another's place, then texts copied from the stack into a slot. */
  readonly moves: readonly { readonly from: number; readonly to: number }[];
  readonly places: readonly { readonly slot: number; readonly ranges: readonly Range[] }[];
}

/**
 * One run of the graph without a cache: a prefix that all texts share, then blocks of equal length (`attention-packed.ts`). With `decode` its blocks are prompts, one
 * document each, and tokens are decoded behind them; the result then holds the tokens of all documents step by step.
 */
export interface PackedMessage {
  readonly kind: 'packed';
  readonly id: number;
  readonly blocks: number;
  /** Rows of the prefix, then of the blocks. */
  readonly ids: Int32Array;
  readonly positions: Int32Array;
  /** Position of each column of the prefix; far away where it only fills up. */
  readonly prefixColumns: Int32Array;
  /** For each row of the blocks, the place in its block behind the last row that sees it. */
  readonly ends: Int32Array;
  readonly rows: Int32Array;
  readonly pairs: Int32Array;
  readonly decode: DecodeMessage | null;
}

export interface DecodeMessage {
  /** Tokens after the first one at most. */
  readonly steps: number;
  /** Position of each row of the blocks as a column; far away where it only fills up. */
  readonly columns: Int32Array;
  /** Position of each document's first new token, and of the last one wanted. */
  readonly starts: Int32Array;
  readonly lasts: Int32Array;
  readonly eos: Int32Array;
}

export interface TablesMessage {
  readonly kind: 'tables';
  /** The rotary tables in the order of `GraphSource.rotary`, each [positions, dims / 2]. */
  readonly tables: readonly { readonly cos: Float32Array; readonly sin: Float32Array }[];
}

export interface CloseMessage {
  readonly kind: 'close';
}
export type Request = OpenMessage | RunMessage | StepMessage | PackedMessage | TablesMessage | CloseMessage;

/** Bytes that a run took to a card and back. */
export interface MovedBytes {
  readonly toCard: number;
  readonly fromCard: number;
  /** Bytes of keys and values that lie on the card after the run. */
  readonly kept: number;
}

export interface RunResult {
  readonly kind: 'result';
  readonly id: number;
  readonly logprobs: Float32Array;
  readonly greedy: Int32Array;
  readonly seconds: number;
  readonly moved?: MovedBytes;
}
export type Reply =
  | { readonly kind: 'opened'; readonly seconds: number; readonly cache: CacheShape; readonly vocabSize: number | null }
  | RunResult
  | { readonly kind: 'failed'; readonly id: number | null; readonly message: string };

/** What a runner gives back for one run. */
export interface RunNumbers {
  readonly logprobs: Float32Array<ArrayBuffer>;
  readonly greedy: Int32Array<ArrayBuffer>;
  readonly moved?: MovedBytes;
}

/** A model in the session thread. */
interface OpenModel {
  setTables(tables: TablesMessage): void;
  release(): Promise<void>;
}

/** One whose keys and values stay: a graph that this program wrote, or an export. */
export interface StackRunner extends OpenModel {
  readonly keeps: true;
  run(message: RunMessage): Promise<RunNumbers>;
  step(message: StepMessage): Promise<RunNumbers>;
}

/** One that keeps nothing between runs. */
export interface PackedRunner extends OpenModel {
  readonly keeps: false;
  packed(message: PackedMessage): Promise<RunNumbers>;
}

export type Runner = StackRunner | PackedRunner;
