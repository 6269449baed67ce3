import type { Response } from 'undici';
import { MissingDataError, UserError } from '../errors.js';
import type { Connections, fetchOver } from '../http/connections.js';
import { TransportError, transportError } from '../http/failure.js';
import { quoted } from '../http/redact.js';
import { fetchHint, type Repo, repoLabel, repoPage } from './repo.js';
import type { HubSettings } from './settings.js';
import { tellWait } from './waits.js';

export type HubResponse = Response;

const MAX_REDIRECTS = 6;
const MAX_TRIES = 5;
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;
/** Silence in a transfer, and before the first byte of a host that has answered before. */
const SILENCE_MS = 60_000;
/** Before the first byte of a host that has not: a wrong address must be told soon. */
const FIRST_ANSWER_MS = 15_000;
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const RETRIED_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

interface HubRequest {
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

/** Origins that have answered anything in this process. */
const heardOf = new Set<string>();

/**
 * Asks the hub and returns its answer, whatever its status; the caller reads or cancels the body. Redirects are followed; the token goes only to the
 * configured endpoint, never to another host. A host that is silent from the start is given up after 15 s; broken connections and the statuses 408, 429 and 5xx are tried again, five times in all, with growing
 * waits (or as `Retry-After` says, at most a minute).
 *
 * Throws `UserError` offline, when the endpoint cannot be reached, and for a redirect that leaves https.
 */
export async function askHub(settings: HubSettings, request: HubRequest): Promise<HubAnswer> {
  if (settings.offline)
    throw new UserError(`${request.what} is not in the cache and this is offline; run 'eus-eval fetch' with a connection first`);
  for (let attempt = 1; ; attempt++) {
    let wait = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
    let tries = MAX_TRIES;
    let why: string;
    try {
      const answer = await follow(settings, request);
      if (!RETRIED_STATUS.has(answer.response.status) || attempt === MAX_TRIES) return answer;
      await answer.response.body?.cancel();
      why = `HTTP ${answer.response.status}`;
      const asked = Number(answer.response.headers.get('retry-after'));
      if (asked > 0) wait = Math.min(MAX_WAIT_MS, asked * 1000);
    } catch (error) {
      if (error instanceof UserError) throw error;
      tries = triesFor(error);
      if (attempt >= tries) throw unreachable(settings, request.what, error);
      why = quoted(transportError(error, settings.endpoint, null).message, secretsOf(settings));
    }
    const seconds = Math.max(1, Math.round(wait / 1000));
    tellWait(`${request.what}: waiting for ${settings.endpoint} (${why}); asking again in ${seconds} s, try ${attempt + 1} of ${tries}`);
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
    const response = await firstAnswer(settings, url, {
      method: request.method,
      redirect: 'manual',
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

/** One pool of connections. Its library is loaded with the first question, which many runs never ask. */
let connections: Connections | null = null;

/** `fetchOver` the pool. */
async function ask(url: URL, init: Parameters<typeof fetchOver>[2]): Promise<HubResponse> {
  const http = await import('../http/connections.js');
  connections ??= http.openConnections({ silenceMs: SILENCE_MS });
  return http.fetchOver(connections, url, init);
}

/** The same with a shorter limit on the first byte where the host has never answered. */
async function firstAnswer(settings: HubSettings, url: URL, init: Parameters<typeof fetchOver>[2]): Promise<HubResponse> {
  if (heardOf.has(url.origin)) return ask(url, init);
  const limit = settings.firstAnswerMs ?? FIRST_ANSWER_MS;
  const cut = new AbortController();
  const silence = new TransportError(`${url.host} takes connections but sends nothing for ${limit / 1000} s`, SILENT, true, true);
  const timer = setTimeout(() => cut.abort(silence), limit);
  try {
    const response = await ask(url, { ...init, signal: cut.signal });
    heardOf.add(url.origin);
    return response;
  } finally {
    clearTimeout(timer);
  }
}

const SILENT = 'SILENT';

/** What waiting seldom mends is told within 20 s: a connection that is not made takes 8 s, a refused one none. */
function triesFor(error: unknown): number {
  if (!(error instanceof TransportError) || !error.lasting || error.code === 'ECONNREFUSED') return MAX_TRIES;
  return error.code === 'UND_ERR_CONNECT_TIMEOUT' ? 2 : error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN' ? 3 : 1;
}

function unreachable(settings: HubSettings, what: string, error: unknown): UserError {
  const { variables } = settings;
  const reason = quoted(transportError(error, settings.endpoint, null).message, secretsOf(settings));
  const otherwise = variables?.otherwise ?? 'use --offline for what is in the cache';
  return new UserError(
    `${what}: cannot reach ${settings.endpoint}: ${reason}; check the connection, ${variables?.endpoint ?? 'HF_ENDPOINT'} and the proxy, or ${otherwise}`,
  );
}

function secretsOf(settings: HubSettings): readonly string[] {
  return [settings.token, settings.authorization].filter((secret) => secret != null);
}

/**
 * Returns the error that a status other than success means for a repository: gated, private, absent, or a fault of the server.
 */
export function statusError(repo: Repo, what: string, response: HubResponse): UserError {
  // For a data set, that is a lack that `verify` reports and goes on from.
  const Absent = repo.kind === 'dataset' ? MissingDataError : UserError;
  const { endpoint, token: own } = repo.hub;
  const label = repoLabel(repo);
  const page = repoPage(repo);
  const code = response.headers.get('x-error-code') ?? '';
  const words = quoted(response.headers.get('x-error-message') ?? '', secretsOf(repo.hub));
  const said = words === '' ? '' : ` (${words})`;
  // The hub's own words, where it has some for another reason than a licence.
  if (response.status === 403 && (code !== '' ? code !== 'GatedRepo' : words !== ''))
    return new Absent(`${label} may not be read at ${endpoint}${said === '' ? ` (${quoted(code, [])})` : said}; its page is ${page}`);
  if (response.status === 403 || code === 'GatedRepo') {
    const token =
      own === null ? 'set HF_TOKEN to your access token' : 'check that HF_TOKEN belongs to the account that did and may read it';
    return new Absent(`${label} is gated${said}: accept its licence at ${page}, then ${token}`);
  }
  if (response.status === 401) {
    const token = own === null ? 'no token is set' : 'the token was refused';
    return new Absent(
      `${label} does not exist at ${endpoint}, or is private or gated (${token})${said}: check the name, accept its licence at ${page} and set HF_TOKEN`,
    );
  }
  if (response.status === 404) {
    if (code === 'RevisionNotFound') return new Absent(`${label} has no such revision: ${what}${said}`);
    if (code === 'EntryNotFound') return new Absent(`${label} has no such file: ${what}${said}`);
    return new Absent(`${label} was not found at ${endpoint} (${what})${said}; check the name`);
  }
  return new UserError(
    `${what}: ${endpoint} answered with status ${response.status}${said}; ${response.status >= 500 ? 'try again later' : fetchHint(repo)}`,
  );
}

/**
 * Returns the JSON of a successful answer. Throws `UserError` when it is larger than 64 MiB or no JSON, and where it breaks off.
 */
export async function readJson(what: string, response: HubResponse): Promise<unknown> {
  const text = await readText(what, response);
  try {
    return JSON.parse(text);
  } catch {
    const page = /^\s*</.test(text)
      ? `${quoted(response.url.replace(/[?#].*$/s, ''), [])} is a web page, not a hub's answer; is the address right?`
      : null;
    throw new UserError(`${what}: ${page ?? 'the answer is no JSON'}`);
  }
}

/**
 * Returns the text of an answer. Throws `UserError` when it is larger than 64 MiB, and where it breaks off.
 */
export async function readText(what: string, response: HubResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MAX_JSON_BYTES) throw new UserError(`${what}: the answer is larger than ${MAX_JSON_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${what}: the answer broke off after ${size} bytes (${transportError(error, null, null).message}); try again`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
