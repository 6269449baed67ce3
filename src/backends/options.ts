/** What can be said of a model when it is opened. */
import { type Checks, listWith, NAME, numberFrom, type Optional, oneOf, orNull, SWITCH, TEXT, wholeFrom } from '../options.js';
import { ENGINES, type EngineName } from '../serve/engines.js';
import type { ScoringMode } from './api/completion-probe.js';

export type BackendName = 'onnx' | 'completions' | 'openai' | 'anthropic' | 'fake';

/** What the command line may say about a backend; each backend takes what concerns it. */
export interface OpenOptions {
  readonly device: string;
  readonly dtype: string;
  readonly threads: number | null;
  readonly batchTokens: number | null;
  /** Memory of the card that may be used; null: what is free on it. */
  readonly cardMemoryGib: number | null;
  /** Memory of this computer that a model on its CPU may use; null: what is free. */
  readonly memoryGib: number | null;
  readonly maxLength: number | null;
  readonly offline: boolean;
  readonly baseUrls: readonly string[];
  /** Folder or hub name of the tokenizer, for `completions`. */
  readonly tokenizer: string | null;
  /** The date that chat templates may print; null: they print their fixed one. */
  readonly templateDate: Date | null;
  /** Name of the environment variable that holds the key; null: the provider's usual one. */
  readonly apiKeyEnv: string | null;
  readonly concurrency: number | null;
  readonly timeoutSeconds: number | null;
  /** Tries per request of a server or API; null: the backend's own. */
  readonly maxTries: number | null;
  /** New tokens instead of what the tasks say, for models that think before they answer. */
  readonly maxNewTokens: number | null;
  /** How a completions server is asked for log-probabilities; null: in the best way that it knows. */
  readonly scoring: ScoringMode | null;
  /** How prompts go to a completions server; null: as token ids where the tokenizer is known. */
  readonly promptsAs: 'ids' | 'text' | null;
  /** Engine that is to be started for the model; null: none, or llama.cpp for a GGUF file. */
  readonly serve: EngineName | null;
  /** More words for its command line. */
  readonly serveArgs: readonly string[];
  readonly maxCostUsd: number | null;
  readonly pricesFile: string | null;
  /** Aborted when the user stops the program. */
  readonly signal?: AbortSignal;
  /** Called with a line that --quiet does not hide. */
  readonly onWarning?: (line: string) => void;
  /** Called with one line while files are fetched or a model is loaded. */
  readonly onProgress: (line: string) => void;
}

/** What can be said of a model, without what its opener listens to. */
export type ModelOptions = Omit<OpenOptions, 'signal' | 'onWarning' | 'onProgress'>;

/** Options with nothing set, for callers that only name a model. */
export const DEFAULT_OPEN_OPTIONS: OpenOptions = {
  device: 'auto',
  dtype: 'auto',
  threads: null,
  batchTokens: null,
  cardMemoryGib: null,
  memoryGib: null,
  maxLength: null,
  offline: false,
  baseUrls: [],
  tokenizer: null,
  templateDate: null,
  apiKeyEnv: null,
  concurrency: null,
  timeoutSeconds: null,
  maxTries: null,
  maxNewTokens: null,
  scoring: null,
  promptsAs: null,
  serve: null,
  serveArgs: [],
  maxCostUsd: null,
  pricesFile: null,
  onProgress: () => {},
};

const DTYPES = ['auto', 'float32', 'float16', 'bfloat16'] as const;
const SCORING_MODES = ['logprob_token_ids', 'top_logprobs', 'generate', 'prompt_logprobs', 'echo'] as const satisfies ScoringMode[];

/** The options of a model as callers of the library may give them. */
export const MODEL_CHECKS: Checks<Optional<ModelOptions>> = {
  device: { expected: 'auto, cpu, cuda, cuda:N or webgpu', fits: (value) => /^(auto|cpu|webgpu|cuda(:\d{1,3})?)$/.test(String(value)) },
  dtype: oneOf(...DTYPES),
  threads: orNull(wholeFrom(1)),
  batchTokens: orNull(wholeFrom(16)),
  cardMemoryGib: orNull(numberFrom(0.1, 10_000)),
  memoryGib: orNull(numberFrom(0.001, 10_000)),
  maxLength: orNull(wholeFrom(2)),
  offline: SWITCH,
  baseUrls: listWith('addresses', NAME),
  tokenizer: orNull(NAME),
  templateDate: orNull({ expected: 'a Date', fits: (value) => value instanceof Date && !Number.isNaN(value.getTime()) }),
  apiKeyEnv: orNull(NAME),
  concurrency: orNull(wholeFrom(1)),
  timeoutSeconds: orNull(numberFrom(0.001, 86_400)),
  maxTries: orNull(wholeFrom(1)),
  maxNewTokens: orNull(wholeFrom(1)),
  scoring: orNull(oneOf(...SCORING_MODES)),
  promptsAs: orNull(oneOf('ids', 'text')),
  serve: orNull(oneOf(...ENGINES)),
  serveArgs: listWith('words', TEXT),
  maxCostUsd: orNull(numberFrom(0, Number.POSITIVE_INFINITY)),
  pricesFile: orNull(NAME),
};
