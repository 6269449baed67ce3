import { afterEach, describe, expect, it } from 'vitest';
import type { AnswerStream } from '../../src/arena-server/endpoint.js';
import { EndpointError } from '../../src/arena-server/endpoint.js';
import { Client, randomRequest, sameWords, type TestArena, testArena } from './arena-client.js';

let arena: TestArena | null = null;
afterEach(async () => {
  await arena?.close();
  arena = null;
});
async function open(options: Parameters<typeof testArena>[0] = {}): Promise<{ arena: TestArena; client: Client }> {
  arena = await testArena(options);
  const client = new Client(arena);
  await client.register();
  return { arena, client };
}
const votes = (a: TestArena) => a.db.all('select * from votes');

describe('a battle', () => {
  it('goes from a prompt over two streams and a vote to the names of the models', async () => {
    const { client, arena } = await open();
    const { json } = await client.prompt('Nor zara?');
    const stream = await client.get(`/api/battles/${json.battle}/turns/1`);
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    expect(stream.text).toContain('event: done');
    const shown = [...stream.text.matchAll(/event: text\ndata: (.*)/g)].map((m) => JSON.parse(m[1] ?? ''));
    expect(shown.map((s) => s.a).join('')).toBe('Erantzuna: Nor zara?');
    expect((await client.get(`/api/battles/${json.battle}`)).json).toMatchObject({ state: 'open', models: null, vote: null });
    const vote = await client.vote(json.battle, { content: 'a', language: 'tie' });
    expect(vote.json.vote).toMatchObject({ content: 'a', language: 'tie', whole: 'a' });
    const { models } = (await client.post(`/api/battles/${json.battle}/reveal`)).json;
    const [row] = await arena.db.all('select model_a, model_b, state from battles');
    expect(models).toEqual({ a: row?.model_a, b: row?.model_b });
    expect(row?.state).toBe('done');
  });

  it('has several turns, in which each model sees its own answers', async () => {
    const seen: string[] = [];
    const stream: AnswerStream = async function* (model, messages) {
      seen.push(`${model.name}: ${messages.map((m) => `${m.role}=${m.content}`).join('|')}`);
      yield `${model.name} ${messages.length}`;
    };
    const { client } = await open({ stream, over: { turns: 2, identity_words: ['zzz'] } });
    const battle = await client.battle('bat');
    expect((await client.prompt('bi', battle)).json).toEqual({ battle, turn: 2 });
    await client.get(`/api/battles/${battle}/turns/2`);
    expect(
      seen
        .slice(2)
        .sort()
        .map((s) => s.replace(/Model-\w+/g, 'M')),
    ).toEqual(['M: user=bat|assistant=M 1|user=bi', 'M: user=bat|assistant=M 1|user=bi']);
    for (const line of seen.slice(2)) expect(new Set(line.match(/Model-\w+/g)).size).toBe(1);
    expect((await client.prompt('hiru', battle)).json).toMatchObject({ error: 'conflict' });
    // After the vote nothing is added.
    await client.vote(battle, { content: 'b', language: 'b' });
    expect((await client.prompt('lau', battle)).status).toBe(409);
  });

  it('asks for the whole exactly where content and language contradict each other', async () => {
    const { client } = await open();
    const battle = await client.battle();
    expect((await client.vote(battle, { content: 'a', language: 'b' })).json).toMatchObject({ error: 'vote-incomplete' });
    expect((await client.vote(battle, { content: 'a', language: 'b', whole: 'bad' })).status).toBe(422);
    expect((await client.vote(battle, { content: 'a', language: 'a', whole: 'b' })).status).toBe(400);
    expect((await client.vote(battle, { content: 'a', language: 'b', whole: 'b' })).json.vote.whole).toBe('b');
    expect((await client.vote(battle, { content: 'bad', language: 'tie', revision: 2 })).json.vote.whole).toBe('tie');
    expect((await client.vote(battle, { content: 'bad', language: 'bad', revision: 3 })).json.vote.whole).toBe('bad');
    expect((await client.vote(battle, { content: 'tie', language: 'b', revision: 4 })).json.vote.whole).toBe('b');
  });

  it('counts a vote once, however often it is sent, and the later of two changes', async () => {
    const { client, arena } = await open();
    const battle = await client.battle();
    const same = { content: 'a', language: 'a' };
    const replies = await Promise.all(Array.from({ length: 20 }, () => client.vote(battle, same)));
    expect(new Set(replies.map((r) => r.status))).toEqual(new Set([200]));
    expect(await votes(arena)).toMatchObject([{ battle, content: 'a', changes: 0 }]);
    await client.vote(battle, { content: 'tie', language: 'b', revision: 3 });
    // An older change that was held up on the way.
    expect((await client.vote(battle, { content: 'b', language: 'b', revision: 2 })).json.vote).toMatchObject({
      content: 'tie',
      whole: 'b',
    });
    expect(await votes(arena)).toMatchObject([{ content: 'tie', language: 'b', whole: 'b', revision: 3, changes: 1 }]);
  });

  it('takes no change after the models are known, but the same vote again', async () => {
    const { client } = await open();
    const battle = await client.battle();
    expect((await client.post(`/api/battles/${battle}/reveal`)).status).toBe(409);
    await client.vote(battle, { content: 'a', language: 'a' });
    const first = await client.post(`/api/battles/${battle}/reveal`);
    expect((await client.post(`/api/battles/${battle}/reveal`)).json).toEqual(first.json);
    expect((await client.vote(battle, { content: 'b', language: 'b', revision: 2 })).status).toBe(409);
    expect((await client.vote(battle, { content: 'a', language: 'a' })).status).toBe(200);
  });

  it('starts once, however often the prompt is sent, and one at a time', async () => {
    const { client, arena } = await open();
    const request = randomRequest();
    const replies = await Promise.all(Array.from({ length: 10 }, () => client.prompt('berdina', null, request)));
    expect(new Set(replies.map((r) => r.json.battle)).size).toBe(1);
    expect(await arena.db.all('select count(*) as n from turns')).toEqual([{ n: 1 }]);
    await Promise.all(Array.from({ length: 10 }, () => client.prompt('bestea')));
    expect(await arena.db.all("select count(*) as n from battles where state = 'open'")).toEqual([{ n: 1 }]);
    expect(await arena.db.all("select count(*) as n from battles where state = 'left'")).toEqual([{ n: 10 }]);
  });

  it('keeps a vote when the participant goes on without looking at the names', async () => {
    const { client, arena } = await open();
    const battle = await client.battle();
    await client.vote(battle, { content: 'a', language: 'a' });
    await client.battle('hurrengoa');
    expect(await arena.db.all("select count(*) as n from battles where state = 'done'")).toEqual([{ n: 1 }]);
    expect((await client.vote(battle, { content: 'b', language: 'a', whole: 'a', revision: 9 })).status).toBe(409);
  });

  it.each(['', '  \n ', 'x'.repeat(4001)])('refuses an empty or a long prompt', async (prompt) => {
    const { client } = await open();
    expect((await client.prompt(prompt)).status).toBe(422);
  });
});

describe('an endpoint that fails', () => {
  const failing = (name: string, how: 'at once' | 'silent' | 'empty' | 'midway' | 'dribbling'): AnswerStream =>
    async function* (model, messages, signal) {
      if (model.name !== name) return yield* sameWords(model, messages, signal);
      if (how === 'at once') throw new EndpointError('HTTP 500');
      if (how === 'silent') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      // Never silent for long, and never at an end.
      while (how === 'dribbling' && !signal.aborted) {
        yield 'a';
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      if (how === 'midway') {
        yield 'Hasi bai, baina';
        await new Promise((resolve) => setTimeout(resolve, 300));
        throw new EndpointError('cut');
      }
    };
  const over = { timeouts: { first_text_seconds: 0.05 } };

  it.each(['at once', 'silent', 'empty'] as const)('%s: another model takes its place before anything is shown', async (how) => {
    const { client, arena } = await open({ stream: failing('Model-One', how), over });
    for (let i = 0; i < 6; i++) await client.battle(`galdera ${i}`);
    const rows = await arena.db.all("select model_a, model_b, draw, state from battles where state <> 'void'");
    expect(rows).toHaveLength(6);
    for (const row of rows) expect([row.model_a, row.model_b].sort()).toEqual(['Model-Three', 'Model-Two']);
    expect(rows.some((row) => JSON.parse(String(row.draw)).length > 1)).toBe(true);
    expect(arena.log.some((line) => line.startsWith('Model-One: '))).toBe(true);
  });

  it('that dribbles: replaced before its lead is there, cut at the end of its time where it was shown already', async () => {
    const timeouts = { first_text_seconds: 1, lead_seconds: 0.1, answer_seconds: 0.3 };
    const slow = await open({
      stream: failing('Model-One', 'dribbling'),
      over: { timeouts, pace: { characters_per_second: 100, lead_seconds: 1 } },
    });
    for (let i = 0; i < 3; i++) await slow.client.battle(`galdera ${i}`);
    const replaced = slow.arena.log.filter((line) => line.startsWith('Model-One: '));
    expect(new Set(replaced)).toEqual(new Set(['Model-One: less than 100 characters within 0.1 s of the first']));
    expect(await slow.arena.db.all("select count(*) as n from battles where state = 'open' or state = 'left'")).toEqual([{ n: 3 }]);
    await slow.arena.close();
    const { client, arena } = await open({ stream: failing('Model-One', 'dribbling'), over: { timeouts, models: [...TWO] } });
    const { json } = await client.prompt('kaixo');
    expect((await client.get(`/api/battles/${json.battle}/turns/1`)).text).toContain('event: void');
    expect(arena.log).toContain('Model-One: no end within 0.3 s, after it was shown');
  });

  it('after something was shown: the battle is none, and nobody can vote on it', async () => {
    const { client, arena } = await open({ stream: failing('Model-One', 'midway'), over: { models: [...TWO] } });
    const { json } = await client.prompt('kaixo');
    expect((await client.get(`/api/battles/${json.battle}/turns/1`)).text).toContain('event: void');
    expect(await arena.db.all('select state from battles')).toEqual([{ state: 'void' }]);
    expect((await client.vote(json.battle, { content: 'a', language: 'a' })).status).toBe(409);
    expect(await votes(arena)).toEqual([]);
  });

  it('again and again: it is not drawn for a while, then tried again', async () => {
    let time = Date.now();
    const { client, arena } = await open({ stream: failing('Model-One', 'at once'), now: () => time });
    const failures = () => arena.log.filter((line) => line.startsWith('Model-One: ')).length;
    for (let i = 0; i < 12; i++) await client.battle(`galdera ${i}`);
    expect(failures()).toBe(3);
    time += 61_000;
    for (let i = 0; i < 6; i++) await client.battle(`gero ${i}`);
    expect(failures()).toBe(4);
  });

  it('with no other model left: the battle is none', async () => {
    const { client, arena } = await open({ stream: failing('Model-One', 'at once'), over: { ...over, models: [...TWO] } });
    const { json } = await client.prompt('kaixo');
    expect((await client.get(`/api/battles/${json.battle}/turns/1`)).text).toContain('event: void');
    expect(await arena.db.all('select state from battles')).toEqual([{ state: 'void' }]);
  });
});

const TWO = ['Model-One', 'Model-Two'].map((name) => ({ name, url: 'http://127.0.0.1:9/v1', model: name }));
