import { Agent, EnvHttpProxyAgent, request } from 'undici';
import { messageOf, systemCode, UserError } from '../../errors.js';
import type { FailureReason, FailureResponse } from '../../types.js';
import type { Again } from './limiter.js';
import { readQuotas } from './quota.js';

/** The fetch function as every JavaScript runtime has it; tests and the official packages take the same shape. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Bytes of one answer; log-probabilities of a long prompt take a few million. */
const MAX_RESPONSE = 256 * 1024 * 1024;

/** No limit on the time to the first byte or between two bytes: a long generation is silent for minutes. The scheduler's own clock bounds the whole. */
export const AGENT_OPTIONS = { headersTimeout: 0, bodyTimeout: 0, maxResponseSize: MAX_RESPONSE, connect: { timeout: 30_000 } } as const;

/**
 * Returns a fetch without undici's limits of 300 s, that reads the whole body before it resolves and goes through `HTTPS_PROXY`/`HTTP_PROXY` where they are set.
 * `close` shuts idle connections.
 */
export function openHttp(): { readonly fetch: Fetch; readonly close: () => Promise<void> } {
  const { env } = process;
  const proxied = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].some((name) => (env[name] ?? '') !== '');
  const dispatcher = proxied ? new EnvHttpProxyAgent(AGENT_OPTIONS) : new Agent(AGENT_OPTIONS);
  async function longFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const asked = input instanceof Request || (init?.body != null && typeof init.body !== 'string') ? new Request(input, init) : null;
    const headers = asked?.headers ?? new Headers(init?.headers);
    // Nothing here unpacks bodies, so none may come packed.
    headers.delete('accept-encoding');
    const body = asked === null ? init?.body : asked.body === null ? null : await asked.text();
    const reply = await request(asked?.url ?? String(input), {
      method: methodOf(asked?.method ?? init?.method),
      headers: [...headers].flat(),
      body: typeof body === 'string' ? body : null,
      signal: asked?.signal ?? init?.signal ?? undefined,
      dispatcher,
    });
    const text = await reply.body.text();
    const kept = new Headers();
    for (const [name, value] of Object.entries(reply.headers)) {
      if (name === 'content-length' || value === undefined) continue;
      for (const one of Array.isArray(value) ? value : [value]) kept.append(name, one);
    }
    return new Response(reply.statusCode === 204 || reply.statusCode === 304 ? null : text, { status: reply.statusCode, headers: kept });
  }
  return { fetch: longFetch, close: () => dispatcher.destroy() };
}

/**
 * Wraps a fetch so that the text of an error answer can be had by the answer's headers: the official packages keep only the part of it that they understand.
 */
export function keepErrorTexts(fetch: Fetch): { readonly fetch: Fetch; readonly textOf: (headers: unknown) => string | null } {
  const texts = new WeakMap<object, string>();
  async function keeping(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const reply = await fetch(input, init);
    if (reply.ok) return reply;
    const text = await reply.text();
    const copy = new Response(text, { status: reply.status, headers: [...reply.headers] });
    texts.set(copy.headers, text);
    return copy;
  }
  return { fetch: keeping, textOf: (headers) => (typeof headers === 'object' && headers !== null ? (texts.get(headers) ?? null) : null) };
}

function methodOf(method: string | undefined): 'GET' | 'POST' {
  return (method ?? 'GET').toUpperCase() === 'POST' ? 'POST' : 'GET';
}

/** An HTTP answer as the rest of this folder looks at it. */
export interface Reply {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly text: string;
}

/** What an error of a server says, wherever it puts it. */
export interface ServerError {
  readonly message: string;
  readonly code: string;
  readonly param: string;
}

/**
 * Reads `{"error": {"message", "code", "param"}}` and the forms near it (`{"message"}`, `{"detail"}`, `[{"error"}]`, plain text) of an error answer.
 */
export function readServerError(text: string): ServerError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { message: text.slice(0, 300), code: '', param: '' };
  }
  if (Array.isArray(body)) body = body[0];
  const error = field(body, 'error') ?? body;
  const said = field(error, 'message') ?? field(error, 'detail') ?? error;
  const word = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
  const code = word(field(error, 'code')) || word(field(error, 'type'));
  return { message: typeof said === 'string' ? said : jsonOr(said, text), code, param: word(field(error, 'param')) };
}

/** The value as JSON; the text itself where that is too deep to write, or nothing. */
function jsonOr(value: unknown, text: string): string {
  try {
    return JSON.stringify(value) ?? text.slice(0, 300);
  } catch {
    return text.slice(0, 300);
  }
}

/** Returns a field of an object, or undefined. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

/** Statuses that pass by themselves; those that say the server has too much to do slow everything down. 529 is Anthropic's "overloaded". */
const PASSING = new Set([408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529]);
const OVERLOAD = new Set([429, 503, 504, 524, 529]);
/** Those that come at once, from a server that lets in only so much per time. */
const REFUSED = new Set([429, 503, 529]);

/** What is asked, for messages; `secrets` never appear in one. */
export interface Where {
  readonly url: string;
  readonly model: string;
  /** How the key reaches the program, e.g. `OPENAI_API_KEY`, for the message of a refused key. */
  readonly keyFrom: string;
  readonly secrets: readonly string[];
}

/**
 * Says what an HTTP answer that is not 2xx means: worth another try, or a failure of this one request.
 * Throws `UserError` for what makes every further request pointless: a refused key, an empty account, an unknown model or path.
 */
export function judgeError(reply: Reply, where: Where, wallClock: number): Again | FailureResponse {
  const error = readServerError(reply.text);
  const said = redact(`HTTP ${reply.status}: ${oneLine(error.message)}`, where.secrets);
  const quotas = readQuotas(reply.header, wallClock);
  if (error.code === 'insufficient_quota' || reply.status === 402)
    throw new UserError(`${where.url} says that the account has no credit left (${said})`);
  if (PASSING.has(reply.status)) {
    const retryAfterMs = readRetryAfter(reply.header, wallClock);
    const [overload, refused] = [OVERLOAD.has(reply.status), REFUSED.has(reply.status)];
    return { kind: 'again', reason: 'http', message: said, overload, refused, retryAfterMs, quotas };
  }
  if (reply.status === 401 || reply.status === 403)
    throw new UserError(`${where.url} refuses the key (${said}); a valid key must be in the environment variable ${where.keyFrom}`);
  if (reply.status >= 300 && reply.status < 400)
    throw new UserError(
      `${where.url} sends elsewhere (HTTP ${reply.status}, ${reply.header('location') ?? 'to nowhere'}); give that address`,
    );
  if (reply.status === 404) throw new UserError(`${where.url} knows no model '${where.model}', or no such path (${said})`);
  return { kind: 'failure', reason: failureReason(reply.status, error), message: said };
}

function failureReason(status: number, error: ServerError): FailureReason {
  if (/content_filter|content_policy|safety/.test(error.code)) return 'refused';
  if (status === 413 || error.code === 'context_length_exceeded') return 'too long';
  if (
    /maximum context length|context (length|size|window)|prompt is too long|too many tokens|longer than the (model|max)/i.test(
      error.message,
    )
  )
    return 'too long';
  return 'http';
}

/**
 * Says what a thrown error of a request means: a connection that failed is worth another try and slows everything down.
 */
export function judgeThrown(error: unknown, secrets: readonly string[]): Again {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = systemCode(cause) ?? systemCode(error);
  const text = messageOf(cause) || messageOf(error);
  const message = redact(oneLine(code !== null && !text.includes(code) ? `${code}: ${text}` : text), secrets);
  return {
    kind: 'again',
    reason: 'http',
    message: `the connection failed (${message})`,
    overload: code === 'ECONNREFUSED',
    retryAfterMs: null,
  };
}

/** An answer that does not fit the request; chance may mend it once or twice, patience does not. */
export function malformed(message: string): Again {
  return { kind: 'again', reason: 'malformed', message, overload: false, retryAfterMs: null, maxTries: 3, maybePaid: true };
}

/**
 * Reads `retry-after-ms` and `Retry-After` (seconds or a date) as milliseconds; null where there is none.
 */
export function readRetryAfter(header: (name: string) => string | null, wallClock: number): number | null {
  const ms = Number(header('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const text = header('retry-after')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return text === '' || Number.isNaN(date) ? null : Math.max(0, date - wallClock);
}

/**
 * Returns the text without secrets: the given ones, and whatever looks like a key.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, '[key]');
  return clean.replace(/\b(sk|pk|hf|gsk|AIza)[-_]?[A-Za-z0-9][A-Za-z0-9_*.-]{10,}/g, '[key]').replace(/Bearer\s+\S+/gi, 'Bearer [key]');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}

/**
 * Parses JSON as Python's `json.dumps` writes it: `NaN` and `Infinity` become the strings of the same name, to be refused as no number. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(text.replace(/([:[,]\s*)(-?Infinity|NaN)(?=\s*[,}\]])/g, '$1"$2"'));
  }
}
