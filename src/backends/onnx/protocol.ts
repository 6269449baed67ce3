/** What main thread and session thread say to each other. Plain data only; typed arrays are moved, not copied. */

/** One execution provider with its options, as ONNX Runtime's binding takes them. */
export type Provider = { readonly name: 'cpu' } | { readonly name: 'cuda'; readonly deviceId: number };

export interface CacheShape {
  readonly layers: number;
  readonly kvHeads: number;
  /** As the kernel takes it: a model's own head may be smaller. */
  readonly headDim: number;
}

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
  readonly headHalf: number;
  /** `cached`: keys and values stay between runs (CPU). `packed`: every run holds whole texts (CUDA). */
  readonly attention: 'cached' | 'packed';
  /** Some layers slide and have a mask and rotary tables of their own. */
  readonly sliding: boolean;
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
  readonly window: number | null;
  /** Before the run: parts of the cache that are moved down, in ascending order. */
  readonly moves: readonly { readonly from: number; readonly to: number; readonly length: number }[];
}

/**
 * One step of generation: a token for each of the first `ids.length` slots. Each slot is a cache of its own, so that documents do not look at each other's tokens.
 */
export interface StepMessage {
  readonly kind: 'step';
  readonly id: number;
  readonly ids: Int32Array;
  /** Tokens that lie in each slot before the step. */
  readonly lengths: Int32Array;
  readonly window: number | null;
  /** Positions that every slot must have room for. */
  readonly capacity: number;
  /** Before the step, in order: slots that take another's place, then texts copied from the stack into a slot. */
  readonly moves: readonly { readonly from: number; readonly to: number }[];
  readonly places: readonly { readonly slot: number; readonly ranges: readonly Range[] }[];
}

export interface TablesMessage {
  readonly kind: 'tables';
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  readonly cosLocal: Float32Array;
  readonly sinLocal: Float32Array;
}

export interface CloseMessage {
  readonly kind: 'close';
}
export type Request = OpenMessage | RunMessage | StepMessage | TablesMessage | CloseMessage;

export interface RunResult {
  readonly kind: 'result';
  readonly id: number;
  readonly logprobs: Float32Array;
  readonly greedy: Int32Array;
  readonly seconds: number;
}
export type Reply =
  | { readonly kind: 'opened'; readonly seconds: number; readonly cache: CacheShape; readonly vocabSize: number | null }
  | RunResult
  | { readonly kind: 'failed'; readonly id: number | null; readonly message: string };

/** What a runner gives back for one run. */
export interface RunNumbers {
  readonly logprobs: Float32Array<ArrayBuffer>;
  readonly greedy: Int32Array<ArrayBuffer>;
}

/** A model in the session thread: one that this program wrote, or an export. */
export interface Runner {
  readonly cache: CacheShape;
  readonly vocabSize: number | null;
  run(message: RunMessage): Promise<RunNumbers>;
  step(message: StepMessage): Promise<RunNumbers>;
  setTables(tables: TablesMessage): void;
  release(): Promise<void>;
}
