import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { eusEval } from './eus-eval.js';

const TINY = packagePath('fixtures/models/tiny-llama');
const DATA = packagePath('fixtures/data');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'run-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All files below a folder, the journal and its like left out. */
function visible(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => /(results|samples)_/.test(name));
}

function results(out: string, model: string): { [key: string]: unknown; eus_eval: { [key: string]: unknown } } {
  const dir = path.join(out, model);
  const name = readdirSync(dir)
    .filter((n) => n.startsWith('results_'))
    .sort()
    .at(-1);
  return JSON.parse(readFileSync(path.join(dir, name ?? 'none'), 'utf8'));
}

describe('eus-eval run', () => {
  it('without arguments scores the embedded model offline and says that what the scores show', async () => {
    const out = path.join(folder, 'default');
    const { code, stdout, stderr } = await eusEval(['run', '--out', out, '--offline'], { HF_ENDPOINT: 'http://127.0.0.1:9' });
    expect(stderr).toContain('only show that the installation works');
    expect(code).toBe(0);
    expect(stdout).toContain('eus_trivia');
    expect(stdout.split('\n')[0]).toMatch(/^\|Tasks +\|Version\|Filter/);
    expect(visible(out).filter((name) => name.includes('results_'))).toHaveLength(1);
    expect(visible(out).filter((name) => name.includes('samples_'))).toHaveLength(8);
    expect(readdirSync(path.join(out, 'tiny-llama')).filter((name) => name.startsWith('.partial'))).toEqual([]);
  });

  it('answers the second time from the journal, with the same scores; --fresh asks again', async () => {
    const out = path.join(folder, 'again');
    const args = ['run', '--model', 'fake:3', '--tasks', 'eus_trivia,mgsm_native_cot_eu', '--data', DATA, '--out', out];
    const log = path.join(folder, 'again.log');
    const first = await eusEval(args, { EUS_EVAL_FAKE_LOG: log });
    const asked = readFileSync(log, 'utf8').length;
    const second = await eusEval(args, { EUS_EVAL_FAKE_LOG: log });
    expect(second.stdout).toBe(first.stdout);
    expect(second.stderr).toContain('came from the journal');
    expect(readFileSync(log, 'utf8').length).toBe(asked);
    await eusEval([...args, '--fresh'], { EUS_EVAL_FAKE_LOG: log });
    expect(readFileSync(log, 'utf8').length).toBe(2 * asked);
  });

  it('gives no score and exit code 4 when too many requests fail, lists them, and fills the holes later', async () => {
    const out = path.join(folder, 'failing');
    const { code, stdout, stderr } = await eusEval([
      'run',
      '--model',
      'fake:3,fail=0.2',
      '--tasks',
      'eus_trivia',
      '--data',
      DATA,
      '--out',
      out,
    ]);
    expect(code).toBe(4);
    expect(stdout).toContain('no score');
    expect(stderr).toMatch(/unscored: eus_trivia document \d+: http: /);
    const content = results(out, 'fake-3');
    expect(content.results).toEqual({ eus_trivia: { alias: 'eus_trivia' } });
    const allowed = await eusEval([
      'run',
      '--model',
      'fake:3,fail=0.2',
      '--tasks',
      'eus_trivia',
      '--data',
      DATA,
      '--out',
      out,
      '--max-error-rate',
      '0.9',
    ]);
    expect(allowed.code).toBe(0);
    expect(allowed.stdout).toMatch(/\| *\d+ of 24\|/);
  });

  it('lists a hundred failed requests and says where the others are', async () => {
    const data = path.join(folder, 'many');
    cpSync(DATA, data, { recursive: true });
    const file = path.join(data, 'HiTZ/EusTrivia/default/test.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').repeat(30));
    const args = ['run', '--model', 'fake:3,fail=0.3', '--tasks', 'eus_trivia', '--data', data, '--no-journal', '--out'];
    const { stderr } = await eusEval([...args, path.join(folder, 'many-out')]);
    const listed = stderr.split('\n').filter((line) => line.startsWith('unscored: '));
    expect(listed).toHaveLength(101);
    const [, more, where = ''] = /^unscored: and (\d+) more \(in (.*)\)$/.exec(listed.at(-1) ?? '') ?? [];
    const unscored = readFileSync(where, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"unscored": "http"'));
    expect(unscored).toHaveLength(100 + Number(more));
    const without = await eusEval([...args, path.join(folder, 'many-none'), '--no-samples']);
    expect(without.stderr).toContain(`unscored: and ${more} more (run without --no-samples to have them in a file)`);
  });

  it('counts scores that are not a number and never uses them', async () => {
    const out = path.join(folder, 'nan');
    const { stderr } = await eusEval([
      'run',
      '--model',
      'fake:3,nan=0.5',
      '--tasks',
      'eus_trivia',
      '--data',
      DATA,
      '--out',
      out,
      '--max-error-rate',
      '1',
    ]);
    expect(stderr).toMatch(/counted: \d+ unscored \(not a number\)/);
    expect(JSON.stringify(results(out, 'fake-3'))).not.toContain('NaN');
  });

  it('stops early when nothing works', async () => {
    const { code, stderr } = await eusEval([
      'run',
      '--model',
      'fake:3,fail=1',
      '--tasks',
      'eu',
      '--data',
      DATA,
      '--out',
      path.join(folder, 'hopeless'),
    ]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/the first 50 requests all failed/);
  });

  it('prints JSON alone on standard output with --json', async () => {
    const { stdout } = await eusEval([
      'run',
      '--model',
      'fake:3',
      '--tasks',
      'eus_trivia',
      '--data',
      DATA,
      '--out',
      path.join(folder, 'json'),
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ model_name: 'fake-3', 'n-samples': { eus_trivia: { original: 24, effective: 24 } } });
  });

  it('scores a sample again one by one with --check-batch', async () => {
    const { stderr } = await eusEval([
      'run',
      '--model',
      TINY,
      '--tasks',
      'eus_trivia,piqa_eu',
      '--data',
      DATA,
      '--out',
      path.join(folder, 'check'),
      '--check-batch',
      '8',
    ]);
    const [, documents, difference, changed] =
      /check-batch: (\d+) documents.*difference ([\d.e+-]+) nats, (\d+) decisions/.exec(stderr) ?? [];
    expect(documents).toBe('8');
    expect(Number(difference)).toBeLessThan(1e-4);
    expect(changed).toBe('0');
  });

  it('shards and merge give what one run gives', async () => {
    const args = ['--model', 'fake:5', '--tasks', 'eus_trivia,bbq,mgsm_native_cot_eu', '--data', DATA];
    const whole = path.join(folder, 'whole');
    await eusEval(['run', ...args, '--out', whole]);
    const parts = path.join(folder, 'parts');
    for (const i of [1, 2, 3]) expect((await eusEval(['run', ...args, '--out', parts, '--shard', `${i}/3`])).code).toBe(0);
    const incomplete = await eusEval([
      'merge',
      path.join(parts, 'shard-1-of-3'),
      path.join(parts, 'shard-3-of-3'),
      '--out',
      path.join(folder, 'x'),
    ]);
    expect(incomplete).toMatchObject({ code: 2 });
    expect(incomplete.stderr).toContain('missing shards 2/3');
    cpSync(path.join(parts, 'shard-1-of-3'), path.join(folder, 'copy'), { recursive: true });
    const doubled = await eusEval(['merge', parts, path.join(folder, 'copy'), '--out', path.join(folder, 'x')]);
    expect(doubled.stderr).toContain('shard 1/3 is there twice');
    expect(
      (await eusEval(['run', ...args.slice(2), '--model', 'fake:6', '--out', path.join(folder, 'foreign'), '--shard', '2/3'])).code,
    ).toBe(0);
    const foreign = await eusEval([
      'merge',
      path.join(parts, 'shard-1-of-3'),
      path.join(folder, 'foreign'),
      path.join(parts, 'shard-3-of-3'),
      '--out',
      path.join(folder, 'x'),
    ]);
    expect(foreign.stderr).toMatch(/of another run .* the model's seed is 6, not 5/);

    // Into a shard's own folder, also through a link: refused, and nothing is written.
    const before = visible(parts);
    symlinkSync(path.join(parts, 'shard-2-of-3'), path.join(folder, 'link'));
    for (const out of ['shard-1-of-3', 'shard-3-of-3/fake-5', 'shard-2-of-3/new/folder']
      .map((p) => path.join(parts, p))
      .concat(path.join(folder, 'link'))) {
      const inside = await eusEval(['merge', parts, '--out', out]);
      expect(inside, out).toMatchObject({ code: 2, stdout: '' });
      expect(inside.stderr).toMatch(/^eus-eval: merge: --out .* the folder of a shard .*; give another folder\n$/);
    }
    expect(visible(parts)).toEqual(before);
    expect(existsSync(path.join(parts, 'shard-2-of-3/new'))).toBe(false);

    const merged = path.join(folder, 'merged');
    expect((await eusEval(['merge', parts, '--out', merged])).code).toBe(0);
    for (const name of readdirSync(path.join(whole, 'fake-5')).filter((n) => n.startsWith('samples_'))) {
      const task = name.replace(/_\d{4}-.*/, '');
      const other = readdirSync(path.join(merged, 'fake-5')).find((n) => n.replace(/_\d{4}-.*/, '') === task) ?? 'none';
      expect(readFileSync(path.join(merged, 'fake-5', other), 'utf8'), task).toBe(readFileSync(path.join(whole, 'fake-5', name), 'utf8'));
    }
    const timeless = (content: ReturnType<typeof results>): string => {
      for (const key of ['date', 'start_time', 'end_time', 'total_evaluation_time_seconds']) delete content[key];
      delete content.eus_eval.work;
      return JSON.stringify(content, null, 1);
    };
    expect(timeless(results(merged, 'fake-5'))).toBe(timeless(results(whole, 'fake-5')));
  });

  it('merge that fails leaves no folder, and an empty --out is refused', async () => {
    const parts = path.join(folder, 'bare');
    await eusEval(['run', '--model', 'fake:5', '--tasks', 'eus_trivia', '--data', DATA, '--out', parts, '--shard', '1/1', '--no-samples']);
    const out = path.join(folder, 'bare-out');
    const failed = await eusEval(['merge', parts, '--out', out]);
    expect(failed.code).toBe(2);
    expect(failed.stderr).toMatch(/a shard must be run with samples\n$/);
    expect(existsSync(out)).toBe(false);
    expect(await eusEval(['merge', parts, '--out', ''])).toMatchObject({ code: 2, stdout: '' });
  });

  it('estimates without asking', async () => {
    const { code, stdout } = await eusEval([
      'run',
      '--dry-run',
      '--model',
      'openai:gpt-4o-2024-11-20',
      '--tasks',
      'eus_trivia',
      '--data',
      DATA,
      '--out',
      path.join(folder, 'dry'),
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\|eus_trivia *\| *24\| *24\|/);
    expect(existsSync(path.join(folder, 'dry'))).toBe(false);
  });
});

describe('a local model', () => {
  const model = ['run', '--model', TINY, '--tasks', 'eus_trivia', '--data', DATA];

  it('says what it needs without being opened', async () => {
    const { code, stdout } = await eusEval([...model, '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^memory +about \d+ MiB \(weights 1 MiB, cache \d+ MiB, working space \d+ MiB\); .* are free\ntime +less than a minute\n/m,
    );
    expect(stdout).toMatch(/\|eus_trivia *\| *24\| *24\| *\d+\| *0\|less than a minute/);
    const said = JSON.parse((await eusEval([...model, '--dry-run', '--json'])).stdout);
    expect(said).toMatchObject({
      device: 'cpu',
      dtype: 'float32',
      remarks: [],
      memory: { mapped: 0 },
      tasks: [{ work: { newTokens: 0 } }],
    });
    expect(said.total.seconds.high).toBeGreaterThan(said.total.seconds.low);
  });

  it('that does not fit is refused before it is loaded, and run all the same where the memory is given', async () => {
    const out = path.join(folder, 'memory');
    const refused = await eusEval([...model, '--out', out, '--memory', '0.1']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /eus-eval: tiny-llama: needs about \d+ MiB of memory .*; 102 MiB were given \(--memory\); .*--memory 1 goes on all the same\n$/,
    );
    expect(existsSync(out)).toBe(false);
    const dry = await eusEval([...model, '--dry-run', '--memory', '0.1']);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/^note +tiny-llama: needs about/m) });
    const run = await eusEval([...model, '--out', out, '--memory', '1', '--limit', '2']);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/^memory +about .*1\.0 GiB were given \(--memory\)\ntime +less than a minute\n/m);
  });
});

describe('bad input is one clear line and exit code 2, and leaves no results', () => {
  /** A copy of the tiny model to break. */
  function broken(name: string, change: (dir: string) => void): string {
    const dir = path.join(folder, name);
    cpSync(TINY, dir, { recursive: true });
    change(dir);
    return dir;
  }
  function brokenData(line: string): string {
    const dir = path.join(folder, 'broken-data');
    const split = path.join(dir, 'HiTZ/EusTrivia/default');
    mkdirSync(split, { recursive: true });
    const lines = readFileSync(path.join(DATA, 'HiTZ/EusTrivia/default/test.jsonl'), 'utf8').split('\n');
    lines[11] = line;
    writeFileSync(path.join(split, 'test.jsonl'), lines.join('\n'));
    return dir;
  }
  const cases: readonly [string, () => readonly string[], RegExp][] = [
    ['an unknown task', () => ['--model', 'fake:1', '--tasks', 'eus_trivai', '--data', DATA], /eus_trivai.*eus_trivia/],
    ['an unknown backend', () => ['--model', 'fak:1', '--data', DATA], /unknown backend 'fak'.*Did you mean fake/],
    ['an unknown flag', () => ['--modle', 'fake:1'], /--modle.*--model/],
    [
      'a server for a local model',
      () => ['--model', TINY, '--base-url', 'http://127.0.0.1:9/v1', '--data', DATA],
      /--base-url.*completions:NAME/,
    ],
    [
      'a date that does not exist',
      () => ['--model', 'fake:1', '--template-date', '2026-02-30', '--data', DATA],
      /--template-date '2026-02-30'/,
    ],
    ['an empty name of a folder', () => ['--model', 'fake:1', '--data', ''], /--data.*Give the name of a folder/],
    ['a limit that is no number', () => ['--limit', 'many'], /limit.*whole number/],
    ['a model folder that is not there', () => ['--model', './no-such-model', '--data', DATA], /no-such-model/],
    [
      'a missing weights file',
      () => ['--model', broken('no-weights', (dir) => rmSync(path.join(dir, 'model.safetensors'))), '--data', DATA],
      /model\.safetensors/,
    ],
    [
      'a truncated weights file',
      () => ['--model', broken('cut', (dir) => truncateSync(path.join(dir, 'model.safetensors'), 100_000)), '--data', DATA],
      /model\.safetensors/,
    ],
    [
      'a tensor of the wrong shape',
      () => ['--model', broken('shape', (dir) => editConfig(dir, { hidden_size: 48 })), '--data', DATA],
      /shape|hidden_size|\[/,
    ],
    [
      'an unknown architecture',
      () => [
        '--model',
        broken('arch', (dir) => editConfig(dir, { model_type: 'rwkv', architectures: ['RwkvForCausalLM'] })),
        '--data',
        DATA,
      ],
      /rwkv.*llama/i,
    ],
    [
      'broken JSON in the middle of the data',
      () => ['--model', 'fake:1', '--tasks', 'eus_trivia', '--data', brokenData('{"question": "zer')],
      /test\.jsonl.*12/,
    ],
    [
      'a document without a field',
      () => ['--model', 'fake:1', '--tasks', 'eus_trivia', '--data', brokenData('{"question": "zer?"}')],
      /eus_trivia, document \d+, .*candidates/,
    ],
    [
      'a data folder that is not there',
      () => ['--model', 'fake:1', '--tasks', 'eus_trivia', '--data', path.join(folder, 'nowhere')],
      /nowhere/,
    ],
    [
      'letters of a model without a template',
      () => ['--model', broken('bare', (dir) => rmSync(path.join(dir, 'chat_template.jinja'))), '--prompt', 'api', '--data', DATA],
      /--prompt api.*no chat template/,
    ],
    [
      'texts as choices asked of an API',
      () => ['--model', 'fake:1', '--prompt', 'api', '--tasks', 'piqa_eu', '--data', DATA],
      /piqa_eu.*letters/,
    ],
  ];

  it.each(cases)('%s', async (name, args, message) => {
    const out = path.join(folder, `out ${name}`);
    const { code, stdout, stderr } = await eusEval(['run', ...args(), '--out', out, '--quiet']);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toMatch(/ at .*\.js:\d+/);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(visible(out)).toEqual([]);
  });

  it('leaves no folder where the model or the pair of model and benchmark is refused', async () => {
    const out = path.join(folder, 'refused', 'results');
    for (const args of [
      ['--model', path.join(folder, 'no-such-model')],
      ['--model', 'fake:1', '--prompt', 'api', '--tasks', 'piqa_eu', '--data', DATA],
    ]) {
      const { code } = await eusEval(['run', ...args, '--out', out, '--quiet']);
      expect(code).toBe(2);
      expect(existsSync(path.dirname(out))).toBe(false);
    }
  });

  it('an output folder on a file system that holds no files', async ({ skip }) => {
    if (!existsSync('/proc/self')) return skip();
    const { code, stderr } = await eusEval([
      'run',
      '--model',
      'fake:1',
      '--tasks',
      'eus_trivia',
      '--data',
      DATA,
      '--out',
      '/proc/no-such',
      '--quiet',
    ]);
    expect(stderr).toMatch(/^eus-eval: \/proc\/no-such cannot be written \(ENOENT\); choose another folder with --out\n$/);
    expect(code).toBe(2);
  });

  it('an output folder that cannot be written', async () => {
    const file = path.join(folder, 'a-file');
    writeFileSync(file, '');
    const { code, stderr } = await eusEval([
      'run',
      '--model',
      'fake:1',
      '--tasks',
      'eus_trivia',
      '--data',
      DATA,
      '--out',
      path.join(file, 'results'),
      '--quiet',
    ]);
    expect(stderr).toMatch(/cannot be written.*--out/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  function editConfig(dir: string, change: Record<string, unknown>): void {
    const file = path.join(dir, 'config.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
  }
});
