/** Everything that changes a prompt or an answer, in one place: what shards of a run must agree on. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
const CHANGES_NOTHING: ReadonlySet<string> = new Set<keyof OpenOptions>([
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

/** What settings are told from. */
export interface SettingsOf {
  readonly plan: RunPlan;
  readonly backend: Pick<Backend, 'identity' | 'chatTemplate'>;
  readonly open: OpenOptions;
  /** The tasks as they were asked for. */
  readonly selected: readonly string[];
  /** Where documents come from. */
  readonly data: string;
  readonly hooks: HookModule | undefined;
  /** A file with other wordings of prompts. */
  readonly promptVariants: string | undefined;
}

/** Name of the setting that is the digest of a file with other wordings of prompts. */
export const VARIANTS_SETTING = '--prompt-variants';

/**
 * Returns the settings of a run by name, as texts.
 */
export function settingsOf({ plan, backend, open, selected, data, hooks, promptVariants }: SettingsOf): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {
    ...(hooks === undefined ? {} : { '--hooks': sha256(hookText(hooks)) }),
    ...(promptVariants === undefined ? {} : { [VARIANTS_SETTING]: fileDigest(promptVariants) }),
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
    if (!CHANGES_NOTHING.has(key)) settings[nameOf(key)] = value instanceof Date ? value.toISOString() : textOf(value);
  }
  for (const [key, value] of Object.entries(backend.identity)) settings[`the model's ${key}`] = value;
  return settings;
}

/** Fields whose flag is called otherwise. */
const FLAGS: Readonly<Record<string, string>> = { family: '--prompt', fewshotAsMultiturn: '--no-multiturn' };

function nameOf(field: string): string {
  return FLAGS[field] ?? `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none');
}

/**
 * Returns the SHA-256 of a file. Throws as `readFileSync` does.
 */
export function fileDigest(file: string): string {
  return sha256(readFileSync(file));
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}
