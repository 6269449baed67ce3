import { UserError } from '../../errors.js';
import type { Fetch } from '../../http/connections.js';
import { checkKey } from '../../http/key.js';
import { withoutLogin } from '../../http/redact.js';
import type { OpenOptions } from '../options.js';
import { type Clock, systemClock } from './clock.js';
import { openHttp } from './http.js';
import { createLimiter, type Limiter } from './limiter.js';

/** What every backend that speaks HTTP takes; what is absent or null has its default. */
export interface HttpOptions
  extends Partial<
    Pick<
      OpenOptions,
      | 'apiKeyEnv'
      | 'concurrency'
      | 'timeoutSeconds'
      | 'maxTries'
      | 'maxCostUsd'
      | 'pricesFile'
      | 'maxNewTokens'
      | 'onProgress'
      | 'onWarning'
      | 'signal'
    >
  > {
  /** The model's name on the server. */
  readonly name: string;
  /** Replaced by tests. */
  readonly seams?: Partial<Seams>;
}

/** Everything that is not a function of the options: time, chance, the network and the environment. */
export interface Seams {
  readonly clock: Clock;
  readonly random: () => number;
  readonly fetch: Fetch;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970, for dates in headers. */
  readonly wallClock: () => number;
}

/** A backend's tools. */
export interface Tools extends Seams {
  readonly limiter: Limiter;
  readonly closeHttp: () => Promise<void>;
  /** Milliseconds that one request may take. */
  readonly timeoutMs: number;
  /** Aborted by the user, also while a server is looked at for the first time. */
  readonly signal: AbortSignal;
}

/** Requests at once in the beginning. */
const START = 4;

/**
 * Returns clock, network and scheduler for `servers` servers. `timeoutSeconds` and `concurrency` hold where the options say nothing.
 */
export function openTools(options: HttpOptions, servers: number, defaults: { timeoutSeconds: number; concurrency: number }): Tools {
  const rest = { clock: systemClock, random: Math.random, env: process.env, wallClock: Date.now, ...options.seams };
  const { fetch, close } =
    options.seams?.fetch === undefined ? openHttp(rest.env) : { fetch: options.seams.fetch, close: async () => undefined };
  const seams: Seams = { ...rest, fetch };
  const timeoutMs = (options.timeoutSeconds ?? defaults.timeoutSeconds) * 1000;
  const limiter = createLimiter({
    servers,
    clock: seams.clock,
    random: seams.random,
    start: START,
    max: options.concurrency ?? defaults.concurrency,
    maxTries: options.maxTries ?? 10,
    timeoutMs,
    say: options.onWarning ?? options.onProgress ?? (() => undefined),
  });
  return { ...seams, limiter, closeHttp: close, timeoutMs, signal: options.signal ?? new AbortController().signal };
}

/** Where a key comes from, and the key; null when the variable is not set. */
export function readKey(options: HttpOptions, usual: string, env: Seams['env']): { readonly from: string; readonly key: string | null } {
  const from = options.apiKeyEnv ?? usual;
  const key = checkKey(env[from], `the environment variable ${from}`);
  if (key === null && options.apiKeyEnv != null) throw new UserError(`the environment variable ${from}, named for the key, is not set`);
  return { from, key };
}

/**
 * Returns the address without a trailing slash. Throws `UserError` when it is no http(s) address or carries a password, which would end up in results.
 */
export function checkUrl(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new UserError(`--base-url ${withoutLogin(url)}: not an address; valid is e.g. http://127.0.0.1:8000/v1`);
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    throw new UserError(`--base-url ${withoutLogin(url)}: the address must begin with http:// or https://`);
  if (parsed.username !== '' || parsed.password !== '')
    throw new UserError(
      `--base-url ${parsed.host}: no user or password in the address; put a key into an environment variable (--api-key-env)`,
    );
  if (parsed.search !== '') throw new UserError(`--base-url ${parsed.origin}${parsed.pathname}: nothing may follow a '?'`);
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '');
}
