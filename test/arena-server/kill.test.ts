import path from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/arena-server/open-database.js';
import { vote } from '../../src/arena-server/run-simulate.js';
import { DEMO_MODELS, startStubModels } from '../../src/arena-server/stub-models.js';
import { freshFolder } from './arena-client.js';
import { startServer } from './server-process.js';

it('killed in the middle of everything: every vote that was confirmed is stored, once', async () => {
  const folder = freshFolder();
  const database = path.join(folder, 'arena.db');
  const stubs = await startStubModels(DEMO_MODELS, { milliseconds: 50, words: 10 });
  const arena = {
    models: stubs.models,
    pace: { characters_per_second: 2000, lead_seconds: 0 },
    limits: { prompts_per_minute: 1000, registrations_per_address_per_day: 1000, requests_per_address_per_minute: 100_000 },
  };
  const server = await startServer(folder, arena, database);
  const voting = vote([server.url], { participants: 8, seconds: 4, pauseMs: 30, seed: 9, patienceMs: 20_000 });
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await server.killAndStart();
  }
  const tally = await voting;
  await server.stop();
  await stubs.close();
  const db = await openDatabase(database);
  const rows = await db.all('select battle, content, language from votes');
  const stored = new Map(rows.map((r) => [r.battle, { content: r.content, language: r.language }]));
  expect(stored.size).toBe(rows.length);
  for (const [battle, choice] of tally.votes) expect(stored.get(battle)).toEqual(choice);
  expect(tally.votes.size).toBeGreaterThan(3);
  expect(tally.again).toBeGreaterThan(0);
  expect([...tally.refused]).toEqual([]);
  await db.close();
});
