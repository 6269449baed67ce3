import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { main } from '../../src/cli/main.js';
import { packagePath } from '../../src/package-files.js';
import { folderPart, publicModelName, publicText, uuidOf } from '../../src/publish/names.js';
import { sampleHash } from '../../src/publish/samples.js';
import { isRecordName, readRecord } from '../../src/results/read-record.js';
import { freshFolder, writeResults } from '../leaderboard/results.js';

const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));
const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
// The schema has fields of its own (`version`) and unions of types.
const ajv = new Ajv({ strict: false });
const isRecord = ajv.compile(readJson(path.join(fixtures, 'eval.schema.json')));
const isInstance = ajv.compile(readJson(path.join(fixtures, 'instance_level_eval.schema.json')));

/** A score of a record as far as tests look at it. */
interface Read {
  readonly metric_config: Readonly<Record<string, unknown>>;
}

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

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((name) => /\.(jsonl?|yaml)$/.test(name))
    .sort();
}

const secret = 'mendi-sekretua';
const home = mkdtempSync(path.join(tmpdir(), `publish-${secret}-`));
const results = path.join(home, 'results');
const published = path.join(home, 'published');
const board = async (from: string): Promise<string[]> => {
  const out = mkdtempSync(path.join(home, 'board-'));
  const { code, err } = await run('leaderboard', from, '--out', out, '--no-pictures');
  expect(code, err).toBe(0);
  // Everything of the row but the folder, which is another one.
  return readFileSync(path.join(out, 'leaderboard.csv'), 'utf8').split('\n');
};

beforeAll(async () => {
  const data = packagePath('fixtures/data');
  for (const seed of ['1', '2'])
    await run(
      'run',
      '--model',
      `fake:${seed}`,
      '--tasks',
      'eus_trivia,mgsm_native_cot_eu,eus_exams_eu,basqbbq_MSE_ambig',
      '--data',
      data,
      '--out',
      results,
      '-q',
    );
  await run('publish', results, '--out', published, '--format', 'eee,hub,jsonl');
});

describe('records of Every Eval Ever', () => {
  it('fit the published schemas, samples too', () => {
    const records = filesBelow(path.join(published, 'data')).filter((file) => isRecordName(path.basename(file)));
    expect(records).toHaveLength(2);
    for (const file of records) {
      const record = readJson(file);
      expect(isRecord(record), JSON.stringify(isRecord.errors)).toBe(true);
      const lines = readFileSync(path.join(published, record.detailed_evaluation_results.file_path), 'utf8').trimEnd().split('\n');
      expect(lines).toHaveLength(record.detailed_evaluation_results.total_rows);
      const ids = new Set(record.evaluation_results.map((one: { evaluation_result_id: string }) => one.evaluation_result_id));
      for (const line of lines) {
        const instance = JSON.parse(line);
        expect(isInstance(instance), JSON.stringify(isInstance.errors)).toBe(true);
        expect(instance.evaluation_id).toBe(record.evaluation_id);
        expect(ids).toContain(instance.evaluation_result_id);
      }
      // Every document of every score that a document has: the mean of the instances is the score.
      for (const result of record.evaluation_results) {
        const scores = lines.map((line) => JSON.parse(line)).filter((one) => one.evaluation_result_id === result.evaluation_result_id);
        if (result.score_details.details.level === 'group' || result.metric_config.metric_id === 'bias') expect(scores).toEqual([]);
        else expect(scores.reduce((sum, one) => sum + one.evaluation.score, 0) / scores.length).toBeCloseTo(result.score_details.score, 12);
      }
    }
  });

  it('a schema that is broken on purpose is found', () => {
    const [file] = filesBelow(path.join(published, 'data')).filter((one) => isRecordName(path.basename(one)));
    const record = readJson(file ?? '');
    record.evaluation_results[0].score_details.details.documents = 24;
    expect(isRecord(record)).toBe(false);
  });

  it('give the same leaderboard as the results, and keep the fingerprints', async () => {
    const [head, ...rows] = await board(results);
    expect(await board(path.join(published, 'data'))).toEqual([head, ...rows]);
    expect(rows[0]).toMatch(/^fake-1,/);
  });

  it('hold no path of the machine and nothing of the folder that they came from', () => {
    for (const file of filesBelow(published)) {
      const text = readFileSync(file, 'utf8');
      expect(text, file).not.toContain(secret);
      expect(text, file).not.toContain(tmpdir());
      expect(text, file).not.toMatch(/fixtures\/data|\/home\//);
    }
  });

  it('are the same files when they are published again', async () => {
    const again = path.join(home, 'again');
    await run('publish', results, '--out', again, '--format', 'eee');
    await run('publish', results, '--out', again, '--format', 'eee');
    expect(filesBelow(again).map((file) => path.relative(again, file))).toEqual(
      filesBelow(path.join(published, 'data')).map((file) => path.relative(published, file)),
    );
  });

  it('come without samples where those are not wanted', async () => {
    const bare = path.join(home, 'bare');
    expect((await run('publish', results, '--out', bare, '--no-samples', '--format', 'eee')).code).toBe(0);
    expect(filesBelow(bare).every((file) => isRecordName(path.basename(file)))).toBe(true);
    expect(readJson(filesBelow(bare)[0] ?? '').detailed_evaluation_results).toBeUndefined();
  });

  it('say where samples are of other documents than the results, and are none of documents that are there twice', async () => {
    const changed = path.join(home, 'changed');
    cpSync(results, changed, { recursive: true });
    const [file = ''] = filesBelow(changed).filter((name) => path.basename(name).startsWith('samples_'));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, `${lines.slice(1).join('\n')}\n`);
    const part = await run('publish', changed, '--out', path.join(home, 'of-part'), '--format', 'eee');
    expect(part.code).toBe(0);
    expect(part.err).toContain(`has ${lines.length - 1} documents, the results beside it ${lines.length}: one of the two was changed`);
    writeFileSync(file, `${[...lines, lines[0]].join('\n')}\n`);
    const doubled = await run('publish', changed, '--out', path.join(home, 'of-doubled'), '--format', 'eee');
    expect(doubled.code).toBe(2);
    expect(doubled.err).toMatch(/document \d+ is there twice/);
    rmSync(changed, { recursive: true });
  });

  it('of the converter for the harness are read too', async () => {
    const folder = freshFolder();
    const file = path.join(folder, '0a0b0c0d-1111-4222-8333-444455556666.json');
    writeFileSync(file, readFileSync(path.join(fixtures, 'converted.json')));
    const { tasks, modelName, family } = await readRecord(file);
    expect([modelName, family]).toEqual(['HiTZ/Made-Up', 'plain']);
    expect([...tasks].map(([name, { estimates, nShot }]) => [name, [...estimates.keys()], nShot])).toEqual([
      ['mgsm_native_cot_eu', ['exact_match,flexible-extract', 'exact_match,strict-match'], 5],
    ]);
    expect((await board(folder))[1]).toMatch(/^HiTZ\/Made-Up,/);
  });

  it('of a folder that is called after a model are of that model, an older name in some files too', async () => {
    const folder = 'meta-llama__Llama-3.1-8B';
    const from = writeResults([
      { model: 'meta-llama/Meta-Llama-3.1-8B', folder, scores: { eus_trivia: 0.5 }, date: 1_700_000_000 },
      { model: 'meta-llama/Llama-3.1-8B', folder, scores: { piqa_eu: 0.5 }, date: 1_700_000_001 },
      { model: 'a/b', folder: 'old', scores: { eus_trivia: 0.5 } },
      { model: 'a/c', folder: 'old', scores: { piqa_eu: 0.5 } },
    ]);
    const out = path.join(from, 'published');
    await run('publish', from, '--out', out, '--format', 'eee,jsonl');
    const records = filesBelow(path.join(out, 'data')).map((file) => [path.dirname(path.relative(out, file)), readJson(file).model_info]);
    expect(records.map(([where, { id }]) => [where, id])).toEqual([
      ['data/eus-eval/a/b', 'a/b'],
      ['data/eus-eval/a/c', 'a/c'],
      ['data/eus-eval/meta-llama/Llama-3.1-8B', 'meta-llama/Llama-3.1-8B'],
      ['data/eus-eval/meta-llama/Llama-3.1-8B', 'meta-llama/Llama-3.1-8B'],
    ]);
    // What the file itself calls the model is not lost.
    expect(records.map(([, { name }]) => name)).toContain('meta-llama/Meta-Llama-3.1-8B');
    const models = (at: string) => board(at).then((lines) => lines.slice(1).map((line) => line.split(',')[0]));
    expect(await models(path.join(out, 'data'))).toEqual(await models(from));
    expect((await run('publish', path.join(from, folder), '--out', path.join(from, 'one'), '--model-id', 'x/y')).code).toBe(0);
  });

  it('say between which values a score can lie', async () => {
    const scores = {
      'acc,none': [0, 1],
      'f1,none': [0, 1],
      'bleu,none': [0, 100],
      'bias,none': [-100, 100],
      'mcc,none': [-1, 1],
      'brier_score,none': [0, 2],
      'ter,none': [0, 'Infinity'],
      'perplexity,none': [1, 'Infinity'],
      'word_perplexity,none': [1, 'Infinity'],
      'byte_perplexity,none': [1, 'Infinity'],
      'bits_per_byte,none': [0, 'Infinity'],
      'bits_per_character,none': [0, 'Infinity'],
      'a_metric_of_somebody,none': [undefined, undefined],
    };
    const names = Object.keys(scores);
    const from = writeResults([
      {
        model: 'a/b',
        scores: {},
        more: {
          results: { own: Object.fromEntries(names.map((name) => [name, 1])) },
          higher_is_better: { own: { a_metric_of_somebody: true } },
        },
      },
    ]);
    await run('publish', from, '--out', path.join(from, 'published'), '--format', 'eee');
    const [file = ''] = filesBelow(path.join(from, 'published'));
    const record = readJson(file);
    expect(isRecord(record), JSON.stringify(isRecord.errors)).toBe(true);
    const found = record.evaluation_results.map(
      ({ metric_config: { metric_name, min_score, max_score, score_type, additional_details } }: Read) => [
        `${metric_name},none`,
        [min_score, max_score],
        score_type ?? additional_details,
      ],
    );
    expect(found).toEqual(
      Object.entries(scores).map(([name, [min, max]]) => [
        name,
        [min, max],
        min === undefined ? { bounds_status: 'unknown' } : 'continuous',
      ]),
    );
  });

  it.each([
    ['no record', '{}', 'schema_version: expected a text'],
    ['another schema', '{"schema_version": "1.0"}', 'schema_version: 1.0; records of 0.2 and 0.3 are read'],
    ['no JSON', '{', 'not valid JSON'],
    [
      'a score without its direction',
      JSON.stringify({
        schema_version: '0.3.0',
        evaluation_timestamp: '1',
        model_info: { id: 'a/b' },
        eval_library: { name: 'x', version: '1' },
        evaluation_results: [{ evaluation_name: 't', metric_config: { metric_name: 'acc' }, score_details: { score: 0.5 } }],
      }),
      'evaluation_results[0].metric_config.lower_is_better: expected true or false',
    ],
  ])('%s is one line that names the file', async (_what, content, message) => {
    const folder = freshFolder();
    const file = path.join(folder, '0a0b0c0d-1111-4222-8333-444455556666.json');
    writeFileSync(file, content);
    const { code, err } = await run('leaderboard', folder, '--out', path.join(folder, 'board'));
    expect(code).toBe(2);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain(file);
    expect(err).toContain(message);
  });
});

describe('results for the hub', () => {
  const model = {
    model: 'HiTZ/Made-Up-8B',
    scores: { eus_trivia: 0.25 },
    documents: 1715,
    more: { configs: { eus_trivia: { dataset_path: 'HiTZ/EusTrivia', test_split: 'test' } } },
  };

  it('are entries of the documented form, in percent, and only of whole benchmarks', async () => {
    const from = writeResults([model, { ...model, model: 'HiTZ/Part', documents: 100 }]);
    const out = path.join(from, 'published');
    const { err } = await run('publish', from, '--out', out, '--source-url', 'https://example.org/traces', '--source-name', 'Traces');
    expect(err).toContain('eus_trivia has no entry for the hub: only a part of its documents was scored');
    const [file, second] = filesBelow(path.join(out, 'hub'));
    expect(second).toBeUndefined();
    expect(path.relative(out, file ?? '')).toBe('hub/HiTZ/Made-Up-8B/.eval_results/HiTZ__EusTrivia.yaml');
    expect(parse(readFileSync(file ?? '', 'utf8'))).toEqual([
      {
        dataset: { id: 'HiTZ/EusTrivia', task_id: 'eus_trivia' },
        value: 25,
        date: '2023-11-14',
        source: { url: 'https://example.org/traces', name: 'Traces' },
        notes: `eus-eval (read from lm-eval); eus_trivia; acc,none in percent; standard error ${100 * Math.sqrt((0.25 * 0.75) / 1714)}; plain prompt; 5-shot; 1715 documents`,
      },
    ]);
  });

  it('are read back, and give way to anything that says more', async () => {
    const from = writeResults([model]);
    const out = path.join(from, 'published');
    await run('publish', from, '--out', out, '--task-ids', 'eus_trivia=default');
    const [head = '', row = ''] = await board(path.join(out, 'hub'));
    const cells = new Map(head.split(',').map((name, i) => [name, row.split(',')[i]]));
    expect([cells.get('model'), cells.get('eus_trivia'), cells.get('eus_trivia_stderr')]).toEqual(['HiTZ/Made-Up-8B', '25.00', '1.05']);
    expect((await run('leaderboard', out, '--out', path.join(from, 'both'), '--no-pictures')).err).toContain(
      '1 result of the hub left out: the same benchmark of the same model is there in more detail',
    );
  });

  it('of a revision lie in a folder of their own, and are read back under its name', async () => {
    const from = writeResults([model, { ...model, scores: { eus_trivia: 0.5 }, args: 'pretrained=HiTZ/Made-Up-8B,revision=step10' }]);
    const out = path.join(from, 'published');
    await run('publish', from, '--out', out);
    expect(filesBelow(path.join(out, 'hub')).map((file) => path.relative(path.join(out, 'hub/HiTZ'), file).split('/')[0])).toEqual([
      'Made-Up-8B',
      'Made-Up-8B@step10',
    ]);
    expect((await board(path.join(out, 'hub'))).slice(1, 3).map((line) => line.split(',')[0])).toEqual([
      'HiTZ/Made-Up-8B',
      'HiTZ/Made-Up-8B@step10',
    ]);
  });

  it('are none of results with other examples than the tasks say', async () => {
    const from = writeResults([{ ...model, more: { ...model.more, config: { fewshot_seed: 7 } } }]);
    const out = path.join(from, 'published');
    expect((await run('publish', from, '--out', out)).err).toContain('results with fewshot_seed=7 have no entries for the hub');
    expect((await board(path.join(out, 'data')))[1]).toMatch(/^HiTZ\/Made-Up-8B@fewshot_seed=7,/);
  });

  it('of others are left out with a note unless they name metric and scale', async () => {
    const folder = path.join(writeResults([model]), 'clone');
    mkdirSync(path.join(folder, '.eval_results'), { recursive: true });
    writeFileSync(path.join(folder, '.eval_results', 'gpqa.yaml'), '- dataset: {id: Idavidrein/gpqa, task_id: diamond}\n  value: 0.412\n');
    const { err } = await run('leaderboard', path.dirname(folder), '--out', path.join(folder, 'board'), '--no-pictures');
    expect(err).toContain('entry 1 (diamond of Idavidrein/gpqa) is left out: it does not say its metric and scale');
    writeFileSync(path.join(folder, '.eval_results', 'gpqa.yaml'), '- dataset: {id: Idavidrein/gpqa}\n  value: 0.412\n');
    const broken = await run('leaderboard', path.dirname(folder), '--out', path.join(folder, 'board'), '--no-pictures');
    expect([broken.code, broken.err]).toEqual([
      0,
      expect.stringMatching(
        /^note: 1 result file could not be read .*gpqa\.yaml: entry 1: dataset\.id and dataset\.task_id: expected texts/,
      ),
    ]);
  });
});

describe('what is refused', () => {
  it.each([
    [['--format', 'csv'], 'Valid: eee, hub, jsonl.'],
    [['--relationship', 'self'], 'Valid: first_party, third_party, collaborative, other.'],
    [['--source-name', 'x'], '--source-name needs --source-url'],
    [['--task-ids', 'x'], "--task-ids 'x': write TASK=ID"],
    [['--model-id', 'a/b'], '--model-id names one model, and these results are of fake-1, fake-2'],
  ])('%s', async (args, message) => {
    const { code, err } = await run('publish', results, '--out', path.join(home, 'refused'), ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it('a shard alone', async () => {
    const from = writeResults([
      { model: 'a/b', scores: { eus_trivia: 0.5 }, more: { eus_eval: { version: '0.1.0', shard: { index: 1, count: 2 } } } },
    ]);
    expect((await run('publish', from, '--out', path.join(from, 'out'))).err).toContain(
      'results of one shard of 2; join them first: eus-eval merge',
    );
  });
});

describe('names', () => {
  it('hash samples as Python does', () => {
    // hashlib.sha256(json.dumps({'raw': ..., 'reference': [...]}, sort_keys=True, separators=(',', ':')).encode()).hexdigest()
    expect(sampleHash({ raw: 'Galdera: ñ \u2028 \x7f \u{1F600} "a"\n\t\\', reference: ['bai', 'éz'] })).toBe(
      '4e0c8b1f15ecd8e3f8bda53664cf2dc40fff50102ace1ac26f44de89ffbd67c6',
    );
    expect(sampleHash({ raw: '', reference: [] })).toBe('deb9250326cdc8db0944b0a8aa51cf89af8d7186f15c4895c1eefc664c495c15');
  });

  it('lose what is of the machine', () => {
    expect(['./models/smollm2', '/srv/a b/x/', 'C:\\models\\y', 'HiTZ/Latxa', 'gpt-4o'].map(publicModelName)).toEqual([
      'smollm2',
      'x',
      'y',
      'HiTZ/Latxa',
      'gpt-4o',
    ]);
    expect(publicText('read /srv/data/x.json and ~/y, see http://10.0.0.1:8000/v1; 27 of 29')).toBe(
      'read (path) and (path), see (address) 27 of 29',
    );
  });

  it('are folders that every system takes', () => {
    expect(['a/b', 'CON', 'x. ', '', '..', 'data', 'ok-1.0'].map(folderPart)).toEqual(['a_b', '_CON', 'x', '_', '_', '_data', 'ok-1.0']);
    expect(isRecordName(`${uuidOf('a')}.json`)).toBe(true);
    expect(uuidOf('a')).not.toBe(uuidOf('b'));
  });
});

describe('JSON lines', () => {
  it('hold every score once', () => {
    const lines = readFileSync(path.join(published, 'scores.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({ model: 'fake-2', task: 'eus_trivia', metric: 'acc', filter: 'none', documents: 24, num_fewshot: 5 }),
    );
    expect(new Set(lines.map((one) => JSON.stringify([one.model, one.task, one.metric, one.filter]))).size).toBe(lines.length);
  });

  it('tell revisions and other draws of examples apart', async () => {
    const one = { model: 'a/b', scores: { eus_trivia: 0.5 } };
    const from = writeResults([one, { ...one, args: 'pretrained=a/b,revision=step10' }, { ...one, more: { config: { fewshot_seed: 7 } } }]);
    await run('publish', from, '--out', path.join(from, 'out'), '--format', 'jsonl');
    const lines = readFileSync(path.join(from, 'out/scores.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ model, variation }) => [model, variation])).toEqual([
      ['a/b', ''],
      ['a/b@step10', ''],
      ['a/b', 'fewshot_seed=7'],
    ]);
  });

  const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);
  it.skipIf(python === undefined)(
    'go into a tracker by the script of docs/publish.md: a run for each model, the newest of each score',
    async () => {
      const page = readFileSync(packagePath('docs/publish.md'), 'utf8');
      const script = page.slice(page.indexOf('    import json, trackio')).replace(/^ {4}/gm, '');
      const from = writeResults([
        { model: 'ñandú', scores: { eus_trivia: 0.25 }, date: 2 },
        { model: 'ñandú', scores: { eus_trivia: 0.5, piqa_eu: 0.5 }, date: 1 },
        { model: 'a/c', scores: { eus_trivia: 1 } },
      ]);
      await run('publish', from, '--out', path.join(from, 'published'), '--format', 'jsonl');
      for (const [tracker, wanted] of [
        ['trackio', 'import json, trackio'],
        ['wandb', 'import json\nimport wandb as trackio'],
      ] as const) {
        const home = path.join(from, tracker);
        mkdirSync(home);
        copyFileSync(path.join(fixtures, 'tracker.py'), path.join(home, `${tracker}.py`));
        writeFileSync(path.join(home, 'script.py'), script.replace('import json, trackio', wanted));
        const { stdout, stderr, status } = spawnSync(python ?? '', [path.join(home, 'script.py')], { cwd: from, encoding: 'utf8' });
        expect(status, stderr).toBe(0);
        expect(
          stdout
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line)),
        ).toEqual([
          { project: 'eus-eval', name: 'ñandú plain', logged: { 'eus_trivia/acc,none': 0.25, 'piqa_eu/acc,none': 0.5 } },
          { project: 'eus-eval', name: 'a/c plain', logged: { 'eus_trivia/acc,none': 1 } },
        ]);
      }
    },
  );
});
