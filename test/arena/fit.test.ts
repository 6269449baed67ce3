import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Battles, readBattles } from '../../src/arena/battles.js';
import { fitStrengths, scoresOf } from '../../src/arena/bradley-terry.js';
import { components } from '../../src/arena/components.js';
import { fitArena } from '../../src/arena/fit.js';
import { fitCsv } from '../../src/arena/report.js';
import { readArenaScores } from '../../src/arena/scores.js';
import { PAPER_NAMES } from '../../src/leaderboard/paper-names.js';
import { packagePath } from '../../src/package-files.js';
import { SHARED, shared } from '../shared.js';

const fixture = (name: string) => packagePath(`fixtures/arena/${name}`);
const expected: { models: string[]; scores: Record<string, number[]>; paper: Record<string, number> } = JSON.parse(
  readFileSync(fixture('expected.json'), 'utf8'),
);
const options = { rounds: 20, seed: 1, level: 0.9, largestGroup: false };

describe('Bradley-Terry scores', () => {
  it.each(['global', 'content', 'language'] as const)(
    'of the question %s are those of choix (fixtures/arena/make.py)',
    async (question) => {
      const fit = fitArena(await readBattles(fixture('battles.csv'), question), options);
      for (const [i, name] of expected.models.entries()) {
        const score = fit.models.find((m) => m.model === name)?.score ?? Number.NaN;
        expect(Math.abs(score - (expected.scores[question]?.[i] ?? 0))).toBeLessThan(1e-6);
      }
      expect(fit.models.reduce((sum, m) => sum + m.score, 0) / fit.models.length).toBeCloseTo(1000, 9);
    },
  );

  it('of two models follow from their share of wins', () => {
    const scores = scoresOf(fitStrengths(2, [{ a: 0, b: 1, winsA: 70, winsB: 20, ties: 10 }]));
    expect((scores[0] ?? 0) - (scores[1] ?? 0)).toBeCloseTo(400 * Math.log10(75 / 25), 8);
  });

  it('make every model win as often as expected: the gradient is zero', () => {
    const pair = fc.record({
      winsA: fc.integer({ min: 1, max: 50 }),
      winsB: fc.integer({ min: 1, max: 50 }),
      ties: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(pair, { minLength: 6, maxLength: 6 }), (counts) => {
        const ends = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].flatMap((b) => (a < b ? [{ a, b }] : [])));
        const pairs = ends.map((e, i) => ({ ...e, ...(counts[i] ?? { winsA: 1, winsB: 1, ties: 0 }) }));
        const beta = fitStrengths(4, pairs);
        for (const m of [0, 1, 2, 3]) {
          let surprise = 0;
          for (const { a, b, winsA, winsB, ties } of pairs) {
            if (a !== m && b !== m) continue;
            const [won, other] = a === m ? [winsA + ties / 2, b] : [winsB + ties / 2, a];
            surprise += won - (winsA + winsB + ties) / (1 + Math.exp((beta[other] ?? 0) - (beta[m] ?? 0)));
          }
          expect(Math.abs(surprise)).toBeLessThan(1e-8);
        }
      }),
    );
  });

  it('converge from far away when one model nearly always wins', () => {
    const scores = scoresOf(fitStrengths(2, [{ a: 0, b: 1, winsA: 99_999, winsB: 1, ties: 0 }]));
    expect((scores[0] ?? 0) - (scores[1] ?? 0)).toBeCloseTo(400 * Math.log10(99_999), 6);
  });
});

describe('intervals', () => {
  it('are the same for the same seed and others for another', async () => {
    const battles = await readBattles(fixture('battles.csv'), 'global');
    const bounds = (seed: number) => fitArena(battles, { ...options, seed }).models.map((m) => [m.low, m.high]);
    expect(bounds(1)).toEqual(bounds(1));
    expect(bounds(1)).not.toEqual(bounds(2));
  });

  it('hold the score, widen with the level, and bound the ranks', async () => {
    const battles = await readBattles(fixture('battles.csv'), 'global');
    const [narrow, wide] = [0.5, 0.95].map((level) => fitArena(battles, { ...options, rounds: 200, level }));
    wide?.models.forEach((m, i) => {
      const other = narrow?.models[i];
      expect(m.low).toBeLessThan(m.score);
      expect(m.high).toBeGreaterThan(m.score);
      expect(m.high - m.low).toBeGreaterThan((other?.high ?? 0) - (other?.low ?? 0));
      expect(m.rank_low).toBeLessThanOrEqual(m.rank);
      expect(m.rank_high).toBeGreaterThanOrEqual(m.rank);
    });
  });

  it('collapse to the score with no rounds', async () => {
    const fit = fitArena(await readBattles(fixture('battles.csv'), 'global'), { ...options, rounds: 0 });
    expect(fit.models.every((m) => m.low === m.score && m.high === m.score)).toBe(true);
  });
});

describe('models without a common scale', () => {
  const battles = (pairs: Battles['pairs']): Battles => ({ question: 'global', models: ['a', 'b', 'c', 'd'], pairs, skipped: 0 });
  const even = (a: number, b: number) => ({ a, b, winsA: 2, winsB: 2, ties: 0 });

  it('are refused by name: one that never lost, two groups that never met', () => {
    expect(() => fitArena(battles([even(0, 1), even(1, 2), { a: 0, b: 3, winsA: 0, winsB: 5, ties: 0 }]), options)).toThrow(
      /no common scale: d has only won, only lost, or never met .*--largest-group/,
    );
    expect(() => fitArena(battles([even(0, 1), even(2, 3)]), options)).toThrow('no common scale: c, d have');
  });

  it('are left out on request', () => {
    const fit = fitArena(battles([even(0, 1), even(1, 2), { a: 0, b: 3, winsA: 0, winsB: 5, ties: 0 }]), {
      ...options,
      largestGroup: true,
    });
    expect(fit.models.map((m) => m.model).sort()).toEqual(['a', 'b', 'c']);
    expect(fit.left_out).toEqual(['d']);
  });

  it('a tie is enough to compare', () => {
    expect(components(2, [{ a: 0, b: 1, winsA: 5, winsB: 0, ties: 1 }])).toHaveLength(1);
    expect(components(2, [{ a: 0, b: 1, winsA: 5, winsB: 0, ties: 0 }])).toHaveLength(2);
  });
});

it('win shares count ties half, and the CSV holds them', async () => {
  const battles: Battles = { question: 'global', models: ['=a', 'b'], pairs: [{ a: 0, b: 1, winsA: 2, winsB: 1, ties: 1 }], skipped: 0 };
  const fit = fitArena(battles, { ...options, rounds: 0 });
  expect(fit.win_shares).toEqual({
    models: ['=a', 'b'],
    share: [
      [null, 0.625],
      [0.375, null],
    ],
    battles: [
      [0, 4],
      [4, 0],
    ],
  });
  expect(fitCsv(fit).split('\n')[1]).toMatch(/^'=a,.*,4,0\.6250,1,1,1,,0\.6250$/);
});

describe.skipIf(SHARED === null)("the paper's arena", () => {
  it('gives the 21 published scores within 2 points, with overlapping intervals, and those of choix', async () => {
    const fit = fitArena(await readBattles(shared('paper/tables/arena-pairs.csv'), 'global'), { ...options, rounds: 100 });
    expect(fit.battles).toBe(12890);
    const published = (await readArenaScores(shared('paper/tables/arena.csv'))).find((a) => a.question === 'global');
    expect(published?.scores).toHaveLength(21);
    for (const { model, score, low, high } of published?.scores ?? []) {
      const name = PAPER_NAMES.find((n) => n.tableName === model)?.arenaName ?? model;
      const own = fit.models.find((m) => m.model === name);
      expect(Math.abs((own?.score ?? 0) - score)).toBeLessThan(2);
      expect(own?.low).toBeLessThan(high ?? 0);
      expect(own?.high).toBeGreaterThan(low ?? 0);
      expect(Math.abs((own?.score ?? 0) - (expected.paper[name] ?? 0))).toBeLessThan(1e-6);
    }
  });
});
