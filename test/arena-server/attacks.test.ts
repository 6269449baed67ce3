/** The usual attacks, one test each. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawPair } from '../../src/arena-server/draw.js';
import type { AnswerStream } from '../../src/arena-server/endpoint.js';
import { shellHtml } from '../../src/arena-server/page/shell.js';
import { Client, PASSWORD, REGISTRATION, type TestArena, testArena } from './arena-client.js';

const EVIL = `<script>hit()</script><img src=x onerror="hit()">'"; drop table votes; --`;
/** Slow and fast, one word at a time and all at once, with and without thoughts: as unlike as models are. */
const unlike: AnswerStream = async function* (model) {
  if (model.name === 'Model-One') {
    yield '<think>I am Model-One</think>';
    for (let i = 0; i < 60; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield ` hitz${i % 10}`;
    }
  } else yield Array.from({ length: 60 }, (_, i) => ` hitz${i % 10}`).join('');
};

let arena: TestArena;
let client: Client;
beforeEach(async () => {
  arena = await testArena();
  client = new Client(arena);
  await client.register();
});
afterEach(() => arena.close());
const count = async (table: string): Promise<unknown> => (await arena.db.all(`select count(*) as n from ${table}`))[0]?.n;

describe('forged requests', () => {
  it('a change without the token of the page is refused', async () => {
    client.csrf = '';
    expect((await client.prompt('kaixo')).json).toMatchObject({ error: 'forbidden' });
    client.csrf = 'A'.repeat(22);
    expect((await client.prompt('kaixo')).status).toBe(403);
    expect(await count('battles')).toBe(0);
  });

  it("another's token does not help", async () => {
    const other = new Client(arena);
    await other.register();
    client.csrf = other.csrf;
    expect((await client.prompt('kaixo')).status).toBe(403);
  });

  it.each([{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'null' }])(
    'a change from another page is refused: %j',
    async (headers) => {
      const reply = await client.send('POST', '/api/delete-me', {}, { ...headers });
      expect(reply.status).toBe(403);
      expect(await count('participants')).toBe(1);
    },
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    'a form of another page (%s) is refused',
    async (type) => {
      expect((await client.send('POST', '/api/delete-me', '{}', { 'content-type': type })).status).toBe(400);
      expect(await count('participants')).toBe(1);
    },
  );

  it('no other page may read: there is no header that allows it', async () => {
    const reply = await client.send('GET', '/api/start', undefined, { origin: 'https://evil.example' });
    expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('a planted cookie is worth nothing after the registration', async () => {
    const victim = new Client(arena);
    victim.cookies.set('arena', 'P'.repeat(43));
    await victim.register();
    expect(victim.cookies.get('arena')).not.toBe('P'.repeat(43));
    const attacker = new Client(arena);
    attacker.cookies.set('arena', 'P'.repeat(43));
    expect((await attacker.start()).json.participant).toBeNull();
  });
});

describe('votes and battles', () => {
  it("another's battle cannot be read, followed, voted on, revealed or reported, and looks as if it did not exist", async () => {
    const battle = await client.battle();
    const other = new Client(arena);
    await other.register();
    const missing = await other.get('/api/battles/AAAAAAAAAAAAAAAAAAAAAA');
    for (const reply of [
      await other.get(`/api/battles/${battle}`),
      await other.get(`/api/battles/${battle}/turns/1`),
      await other.vote(battle, { content: 'a', language: 'a' }),
      await other.post(`/api/battles/${battle}/reveal`),
      await other.post(`/api/battles/${battle}/report`, { message: 'x' }),
      await other.prompt('bi', battle),
    ]) {
      expect(reply.status).toBe(404);
      expect(reply.text).toBe(missing.text);
    }
    expect(await count('votes')).toBe(0);
  });

  it('a turn that does not exist is not found', async () => {
    const battle = await client.battle();
    for (const turn of ['0', '2', '01', '1.0', 'x', '99999999999999999999']) {
      const reply = await client.get(`/api/battles/${battle}/turns/${turn}`);
      expect([reply.status, reply.json]).toEqual([404, { error: 'not-found', detail: 'turn' }]);
    }
  });

  it('nobody votes, prompts or reads without being signed in', async () => {
    const battle = await client.battle();
    const stranger = new Client(arena);
    await stranger.start();
    for (const reply of [
      await stranger.get(`/api/battles/${battle}`),
      await stranger.get(`/api/battles/${battle}/turns/1`),
      await stranger.vote(battle, { content: 'a', language: 'a' }),
      await stranger.prompt('kaixo'),
    ])
      expect(reply.status).toBe(401);
  });

  it('a vote before the answers are complete, or on a battle that is made up, is none', async () => {
    await arena.close();
    arena = await testArena({ stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }) });
    client = new Client(arena);
    await client.register();
    const { json } = await client.prompt('kaixo');
    expect((await client.vote(json.battle, { content: 'a', language: 'a' })).status).toBe(409);
    expect((await client.vote('made-up', { content: 'a', language: 'a' })).status).toBe(404);
    expect(await count('votes')).toBe(0);
  });

  it('names of battles cannot be guessed: 128 bits of chance', async () => {
    const names = [await client.battle('bat'), await client.battle('bi'), await client.battle('hiru')];
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^[\w-]{22}$/);
  });

  it('fields that nobody asked for, and values that are none, are refused', async () => {
    const battle = await client.battle();
    for (const vote of [
      { content: 'a', language: 'a', model: 'Model-One' },
      { content: 'A', language: 'a' },
      { content: ['a'], language: 'a' },
      { content: 'a', language: 'a', revision: -1 },
      { content: 'a', language: 'a', revision: 1e9 },
      { content: 'a', language: 'a', reason: 'x'.repeat(2001) },
      { content: '__proto__', language: 'a' },
    ])
      expect((await client.vote(battle, vote)).status).toBe(400);
    expect(await count('votes')).toBe(0);
  });

  it('a request that is huge is refused before it is read', async () => {
    expect((await client.post('/api/prompts', { request: 'x', prompt: 'x'.repeat(600_000), battle: null })).status).toBe(413);
  });
});

describe('SQL and markup', () => {
  it('a prompt, a reason, a report and an invitation are text, whatever stands in them', async () => {
    const battle = await client.battle(EVIL);
    await client.vote(battle, { content: 'a', language: 'a', reason: EVIL });
    await client.post(`/api/battles/${battle}/report`, { message: EVIL });
    expect((await client.get(`/api/battles/${battle}`)).json.turns[0]).toMatchObject({ prompt: EVIL, a: `Erantzuna: ${EVIL}` });
    expect((await client.get(`/api/battles/${battle}`)).json.vote.reason).toBe(EVIL);
    expect((await client.get(`/api/battles/${encodeURIComponent(EVIL)}`)).status).toBe(404);
    expect((await client.post('/api/return', { passphrase: EVIL })).status).toBe(403);
    expect(await count('votes')).toBe(1);
  });

  it('every answer forbids foreign scripts, frames and guessed types; pages hold no text of others', async () => {
    for (const url of ['/', '/moderator', '/api/start', '/arena.js', '/style.css', '/nothing']) {
      const { headers } = await client.get(url);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'; require-trusted-types-for 'script'/,
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect((await client.get('/api/start')).headers.get('content-type')).toContain('application/json');
    expect(shellHtml('arena', EVIL, 'eu')).not.toMatch(/<img|<script>/);
    expect((await client.get('/?lang=%3Cscript%3E')).text).not.toContain('<script>');
  });
});

describe('secrets', () => {
  it('no address, passphrase or token is stored as it is', async () => {
    const passphrase = await new Client(arena).register();
    const token = client.cookies.get('arena') ?? 'none';
    const everything = JSON.stringify([await arena.db.all('select * from participants'), await arena.db.all('select * from sessions')]);
    expect(everything).not.toContain(passphrase);
    expect(everything).not.toContain(token);
    expect(everything).not.toContain('127.0.0.1');
  });

  it('guessing passphrases and the password is slow', async () => {
    const guesser = new Client(arena);
    await guesser.start();
    const codes: number[] = [];
    for (let i = 0; i < 15; i++) codes.push((await guesser.post('/api/return', { passphrase: `guess-${i}` })).status);
    expect(codes.filter((c) => c === 403)).toHaveLength(10);
    expect(codes.slice(10)).toEqual([429, 429, 429, 429, 429]);
    expect((await guesser.post('/api/moderator/sign-in', { password: PASSWORD })).status).toBe(429);
  });

  it('the moderator is who has the password: no cookie that is made up, old or of another password', async () => {
    const paths = ['overview', 'battles.csv', 'battles.jsonl'].map((p) => `/api/moderator/${p}`);
    const now = Date.now();
    for (const cookie of ['', 'x', `${now + 1e6}.${'A'.repeat(22)}`, `${now + 1e6}.`, 'Infinity.AAAA']) {
      client.cookies.set('arena-moderator', cookie);
      for (const url of paths) expect((await client.get(url)).status).toBe(401);
      expect((await client.post('/api/moderator/ban', { participant: 'x', banned: true, note: '' })).status).toBe(401);
      expect((await client.post('/api/moderator/delete', { participant: 'x' })).status).toBe(401);
    }
    await client.moderator();
    for (const url of paths) expect((await client.get(url)).status).toBe(200);
    const sealed = client.cookies.get('arena-moderator') ?? '';
    client.cookies.set(
      'arena-moderator',
      sealed.replace(/^\d+/, (n) => String(Number(n) + 1)),
    );
    expect((await client.get(paths[0] ?? '')).status).toBe(401);
  });

  it('an error of ours says nothing outside', async () => {
    arena.arena.db.all = () => Promise.reject(new Error('secret detail of the inside'));
    const reply = await client.get('/api/start');
    expect(reply.status).toBe(500);
    expect(reply.text).toBe('{"error":"internal"}');
    expect(arena.log.join()).toContain('secret detail');
  });
});

describe('names of models before the vote', () => {
  it('are in no answer: bodies, headers, streams, errors, pages', async () => {
    const heard: string[] = [];
    const battle = await client.battle('zein zara zu?');
    for (const url of [
      '/',
      '/arena.js',
      '/api/start',
      `/api/battles/${battle}`,
      `/api/battles/${battle}/turns/1`,
      `/api/battles/${battle}/turns/2`,
      '/api/ranking',
    ]) {
      const reply = await client.get(url);
      heard.push(reply.text, JSON.stringify([...reply.headers]));
    }
    const vote = await client.vote(battle, { content: 'a', language: 'a' });
    heard.push(vote.text, JSON.stringify([...vote.headers]), (await client.get(`/api/battles/${battle}`)).text);
    for (const text of heard) expect(text).not.toMatch(/Model-(One|Two|Three)|127\.0\.0\.1:9/);
    expect((await client.post(`/api/battles/${battle}/reveal`)).text).toMatch(/Model-/);
  });

  it('are not in the pace: both sides begin together and grow alike, however unlike the streams are', async () => {
    await arena.close();
    arena = await testArena({ stream: unlike, over: { pace: { characters_per_second: 300, lead_seconds: 0.1 } } });
    client = new Client(arena);
    await client.register();
    const { json } = await client.prompt('kaixo');
    const { text } = await client.get(`/api/battles/${json.battle}/turns/1`);
    const steps = [...text.matchAll(/event: text\ndata: (.*)/g)].map((m): { a: string; b: string } => JSON.parse(m[1] ?? ''));
    expect(steps.length).toBeGreaterThan(3);
    for (const step of steps) expect(step.a.length).toBe(step.b.length);
    expect(steps.map((s) => s.a).join('')).toBe(steps.map((s) => s.b).join(''));
    expect(text).not.toContain('Model-One');
  });

  it('are not in the order: either model stands on either side as often', () => {
    let left = 0;
    for (let i = 0; i < 2000; i++) {
      const draw = drawPair({ models: ['x', 'y'], counts: new Map(), policy: 'even', strengths: new Map(), seed: 1, name: `battle ${i}` });
      if (draw?.left === 'x') left++;
    }
    // 3.9 standard deviations either way.
    expect(Math.abs(left - 1000)).toBeLessThan(87);
  });

  it('that an answer gives away: the battle does not count', async () => {
    await arena.close();
    arena = await testArena({
      stream: async function* () {
        yield 'Ni GPT-4 naiz.';
      },
    });
    client = new Client(arena);
    await client.register();
    const battle = await client.battle('Nor zara?');
    await client.vote(battle, { content: 'a', language: 'a' });
    expect(await arena.db.all('select named from battles')).toEqual([{ named: 1 }]);
    await client.moderator();
    expect((await client.get('/api/moderator/battles.csv')).text.trim().split('\n')).toHaveLength(1);
  });
});

describe('limits', () => {
  it('prompts a minute and a day, registrations and requests by address', async () => {
    await arena.close();
    arena = await testArena({
      over: {
        limits: { prompts_per_minute: 3, prompts_per_day: 100, registrations_per_address_per_day: 2, requests_per_address_per_minute: 40 },
      },
    });
    const one = new Client(arena);
    await one.register();
    const codes: number[] = [];
    for (let i = 0; i < 5; i++) codes.push((await one.prompt(`galdera ${i}`)).status);
    expect(codes).toEqual([201, 201, 201, 429, 429]);
    await new Client(arena).register();
    const third = new Client(arena);
    await third.start();
    const refused = await third.post('/api/register', REGISTRATION);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('3600');
    const many = await Promise.all(Array.from({ length: 60 }, () => third.get('/api/start')));
    expect(many.filter((r) => r.status === 429).length).toBeGreaterThan(10);
  });

  it('behind a proxy the address is what the proxy says, and nobody makes up one', async () => {
    await arena.close();
    arena = await testArena({ over: { trusted_proxies: 1, limits: { requests_per_address_per_minute: 5 } } });
    const visitor = new Client(arena);
    const ask = (forwarded: string) => visitor.send('GET', '/api/start', undefined, { 'x-forwarded-for': forwarded });
    // The last address is the proxy's word; what stands before it is the visitor's own.
    for (let i = 0; i < 5; i++) expect((await ask(`9.9.9.${i}, 1.2.3.4`)).status).toBe(200);
    expect((await ask('8.8.8.8, 1.2.3.4')).status).toBe(429);
    expect((await ask('1.2.3.4, 5.6.7.8')).status).toBe(200);
  });
});
