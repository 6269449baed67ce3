/** The local server of `view`: loopback only, behind a token in the address. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf, systemCode, UserError } from '../errors.js';
import { viewPage } from './page.js';
import type { Source } from './protocol.js';
import { isQuery, isText, isTextOrNull, isWhole } from './requests.js';

export interface ViewServer {
  /** Address of the page, with the token. */
  readonly url: string;
  /**
   * Returns an address that leads to the page once, within half a minute. For a browser that is started with it: everybody on this machine can read the
   * arguments of a process, and what was used leads nowhere.
   */
  urlForOnce(): string;
  close(): Promise<void>;
}

/** First part of the addresses that lead to the page once, and how long they do. */
const ONCE = 'once';
const ONCE_MILLISECONDS = 30_000;

/** Rows of one answer. */
const MOST_ROWS = 1000;

/**
 * Serves the page and the answers of a source on 127.0.0.1. `port` 0 takes a free one. Throws `UserError` when the port is taken.
 */
export async function serveView(source: Source, port: number): Promise<ViewServer> {
  const token = randomBytes(24).toString('base64url');
  const page = await viewPage(null);
  let once: { readonly code: string; readonly until: number } | null = null;
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => send(response, 500, { error: messageOf(error) }));
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const address = server.address();
    const host = typeof address === 'object' && address !== null ? address.port : 0;
    // Another name for this machine is how a page from elsewhere would come in.
    if (request.headers.host !== `127.0.0.1:${host}` && request.headers.host !== `localhost:${host}`)
      return send(response, 403, { error: 'not this address' });
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, { error: 'only GET' });
    const target = request.url ?? '/';
    if (!URL.canParse(target, 'http://127.0.0.1')) return send(response, 400, { error: 'not an address' });
    const url = new URL(target, 'http://127.0.0.1');
    const [, given = '', ...rest] = url.pathname.split('/');
    const [first = ''] = rest;
    if (request.method === 'GET' && given === ONCE && once !== null && isSame(first, once.code) && Date.now() < once.until) {
      once = null;
      response.writeHead(303, { ...HEADERS, Location: `/${token}/` });
      response.end();
      return;
    }
    if (!isSame(given, token)) return send(response, 404, { error: 'no such page; use the address that eus-eval view printed' });
    const what = rest.join('/');
    if (what === '') {
      response.writeHead(200, {
        ...HEADERS,
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': `${page.policy}; frame-ancestors 'none'`,
      });
      response.end(page.html);
      return;
    }
    const name = what.startsWith('api/') ? what.slice('api/'.length) : '';
    const known = calls(source, argumentsIn(url));
    const call = Object.hasOwn(known, name) ? known[name] : undefined;
    if (call === undefined) return send(response, 404, { error: 'no such page' });
    const result = call();
    if (result === null) return send(response, 400, { error: 'not understood' });
    send(response, 200, await result);
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portError(error, port)));
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}/${token}/`,
    urlForOnce() {
      once = { code: randomBytes(24).toString('base64url'), until: Date.now() + ONCE_MILLISECONDS };
      return `http://127.0.0.1:${bound}/${ONCE}/${once.code}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portError(error: Error, port: number): Error {
  const why: Readonly<Record<string, string>> = { EADDRINUSE: 'taken by another program', EACCES: 'only the administrator may use it' };
  const known = why[systemCode(error) ?? ''];
  return known === undefined ? error : new UserError(`--port ${port}: ${known}; leave --port out for a free one`);
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** NaN is null in JSON, which is how the page reads an unknown number. */
function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...HEADERS, 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function argumentsIn(url: URL): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(url.searchParams.get('args') ?? '[]');
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** Every call of the page; null where its arguments are not those of the call. */
function calls(source: Source, args: readonly unknown[]): Readonly<Record<string, () => Promise<unknown> | null>> {
  const [a, b, c, d] = args;
  return {
    catalog: () => source.catalog(),
    list: () => (isQuery(a) ? source.list(a) : null),
    rows: () => (isQuery(a) && isWhole(b) && isWhole(c) ? source.rows(a, b, Math.min(c, MOST_ROWS)) : null),
    summary: () => (isText(a) && isTextOrNull(b) ? source.summary(a, b) : null),
    document: () => (isText(a) && isTextOrNull(b) && isText(c) && isText(d) ? source.document(a, b, c, d) : null),
    find: () => (isQuery(a) && isText(b) && isText(c) ? source.find(a, b, c) : null),
  };
}
