import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { explain } from '../../src/explain/explain.js';
import { recordedEntry } from '../../src/explain/recorded.js';
import { BUILT_IN_HOOKS } from '../../src/hooks/built-in.js';
import { METRICS } from '../../src/metrics/registry.js';
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

const resultsOf = (model: string, from = results) => {
  const dir = path.join(from, model);
  const name = readdirSync(dir).find((one) => one.startsWith('results_')) ?? '';
  return JSON.parse(readFileSync(path.join(dir, name), 'utf8'));
};

describe("a benchmark of one's own", () => {
  it('with functions is listed, explained and shown without them, and asked for them in one short line', async () => {
    const own = mkdtempSync(path.join(tmpdir(), 'own-hooks-'));
    const hooked = path.join(own, 'hooked.yaml');
    const functions = path.join(own, 'hooks.mjs');
    writeFileSync(
      hooked,
      text
        .replace('task: stance', 'task: hooked\nprocess_results: !function utils.measure')
        .replace(
          /metric_list:[\s\S]*?metadata/,
          () =>
            'metric_list:\n  - {metric: acc}\n  - {metric: middle, aggregation: !function utils.median, higher_is_better: false}\nmetadata',
        )
        .replace('f1}', 'acc}'),
    );
    writeFileSync(
      functions,
      'export const measure = (doc, results) => ({ acc: 1, middle: results.length });\nexport const median = (values) => values[0];\n',
    );
    const out = path.join(own, 'results');
    expect((await run('run', '--model', 'fake:1', '--tasks', hooked, '--data', data, '--hooks', functions, '--out', out, '-q')).code).toBe(
      0,
    );
    for (const args of [
      ['list', '--include-path', own],
      ['list', hooked],
      ['explain', hooked],
      ['explain', 'hooked', '--include-path', own],
      ['explain', 'hooked', '--results', out],
      ['show', hooked, '--doc', '0', '--data', data],
    ])
      expect([args, await run(...args)]).toEqual([args, expect.objectContaining({ code: 0, err: '' })]);
    const refused = await run('run', '--model', 'fake:1', '--tasks', hooked, '--data', data, '--out', out);
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringMatching(/hooked\.yaml: process_results: .*utils\.measure.*--hooks FILE/),
    ]);
    expect(refused.err.replaceAll(hooked, '').length).toBeLessThan(260);
    const asking = path.join(own, 'asking.yaml');
    writeFileSync(asking, text.replace(/doc_to_text: .*/, 'doc_to_text: !function utils.ask'));
    const shown = await run('show', asking, '--doc', '0', '--data', data);
    expect([shown.code, shown.err]).toEqual([2, expect.stringMatching(/asking\.yaml: doc_to_text: .*utils\.ask.*--hooks FILE/)]);
  });

  it('is listed, shown and explained', async () => {
    const listed = await run('list', file, '--json');
    expect(JSON.parse(listed.out)[0]).toMatchObject({ benchmark: 'stance', language: 'eu', category: 'stance', headline_metric: 'f1' });
    const claims = path.join(folder, 'claims.yaml');
    writeFileSync(claims, text.replace('metadata: {', 'metadata: {documents: 500, '));
    // Nobody has looked at the data.
    expect((await run('list', claims)).out).toMatch(
      /500 \(claimed\)[\s\S]*1 task, 500 documents \(claimed: as a task file says, not counted\)/,
    );
    expect((await run('list', 'eus_trivia')).out).not.toContain('claimed');
    expect((await run('show', file, '--data', data)).out).toContain('0. esaldia\nErantzuna:');
    expect((await run('explain', file)).out).toMatch(/stance: Basque, stance[\s\S]*Headline: f1[\s\S]*f1: F1 of predicted labels/);
  });

  it('is compared and judged', async () => {
    const compared = JSON.parse((await run('compare', `${results}/fake-1`, `${results}/fake-2`, '--json')).out);
    // F1 is a score of all documents together: the headline is compared all the same, unpaired, and no other metric stands in for it.
    const scores = ['fake-1', 'fake-2'].map((model) => resultsOf(model).results.stance['f1,none']);
    expect(compared.benchmarks).toEqual([
      expect.objectContaining({
        benchmark: 'stance',
        language: 'eu',
        metric: 'f1,none',
        n: 31,
        base: scores[0],
        candidate: scores[1],
        paired: false,
      }),
    ]);
    expect(compared.languages).toEqual([]);
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
    // What results say of it is enough.
    expect((await run('leaderboard', results, '--out', `${board}-2`, '--no-pictures')).code).toBe(0);
    expect(readFileSync(path.join(`${board}-2`, 'leaderboard.csv'), 'utf8').split('\n')[0]).toContain(',stance,');
  });

  it('needs its language and category for that', async () => {
    const silent = path.join(folder, 'silent.yaml');
    writeFileSync(silent, text.replace('task: stance', 'task: silent').replace('language: eu, ', ''));
    const { code, err } = await run('leaderboard', results, '--tasks', silent, '--out', path.join(folder, 'none'));
    expect(code).toBe(2);
    expect(err).toMatch(/silent\.yaml: metadata: a column of the leaderboard needs language \(eu, en or es\) and category/);
  });
});

describe('a benchmark with data of its own, several right answers and a headline that is not its first metric', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'own-'));
  const proverbs = path.join(home, 'esaerak.yaml');
  const out = path.join(home, 'results');
  const rights = [[0], [0, 2], [1], [1, 2]];
  writeFileSync(
    proverbs,
    `task: esaerak
dataset_path: json
dataset_kwargs: {data_files: {test: esaerak.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "Esaera: {{hasiera}}\\nAmaiera:"
doc_to_target: zuzenak
doc_to_choice: aukerak
metric_list: [{metric: acc_norm}, {metric: acc}]
metadata: {version: 1, language: eu, category: esaerak, headline_metric: acc}
`,
  );
  writeFileSync(
    path.join(home, 'esaerak.jsonl'),
    rights
      .map(
        (zuzenak, i) =>
          `${JSON.stringify({ hasiera: `Nork bere ${i}`, aukerak: ['ogia', 'ura', 'zuhaitza', 'sua'].slice(0, i < 2 ? 3 : 4), zuzenak })}\n`,
      )
      .join(''),
  );
  beforeAll(async () => {
    for (const seed of ['1', '2']) await run('run', '--model', `fake:${seed}`, '--tasks', proverbs, '--out', out, '-q');
  });

  it('has the chance level of blind picking among several right answers', () => {
    expect(resultsOf('fake-1', out).eus_eval.tasks.esaerak.chance).toBeCloseTo((1 / 3 + 2 / 3 + 1 / 4 + 2 / 4) / 4, 15);
  });

  it('is compared by its headline metric, paired', async () => {
    const compared = JSON.parse((await run('compare', path.join(out, 'fake-1'), path.join(out, 'fake-2'), '--json')).out);
    expect(compared.benchmarks).toEqual([expect.objectContaining({ benchmark: 'esaerak', metric: 'acc,none', n: 4, paired: true })]);
  });

  it('has the same chance level when it is joined from shards', async () => {
    const parts = path.join(home, 'parts');
    for (const shard of ['1/2', '2/2']) await run('run', '--model', 'fake:1', '--tasks', proverbs, '--out', parts, '--shard', shard, '-q');
    const merged = await run('merge', parts, '--out', path.join(home, 'joined'));
    expect([merged.code, merged.err]).toEqual([0, expect.stringMatching(/^counted: all documents scored/)]);
    expect(resultsOf('fake-1', path.join(home, 'joined')).eus_eval.tasks.esaerak.chance).toBe(
      resultsOf('fake-1', out).eus_eval.tasks.esaerak.chance,
    );
  });

  it('is explained from its results, without its file', async () => {
    const entry = await recordedEntry([out], 'esaerak', { metrics: METRICS, hooks: BUILT_IN_HOOKS });
    expect(explain('esaerak', new Map(entry === null ? [] : [['esaerak', entry]]))).toMatch(
      /esaerak: Basque, esaerak[\s\S]*Data: esaerak.jsonl \(json\)[\s\S]*Headline: acc\n/,
    );
    expect(await recordedEntry([out], 'besterik', { metrics: METRICS, hooks: BUILT_IN_HOOKS })).toBeNull();
  });

  it('and so by the command', async () => {
    const { out: text, code } = await run('explain', 'esaerak', '--results', out);
    expect([code, text]).toEqual([0, expect.stringMatching(/Data: esaerak.jsonl \(json\)[\s\S]*Headline: acc\n/)]);
    expect((await run('explain', 'esaerak')).err).toContain('or with --results DIR that has it');
  });

  it('has a column from what results say of it, without its file', async () => {
    const board = path.join(home, 'board');
    const { code } = await run('leaderboard', out, '--out', board);
    expect(code).toBe(0);
    const [head = '', row = ''] = readFileSync(path.join(board, 'leaderboard.csv'), 'utf8').split('\n');
    expect(row.split(',')[head.split(',').indexOf('esaerak')]).toBe(
      (100 * resultsOf('fake-1', out).results.esaerak['acc,none']).toFixed(2),
    );
  });
});
