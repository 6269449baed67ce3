/** Everything that changes a prompt or an answer, in one place: what shards of a run must agree on. */
import { createHash } from 'node:crypto';
import type { OpenOptions } from '../backends/open.js';
import { type HookModule, hookText } from '../hooks/user-module.js';
import { variationOf } from '../tasks/vary.js';
import type { Backend } from '../types.js';
import { VERSION } from '../version.js';
import type { RunPlan } from './plan.js';

/**
 * Options of a backend that change no answer, or whose effect stands in the backend's identity. Every option that is not named here counts, so
 * that a new one is never forgotten.
 */
const CHANGES_NOTHING: ReadonlySet<keyof OpenOptions> = new Set([
  'device',
  'dtype',
  'threads',
  'batchTokens',
  'cardMemoryGib',
  'memoryGib',
  'offline',
  'baseUrls',
  'tokenizer',
  'apiKeyEnv',
  'concurrency',
  'timeoutSeconds',
  'maxTries',
  'maxCostUsd',
  'pricesFile',
  'signal',
  'onWarning',
  'onProgress',
]);

/**
 * Returns the settings of a run by name, as texts. `selected` are the tasks that were asked for, `data` says where documents come from,
 * `hooks` is what `--hooks` names, or functions.
 */
export function settingsOf(
  plan: RunPlan,
  backend: Pick<Backend, 'identity' | 'chatTemplate'>,
  open: OpenOptions,
  selected: readonly string[],
  data: string,
  hooks: HookModule | null,
): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {
    ...(hooks === null ? {} : { '--hooks': sha256(hookText(hooks)) }),
    'the eus-eval version': VERSION,
    'the data': data,
    '--tasks': selected.join(','),
    'the list of tasks': plan.tasks.map((task) => task.name).join(','),
    ...variationOf(plan.tasks),
    'the chat template': backend.chatTemplate === null ? 'none' : sha256(backend.chatTemplate),
  };
  const { shard: _, roots: __, tasks: ___, ...asked } = plan;
  for (const [key, value] of Object.entries(asked)) {
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      settings[nameOf(key)] = String(value);
  }
  for (const [key, value] of Object.entries(open)) {
    if (isCounted(key)) settings[nameOf(key)] = value instanceof Date ? value.toISOString() : textOf(value);
  }
  for (const [key, value] of Object.entries(backend.identity)) settings[`the model's ${key}`] = value;
  return settings;
}

/** Fields whose flag is called otherwise. */
const FLAGS: Readonly<Record<string, string>> = { family: '--prompt', fewshotAsMultiturn: '--no-multiturn' };

function nameOf(field: string): string {
  return FLAGS[field] ?? `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function isCounted(option: string): boolean {
  return ![...CHANGES_NOTHING].some((name) => name === option);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
