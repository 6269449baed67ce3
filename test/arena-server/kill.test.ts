import path from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/arena-server/open-database.js';
import { simulatedVoter, VoterTally } from '../../src/arena-server/simulated-voter.js';
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
  const tally = new VoterTally();
  const over = new AbortController();
  const voters = Array.from({ length: 6 }, (_, seed) =>
    simulatedVoter({ urls: [server.url], seed, pauseMs: 20, patienceMs: 60_000, tally, signal: over.signal }),
  );
  for (let kills = 0; kills < 3; kills++) {
    // Some votes between two kills, so that each comes in the middle of others.
    const enough = tally.votes.size + 4;
    while (tally.votes.size < enough) await new Promise((resolve) => setTimeout(resolve, 20));
    if (kills < 2) await server.killAndStart();
  }
  over.abort();
  await Promise.all(voters);
  await server.stop();
  await stubs.close();
  const db = await openDatabase(database);
  const rows = await db.all('select battle, content, language from votes');
  const stored = new Map(rows.map((r) => [r.battle, { content: r.content, language: r.language }]));
  expect(stored.size).toBe(rows.length);
  for (const [battle, choice] of tally.votes) expect(stored.get(battle)).toEqual(choice);
  expect(tally.votes.size).toBeGreaterThanOrEqual(12);
  expect(tally.again).toBeGreaterThan(0);
  expect([...tally.refused]).toEqual([]);
  await db.close();
});
