import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, systemCode, UserError } from '../errors.js';
import { quote } from './names.js';

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
  /** No network access at all. */
  readonly offline: boolean;
  /** Waits some milliseconds; a test replaces it. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds since 1970; a test replaces it. */
  readonly now: () => number;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns the hub's settings from the environment: `HF_ENDPOINT`; `HF_TOKEN`, else the file `HF_TOKEN_PATH` or `HF_HOME/token`;
 * `HF_HUB_CACHE`, else `HF_HOME/hub`; `HF_HUB_OFFLINE` (or `TRANSFORMERS_OFFLINE`) adds to `offline`.
 * Throws `UserError` for an endpoint that is no web address and for a token with characters that no header can hold; never shows the token.
 */
export function hubSettings(offline: boolean, env: Env = process.env): HubSettings {
  const home = folder(env, env.HF_HOME) ?? join(folder(env, env.XDG_CACHE_HOME) ?? join(homedir(), '.cache'), 'huggingface');
  return {
    endpoint: endpointOf(env.HF_ENDPOINT),
    token: tokenOf(env, home),
    cacheDir: folder(env, env.HF_HUB_CACHE) ?? folder(env, env.HUGGINGFACE_HUB_CACHE) ?? join(home, 'hub'),
    offline: offline || isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    sleep: (milliseconds) => sleep(milliseconds),
    now: () => Date.now(),
  };
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

/** A folder from a variable, with `~` and `$NAME` as Python expands them; null when it is not set. */
function folder(env: Env, value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  const expanded = value.replace(/^~(?=$|\/)/, homedir());
  return expanded.replace(
    /\$(\w+)|\$\{(\w+)\}/g,
    (whole, name: string | undefined, braced: string | undefined) => env[name ?? braced ?? ''] ?? whole,
  );
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

function tokenOf(env: Env, home: string): string | null {
  const [source, text] = tokenText(env, home);
  const token = text.replace(/[\r\n]/g, '').trim();
  if (token === '') return null;
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UserError(`${source} holds characters that no token has; copy the token again`);
  return token;
}

function tokenText(env: Env, home: string): [source: string, text: string] {
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const value = env[name];
    if (value !== undefined && value.trim() !== '') return [name, value];
  }
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return ['', ''];
  const path = folder(env, env.HF_TOKEN_PATH) ?? join(home, 'token');
  try {
    return [path, readFileSync(path, 'utf8')];
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return ['', ''];
    throw new UserError(`cannot read the token file ${quote(path)}: ${messageOf(error)}`);
  }
}
