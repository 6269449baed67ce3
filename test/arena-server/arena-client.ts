import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { arenaApp } from '../../src/arena-server/app.js';
import { type Arena, openArena } from '../../src/arena-server/arena.js';
import { type ArenaConfig, configOf } from '../../src/arena-server/config.js';
import type { AnswerStream } from '../../src/arena-server/endpoint.js';
import { openDatabase } from '../../src/arena-server/open-database.js';
import type { Database } from '../../src/arena-server/sql.js';

export const PASSWORD = 'a long enough password';

/** A folder of its own. */
export function freshFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'eus-eval-arena-'));
}

/** Models without endpoints: the tests give the stream. */
export function models(...names: readonly string[]): object[] {
  return names.map((name) => ({ name, url: 'http://127.0.0.1:9/v1', model: name }));
}

/** A model that says its own strength nowhere: the same words for all. */
export const sameWords: AnswerStream = async function* (_model, messages) {
  yield `Erantzuna: ${messages.at(-1)?.content ?? ''}`;
};

export function config(over: object = {}): ArenaConfig {
  return configOf(
    {
      models: models('Model-One', 'Model-Two', 'Model-Three'),
      pace: { characters_per_second: 10_000, lead_seconds: 0 },
      limits: { prompts_per_minute: 1000, registrations_per_address_per_day: 1000, requests_per_address_per_minute: 100_000 },
      ...over,
    },
    'test.yaml',
  );
}

export interface TestArena {
  readonly arena: Arena;
  readonly app: ReturnType<typeof arenaApp>;
  readonly db: Database;
  readonly log: string[];
  close(): Promise<void>;
}

export async function testArena(
  options: { over?: object; stream?: AnswerStream; database?: string; now?: () => number } = {},
): Promise<TestArena> {
  const db = await openDatabase(options.database ?? path.join(freshFolder(), 'arena.db'));
  const log: string[] = [];
  const arena = await openArena({
    config: config(options.over),
    db,
    moderatorPassword: PASSWORD,
    secret: null,
    https: false,
    log: (line) => log.push(line),
    stream: options.stream ?? sameWords,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  return { arena, app: arenaApp(arena), db, log, close: () => arena.close() };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers of the server under test, looked at field by field
  readonly json: any;
}

/** A browser's worth of cookies. */
export class Client {
  readonly cookies = new Map<string, string>();
  csrf = '';
  readonly #app: TestArena['app'];
  constructor(arena: TestArena) {
    this.#app = arena.app;
  }

  async send(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const reply = await this.#app.request(`http://arena.test${url}`, {
      method,
      headers: {
        host: 'arena.test',
        cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'x-arena-csrf': this.csrf }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    for (const cookie of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.cookies.set(name, value);
    }
    const text = await reply.text();
    let json: unknown = null;
    try {
      json = JSON.parse(text);
    } catch {
      // Pages and streams.
    }
    return { status: reply.status, headers: reply.headers, text, json };
  }

  get(url: string): Promise<Reply> {
    return this.send('GET', url);
  }
  post(url: string, body: unknown = {}): Promise<Reply> {
    return this.send('POST', url, body);
  }

  async start(): Promise<Reply> {
    const reply = await this.get('/api/start');
    this.csrf = reply.json.csrf;
    return reply;
  }

  /** Registers and returns the passphrase. */
  async register(over: object = {}): Promise<string> {
    await this.start();
    const reply = await this.post('/api/register', { ...REGISTRATION, ...over });
    if (reply.status !== 201) throw new Error(`registration: ${reply.status} ${reply.text}`);
    this.csrf = reply.json.csrf;
    return reply.json.passphrase;
  }

  prompt(text: string, battle: string | null = null, request = randomRequest()): Promise<Reply> {
    return this.post('/api/prompts', { request, prompt: text, battle });
  }

  /** Sends a prompt and reads both answers; returns the battle. */
  async battle(text = 'Kaixo, zer moduz?'): Promise<string> {
    const reply = await this.prompt(text);
    if (reply.status !== 201) throw new Error(`prompt: ${reply.status} ${reply.text}`);
    await this.get(`/api/battles/${reply.json.battle}/turns/1`);
    return reply.json.battle;
  }

  vote(battle: string, vote: object): Promise<Reply> {
    return this.send('PUT', `/api/battles/${battle}/vote`, { whole: null, reason: null, revision: 1, ...vote });
  }

  async moderator(): Promise<void> {
    this.csrf = (await this.get('/api/moderator/start')).json.csrf;
    await this.post('/api/moderator/sign-in', { password: PASSWORD });
  }
}

export const REGISTRATION = {
  language: 'eu',
  level: 'C1-C2',
  education: 'bachelor',
  age: null,
  shareTexts: true,
  consent: true,
  invitation: null,
  privacyVersion: '1',
  guidelinesVersion: '1',
};

let requests = 0;
export function randomRequest(): string {
  return `request-${String(++requests).padStart(12, '0')}`;
}
