import { UserError } from '../../errors.js';
import { type Fetch, openConnections, wholeFetch } from '../../http/connections.js';
import { find, transportError } from '../../http/failure.js';
import { quoted, redact, withoutLogin } from '../../http/redact.js';
import type { FailureReason, FailureResponse } from '../../types.js';
import type { Again } from './limiter.js';
import { readQuotas } from './quota.js';

/** Bytes of one answer; log-probabilities of a long prompt take a few million. */
const MAX_RESPONSE = 256 * 1024 * 1024;

/** No limit on the time to the first byte or between two bytes: a long generation is silent for minutes. The limiter's own clock bounds the whole. */
export const API_LIMITS = { silenceMs: 0, maxBytes: MAX_RESPONSE } as const;

/**
 * Returns a fetch that reads the whole body before it resolves; `close` shuts idle connections.
 */
export function openHttp(env: Readonly<Record<string, string | undefined>> = process.env): {
  readonly fetch: Fetch;
  readonly close: () => Promise<void>;
} {
  const connections = openConnections(API_LIMITS, env);
  return { fetch: wholeFetch(connections), close: connections.close };
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

/**
 * The error inside an answer with status 200, as routers send it that had said 200 before the server behind them failed: beside the choices or in the
 * first one. Returns the status that its code means (500 where it means none) and its text; null where there is no error.
 */
export function errorInside(data: unknown): { readonly status: number; readonly text: string } | null {
  const choices = field(data, 'choices');
  const error = [field(data, 'error'), Array.isArray(choices) ? field(choices[0], 'error') : undefined].find(isError);
  if (error === undefined) return null;
  const code = Number(field(error, 'code') ?? field(error, 'status'));
  const kind = `${String(field(error, 'type'))} ${String(field(error, 'code'))}`;
  const status = Number.isInteger(code) && code >= 400 && code < 600 ? code : /rate_limit|overloaded/.test(kind) ? 429 : 500;
  return { status, text: jsonOr({ error }, '') };
}

function isError(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null && Object.keys(value).length > 0);
}

/** Statuses that pass by themselves; those that say the server has too much to do slow everything down. 529 is Anthropic's "overloaded". */
const PASSING = new Set([408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529]);
/** A gateway that ran out of time: the server behind it may have done the work. */
const MAYBE_PAID = new Set([408, 504, 524]);
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
  const said = `HTTP ${reply.status}: ${quoted(error.message, where.secrets)}`;
  const quotas = readQuotas(reply.header, wallClock);
  if (error.code === 'insufficient_quota' || reply.status === 402)
    throw new UserError(`${where.url} says that the account has no credit left (${said})`);
  if (PASSING.has(reply.status)) {
    const retryAfterMs = readRetryAfter(reply.header, wallClock);
    const { status } = reply;
    const how = { overload: OVERLOAD.has(status), refused: REFUSED.has(status), maybePaid: MAYBE_PAID.has(status) };
    return { kind: 'again', reason: 'http', message: said, ...how, retryAfterMs, quotas };
  }
  if (reply.status === 401 || reply.status === 403)
    throw new UserError(`${where.url} refuses the key (${said}); a valid key must be in the environment variable ${where.keyFrom}`);
  if (reply.status >= 300 && reply.status < 400)
    throw new UserError(
      `${where.url} sends elsewhere (HTTP ${reply.status}, ${quoted(withoutLogin(reply.header('location') ?? 'to nowhere'), where.secrets)}); give that address`,
    );
  if (reply.status === 404)
    throw new UserError(`${where.url} knows no model '${where.model}', or no such path (${said})${versionHint(where.url)}`);
  return { kind: 'failure', reason: failureReason(reply.status, error), message: said };
}

/** What kind of failure of one request a status and the server's words mean. */
export function failureReason(status: number, error: ServerError): FailureReason {
  if (/content_filter|content_policy|safety/.test(error.code)) return 'refused';
  if (status === 413 || error.code === 'context_length_exceeded') return 'too long';
  if (
    /maximum context length|context (length|size|window)|prompt is too long|too many tokens|longer than the (model|max)/i.test(
      error.message,
    ) ||
    // The room for the answer depends on the prompt: "max_tokens is too large: the window is 1500 tokens and the request has 600 input tokens".
    (/max\w*_tokens/.test(error.message) &&
      /(too large|greater than|exceed)/i.test(error.message) &&
      /(window|context|prompt|input|room)/i.test(error.message))
  )
    return 'too long';
  return 'http';
}

/**
 * Says what a thrown error of a request means: a connection that failed is worth another try and slows everything down.
 * Throws `UserError` where the request could not even be tried (an unusable proxy).
 */
export function judgeThrown(error: unknown, where: Where): Again {
  const user = find(error, (e) => e instanceof UserError);
  if (user instanceof UserError) throw user;
  const failure = transportError(error, where.url, null, where.secrets);
  const reason = redact(failure.message, where.secrets);
  const message = failure.lasting ? `${where.url} cannot be reached: ${reason}${pathHint(where.url, failure.code)}` : reason;
  const overload = failure.code === 'ECONNREFUSED';
  return { kind: 'again', reason: 'http', message, overload, maybePaid: failure.sent, unreachable: failure.lasting };
}

function pathHint(url: string, code: string): string {
  return code === 'ECONNREFUSED' ? `; is the server running, and is --base-url ${url} right?` : '; check --base-url';
}

/** What is usual at the end of an address that lacks it; empty where nothing is missing. */
function versionHint(url: string): string {
  return /\/v\d/.test(url) ? '' : `; an address like this mostly ends in /v1: --base-url ${url}/v1`;
}

/**
 * The message of an answer with status 200 that is no JSON; a web page is called one.
 */
export function describeNoJson(text: string, url: string): string {
  if (!/^\s*</.test(text)) return `the answer is no JSON (${text.length} characters, cut off?)`;
  return `${url} answers with a web page, not as an API does${versionHint(url)}`;
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
