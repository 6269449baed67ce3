import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fitArena } from '../../src/arena/fit.js';
import { readArenaScores, readFit } from '../../src/arena/scores.js';
import { correlations, matchModels } from '../../src/leaderboard/correlate.js';
import { board, freshFolder, scores } from '../leaderboard/results.js';

const made = (parameters: number | null) => ({ config: { model_args: '', model_num_parameters: parameters } });
const files = [
  { model: 'o/a', scores: scores(0.3), more: made(8e9) },
  { model: 'o/b', scores: scores(0.4), more: made(8.1e9) },
  { model: 'o/c', scores: scores(0.5), more: made(7.9e9) },
  { model: 'o/big', scores: scores(0.9), more: made(70e9) },
  { model: 'o/api', scores: scores(0.9), more: made(null) },
  { model: 'o/part', scores: { eus_trivia: 0.9 }, more: made(8e9) },
];
const names = [
  { folder: 'o__a', tableName: 'Table A', arenaName: 'Arena A' },
  { folder: 'o__b', tableName: 'Table B', arenaName: null },
];

describe('matching', () => {
  it('finds models by arena name, table name, folder and own name; one model counts once', async () => {
    const b = await board(files, { names });
    const { matched, leftOut } = matchModels(b, ['Arena A', 'Table A', 'Table B', 'o__c', 'o/big', 'o/api', 'nobody'], true);
    expect(matched.map((m) => [m.arena, m.model.folder])).toEqual([
      ['Arena A', 'o__a'],
      ['Table B', 'o__b'],
      ['o__c', 'o__c'],
      ['o/big', 'o__big'],
      ['o/api', 'o__api'],
    ]);
    expect(leftOut).toEqual(['Table A: the same model as Arena A', 'nobody: no results']);
  });

  it('keeps the commonest size and says why the others are left out', async () => {
    const { matched, leftOut } = matchModels(await board(files), ['o/a', 'o/b', 'o/c', 'o/big', 'o/api'], false);
    expect(matched.map((m) => m.arena)).toEqual(['o/a', 'o/b', 'o/c']);
    expect(leftOut).toEqual(['o/big: 70.0 billion parameters, most have 8.0 billion', 'o/api: unknown size, most have 8.0 billion']);
  });
});

describe('correlations', () => {
  const arena = (values: Record<string, number>) => ({
    question: 'global' as const,
    scores: Object.entries(values).map(([model, score]) => ({ model, score, low: null, high: null })),
  });

  it('leave out models without a complete average, and are null with fewer than three', async () => {
    const b = await board(files);
    const { rows } = correlations(b, [arena({ 'o/a': 1, 'o/b': 3, 'o/c': 2, 'o/part': 9 })], {
      withBias: false,
      allSizes: false,
      perBenchmark: true,
    });
    expect(rows[0]).toEqual({ language: 'eu', question: 'global', rho: 0.5, p: expect.closeTo(2 / 3, 10), n: 3 });
    expect(rows.find((r) => r.benchmark === 'eus_trivia')?.n).toBe(4);
    const few = correlations(b, [arena({ 'o/a': 1, 'o/b': 3 })], { withBias: false, allSizes: false, perBenchmark: false });
    expect(few.rows[0]).toEqual({ language: 'eu', question: 'global', rho: null, p: null, n: 2 });
  });

  it('take the bias benchmark in on request, where the language has one', async () => {
    const b = await board([
      { model: 'x', scores: scores(0.5, { basqbbq: 0.1 }) },
      { model: 'y', scores: scores(0.6, { basqbbq: 0.1 }) },
      { model: 'z', scores: scores(0.4, { basqbbq: 0.99 }) },
    ]);
    const rho = (withBias: boolean) =>
      correlations(b, [arena({ x: 2, y: 3, z: 1 })], { withBias, allSizes: true, perBenchmark: false }).rows.map((r) =>
        Number(r.rho?.toFixed(6)),
      );
    expect(rho(false)).toEqual([1, 1, 1]);
    expect(rho(true)).toEqual([-0.5, 1, 1]);
  });
});

describe('arena scores from a file', () => {
  const file = (text: string, name = 'scores') => {
    const full = path.join(freshFolder(), name);
    writeFileSync(full, text);
    return full;
  };

  it('are those of a fit, whole or of the contract, or of a published table', async () => {
    const fit = fitArena(
      { question: 'content', models: ['a', 'b'], pairs: [{ a: 0, b: 1, winsA: 3, winsB: 1, ties: 0 }], skipped: 0 },
      { rounds: 2, seed: 1, level: 0.9, largestGroup: false },
    );
    const whole = file(JSON.stringify(fit));
    expect(await readFit(whole)).toEqual(fit);
    expect((await readArenaScores(whole))[0]?.scores.map((s) => s.model)).toEqual(['a', 'b']);
    const small = file('{"question": "global", "models": [{"model": "a", "score": 1000.5, "low": 1, "high": 2, "battles": 3}]}');
    expect(await readArenaScores(small)).toEqual([{ question: 'global', scores: [{ model: 'a', score: 1000.5, low: 1, high: 2 }] }]);
    expect(await readFit(small)).toBeNull();
    const table = file('model,global,global_plus,global_minus,language\na,1000,5,6,990\n');
    expect(await readArenaScores(table)).toEqual([
      { question: 'global', scores: [{ model: 'a', score: 1000, low: 994, high: 1005 }] },
      { question: 'language', scores: [{ model: 'a', score: 990, low: null, high: null }] },
    ]);
    expect(await readFit(table)).toBeNull();
  });

  it.each([
    ['{"question": "taste", "models": []}', 'question: '],
    ['{"question": "global", "models": [{"model": "a", "score": "high"}]}', 'models.0.score: '],
    ['{"question": ', 'not valid JSON'],
    ['a,b\n1,2\n', 'expected the columns model and one of global, content, language; found a, b'],
    ['model,global\na,1\na,2\n', "the model 'a' stands twice"],
    ['model,global\na,-\n', "line 2: global: '-' is not a number"],
  ])('%j is refused', async (text, message) => {
    await expect(readArenaScores(file(text))).rejects.toThrow(message);
  });
});
