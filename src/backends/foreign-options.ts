/** Which backends use which option of `run`: one that a backend would ignore is a misunderstanding, and is refused. */
import { UserError } from '../errors.js';
import type { BackendName, OpenOptions } from './options.js';

type Use = 'local' | 'served' | 'completions' | 'chat' | 'fake';

/** What a backend is called where an option is of use. */
const PLACES: Record<Use, string> = {
  local: 'a local model',
  served: '--serve ENGINE',
  completions: 'completions:NAME',
  chat: 'openai:NAME or anthropic:NAME',
  fake: 'fake:SEED',
};

const SERVERS = ['served', 'completions', 'chat'] as const;

/** Every option that only some backends use, how to tell that it was given, and who uses it. */
export const BACKEND_OPTIONS: readonly {
  readonly flag: string;
  readonly given: (o: OpenOptions) => boolean;
  readonly users: readonly Use[];
}[] = [
  // Which backend there is decides what `auto` and `cpu` mean.
  { flag: '--device', given: (o) => o.device !== 'auto' && o.device !== 'cpu', users: ['local'] },
  { flag: '--dtype', given: (o) => o.dtype !== 'auto', users: ['local', 'served'] },
  { flag: '--threads', given: (o) => o.threads !== null, users: ['local'] },
  { flag: '--batch-tokens', given: (o) => o.batchTokens !== null, users: ['local'] },
  { flag: '--card-memory', given: (o) => o.cardMemoryGib !== null, users: ['local'] },
  { flag: '--memory', given: (o) => o.memoryGib !== null, users: ['local'] },
  { flag: '--max-length', given: (o) => o.maxLength !== null, users: ['local', 'served', 'completions', 'fake'] },
  { flag: '--base-url', given: (o) => o.baseUrls.length > 0, users: ['completions', 'chat'] },
  { flag: '--tokenizer', given: (o) => o.tokenizer !== null, users: ['served', 'completions'] },
  { flag: '--template-date', given: (o) => o.templateDate !== null, users: ['local', 'served', 'completions', 'fake'] },
  { flag: '--api-key-env', given: (o) => o.apiKeyEnv !== null, users: ['completions', 'chat'] },
  { flag: '--concurrency', given: (o) => o.concurrency !== null, users: SERVERS },
  { flag: '--timeout', given: (o) => o.timeoutSeconds !== null, users: SERVERS },
  { flag: '--max-tries', given: (o) => o.maxTries !== null, users: SERVERS },
  { flag: '--scoring', given: (o) => o.scoring !== null, users: ['served', 'completions'] },
  { flag: '--prompts-as', given: (o) => o.promptsAs !== null, users: ['served', 'completions'] },
  { flag: '--serve-args', given: (o) => o.serveArgs.length > 0, users: ['served'] },
  { flag: '--max-cost', given: (o) => o.maxCostUsd !== null, users: ['chat'] },
  { flag: '--prices', given: (o) => o.pricesFile !== null, users: ['chat'] },
];

/** Options of `run` that hold for every backend. */
export const COMMON_OPTIONS: ReadonlySet<string> = new Set([
  ...[
    '--model',
    '--tasks',
    '--prompt',
    '--limit',
    '--shard',
    '--dry-run',
    '--data',
    '--hooks',
    '--include-path',
    '--num-fewshot',
    '--fewshot-seeds',
    '--prompt-variants',
    '--out',
    '--name',
    '--offline',
    '--no-samples',
    '--samples',
    '--json',
    '--quiet',
  ],
  ...['--system-instruction', '--max-new-tokens', '--thinking', '--no-multiturn', '--check-batch', '--serve'],
  ...['--fresh', '--no-journal', '--retry-errors', '--max-error-rate'],
]);

/**
 * Throws `UserError` that names the first option that `backend` would ignore, and where it is of use; `served`: an engine is started for the model.
 */
export function refuseForeignOptions(backend: BackendName, served: boolean, options: OpenOptions): void {
  const kind = served ? 'served' : backend === 'onnx' ? 'local' : backend === 'openai' || backend === 'anthropic' ? 'chat' : backend;
  const odd = BACKEND_OPTIONS.find(({ given, users }) => given(options) && !users.includes(kind));
  if (odd === undefined) return;
  const here = kind === 'chat' || kind === 'completions' || kind === 'fake' ? `${backend}:` : PLACES[kind];
  throw new UserError(`${odd.flag} has no effect on ${here}; it goes with ${odd.users.map((user) => PLACES[user]).join(', ')}`);
}
