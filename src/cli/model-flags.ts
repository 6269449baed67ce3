/** Options that say how a model is opened, for every command that asks one. */
import { InvalidArgumentError } from 'commander';
import type { ModelOptions } from '../run/options.js';
import type { EngineName } from '../serve/engines.js';
import { dateOf, list, numberBetween, oneOf, wholeNumber } from './arguments.js';

/** The options as commander names them. */
export interface ModelFlags {
  device?: string;
  dtype?: string;
  threads?: number;
  batchTokens?: number;
  cardMemory?: number;
  memory?: number;
  maxLength?: number;
  offline?: boolean;
  baseUrl?: readonly string[];
  tokenizer?: string;
  templateDate?: string;
  apiKeyEnv?: string;
  concurrency?: number;
  timeout?: number;
  maxTries?: number;
  maxNewTokens?: number;
  scoring?: ModelOptions['scoring'];
  promptsAs?: 'ids' | 'text';
  serve?: EngineName;
  serveArgs?: readonly string[];
  maxCost?: number;
  prices?: string;
}

const DTYPES = ['auto', 'float32', 'float16', 'bfloat16'] as const;

/** Flag, description and parser of those that several commands have. */
export const MODEL_OPTION = {
  device: ['--device <device>', 'auto, cpu, cuda[:N] or webgpu', deviceOf, 'auto'],
  dtype: ['--dtype <dtype>', DTYPES.join(', '), oneOf(DTYPES), 'auto'],
  maxLength: ['--max-length <n>', "tokens of context (default: the model's own maximum)", wholeNumber(2)],
  offline: ['--offline', 'any network access is an error', false],
  baseUrl: ['--base-url <urls>', 'address(es) of an OpenAI-compatible server', list],
  tokenizer: ['--tokenizer <ref>', "the model's tokenizer (folder or hub name), for completions"],
  apiKeyEnv: ['--api-key-env <name>', 'environment variable that holds the key'],
  concurrency: ['--concurrency <n>', 'requests in flight at most', wholeNumber(1)],
  maxCost: ['--max-cost <usd>', 'stop before a paid API costs more', numberBetween(0, Number.POSITIVE_INFINITY)],
  prices: ['--prices <file>', 'price table of API models (YAML)'],
} as const;

/**
 * Returns the options as the library takes them. Throws `UserError` for a date that is none.
 */
export function modelOptionsOf(flags: ModelFlags): ModelOptions {
  return {
    device: flags.device,
    dtype: flags.dtype,
    threads: flags.threads,
    batchTokens: flags.batchTokens,
    cardMemoryGib: flags.cardMemory,
    memoryGib: flags.memory,
    maxLength: flags.maxLength,
    offline: flags.offline,
    baseUrls: flags.baseUrl,
    tokenizer: flags.tokenizer,
    templateDate: dateOf(flags.templateDate),
    apiKeyEnv: flags.apiKeyEnv,
    concurrency: flags.concurrency,
    timeoutSeconds: flags.timeout,
    maxTries: flags.maxTries,
    maxNewTokens: flags.maxNewTokens,
    scoring: flags.scoring,
    promptsAs: flags.promptsAs,
    serve: flags.serve,
    serveArgs: flags.serveArgs,
    maxCostUsd: flags.maxCost,
    pricesFile: flags.prices,
  };
}

function deviceOf(text: string): string {
  if (!/^(auto|cpu|webgpu|cuda(:\d{1,3})?)$/.test(text)) throw new InvalidArgumentError('Valid: auto, cpu, cuda, cuda:N, webgpu.');
  return text;
}
