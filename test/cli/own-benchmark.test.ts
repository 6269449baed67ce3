import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { packagePath } from '../../src/package-files.js';

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  const code = await main(args);
  vi.restoreAllMocks();
  return { code, out, err };
}

afterEach(() => {
  vi.restoreAllMocks();
});

const folder = mkdtempSync(path.join(tmpdir(), 'own-'));
const file = path.join(folder, 'stance.yaml');
const data = packagePath('fixtures/metrics/data');
const results = path.join(folder, 'results');
const text = `task: stance
dataset_path: made-up/labels3
test_split: test
output_type: multiple_choice
doc_to_text: "{{text}}\\nErantzuna:"
doc_to_target: label
doc_to_choice: [ezkorra, neutroa, baikorra]
metric_list:
  - {metric: f1, average: macro}
  - {metric: acc}
metadata: {version: 1, language: eu, category: stance, headline_metric: f1}
`;

beforeAll(async () => {
  writeFileSync(file, text);
  for (const seed of ['1', '2']) await run('run', '--model', `fake:${seed}`, '--tasks', file, '--data', data, '--out', results, '-q');
});

describe("a benchmark of one's own", () => {
  it('is listed, shown and explained', async () => {
    const listed = await run('list', file, '--json');
    expect(JSON.parse(listed.out)[0]).toMatchObject({ benchmark: 'stance', language: 'eu', category: 'stance', headline_metric: 'f1' });
    expect((await run('show', file, '--data', data)).out).toContain('0. esaldia\nErantzuna:');
    expect((await run('explain', file)).out).toMatch(/stance: Basque, stance[\s\S]*Headline: f1[\s\S]*f1: F1 of predicted labels/);
  });

  it('is compared and judged', async () => {
    const compared = JSON.parse((await run('compare', `${results}/fake-1`, `${results}/fake-2`, '--json')).out);
    expect(compared.benchmarks).toEqual([expect.objectContaining({ benchmark: 'stance', n: 31 })]);
    // 31 documents are too few for the default policy, which is said of the benchmark by name.
    const judged = await run('gate', `${results}/fake-1`, `${results}/fake-2`);
    expect(judged.code).toBe(4);
    expect(judged.out).toMatch(/stance: with 31 documents only drops above/);
  });

  it('has a column beside the 29, and is in none of their averages', async () => {
    const board = path.join(folder, 'board');
    const { code } = await run('leaderboard', results, '--tasks', file, '--out', board, '--no-pictures');
    expect(code).toBe(0);
    const written = JSON.parse(readFileSync(path.join(board, 'leaderboard.json'), 'utf8'));
    const [results1] = ['fake-1'].map((name) => written.models.find((one: { model: string }) => one.model === name));
    expect(results1.cells.stance.value).toBeGreaterThan(0);
    expect(results1.averages.eu).toBeNull();
    expect(readFileSync(path.join(board, 'leaderboard.csv'), 'utf8').split('\n')[0]).toContain(',stance,');
    expect((await run('leaderboard', results, '--out', `${board}-2`, '--no-pictures')).err).toContain('no result of a built-in benchmark');
  });

  it('needs its language and category for that', async () => {
    const silent = path.join(folder, 'silent.yaml');
    writeFileSync(silent, text.replace('task: stance', 'task: silent').replace('language: eu, ', ''));
    const { code, err } = await run('leaderboard', results, '--tasks', silent, '--out', path.join(folder, 'none'));
    expect(code).toBe(2);
    expect(err).toMatch(/silent\.yaml: metadata: a column of the leaderboard needs language \(eu, en or es\) and category/);
  });
});
