import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { findResultFiles, readResultFile, resultFileOf } from '../../src/results/read.js';
import { SHARED, shared } from '../shared.js';

const minimal = {
  results: { t: { alias: ' - t', 'acc,none': 0.5, 'acc_stderr,none': 0.1 } },
  model_name: 'org/m',
  model_source: 'hf',
  date: 1,
};

function folder(): string {
  return mkdtempSync(path.join(tmpdir(), 'read-'));
}

async function read(text: string) {
  const file = path.join(folder(), 'results_x.json');
  writeFileSync(file, text);
  return readResultFile(file);
}

describe('a result file', () => {
  it('gives estimates with their standard errors, and null where the file says N/A', async () => {
    const file = await read(
      JSON.stringify({
        ...minimal,
        results: {
          t: { alias: ' - t', 'acc,none': 0.5, 'acc_stderr,none': 0.1, 'bias,none': -3, 'bias_stderr,none': 'N/A' },
          g: { ' ': ' ', alias: 'g' },
        },
        group_subtasks: { g: ['t'] },
        'n-samples': { t: { original: 9, effective: 4 } },
        versions: { t: 1.0, g: 'N/A' },
      }),
    );
    const t = file.tasks.get('t');
    expect(t?.alias).toBe('t');
    expect([...(t?.estimates ?? [])]).toEqual([
      ['acc,none', { value: 0.5, stderr: 0.1 }],
      ['bias,none', { value: -3, stderr: null }],
    ]);
    expect(t?.samples).toEqual({ original: 9, effective: 4 });
    expect(t?.version).toBe('1');
    expect(file.tasks.get('g')?.isGroup).toBe(true);
    expect(file.tasks.get('g')?.version).toBeNull();
    expect(file.family).toBe('plain');
  });

  it('reads what Python writes and JSON does not know', async () => {
    const file = await read(
      '{"results": {"t": {"acc,none": NaN, "acc_stderr,none": NaN}}, "versions": {"t": 2.0}, "model_name": "m", "date": 1.0}',
    );
    expect(file.tasks.get('t')?.estimates.get('acc,none')).toEqual({ value: Number.NaN, stderr: null });
    expect(file.tasks.get('t')?.version).toBe('2');
  });

  it('takes model arguments as text and as an object', () => {
    const args = (model_args: unknown) => Object.fromEntries(resultFileOf({ ...minimal, config: { model_args } }, 'f').modelArgs);
    expect(args('pretrained=a/b,revision=x=y,parallelize=True')).toEqual({ pretrained: 'a/b', revision: 'x=y', parallelize: 'True' });
    expect(args({ pretrained: 'a/b', max_length: 5, other: { deep: 1 } })).toEqual({ pretrained: 'a/b', max_length: '5' });
  });

  it.each([
    ['plain', { chat_template: null }],
    ['plain', { chat_template: '' }],
    ['chat', { chat_template: '{{ x }}' }],
    ['api', { model_source: 'openai-chat-completions', chat_template: '' }],
    ['api', { model_source: 'anthropic' }],
    ['chat', { model_source: 'onnx', eus_eval: { prompt: 'chat' } }],
  ])('knows the prompt family %s of %j', (family, fields) => {
    expect(resultFileOf({ ...minimal, ...fields }, 'f').family).toBe(family);
  });

  it('reads what our own runs add', () => {
    const file = resultFileOf(
      {
        ...minimal,
        eus_eval: {
          version: '1.2.3',
          prompt: 'plain',
          remark: 'tiny',
          shard: { index: 1, count: 2 },
          tasks: { t: { prompts: 'differs', scored: 3 } },
        },
      },
      'f',
    );
    expect(file.eusEvalVersion).toBe('1.2.3');
    expect(file.remark).toBe('tiny');
    expect(file.shard).toEqual({ index: 1, count: 2 });
    expect(file.tasks.get('t')?.own).toEqual({ prompts: 'differs', scored: 3 });
  });
});

describe('a hostile or broken file', () => {
  it.each([
    ['[]', 'the file: expected an object, found a list'],
    ['{"results": 3}', 'results: expected an object'],
    ['{"results": {}}', 'model_name: missing'],
    ['{"results": {}, "model_name": "m"}', 'date: missing'],
    ['{"results": {"t": {"acc,none": "high"}}, "model_name": "m", "date": 1}', 'results.t.acc,none: expected a number, found a text'],
    [
      '{"results": {"t": {"acc,none": 1, "acc_stderr,none": []}}, "model_name": "m", "date": 1}',
      'results.t.acc,none: its standard error is a list',
    ],
    [
      '{"results": {"t": {}}, "n-samples": {"t": {"effective": -1}}, "model_name": "m", "date": 1}',
      'n-samples.t.effective: expected a whole number',
    ],
    ['{"results": ', 'not valid JSON'],
    [`{"results": ${'['.repeat(100_000)}`, 'not valid JSON'],
  ])('%.60s is one clear error naming file and field', async (text, message) => {
    const error: unknown = await read(text).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain('results_x.json: ');
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain('\n');
  });

  it('changes no prototype', async () => {
    for (const number of ['1', 'NaN']) {
      const polluting = read(
        `{"results": {"__proto__": {"acc,none": ${number}, "polluted": 1}, "constructor": {"acc,none": 1}}, "versions": {"__proto__": 5}, "model_name": "m", "date": 1}`,
      );
      await expect(polluting).rejects.toThrow(/: results\.__proto__: no name of a field, task or metric$/);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    }
    const file = await read('{"results": {"constructor": {"acc,none": 1}}, "versions": {}, "model_name": "m", "date": 1}');
    expect(file.tasks.get('constructor')?.version).toBeNull();
  });

  it.each([
    ['"acc,none": 1.5', /results\.t\.acc,none: 1\.5; expected a share from 0 to 1/],
    ['"exact_match,x": -0.1', /results\.t\.exact_match,x: -0\.1; expected a share/],
    ['"acc,none": 0.5, "acc_stderr,none": -0.1', /acc,none: its standard error is -0\.1; expected a number from 0 to 0\.5/],
    ['"acc,none": 0.5, "acc_stderr,none": 0.6', /acc,none: its standard error is 0\.6/],
    [
      '"perplexity,none": 12, "perplexity_stderr,none": Infinity',
      /perplexity,none: its standard error is Infinity; expected a number from 0, or "N\/A"/,
    ],
  ])('says what cannot be: %s', async (scores, message) => {
    await expect(read(`{"results": {"t": {${scores}}}, "model_name": "m", "date": 1}`)).rejects.toThrow(message);
  });

  it('is not read when it is larger than a result file can be', async () => {
    const file = path.join(folder(), 'results_big.json');
    writeFileSync(file, Buffer.alloc(65 * 1024 * 1024, 32));
    await expect(readResultFile(file)).rejects.toThrow(/results_big\.json: .* bytes; a result file of at most/);
  });
});

describe('finding result files', () => {
  it('walks folders and links once, and nothing but result files', async () => {
    const root = folder();
    mkdirSync(path.join(root, 'a/b'), { recursive: true });
    writeFileSync(path.join(root, 'a/b/results_2.json'), '{}');
    writeFileSync(path.join(root, 'results_1.json'), '{}');
    writeFileSync(path.join(root, 'samples_t.jsonl'), '');
    symlinkSync(root, path.join(root, 'a/loop'));
    symlinkSync(path.join(root, 'gone'), path.join(root, 'dangling.json'));
    expect((await findResultFiles(root)).map((f) => path.relative(root, f))).toEqual(['a/b/results_2.json', 'results_1.json']);
    expect(await findResultFiles(path.join(root, 'results_1.json'))).toEqual([path.join(root, 'results_1.json')]);
    await expect(findResultFiles(path.join(root, 'none'))).rejects.toThrow(/no such folder: .*none/);
  });
});

describe.skipIf(SHARED === null)('the recorded files', () => {
  it('are all read: 651 files of 24 models, each of one family', async () => {
    const files = await findResultFiles(shared('paper/lm-eval-results'));
    expect(files).toHaveLength(651);
    const families = new Map<string, Set<string>>();
    for (const file of files) {
      const result = await readResultFile(file);
      families.set(result.folder, (families.get(result.folder) ?? new Set()).add(result.family));
    }
    expect(families.size).toBe(24);
    expect([...families.values()].every((f) => f.size === 1)).toBe(true);
    expect([...(families.get('claude-3-5-sonnet-20241022') ?? [])]).toEqual(['api']);
    expect([...(families.get('HiTZ__Latxa-Llama-3.1-8B') ?? [])]).toEqual(['plain']);
  });
});
