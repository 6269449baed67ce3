/** Databases of earlier versions. `fixtures/version-N.sql` was written by the program of that time, `version-N.json` is what it exported and ranked. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openPostgres } from '../../src/arena-server/postgres.js';
import { openSqlite } from '../../src/arena-server/sqlite.js';
import { Client, freshFolder, type TestArena, testArena } from './arena-client.js';
import { type Cluster, POSTGRES, startCluster } from './postgres.js';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');
const statements = readFileSync(path.join(FIXTURES, 'version-1.sql'), 'utf8').trim().split('\n').slice(1);
const before = z
  .object({
    passphrases: z.tuple([z.string(), z.string(), z.string()]),
    open: z.string(),
    csv: z.string(),
    csvWithBanned: z.string(),
    jsonlWithBanned: z.string(),
    rankings: z.array(z.unknown()),
  })
  .parse(JSON.parse(readFileSync(path.join(FIXTURES, 'version-1.json'), 'utf8')));

/** Rounded: how a fit adds up may change in the last digit. */
const points = z.number().transform((x) => Number(x.toFixed(6)));
/** A ranking as the fixture lists it. */
const RANKINGS = z.array(
  z.object({
    question: z.string(),
    battles: z.number(),
    models: z.array(
      z
        .object({
          model: z.string(),
          score: points,
          low: points,
          high: points,
          battles: z.number(),
          rank_low: z.number(),
          rank_high: z.number(),
        })
        .transform((m) => [m.model, m.score, m.low, m.high, m.battles, m.rank_low, m.rank_high]),
    ),
  }),
);

let cluster: Cluster | null = null;
beforeAll(async () => {
  if (POSTGRES !== null) cluster = await startCluster();
});
afterAll(() => cluster?.stop());

async function earlierArena(kind: 'sqlite' | 'postgres'): Promise<TestArena> {
  const database = kind === 'sqlite' ? path.join(freshFolder(), 'arena.db') : ((await cluster?.fresh()) ?? '');
  const db = kind === 'sqlite' ? openSqlite(database) : openPostgres(database);
  for (const statement of statements) await db.run(statement);
  await db.close();
  return testArena({ database });
}

async function returned(arena: TestArena, passphrase: string): Promise<Client> {
  const client = new Client(arena);
  await client.start();
  const reply = await client.post('/api/return', { passphrase });
  expect(reply.status).toBe(200);
  await client.start();
  return client;
}

describe.each(['sqlite', 'postgres'] as const)('a %s database of version 1', (kind) => {
  it.skipIf(kind === 'postgres' && POSTGRES === null)('is exported, ranked, voted on and deleted from as before', async () => {
    const arena = await earlierArena(kind);
    const [first, second] = [await returned(arena, before.passphrases[0]), await returned(arena, before.passphrases[1])];
    await first.moderator();
    const exported = async (format: 'csv' | 'jsonl'): Promise<string> => (await first.get(`/api/moderator/battles.${format}`)).text;
    const votes = async (): Promise<number> => (await exported('csv')).trim().split('\n').length - 1;

    expect(await exported('csv')).toBe(before.csv);
    const [banned] = await arena.db.all('select id, ban_reason from participants where banned is not null');
    expect(banned?.ban_reason).toBe('a trial');
    await first.post('/api/moderator/ban', { participant: banned?.id, banned: false, note: '' });
    expect(await exported('csv')).toBe(before.csvWithBanned);
    expect(await exported('jsonl')).toBe(before.jsonlWithBanned);
    const { json } = await first.get('/api/moderator/overview');
    expect(RANKINGS.parse(json.rankings)).toEqual(before.rankings);

    // The battle that was open is voted on, and a new one begins.
    expect((await first.vote(before.open, { content: 'a', language: 'a' })).status).toBe(200);
    expect((await second.vote(await second.battle('beste bat'), { content: 'b', language: 'b' })).status).toBe(200);
    const all = before.csvWithBanned.trim().split('\n').length - 1;
    expect(await votes()).toBe(all + 2);

    // Nothing of a deleted participant stays.
    await second.post('/api/delete-me');
    const left = before.csvWithBanned.split('\n').filter((line) => line.includes(',C1-C2,')).length;
    expect(await votes()).toBe(all + 1 - left);
    expect(await arena.db.all("select count(*) as n from participants where level = 'C1-C2'")).toEqual([{ n: 0 }]);
    expect(await arena.db.all("select count(*) as n from turns where prompt like 'C1-C2%' or prompt = 'beste bat'")).toEqual([{ n: 0 }]);
    await arena.close();
  });
});
