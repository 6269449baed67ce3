/** What a local model will need and how long a run will take: what the backend that foretells it and the run that says it agree on. */
import type { Request } from './types.js';

/** What requests make a local model compute. */
export interface Workload {
  /** Tokens of the prompts and choices, each shared beginning once. */
  readonly tokens: number;
  /** What these and the new tokens see, added up: the work of attention. */
  readonly attended: number;
  /** Rows of the output layer. */
  readonly rows: number;
  /** New tokens at most. */
  readonly newTokens: number;
}

export interface WorkCounter {
  add(request: Request): Promise<void>;
  total(): Workload;
}

/** Seconds that something takes at least and at most, as far as can be told. */
export interface SecondsRange {
  readonly low: number;
  readonly high: number;
}

/** What a local model will need, told before it is asked. */
export interface Forecast {
  readonly parameters: number | null;
  /** Bytes, and in words; null where the files do not say. */
  readonly memory: {
    readonly weights: number;
    /** Of the files, mapped by the system. */
    readonly mapped: number;
    readonly cache: number;
    readonly working: number;
    readonly total: number;
    readonly available: number | null;
    readonly line: string;
  } | null;
  newCounter(): WorkCounter;
  /** Measures for about a second the first time. Null where nothing can be said. */
  seconds(work: Workload): Promise<SecondsRange | null>;
}
