import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fitArena } from '../../src/arena/fit.js';
import { openArena } from '../../src/arena-server/arena.js';
import { openDatabase } from '../../src/arena-server/open-database.js';
import { PLAN_BATTLES, planTable } from '../../src/arena-server/run-simulate.js';
import { type ArenaServer, serveArena } from '../../src/arena-server/serve.js';
import { honestVote, planArena, simulateBattles } from '../../src/arena-server/simulate.js';
import { simulatedVoter, VoterTally } from '../../src/arena-server/simulated-voter.js';
import { DEMO_MODELS, type StubServer, startStubModels } from '../../src/arena-server/stub-models.js';
import { tallies } from '../../src/arena-server/tallies.js';
import { PythonRandom } from '../../src/python/random.js';
import { config, freshFolder, PASSWORD } from './arena-client.js';

const MODELS = DEMO_MODELS;

describe('calculated arenas', () => {
  it('pairs stand in the order of their names, however they are drawn, so that a seed gives the same intervals', () => {
    for (const policy of ['even', 'uncertain'] as const) {
      const { models, pairs } = simulateBattles({ models: MODELS, battles: 60, policy, seed: 3, ties: 0.2 });
      expect(pairs.map(({ a, b }) => a * models.length + b)).toEqual(
        pairs.map(({ a, b }) => a * models.length + b).toSorted((x, y) => x - y),
      );
    }
  });

  it('a vote is won as often as the scores say, half the ties included', () => {
    const random = new PythonRandom(1);
    let [points, ties] = [0, 0];
    const n = 20_000;
    for (let i = 0; i < n; i++) {
      const choice = honestVote(1100, 1000, 0.3, random);
      points += choice === 'a' ? 1 : choice === 'tie' ? 0.5 : 0;
      if (choice === 'tie') ties++;
    }
    // 1 / (1 + 10^(-100/400)), and 0.3 * 4 p (1 - p); four standard deviations.
    expect(Math.abs(points / n - 0.640065)).toBeLessThan(0.012);
    expect(Math.abs(ties / n - 0.276455)).toBeLessThan(0.0127);
  });

  it('the fit gives the scores back within its intervals', () => {
    let inside = 0;
    for (let seed = 0; seed < 20; seed++) {
      const fit = fitArena(simulateBattles({ models: MODELS, battles: 1000, policy: 'even', seed, ties: 0.3 }), {
        rounds: 100,
        seed,
        level: 0.95,
        largestGroup: false,
      });
      inside += fit.models.filter((m) => {
        const truth = MODELS.find((k) => k.model === m.model)?.score ?? 0;
        return m.low <= truth && truth <= m.high;
      }).length;
    }
    // 80 intervals of 95 %: fewer than 69 inside has a chance of 0.0001.
    expect(inside).toBeGreaterThanOrEqual(69);
  });

  it('more battles make narrower intervals, and a plan says when they are narrow enough', () => {
    const rows = planArena({ models: MODELS, policy: 'uncertain', seed: 3, ties: 0.3 }, [500, 8000]);
    expect((rows[0]?.widest ?? 0) / (rows[1]?.widest ?? 1)).toBeGreaterThan(2.5);
    const [, ...lines] = planTable(rows, 30).trim().split('\n');
    expect(lines.map((line) => /\b(yes|no)\b/.exec(line)?.[1]).filter((word) => word !== undefined)).toEqual(['no', 'yes']);
    expect(PLAN_BATTLES[0]).toBeGreaterThan(0);
  });
});

describe('voters against a running arena', () => {
  let stubs: StubServer;
  let server: ArenaServer;
  let db: Awaited<ReturnType<typeof openDatabase>>;
  beforeAll(async () => {
    stubs = await startStubModels(DEMO_MODELS, { milliseconds: 20, words: 10 });
    db = await openDatabase(path.join(freshFolder(), 'arena.db'));
    const arena = await openArena({
      config: config({ models: stubs.models }),
      db,
      moderatorPassword: PASSWORD,
      secret: null,
      https: false,
      log: () => undefined,
    });
    server = await serveArena(async () => arena, '127.0.0.1', 0);
  });
  afterAll(async () => {
    await server.close();
    await stubs.close();
  });

  it('every vote that was confirmed is stored once, and the ranking is that of the voters', async () => {
    const tally = new VoterTally();
    const over = new AbortController();
    const voters = Array.from({ length: 10 }, (_, seed) =>
      simulatedVoter({ urls: [server.address], seed, pauseMs: 10, patienceMs: 60_000, tally, signal: over.signal }),
    );
    while (tally.votes.size < 40) await new Promise((resolve) => setTimeout(resolve, 20));
    over.abort();
    await Promise.all(voters);
    expect([...tally.refused]).toEqual([]);
    const rows = await db.all('select battle, content, language from votes');
    expect(new Map(rows.map((r) => [r.battle, { content: r.content, language: r.language }]))).toEqual(tally.votes);
    const battles = await tallies(db, 'global');
    expect(battles.pairs.reduce((n, p) => n + p.winsA + p.winsB + p.ties, 0)).toBe(tally.votes.size);
    const wins = (name: string) => {
      const at = battles.models.indexOf(name);
      return battles.pairs.reduce((n, p) => n + (p.a === at ? p.winsA : p.b === at ? p.winsB : 0), 0);
    };
    expect(wins('Demo Aralar')).toBeGreaterThan(wins('Demo Ernio'));
  });
});
