import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backup } from '../../src/arena-server/backup.js';
import type { AnswerStream } from '../../src/arena-server/endpoint.js';
import { migrate } from '../../src/arena-server/migrations.js';
import { openDatabase } from '../../src/arena-server/open-database.js';
import { type Database, StorageError } from '../../src/arena-server/sql.js';
import { openSqlite } from '../../src/arena-server/sqlite.js';
import { Client, freshFolder, type TestArena, testArena } from './arena-client.js';
import { type Cluster, POSTGRES, startCluster } from './postgres.js';

let cluster: Cluster | null = null;
beforeAll(async () => {
  if (POSTGRES !== null) cluster = await startCluster();
});
afterAll(() => cluster?.stop());

it('leaves no text of a deleted participant in the free pages of an SQLite file', async () => {
  const file = path.join(freshFolder(), 'arena.db');
  const arena = await testArena({ database: file });
  const [gone, kept] = [new Client(arena), new Client(arena)];
  for (const client of [gone, kept]) await client.register();
  await gone.battle('hau ezabatuko da');
  await kept.battle('hau geratuko da');
  const holds = (text: string) => ['', '-wal'].some((end) => readFileSync(`${file}${end}`).includes(text));
  expect(holds('hau ezabatuko da')).toBe(true);
  // Somebody who reads an older state, as a backup does, keeps the log from being emptied.
  const reader = openSqlite(file);
  let readOn = (): void => undefined;
  const reading = reader.snapshot(async (sql) => {
    await sql.all('select count(*) from turns');
    await new Promise<void>((resolve) => {
      readOn = resolve;
    });
  });
  expect((await gone.post('/api/delete-me')).status).toBe(200);
  expect(holds('hau ezabatuko da')).toBe(true);
  readOn();
  await reading;
  await reader.close();
  while (holds('hau ezabatuko da')) await new Promise((resolve) => setTimeout(resolve, 20));
  // With no other reader it is empty at once.
  await kept.post('/api/delete-me');
  expect(holds('hau geratuko da')).toBe(false);
  await arena.close();
});

describe.each(['sqlite', 'postgres'] as const)('%s', (kind) => {
  const place = async (): Promise<string> => (kind === 'sqlite' ? path.join(freshFolder(), 'arena.db') : ((await cluster?.fresh()) ?? ''));
  const skipped = kind === 'postgres' && POSTGRES === null;

  it.skipIf(skipped)(
    'makes its tables once, also when several processes start together, and refuses those of a later version',
    async () => {
      const address = await place();
      const all = await Promise.all([1, 2, 3].map(() => openDatabase(address)));
      await all[0]?.run("insert into meta (name, value) values ('a', 'b')");
      expect(await all[1]?.all('select * from meta')).toEqual([{ name: 'a', value: 'b' }]);
      await all[2]?.run('insert into schema_version (version) values (99)');
      for (const db of all) await db.close();
      await expect(openDatabase(address)).rejects.toThrow(
        /the database has version 99, and this program knows up to \d+; install the newer one/,
      );
    },
  );

  it.skipIf(skipped)('stores all of a transaction or nothing', async () => {
    const db = await openDatabase(await place());
    const insert = (name: string) =>
      db.transaction(async (sql) => {
        await sql.run('insert into meta (name, value) values (?, ?)', name, '1');
        if (name === 'bad') throw new Error('no');
      });
    const results = await Promise.allSettled(['x', 'bad', 'y', 'x'].map(insert));
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect((await db.all('select name from meta order by name')).map((r) => r.name)).toEqual(['x', 'y']);
    await db.close();
  });

  it.skipIf(skipped)('keeps any text: no character of a prompt or an answer costs a battle', async () => {
    const odd = 'NUL \0, half a pair \ud800, 👩‍🚀 \u202e \u200b';
    const stream: AnswerStream = async function* () {
      yield odd;
    };
    const arena = await testArena({ database: await place(), stream });
    const client = new Client(arena);
    await client.register();
    const battle = await client.battle(odd);
    expect((await client.vote(battle, { content: 'a', language: 'a', reason: odd })).status).toBe(200);
    const kept = 'NUL \ufffd, half a pair \ufffd, 👩‍🚀 \u202e \u200b';
    expect(await arena.db.all('select prompt, answer_a, answer_b from turns')).toEqual([{ prompt: kept, answer_a: kept, answer_b: kept }]);
    await arena.close();
  });

  it.skipIf(skipped)('one arena, from registration to export, ban and deletion', async () => {
    const arena = await testArena({ database: await place() });
    const people = [];
    for (const level of ['C1-C2', 'native', 'B1-B2']) {
      const client = new Client(arena);
      await client.register({ level });
      people.push(client);
      for (let i = 0; i < 4; i++) {
        const battle = await client.battle(`galdera ${i}`);
        await client.vote(battle, { content: i % 2 === 0 ? 'a' : 'b', language: 'bad' });
      }
    }
    const [first] = people;
    await first?.moderator();
    const csv = async (): Promise<number> => ((await first?.get('/api/moderator/battles.csv'))?.text.trim().split('\n').length ?? 0) - 1;
    expect(await csv()).toBe(12);
    const overview = (await first?.get('/api/moderator/overview'))?.json;
    expect(overview.participation).toMatchObject({ participants: 3, voters: 3, votes: 12, battles: 12 });
    expect(overview.participation.level).toEqual([
      { name: 'B1-B2', participants: 1, votes: 4 },
      { name: 'C1-C2', participants: 1, votes: 4 },
      { name: 'native', participants: 1, votes: 4 },
    ]);
    expect(overview.rankings.map((r: { battles: number }) => r.battles)).toEqual([12, 12, 12]);
    const [someone] = await arena.db.all("select id from participants where level = 'native'");
    await first?.post('/api/moderator/ban', { participant: someone?.id, banned: true, note: 'a trial' });
    expect(await csv()).toBe(8);
    expect((await people[1]?.prompt('oraindik?'))?.json).toMatchObject({ error: 'banned' });
    await first?.post('/api/moderator/ban', { participant: someone?.id, banned: false, note: '' });
    expect(await csv()).toBe(12);
    await people[2]?.post('/api/delete-me');
    expect(await csv()).toBe(8);
    expect((await people[2]?.start())?.json.participant).toBeNull();
    for (const table of ['participants', 'battles', 'turns', 'votes'])
      expect(await arena.db.all(`select count(*) as n from ${table}`)).toEqual([{ n: table === 'participants' ? 2 : 8 }]);
    await arena.close();
  });

  it.skipIf(skipped)('a copy is taken while the arena runs, and can be served', async () => {
    const address = await place();
    const arena = await testArena({ database: address });
    const client = new Client(arena);
    const passphrase = await client.register();
    await client.vote(await client.battle(), { content: 'a', language: 'a' });
    for (const to of [path.join(freshFolder(), 'copy.db'), ...(cluster === null ? [] : [await cluster.fresh()])]) {
      expect(await backup(address, to)).toBeGreaterThan(4);
      await expect(backup(address, to)).rejects.toThrow(/already|there/);
      const copy = await testArena({ database: to });
      const again = new Client(copy);
      await again.start();
      expect((await again.post('/api/return', { passphrase })).status).toBe(200);
      expect(await copy.db.all('select battle, content from votes')).toEqual(await arena.db.all('select battle, content from votes'));
      await copy.close();
    }
    await arena.close();
  });
});

describe('a disk that is full', () => {
  it('costs a request, not a vote: the page sends it again', async () => {
    const file = path.join(freshFolder(), 'arena.db');
    const db = openSqlite(file);
    await migrate(db);
    const [{ page_count: pages } = { page_count: 0 }] = await db.all('pragma page_count');
    await db.transaction((sql) => sql.all(`pragma max_page_count = ${Number(pages) + 4}`));
    let [stored, refused] = [0, 0];
    for (let i = 0; i < 300; i++) {
      await db.run('insert into meta (name, value) values (?, ?)', `name ${i}`, 'x'.repeat(200)).then(
        () => stored++,
        (error: unknown) => {
          expect(error).toBeInstanceOf(StorageError);
          refused++;
        },
      );
    }
    expect(stored).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(100);
    expect(await db.all('select count(*) as n from meta')).toEqual([{ n: stored }]);
    // Room again: the same connection goes on.
    await db.run('delete from meta');
    await db.run("insert into meta (name, value) values ('room', 'again')");
    await db.close();
  });

  it('is said in one answer, 503 with a time to try again', async () => {
    const arena = await testArena();
    const client = new Client(arena);
    await client.register();
    const { transaction } = arena.db;
    const full: Database['transaction'] = () => Promise.reject(new StorageError('database or disk is full'));
    arena.db.transaction = full;
    const reply = await client.prompt('kaixo');
    expect([reply.status, reply.json.error, reply.headers.get('retry-after')]).toEqual([503, 'storage', '2']);
    arena.db.transaction = transaction;
    expect((await client.prompt('kaixo')).status).toBe(201);
    await arena.close();
  });
});

describe.skipIf(POSTGRES === null)('a database server that restarts', () => {
  it('costs nothing: requests are refused meanwhile, the answers that were being shown are stored after it', async () => {
    const arena: TestArena = await testArena({
      database: (await cluster?.fresh()) ?? '',
      over: { pace: { characters_per_second: 30, lead_seconds: 0 } },
    });
    const client = new Client(arena);
    await client.register();
    const { json } = await client.prompt('Kaixo, kontatu ipuin bat');
    await cluster?.restart();
    let text = '';
    for (let i = 0; i < 50 && !text.includes('event: done'); i++) {
      const reply = await client.get(`/api/battles/${json.battle}/turns/1`);
      expect([200, 503]).toContain(reply.status);
      text = reply.text;
    }
    expect(text).toContain('event: done');
    expect((await client.vote(json.battle, { content: 'a', language: 'a' })).status).toBe(200);
    await arena.close();
  });
});

describe('addresses that are none', () => {
  it('are one line without the password', async () => {
    await expect(openDatabase('postgres://me:hunter2@127.0.0.1:9/arena')).rejects.toThrow(
      /^cannot use the database \.\.\.@127\.0\.0\.1:9\/arena: /,
    );
    await expect(openDatabase('postgres://me:hunter2@127.0.0.1:9/arena')).rejects.not.toThrow(/hunter2/);
    await expect(openDatabase(path.join(freshFolder(), 'no', 'such', 'folder.db'))).rejects.toThrow(
      /^cannot open the database .*folder\.db: there is no folder .*such; make it$/,
    );
    const other = path.join(freshFolder(), 'other.db');
    writeFileSync(other, 'no database at all, but long enough to be read as one, line after line\n'.repeat(100));
    await expect(openDatabase(other)).rejects.toThrow(/cannot (open|use) the database/);
    await expect(backup(path.join(freshFolder(), 'none.db'), 'x.db')).rejects.toThrow(/no such database/);
    expect(existsSync('x.db')).toBe(false);
  });
});

describe('places that cannot be written to', () => {
  it.skipIf(process.platform !== 'linux')('are named with what to do', async () => {
    await expect(openDatabase('/proc/arena.db')).rejects.toThrow(
      /^cannot open the database \/proc\/arena\.db: no file can be made in \/proc; give another folder$/,
    );
  });

  it.skipIf(process.platform !== 'linux' || process.getuid?.() === 0)('a folder and a file that others own', async () => {
    const folder = freshFolder();
    const file = path.join(folder, 'arena.db');
    await (await openDatabase(file)).close();
    chmodSync(file, 0o444);
    await expect(openDatabase(file)).rejects.toThrow(
      `cannot open the database ${file}: ${file} cannot be written to; give the right to, or another place`,
    );
    chmodSync(folder, 0o555);
    await expect(openDatabase(file)).rejects.toThrow(`cannot open the database ${file}: ${folder} cannot be written to`);
    chmodSync(folder, 0o755);
  });
});
