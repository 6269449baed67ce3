import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Env, folderIn, hubHome } from '../cache-folders.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import { checkKey } from '../http/key.js';
import { quote } from './names.js';
import type { Progress } from './progress.js';

/** Where the hub is, who asks, and where its files are kept: read from the variables that Python's tools read. */
export interface HubSettings {
  /** Without a slash at the end, without credentials. */
  readonly endpoint: string;
  readonly token: string | null;
  /** Folder of `models--ORG--NAME` and `datasets--ORG--NAME`. */
  readonly cacheDir: string;
  /** An `authorization` header for the endpoint, where it is no token. */
  readonly authorization?: string;
  /** The variables that messages name, where they are not `HF_HOME` and `HF_ENDPOINT`, and what to do without a network. */
  readonly variables?: { readonly cache: string; readonly endpoint: string; readonly otherwise: string };
  /** Told how downloads go. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** No network access at all. */
  readonly offline: boolean;
  /** Milliseconds of silence before the first byte of a host that never answered; absent: 15 s. */
  readonly firstAnswerMs?: number;
  /** Waits some milliseconds; a test replaces it. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds since 1970; a test replaces it. */
  readonly now: () => number;
}

/**
 * Returns the hub's settings from the environment: `HF_ENDPOINT`; `HF_TOKEN`, else the file `HF_TOKEN_PATH` or `HF_HOME/token`;
 * `HF_HUB_CACHE`, else `HF_HOME/hub`; `HF_HUB_OFFLINE` (or `TRANSFORMERS_OFFLINE`) adds to `offline`.
 * Throws `UserError` where there is no home folder and none of them is set, for an endpoint that is no web address, and for a token with characters that no header can hold; never shows the token.
 */
export function hubSettings(offline: boolean, env: Env = process.env): HubSettings {
  return {
    endpoint: endpointOf(env.HF_ENDPOINT),
    token: checkKey(...tokenText(env), 'token'),
    cacheDir: folderIn(env, 'HF_HUB_CACHE') ?? folderIn(env, 'HUGGINGFACE_HUB_CACHE') ?? join(hubHome(env), 'hub'),
    offline: offline || isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    sleep: (milliseconds) => sleep(milliseconds),
    now: () => Date.now(),
  };
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

function endpointOf(value: string | undefined): string {
  const text = (value ?? '').trim() || 'https://huggingface.co';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new UserError('HF_ENDPOINT is no web address; valid: https://huggingface.co or the address of a mirror');
  }
  if (url.username !== '' || url.password !== '')
    throw new UserError('HF_ENDPOINT holds a name or password; give a token in HF_TOKEN instead');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** The token, and where it comes from. */
function tokenText(env: Env): [text: string, source: string] {
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const value = env[name];
    if (value !== undefined && value.trim() !== '') return [value, name];
  }
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return ['', ''];
  const path = tokenFile(env);
  if (path === null) return ['', ''];
  try {
    return [readFileSync(path, 'utf8'), path];
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return ['', ''];
    throw new UserError(`cannot read the token file ${quote(path)}: ${messageOf(error)}`);
  }
}

/** Null where only the cache has a place (`HF_HUB_CACHE` without a home folder). */
function tokenFile(env: Env): string | null {
  const named = folderIn(env, 'HF_TOKEN_PATH');
  if (named !== null) return named;
  try {
    return join(hubHome(env), 'token');
  } catch {
    return null;
  }
}
