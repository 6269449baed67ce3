import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { MissingDataError, messageOf, UserError } from '../errors.js';
import { fetchHint, type Repo, repoLabel, repoPage } from './repo.js';
import type { HubSettings } from './settings.js';

export type HubResponse = Response;

const MAX_REDIRECTS = 6;
const MAX_TRIES = 5;
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;
const SILENCE_MS = 60_000;
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const RETRIED_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

export interface HubRequest {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** What is asked for, in messages. */
  readonly what: string;
  /** Returns true for an answer that is complete although it redirects (the headers of a large file). */
  readonly settled?: (response: HubResponse) => boolean;
}

/** An answer, and the address at the endpoint that gave it. */
export interface HubAnswer {
  readonly response: HubResponse;
  readonly url: string;
}

let dispatcher: Dispatcher | null = null;

/** One pool of connections; proxies as the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. */
function connections(): Dispatcher {
  const options = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS, connect: { timeout: 20_000 } };
  const proxied = ['http_proxy', 'https_proxy'].some((name) => Boolean(process.env[name] || process.env[name.toUpperCase()]));
  dispatcher ??= proxied ? quietly(() => new EnvHttpProxyAgent(options)) : new Agent(options);
  return dispatcher;
}

/** Without the warning that this class of undici may change, which is nothing to the user: its version is pinned. */
function quietly<T>(make: () => T): T {
  const emit = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return make();
  } finally {
    process.emitWarning = emit;
  }
}

/**
 * Asks the hub and returns its answer, whatever its status; the caller reads or cancels the body. Redirects are followed; the token goes only to the
 * configured endpoint, never to another host. Broken connections and the statuses 408, 429 and 5xx are tried again, five times in all, with growing
 * waits (or as `Retry-After` says, at most a minute).
 *
 * Throws `UserError` offline, when the endpoint cannot be reached, and for a redirect that leaves https.
 */
export async function askHub(settings: HubSettings, request: HubRequest): Promise<HubAnswer> {
  if (settings.offline)
    throw new UserError(`${request.what} is not in the cache and this is offline; run 'eus-eval fetch' with a connection first`);
  for (let attempt = 1; ; attempt++) {
    let wait = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
    try {
      const answer = await follow(settings, request);
      if (!RETRIED_STATUS.has(answer.response.status) || attempt === MAX_TRIES) return answer;
      await answer.response.body?.cancel();
      const asked = Number(answer.response.headers.get('retry-after'));
      if (asked > 0) wait = Math.min(MAX_WAIT_MS, asked * 1000);
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (attempt === MAX_TRIES) throw unreachable(settings, request.what, error);
    }
    await settings.sleep(wait);
  }
}

async function follow(settings: HubSettings, request: HubRequest): Promise<HubAnswer> {
  const origin = new URL(settings.endpoint).origin;
  const authorization = settings.authorization ?? (settings.token === null ? null : `Bearer ${settings.token}`);
  let url = new URL(request.url);
  let lastAtEndpoint = url.href;
  for (let i = 0; i <= MAX_REDIRECTS; i++) {
    const atEndpoint = url.origin === origin;
    if (atEndpoint) lastAtEndpoint = url.href;
    const response = await fetch(url, {
      method: request.method,
      redirect: 'manual',
      dispatcher: connections(),
      headers: {
        'user-agent': 'eus-eval',
        // Compressed answers would have other lengths than their headers say, and no ranges.
        'accept-encoding': 'identity',
        ...request.headers,
        ...(atEndpoint && authorization !== null ? { authorization } : {}),
      },
    });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null || request.settled?.(response) === true) {
      return { response, url: lastAtEndpoint };
    }
    await response.body?.cancel();
    const next = URL.canParse(location, url.href) ? new URL(location, url.href) : null;
    if (next === null || !/^https?:$/.test(next.protocol))
      throw new UserError(`${request.what}: ${origin} redirects to something that is no web address`);
    if (url.protocol === 'https:' && next.protocol === 'http:')
      throw new UserError(`${request.what}: refused to be redirected from https to http (${next.host})`);
    url = next;
  }
  throw new UserError(`${request.what}: more than ${MAX_REDIRECTS} redirects at ${origin}`);
}

function unreachable(settings: HubSettings, what: string, error: unknown): UserError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : messageOf(cause);
  const { variables } = settings;
  const certificate = /CERT|SELF_SIGNED/.test(code)
    ? ' (behind one that signs connections itself, NODE_EXTRA_CA_CERTS must name its certificate)'
    : '';
  const check = `check the connection, ${variables?.endpoint ?? 'HF_ENDPOINT'} and the proxy${certificate}`;
  return new UserError(
    `${what}: cannot reach ${settings.endpoint} (${code}); ${check}, or ${variables?.otherwise ?? 'use --offline for what is in the cache'}`,
  );
}

/**
 * Returns the error that a status other than success means for a repository: gated, private, absent, or a fault of the server.
 */
export function statusError(settings: HubSettings, repo: Repo, what: string, response: HubResponse): UserError {
  // For a data set, that is a lack that `verify` reports and goes on from.
  const Absent = repo.kind === 'dataset' ? MissingDataError : UserError;
  const label = repoLabel(repo);
  const page = repoPage(settings, repo);
  const code = response.headers.get('x-error-code') ?? '';
  if (response.status === 403 || code === 'GatedRepo') {
    const token =
      settings.token === null ? 'set HF_TOKEN to your access token' : 'check that HF_TOKEN belongs to the account that did and may read it';
    return new Absent(`${label} is gated: accept its licence at ${page}, then ${token}`);
  }
  if (response.status === 401) {
    const token = settings.token === null ? 'no token is set' : 'the token was refused';
    return new Absent(
      `${label} does not exist at ${settings.endpoint}, or is private or gated (${token}): check the name, accept its licence at ${page} and set HF_TOKEN`,
    );
  }
  if (response.status === 404) {
    if (code === 'RevisionNotFound') return new Absent(`${label} has no such revision: ${what}`);
    if (code === 'EntryNotFound') return new Absent(`${label} has no such file: ${what}`);
    return new Absent(`${label} was not found at ${settings.endpoint} (${what}); check the name`);
  }
  return new UserError(
    `${what}: ${settings.endpoint} answered with status ${response.status}; ${response.status >= 500 ? 'try again later' : fetchHint(repo)}`,
  );
}

/**
 * Returns the JSON of a successful answer. Throws `UserError` when it is larger than 64 MiB or no JSON.
 */
export async function readJson(what: string, response: HubResponse): Promise<unknown> {
  const text = await readText(what, response);
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${what}: the answer is no JSON`);
  }
}

/**
 * Returns the text of an answer. Throws `UserError` when it is larger than 64 MiB.
 */
export async function readText(what: string, response: HubResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) throw new UserError(`${what}: the answer is larger than ${MAX_JSON_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
