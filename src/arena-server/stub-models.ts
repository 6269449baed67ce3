/** Made-up models of known strength, for trying an arena and for simulations: a server that speaks the chat API and writes nonsense. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { at } from '../at.js';
import { PythonRandom } from '../python/random.js';
import type { ArenaModelConfig } from './config.js';
import type { KnownModel } from './simulate.js';

/** Four models whose order anybody can find by voting. */
export const DEMO_MODELS: readonly KnownModel[] = [
  { model: 'Demo Aralar', score: 1150 },
  { model: 'Demo Gorbeia', score: 1050 },
  { model: 'Demo Anboto', score: 950 },
  { model: 'Demo Ernio', score: 850 },
];

const SYLLABLES = 'ka le mi no ru ta zo be di fu ga ha lo ma ne po ra si tu xe'.split(' ');

/** Running stub models. */
export interface StubServer {
  readonly models: readonly ArenaModelConfig[];
  close(): Promise<void>;
}

/**
 * Starts the models on a free port of this machine. An answer takes about `milliseconds` and has about `words` words.
 */
export async function startStubModels(
  models: readonly KnownModel[],
  options: { readonly milliseconds: number; readonly words: number } = { milliseconds: 1500, words: 60 },
): Promise<StubServer> {
  const server = createServer((request, response) => void answer(models, options, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    models: models.map((m) => ({
      name: m.model,
      url: `http://127.0.0.1:${port}/v1`,
      model: m.model,
      api: 'openai',
      without: [],
      active: true,
    })),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  models: readonly KnownModel[],
  options: { readonly milliseconds: number; readonly words: number },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body = '';
  request.setEncoding('utf8');
  for await (const piece of request) body += String(piece);
  const asked = /"model":"([^"]*)"/.exec(body)?.[1];
  const model = models.find((m) => m.model === asked);
  if (model === undefined) {
    response.writeHead(404).end('{"error":{"message":"no such model"}}');
    return;
  }
  const random = new PythonRandom(body.length * 1009 + Math.floor(model.score));
  const length = Math.round(options.words * (0.7 + 0.006 * random.randBelow(100)));
  const words = Array.from({ length }, () =>
    Array.from({ length: 1 + random.randBelow(4) }, () => at(SYLLABLES, random.randBelow(SYLLABLES.length))).join(''),
  );
  const pieces = [...words.map((w, i) => (i === 0 ? w : ` ${w}`)), `\n\n*(${model.score})*`];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: string, finish: string | null): boolean =>
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: delta }, finish_reason: finish }] })}\n\n`);
  const chunks = 5;
  for (let i = 0; i < chunks && !response.destroyed; i++) {
    await new Promise((resolve) => setTimeout(resolve, options.milliseconds / chunks));
    send(pieces.slice(Math.floor((i * pieces.length) / chunks), Math.floor(((i + 1) * pieces.length) / chunks)).join(''), null);
  }
  send('', 'stop');
  response.end('data: [DONE]\n\n');
}

/**
 * Returns the strength that stands in a stub's answer, or null.
 */
export function stubScore(answer: string): number | null {
  const found = /\*\((-?\d+(?:\.\d+)?)\)\*/.exec(answer)?.[1];
  return found === undefined ? null : Number(found);
}
