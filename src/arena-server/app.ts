/** The arena over HTTP: pages, and what every request has in common. Routes of participants and of the moderator are files of their own. */
import { readFileSync } from 'node:fs';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { messageOf } from '../errors.js';
import { packagePath } from '../package-files.js';
import type { Arena } from './arena.js';
import { battleRoutes } from './battle-routes.js';
import { SECURITY_HEADERS } from './http-guard.js';
import { moderatorRoutes } from './moderator-routes.js';
import { shellHtml } from './page/shell.js';
import { STYLE } from './page/style.js';
import { participantRoutes } from './participant-routes.js';
import { REFUSALS, RequestError } from './request-error.js';
import { type ArenaContext, type Env, languageOf, placeOf } from './requests.js';
import { StorageError } from './sql.js';

/** Bytes of one request; a prompt of 100,000 characters of four bytes, and its wrapping. */
const MOST_BYTES = 512 * 1024;
/** Seconds after which a refused store may be tried again. */
const STORE_AGAIN = 2;

/**
 * Returns the web application of an arena.
 */
export function arenaApp(arena: Arena): Hono<Env> {
  const app = new Hono<Env>();
  app.use('*', async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value);
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  app.onError((error, c) => refusalOf(arena, error, c));
  app.notFound((c) => c.json({ error: 'not-found' }, 404));
  app.use('/api/*', async (c, next) => {
    arena.limits.requests.take(placeOf(arena, c), 'address');
    await next();
  });
  app.use('/api/*', bodyLimit({ maxSize: MOST_BYTES, onError: () => Promise.reject(new RequestError('too-large')) }));
  app.use('/api/*', async (c, next) => {
    if (c.req.method !== 'GET') arena.guard.checkChange(c);
    await next();
  });
  for (const page of ['arena', 'moderator'] as const) {
    const script = packagePath(`dist/arena-server/${page}-script.js`);
    app.get(page === 'arena' ? '/' : '/moderator', (c) => {
      arena.guard.visitor(c);
      const language = languageOf(arena, c);
      return c.html(shellHtml(page, arena.config.name[language], language));
    });
    app.get(`/${page}.js`, (c) => asset(c, readFileSync(script, 'utf8'), 'text/javascript'));
  }
  app.get('/style.css', (c) => asset(c, STYLE, 'text/css'));
  app.get('/healthz', async (c) => {
    await arena.db.all('select 1 as one');
    return c.json({ ok: true });
  });
  app.get('/favicon.ico', (c) => c.body(null, 204));
  participantRoutes(app, arena);
  battleRoutes(app, arena);
  moderatorRoutes(app, arena);
  return app;
}

function asset(c: ArenaContext, body: string, type: string): Response {
  c.header('cache-control', 'no-cache');
  c.header('content-type', `${type}; charset=utf-8`);
  return c.body(body);
}

/** An error as the page reads it. Anything unexpected is logged and says nothing outside. */
function refusalOf(arena: Arena, error: Error, c: Context): Response {
  const known = error instanceof RequestError ? error : error instanceof StorageError ? new RequestError('storage', '', STORE_AGAIN) : null;
  // A proxy that is not told to the arena refuses everybody: the terminal should say why.
  if (known?.refusal === 'forbidden' && known.detail.startsWith('the page')) arena.log(known.detail);
  if (error instanceof StorageError) arena.log(`the database: ${messageOf(error)}`);
  if (known === null) {
    arena.log(`${c.req.method} ${c.req.path}: ${error.stack ?? messageOf(error)}`);
    return c.json({ error: 'internal' }, 500);
  }
  if (known.retryAfter !== null) c.header('retry-after', String(known.retryAfter));
  return c.json({ error: known.refusal, detail: known.detail }, REFUSALS[known.refusal]);
}
