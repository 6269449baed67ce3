import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { openHttp } from '../../src/backends/api/http.js';
import type { VirtualClock } from './virtual-clock.js';

/** What a server may do to a request. */
export const FAULTS = [
  '429',
  '429 with Retry-After',
  '500',
  '503',
  'hang',
  'cut connection',
  'truncated JSON',
  'empty choices',
  'wrong token count',
  'content filter',
  'slow drip',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultServer {
  readonly url: string;
  /** A fetch whose traffic stops the virtual clock. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** How often each fault was dealt out. */
  readonly dealt: Map<Fault, number>;
  readonly requests: { readonly headers: IncomingMessage['headers']; readonly body: unknown }[];
  close(): Promise<void>;
}

export type Shape = 'completions' | 'openai' | 'anthropic';

/**
 * Starts a server on this machine that answers in one of three shapes after `latencyMs` of virtual time. `fault` decides per request (its text and how often it came).
 */
export async function startFaultServer(options: {
  readonly clock: VirtualClock;
  readonly shape: Shape;
  readonly latencyMs: number;
  readonly fault: (text: string, times: number) => Fault | null;
}): Promise<FaultServer> {
  const { clock } = options;
  const dealt = new Map<Fault, number>();
  const times = new Map<string, number>();
  const requests: FaultServer['requests'] = [];
  const http = openHttp();

  async function park(id: string, ms: number): Promise<void> {
    clock.busy.delete(id);
    await clock.sleep(ms);
    if (open.has(id)) clock.busy.add(id);
  }

  const open = new Set<string>();
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      void handle(request, response, text);
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
    const id = String(request.headers['x-test-id']);
    if (request.method === 'GET') return reply(response, 200, { object: 'list', data: [{ id: 'model', max_model_len: 1000 }] });
    const body: Body = JSON.parse(text);
    requests.push({ headers: request.headers, body });
    const key = questionOf(body, options.shape);
    const count = (times.get(key) ?? 0) + 1;
    times.set(key, count);
    const fault = options.fault(key, count);
    if (fault !== null) dealt.set(fault, (dealt.get(fault) ?? 0) + 1);
    if (fault === 'hang') return void clock.busy.delete(id);
    await park(id, options.latencyMs);
    if (fault === '429') return reply(response, 429, { error: { message: 'slow down', type: 'rate_limit', code: 'rate_limit_exceeded' } });
    if (fault === '429 with Retry-After') return reply(response, 429, { error: { message: 'slow down' } }, { 'retry-after': '2' });
    if (fault === '500') return reply(response, 500, { error: { message: 'oops' } });
    if (fault === '503') return reply(response, 503, { error: { message: 'loading' } });
    if (fault === 'cut connection') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id":');
      return void setImmediate(() => response.destroy());
    }
    const answer = JSON.stringify(answerTo(body, options.shape, fault));
    if (fault === 'truncated JSON') return send(response, 200, answer.slice(0, Math.floor(answer.length / 2)));
    if (fault === 'slow drip') {
      response.writeHead(200, { 'content-type': 'application/json' });
      for (let i = 0; i < answer.length; i += 50) {
        response.write(answer.slice(i, i + 50));
        await park(id, 1000);
      }
      return void response.end();
    }
    send(response, 200, answer);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  let sent = 0;
  return {
    url: `http://127.0.0.1:${address.port}${options.shape === 'anthropic' ? '' : '/v1'}`,
    dealt,
    requests,
    async fetch(input, init) {
      const id = String(++sent);
      const request = new Request(input, init);
      request.headers.set('x-test-id', id);
      open.add(id);
      clock.busy.add(id);
      try {
        return await http.fetch(request);
      } finally {
        open.delete(id);
        clock.busy.delete(id);
      }
    },
    async close() {
      await http.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Body {
  readonly prompt?: string | readonly string[];
  readonly messages?: readonly { readonly content: string }[];
  readonly echo?: boolean;
  readonly max_tokens?: number;
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  send(response, status, JSON.stringify(body), headers);
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers });
  response.end(body);
}

/** What names a request among all tries of it. */
function questionOf(body: Body, shape: Shape): string {
  if (shape === 'completions') return JSON.stringify(body.prompt);
  return body.messages?.at(-1)?.content ?? '';
}

/** Words with the blank before them. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** A log-probability between -8 and 0 that depends on the whole text up to the token. */
export function logprobOf(textUpTo: string): number {
  return -(createHash('sha256').update(textUpTo).digest().readUInt32LE(0) / 2 ** 32) * 8;
}

/** The letter that the fake model answers. */
export function letterOf(question: string): string {
  return 'ABCD'[createHash('sha256').update(question).digest().readUInt8(0) % 4] ?? '';
}

/** Whether the fake model's arg max is the token itself. */
export function greedyOf(textUpTo: string): boolean {
  return createHash('sha256').update(textUpTo).digest().readUInt8(5) < 128;
}

function answerTo(body: Body, shape: Shape, fault: Fault | null): unknown {
  const question = questionOf(body, shape);
  if (shape === 'openai') {
    const choice = {
      index: 0,
      message: { role: 'assistant', content: fault === 'content filter' ? null : letterOf(question) },
      finish_reason: fault === 'content filter' ? 'content_filter' : 'length',
    };
    return {
      id: 'x',
      object: 'chat.completion',
      model: 'model',
      choices: fault === 'empty choices' ? [] : [choice],
      usage: { prompt_tokens: 100, completion_tokens: 1 },
    };
  }
  if (shape === 'anthropic') {
    const content = fault === 'content filter' ? [] : [{ type: 'text', text: letterOf(question) }];
    const message = {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'model',
      content,
      stop_reason: fault === 'content filter' ? 'refusal' : 'max_tokens',
      usage: { input_tokens: 100, output_tokens: 1 },
    };
    return fault === 'empty choices' ? { id: 'm', type: 'message', role: 'assistant' } : message;
  }
  const prompts = typeof body.prompt === 'string' ? [body.prompt] : (body.prompt ?? []);
  const choices = prompts.map((prompt, index) => {
    const tokens = [...piecesOf(prompt), ' new'];
    const values: (number | null)[] = [];
    const top: (Record<string, number> | null)[] = [];
    let sofar = '';
    for (const [i, token] of tokens.entries()) {
      sofar += token;
      values.push(i === 0 ? null : logprobOf(sofar));
      top.push(i === 0 ? null : { [token]: logprobOf(sofar), ...(greedyOf(sofar) ? {} : { '?!': logprobOf(sofar) + 0.5 }) });
    }
    if (fault === 'wrong token count') {
      tokens.splice(1, 1);
      values.splice(1, 1);
      top.splice(1, 1);
    }
    return { index, text: '', finish_reason: 'length', logprobs: { tokens, token_logprobs: values, top_logprobs: top, text_offset: [] } };
  });
  return {
    id: 'c',
    object: 'text_completion',
    model: 'model',
    choices: fault === 'empty choices' ? [] : choices,
    usage: { prompt_tokens: 10, completion_tokens: 1 },
  };
}
