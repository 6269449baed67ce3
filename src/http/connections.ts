import {
  Agent,
  type Dispatcher,
  ProxyAgent,
  request,
  type RequestInit as UndiciInit,
  type Response as UndiciResponse,
  fetch as undiciFetch,
} from 'undici';
import { UserError } from '../errors.js';
import { CONNECT_MS, transportError } from './failure.js';
import { type Env, type ProxyServer, proxyFor } from './proxy.js';

/** Limits of one kind of traffic, in milliseconds and bytes; 0: none, because the caller has its own. */
export interface Limits {
  /** Silence before the first byte, and between two bytes. */
  readonly silenceMs: number;
  readonly maxBytes?: number;
}

/** Connections to servers, kept open between requests; each address directly or through the proxy that the environment names for it. */
export interface Connections {
  /** How to reach an address. Throws `UserError` for an unusable proxy. */
  to(url: URL): { readonly dispatcher: Dispatcher; readonly proxy: ProxyServer | null };
  close(): Promise<void>;
}

/**
 * Returns the connections of one kind of traffic.
 */
export function openConnections(limits: Limits, env: Env = process.env): Connections {
  const options = {
    headersTimeout: limits.silenceMs,
    bodyTimeout: limits.silenceMs,
    connect: { timeout: CONNECT_MS },
    ...(limits.maxBytes === undefined ? {} : { maxResponseSize: limits.maxBytes }),
  };
  const open = new Map<string, Dispatcher>();
  function dispatcherOf(proxy: ProxyServer | null): Dispatcher {
    const key = proxy?.url.href ?? '';
    const known = open.get(key);
    if (known !== undefined) return known;
    const made =
      proxy === null
        ? new Agent(options)
        : new ProxyAgent({ ...options, uri: proxy.url.href, ...login(proxy), proxyTls: { timeout: CONNECT_MS } });
    open.set(key, made);
    return made;
  }
  return {
    to(url) {
      const proxy = proxyFor(url, env);
      return { dispatcher: dispatcherOf(proxy), proxy };
    },
    close: async () => void (await Promise.all([...open.values()].map((dispatcher) => dispatcher.destroy()))),
  };
}

/** A name without a password, too, is a login. */
function login({ url }: ProxyServer): { readonly token?: string } {
  if (url.username === '' && url.password === '') return {};
  const text = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { token: `Basic ${Buffer.from(text).toString('base64')}` };
}

/**
 * `fetch` over these connections, its body read by the caller. Throws `TransportError`, or what the signal was aborted with.
 */
export async function fetchOver(connections: Connections, url: URL, init: UndiciInit): Promise<UndiciResponse> {
  const { dispatcher, proxy } = connections.to(url);
  try {
    return await undiciFetch(url, { ...init, dispatcher });
  } catch (error) {
    if (init.signal?.aborted === true || error instanceof UserError) throw error;
    throw transportError(error, url.href, proxy);
  }
}

/** The fetch function as every JavaScript runtime has it; tests and the official packages take the same shape. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Returns a fetch over these connections that reads the whole body before it resolves, without fetch's own limits of 300 s.
 */
export function wholeFetch(connections: Connections): Fetch {
  return async (input, init) => {
    const asked = input instanceof Request || (init?.body != null && typeof init.body !== 'string') ? new Request(input, init) : null;
    const headers = asked?.headers ?? new Headers(init?.headers);
    // Nothing here unpacks bodies, so none may come packed.
    headers.delete('accept-encoding');
    const body = asked === null ? init?.body : asked.body === null ? null : await asked.text();
    const url = new URL(asked?.url ?? String(input));
    const signal = asked?.signal ?? init?.signal ?? undefined;
    const { dispatcher, proxy } = connections.to(url);
    try {
      const reply = await request(url, {
        method: (asked?.method ?? init?.method ?? 'GET').toUpperCase() === 'POST' ? 'POST' : 'GET',
        headers: [...headers].flat(),
        body: typeof body === 'string' ? body : null,
        signal,
        dispatcher,
      });
      const text = await reply.body.text();
      const kept = new Headers();
      for (const [name, value] of Object.entries(reply.headers)) {
        if (name === 'content-length' || value === undefined) continue;
        for (const one of Array.isArray(value) ? value : [value]) kept.append(name, one);
      }
      return new Response(reply.statusCode === 204 || reply.statusCode === 304 ? null : text, { status: reply.statusCode, headers: kept });
    } catch (error) {
      if (signal?.aborted === true || error instanceof UserError) throw error;
      throw transportError(error, url.href, proxy);
    }
  };
}
