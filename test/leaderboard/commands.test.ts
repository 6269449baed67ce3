import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { packagePath } from '../../src/package-files.js';
import { freshFolder, writeResults } from './results.js';

/** Runs the command line and returns what it printed. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  const code = await main(args);
  stdout.mockRestore();
  stderr.mockRestore();
  return { code, out, err };
}

afterEach(() => {
  vi.restoreAllMocks();
});

const battles = packagePath('fixtures/arena/battles.csv');
const piqa = (model: string, share: number, version = 1) => ({ model, scores: { piqa: share, piqa_eu: share }, version });

describe('leaderboard', () => {
  it('writes four files; the CSV has a column for each of the 29 benchmarks and the three averages', async () => {
    const out = path.join(freshFolder(), 'board');
    const { code, out: printed } = await run(
      'leaderboard',
      writeResults([piqa('o/a', 0.5), piqa('o/b', 0.7)]),
      '--out',
      out,
      '--no-pictures',
    );
    expect(code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['leaderboard.csv', 'leaderboard.html', 'leaderboard.json', 'leaderboard.md']);
    expect(printed.trim().split('\n')).toHaveLength(4);
    const rows: Record<string, string>[] = parse(readFileSync(path.join(out, 'leaderboard.csv'), 'utf8'), { columns: true });
    const columns = Object.keys(rows[0] ?? {});
    expect(columns.slice(0, 2)).toEqual(['model', 'arc_eu_challenge']);
    expect(columns.indexOf('average_eu')).toBe(30);
    expect(rows.map((r) => [r.model, r.piqa, r.average_eu, r.average_eu_present, r.average_eu_benchmarks])).toEqual([
      ['o/a', '50.00', '', '50.00', '1'],
      ['o/b', '70.00', '', '70.00', '1'],
    ]);
    const json: { models: unknown[] } = JSON.parse(readFileSync(path.join(out, 'leaderboard.json'), 'utf8'));
    expect(json.models).toHaveLength(2);
  });

  it('goes on without a file that cannot be read, and says so first', async () => {
    const dir = writeResults([piqa('o/a', 0.5), piqa('o/b', 0.7)]);
    writeFileSync(path.join(dir, 'o__a', 'results_torn.json'), '{"results":');
    const out = path.join(freshFolder(), 'board');
    const { code, err } = await run('leaderboard', dir, '--out', out, '--no-pictures');
    expect([code, err.split('\n').length]).toEqual([0, 2]);
    expect(err).toMatch(/^note: 1 result file could not be read and is not on this leaderboard: o__a\/results_torn\.json: /);
    const json: { notes: string[] } = JSON.parse(readFileSync(path.join(out, 'leaderboard.json'), 'utf8'));
    expect(`note: ${json.notes[0]}\n`).toBe(err);
  });

  it('refuses mixed columns with exit code 2 and one line, writes nothing, and publishes them with --mixed', async () => {
    const dir = writeResults([piqa('o/a', 0.5), piqa('o/b', 0.7, 2), piqa('o/c', 0.6)]);
    const out = path.join(freshFolder(), 'board');
    const { code, err } = await run('leaderboard', dir, '--out', out, '--no-pictures');
    expect(code).toBe(2);
    expect(err).toMatch(/^eus-eval: the column piqa_eu mixes different measurements: o\/b has version 2, others 1.*--mixed.*\n$/);
    expect(() => readdirSync(out)).toThrow();
    expect((await run('leaderboard', dir, '--out', out, '--no-pictures', '--mixed')).code).toBe(0);
    expect(readFileSync(path.join(out, 'leaderboard.md'), 'utf8')).toContain('‡ o/b, piqa_eu: version 2, others 1');
  });

  it.each([
    [['leaderboard', '/no/such/folder', '--out', 'x'], 'no such folder: /no/such/folder'],
    [['leaderboard', '.'], "required option '-o, --out <dir>' not specified"],
  ])('%j is one clear line', async (args, message) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});

describe('arena', () => {
  it('fit prints the contract as JSON, for each question', async () => {
    for (const question of ['global', 'content', 'language']) {
      const { code, out } = await run('arena', 'fit', battles, '--question', question, '--rounds', '5', '--seed', '3', '--json');
      expect(code).toBe(0);
      const fit: { question: string; models: Record<string, unknown>[] } = JSON.parse(out);
      expect(fit.question).toBe(question);
      expect(Object.keys(fit.models[0] ?? {})).toEqual(expect.arrayContaining(['model', 'score', 'low', 'high', 'battles']));
    }
  });

  it('fit prints a table, and writes files that correlate and leaderboard read', async () => {
    const dir = freshFolder();
    const { code, out } = await run('arena', 'fit', battles, '--rounds', '5', '--out', dir);
    expect(code).toBe(0);
    expect(out).toContain('beta, b');
    expect(readdirSync(dir).sort()).toEqual(['arena-global.csv', 'arena-global.json']);
    const results = writeResults(['alpha', 'beta, b', 'gamma', 'delta'].map((m, i) => ({ ...piqa(m, 0.8 - i / 10), folder: `f${i}` })));
    const fit = path.join(dir, 'arena-global.json');
    const found = await run(
      'arena',
      'correlate',
      '--arena',
      fit,
      '--results',
      results,
      '--per-benchmark',
      '--json',
      '--out',
      path.join(dir, 'c'),
    );
    expect(found.code).toBe(0);
    const rows: { language: string; question: string; rho: number; p: number; n: number; benchmark?: string }[] = JSON.parse(found.out);
    expect(rows.slice(0, 3).map((r) => [r.language, r.question, r.n])).toEqual([
      ['eu', 'global', 0],
      ['en', 'global', 0],
      ['es', 'global', 0],
    ]);
    expect(rows.find((r) => r.benchmark === 'piqa')).toMatchObject({ rho: 1, n: 4 });
    expect(readdirSync(path.join(dir, 'c')).sort()).toEqual(['correlations.csv', 'correlations.json']);
    const board = path.join(dir, 'board');
    expect((await run('leaderboard', results, '--out', board, '--arena', fit, '--no-pictures')).code).toBe(0);
    expect(readFileSync(path.join(board, 'leaderboard.html'), 'utf8')).toContain('"question":"global"');
  });

  it('errors are one line with exit code 2', async () => {
    const file = path.join(freshFolder(), 'b.csv');
    writeFileSync(file, 'model_a,model_b,winner\nx,y,model_a\n');
    const results = writeResults([piqa('o/a', 0.5)]);
    for (const [args, message] of [
      [['arena', 'fit', file], 'no common scale'],
      [['arena', 'fit', '/none.csv'], 'cannot read the battles /none.csv'],
      [['arena', 'fit', battles, '--question', 'taste'], 'Allowed choices are global, content, language'],
      [['arena', 'fit', file, '--question', 'content'], 'expected the column winner_content'],
      [['arena', 'correlate', '--arena', battles, '--results', results], 'expected the columns model and one of'],
    ] as const) {
      const { code, err, out } = await run(...args);
      expect([code, out], err).toEqual([2, '']);
      expect(err).toContain(message);
      expect(err.trim().split('\n')).toHaveLength(1);
    }
  });
});
