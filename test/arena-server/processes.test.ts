/** Several processes on one database. On SQLite they are two openings of one file, which is the same to the code. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerStream } from '../../src/arena-server/endpoint.js';
import { isGone, processName } from '../../src/arena-server/process-name.js';
import { Client, freshFolder, testArena } from './arena-client.js';
import { type Cluster, POSTGRES, startCluster } from './postgres.js';

let cluster: Cluster | null = null;
beforeAll(async () => {
  if (POSTGRES !== null) cluster = await startCluster();
});
afterAll(() => cluster?.stop());

/** The same browser at another process. */
function elsewhere(client: Client, arena: Awaited<ReturnType<typeof testArena>>): Client {
  const other = new Client(arena);
  for (const [name, value] of client.cookies) other.cookies.set(name, value);
  other.csrf = client.csrf;
  return other;
}
const never: AnswerStream = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) });

describe.each(['sqlite', 'postgres'] as const)('%s', (kind) => {
  const skipped = kind === 'postgres' && POSTGRES === null;
  const place = async (): Promise<string> => (kind === 'sqlite' ? path.join(freshFolder(), 'arena.db') : ((await cluster?.fresh()) ?? ''));

  it.skipIf(skipped)('a battle goes on at whichever process is asked', async () => {
    const database = await place();
    const [one, two] = [await testArena({ database }), await testArena({ database })];
    const client = new Client(one);
    await client.register();
    const other = elsewhere(client, two);
    const { json } = await client.prompt('Kaixo');
    const stream = (await other.get(`/api/battles/${json.battle}/turns/1`)).text;
    expect(stream).toContain('event: whole\ndata: {"a":"Erantzuna: Kaixo","b":"Erantzuna: Kaixo"}');
    expect(stream).toContain('event: done');
    const votes = await Promise.all([client, other, client, other].map((c) => c.vote(json.battle, { content: 'a', language: 'a' })));
    expect(votes.map((v) => v.status)).toEqual([200, 200, 200, 200]);
    expect(await one.db.all('select count(*) as n from votes')).toEqual([{ n: 1 }]);
    const names = await Promise.all([client, other].map((c) => c.post(`/api/battles/${json.battle}/reveal`)));
    expect(names[0]?.json).toEqual(names[1]?.json);
    // One prompt, sent to both at once.
    const request = 'the-same-request-twice';
    const started = await Promise.all([client, other].map((c) => c.prompt('Berriz', null, request)));
    expect(started[0]?.json.battle).toBe(started[1]?.json.battle);
    expect(await one.db.all("select count(*) as n from battles where state = 'open'")).toEqual([{ n: 1 }]);
    await one.close();
    await two.close();
  });

  it.skipIf(skipped)('a battle whose process died is none, and the prompt can be sent again', async () => {
    const database = await place();
    let time = Date.now();
    const now = (): number => time;
    const [one, two] = [await testArena({ database, stream: never, now }), await testArena({ database, now })];
    const client = new Client(one);
    await client.register();
    const { json } = await client.prompt('Kaixo');
    const other = elsewhere(client, two);
    // No sign of life from the first for a while.
    await two.db.run('delete from processes where id = ?', one.arena.process);
    time += 60_000;
    expect((await other.get(`/api/battles/${json.battle}/turns/1`)).text).toContain('event: void');
    expect(await two.db.all('select state from battles')).toEqual([{ state: 'void' }]);
    expect((await other.vote(json.battle, { content: 'a', language: 'a' })).status).toBe(409);
    expect((await other.prompt('Kaixo')).status).toBe(201);
    await two.close();
    await one.close();
  });
});

it('a process of this machine that is gone is known at once', () => {
  const name = processName();
  expect(isGone(name)).toBe(false);
  const [machine, , chance] = name.split('.');
  expect(isGone(`${machine}.999999999.${chance}`)).toBe(true);
  expect(isGone(`elsewhere.999999999.${chance}`)).toBe(false);
});
