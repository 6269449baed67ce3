/** Which backends use which option of a model: one that a backend would ignore is a misunderstanding, and is refused. */
import { UserError } from '../errors.js';
import { type BackendName, DEFAULT_OPEN_OPTIONS, type ModelOptions } from './options.js';

type Use = 'local' | 'served' | 'completions' | 'chat' | 'fake';

/** What a backend is called where an option is of use. */
const PLACES: Record<Use, string> = {
  local: 'a local model',
  served: '--serve ENGINE',
  completions: 'completions:NAME',
  chat: 'openai:NAME or anthropic:NAME',
  fake: 'fake:SEED',
};

const ALL = ['local', 'served', 'completions', 'chat', 'fake'] as const;
const SERVERS = ['served', 'completions', 'chat'] as const;
const SCORERS = ['served', 'completions'] as const;

/** Every option of a model: its flag, and who uses it. */
export const MODEL_OPTIONS: Readonly<Record<keyof ModelOptions, { readonly flag: string; readonly users: readonly Use[] }>> = {
  device: { flag: '--device', users: ['local'] },
  dtype: { flag: '--dtype', users: ['local', 'served'] },
  threads: { flag: '--threads', users: ['local'] },
  batchTokens: { flag: '--batch-tokens', users: ['local'] },
  cardMemoryGib: { flag: '--card-memory', users: ['local'] },
  memoryGib: { flag: '--memory', users: ['local'] },
  maxLength: { flag: '--max-length', users: ['local', 'served', 'completions', 'fake'] },
  offline: { flag: '--offline', users: ALL },
  baseUrls: { flag: '--base-url', users: ['completions', 'chat'] },
  tokenizer: { flag: '--tokenizer', users: SCORERS },
  templateDate: { flag: '--template-date', users: ['local', 'served', 'completions', 'fake'] },
  apiKeyEnv: { flag: '--api-key-env', users: ['completions', 'chat'] },
  concurrency: { flag: '--concurrency', users: SERVERS },
  timeoutSeconds: { flag: '--timeout', users: SERVERS },
  maxTries: { flag: '--max-tries', users: SERVERS },
  maxNewTokens: { flag: '--max-new-tokens', users: ALL },
  scoring: { flag: '--scoring', users: SCORERS },
  promptsAs: { flag: '--prompts-as', users: SCORERS },
  // What it does not go with, it says itself.
  serve: { flag: '--serve', users: ALL },
  serveArgs: { flag: '--serve-args', users: ['served'] },
  maxCostUsd: { flag: '--max-cost', users: ['chat'] },
  pricesFile: { flag: '--prices', users: ['chat'] },
};

/**
 * Throws `UserError` that names the first option that `backend` would ignore, and where it is of use; `served`: an engine is started for the model.
 */
export function refuseForeignOptions(backend: BackendName, served: boolean, options: ModelOptions): void {
  const kind = served ? 'served' : backend === 'onnx' ? 'local' : backend === 'openai' || backend === 'anthropic' ? 'chat' : backend;
  for (const [name, { flag, users }] of Object.entries(MODEL_OPTIONS)) {
    if (users.includes(kind) || !isGiven(name, options)) continue;
    const here = kind === 'chat' || kind === 'completions' || kind === 'fake' ? `${backend}:` : PLACES[kind];
    throw new UserError(`${flag} has no effect on ${here}; it goes with ${users.map((user) => PLACES[user]).join(', ')}`);
  }
}

/** True for an option with another value than where nobody names it. */
function isGiven(name: string, options: ModelOptions): boolean {
  // Which backend there is decides what `auto` and `cpu` mean.
  if (name === 'device' && options.device === 'cpu') return false;
  const [value, otherwise]: unknown[] = [options, DEFAULT_OPEN_OPTIONS].map((all) => Reflect.get(all, name));
  return Array.isArray(value) ? value.length > 0 : value !== otherwise;
}
