/** A web server over an arena, until it is told to stop. */
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { systemCode, UserError } from '../errors.js';
import { arenaApp } from './app.js';
import type { Arena } from './arena.js';

/** A listening arena. */
export interface ArenaServer {
  readonly address: string;
  readonly port: number;
  /** Stops listening, ends running turns, closes the arena. */
  close(): Promise<void>;
}

/**
 * Listens; port 0 takes a free one. Throws `UserError` where the port is taken or forbidden.
 */
export async function serveArena(arena: Arena, host: string, port: number): Promise<ArenaServer> {
  const server: Server = createServer(arena);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const code = systemCode(error);
      const why = code === 'EADDRINUSE' ? 'is taken' : code === 'EACCES' ? 'needs more rights' : `cannot be used (${error.message})`;
      reject(new UserError(`port ${port} of ${host} ${why}; give another with --port`));
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  const real = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${real}`,
    port: real,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Streams would keep it open; their pages come back by themselves.
      server.closeAllConnections();
      await closed;
      await arena.close();
    },
  };
}

function createServer(arena: Arena): Server {
  const made = createAdaptorServer({ fetch: arenaApp(arena).fetch, serverOptions: { requestTimeout: 60_000, headersTimeout: 20_000 } });
  // Without HTTP/2 options the adaptor makes a plain server.
  if (!('closeAllConnections' in made)) throw new Error('not a server of HTTP/1');
  return made;
}
