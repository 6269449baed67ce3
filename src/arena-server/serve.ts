/** A web server over an arena, until it is told to stop. */
import { createAdaptorServer } from '@hono/node-server';
import { systemCode, UserError } from '../errors.js';
import { arenaApp } from './app.js';
import type { Arena } from './arena.js';

/** A listening arena. */
export interface ArenaServer {
  readonly arena: Arena;
  readonly address: string;
  /** Stops listening, ends running turns, closes the arena. */
  close(): Promise<void>;
}

/**
 * Listens, then opens the arena: a port that is taken leaves no database behind. Requests that come meanwhile wait. Port 0 takes a free one. Throws `UserError` where the port is taken
 * or forbidden, and what `open` throws.
 */
export async function serveArena(open: () => Promise<Arena>, host: string, port: number): Promise<ArenaServer> {
  let listening = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    listening = resolve;
  }).then(open);
  const app = opened.then(arenaApp);
  // Said below; requests that wait for it are cut off.
  app.catch(() => undefined);
  const server = createAdaptorServer({
    fetch: async (request, env) => (await app).fetch(request, env),
    serverOptions: { requestTimeout: 60_000, headersTimeout: 20_000 },
  });
  // Without HTTP/2 options the adaptor makes a plain server.
  if (!('closeAllConnections' in server)) throw new Error('not a server of HTTP/1');
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const code = systemCode(error);
      const why = code === 'EADDRINUSE' ? 'is taken' : code === 'EACCES' ? 'needs more rights' : `cannot be used (${error.message})`;
      reject(new UserError(`port ${port} of ${host} ${why}; give another with --port`));
    });
    server.listen(port, host, resolve);
  });
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Streams would keep it open; their pages come back by themselves.
    server.closeAllConnections();
    await closed;
  };
  listening();
  const arena = await opened.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const bound = server.address();
  const real = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    arena,
    address: `http://${host.includes(':') ? `[${host}]` : host}:${real}`,
    close: async () => {
      await stop();
      await arena.close();
    },
  };
}
