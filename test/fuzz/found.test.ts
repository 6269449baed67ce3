/** Inputs that once hung, ended the process, threw something else than one clear line, or were taken for what they are not. Found by the fuzz tests beside this file. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAnswer as readMessage } from '../../src/backends/anthropic.js';
import { alignTokens } from '../../src/backends/api/align.js';
import { readCompletion } from '../../src/backends/api/completion-reply.js';
import { judgeError, readServerError } from '../../src/backends/api/http.js';
import { readHeader } from '../../src/backends/onnx/safetensors.js';
import { readAnswer as readChat } from '../../src/backends/openai.js';
import { UserError } from '../../src/errors.js';
import { baselineOf } from '../../src/gate/baseline.js';
import { policyFrom } from '../../src/gate/policy.js';
import { BUILT_IN_HOOKS } from '../../src/hooks/built-in.js';
import { compileTemplate } from '../../src/jinja/template.js';
import { METRICS } from '../../src/metrics/registry.js';
import { chatRenderer } from '../../src/models/chat-template.js';
import { makeTokenizer } from '../../src/models/tokenizer.js';
import { parsePlainJson } from '../../src/python/plain-json.js';
import { findAll, pythonRegex } from '../../src/python/regex.js';
import { leavesOf } from '../../src/results/group-tree.js';
import { readSamples } from '../../src/results/read-samples.js';
import { shardFileOf } from '../../src/run/shard-file.js';
import { didYouMean } from '../../src/suggest.js';
import { toCsv } from '../../src/tables/write-csv.js';
import { parseYaml } from '../../src/tasks/parse-yaml.js';
import { selectTasks } from '../../src/tasks/registry.js';
import { readTaskFile } from '../../src/tasks/yaml-file.js';

const folder = (): string => mkdtempSync(path.join(tmpdir(), 'found-'));
const deep = (n: number): string => '['.repeat(n) + ']'.repeat(n);

describe('messages', () => {
  it('are one line of bounded length, whatever a file makes them quote', () => {
    const { message } = new UserError(`a${'x'.repeat(1e6)}\r\nb\u001b[31m\u2028c\u202e.`);
    expect(message.length).toBeLessThan(2000);
    expect(message).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(message.endsWith('c .')).toBe(true);
  });

  it('compare no huge names', () => {
    expect(didYouMean('x'.repeat(1e6), ['y'.repeat(1e6), 'a'])).toBe('');
  });
});

describe('task files', () => {
  it('of thousands of brackets, which ended the process', () => {
    for (const text of [`a: ${'['.repeat(5000)}`, `a:\n ${'- '.repeat(5000)}`, '{a: '.repeat(5000), deep(100_000)])
      expect(() => parseYaml('t.yaml', text)).toThrow(/nested deeper than 100/);
    expect(() => policyFrom(`benchmarks: ${deep(5000)}`, 'p.yaml', [])).toThrow(/nested deeper than 100/);
  });

  it('that include a device without end', async () => {
    const file = path.join(folder(), 'a.yaml');
    writeFileSync(file, 'include: /dev/zero\n');
    await expect(readTaskFile(file)).rejects.toThrow(/is not a file; give a \.yaml file/);
  });

  it('that include one another many times', async () => {
    const dir = folder();
    for (let i = 0; i < 12; i++) writeFileSync(path.join(dir, `f${i}.yaml`), JSON.stringify({ include: Array(9).fill(`f${i + 1}.yaml`) }));
    writeFileSync(path.join(dir, 'f12.yaml'), 'task: a\n');
    await expect(readTaskFile(path.join(dir, 'f0.yaml'))).rejects.toThrow(/more than 100 files are included/);
  });

  it('whose groups name one another many times', async () => {
    const dir = folder();
    for (let i = 0; i < 9; i++)
      writeFileSync(path.join(dir, `f${i}.yaml`), JSON.stringify({ group: `g${i}`, task: Array(9).fill(`g${i + 1}`) }));
    writeFileSync(
      path.join(dir, 'f9.yaml'),
      JSON.stringify({ task: 'g9', dataset_path: 'x', test_split: 't', doc_to_text: 'q', doc_to_target: 'a' }),
    );
    const registry = {
      benchmarks: [],
      entries: new Map(),
      tags: new Map(),
      more: async () => ({ entries: new Map(), tags: new Map() }),
      vocabulary: { metrics: METRICS, hooks: BUILT_IN_HOOKS },
    };
    await expect(selectTasks([path.join(dir, 'f0.yaml')], registry)).rejects.toThrow(/more than 5000 tasks|listed twice/);
  });
});

describe('templates of task files', () => {
  it.each([
    ['a list of nothing, a billion times', '{{ [] * 1000000000 }}', '[]'],
    ['a text of nothing, as often', "{{ '' * 10 ** 400 }}", ''],
    ['a long list without doubles', '{{ range(100000) | unique | list | length }}', '100000'],
    ['a megabyte of blanks', `a${' '.repeat(1e6)}b`, `a${' '.repeat(1e6)}b`],
  ])('%s', (_, source, printed) => {
    expect(compileTemplate(source).render({})).toBe(printed);
  });

  it.each([
    ['texts that double', `{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}`],
    ['a text put into itself', "{% set s = 'a' * 100000 %}{{ s.replace('a', s) }}"],
    [
      'lists that hold one list twice',
      '{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}',
    ],
    [
      'lists that hold one list twice, compared',
      '{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}',
    ],
    ['lists inside lists', '{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}'],
    ['towers of powers', '{{ ((9 ** 999) ** 999) ** 999 }}'],
    ['products that double', '{% set ns = namespace(n=3) %}{% for i in range(60) %}{% set ns.n = ns.n * ns.n %}{% endfor %}{{ ns.n }}'],
    ['paddings of paddings', "{{ 'a'.rjust(99999, 'b' * 999999) }}"],
    ['output that grows with each turn', "{% set s = 'a' * 999999 %}{% for i in range(9999) %}{{ s }}{% endfor %}"],
    ['brackets', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`],
    ['a long sum', `{{ ${'1+'.repeat(50_000)}1 }}`],
    ['many nots', `{{ ${'not '.repeat(50_000)}1 }}`],
    ['many filters', `{{ 1${'|string'.repeat(50_000)} }}`],
    ['many elifs', `{% if a %}${'{% elif a %}'.repeat(5000)}{% endif %}`],
    ['many blocks', '{% if 1 %}'.repeat(5000)],
  ])('%s', (_, source) => {
    expect(() => compileTemplate(source).render({})).toThrow(UserError);
  });
});

describe('chat templates', () => {
  const render = (source: string): string => chatRenderer(source, {})([{ role: 'user', content: 'x' }]);
  it.each([
    ['lists that double', '{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}'],
    [
      'lists that hold one list twice',
      '{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}',
    ],
    ['an object that holds itself', "{% set d = {'a': 1} %}{% set d.a = d %}{{ d | tojson }}"],
    [
      'an empty loop in a loop in a loop',
      '{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}{% endfor %}{% endfor %}{% endfor %}',
    ],
    ['brackets', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`],
    ['a long sum', `{{ ${'1+'.repeat(50_000)}1 }}`],
  ])('%s', (_, source) => {
    expect(() => render(source)).toThrow(UserError);
  });
});

describe('regular expressions', () => {
  it('that repeat nothing', () => {
    expect(findAll(pythonRegex('a(?:){99999999999}b'), 'ab')).toEqual(['ab']);
    expect(findAll(pythonRegex('(?:(?:){4000000}){4000000}a'), 'a')).toEqual(['a']);
  });

  it('of more branches than a call may have arguments', () => {
    expect(findAll(pythonRegex(`(${'a|'.repeat(90)}b)`), 'b')).toEqual(['b']);
    expect(() => pythonRegex(`(${'a|'.repeat(300_000)}b)`)).toThrow(UserError);
  });

  it('whose look-behind repeats something of any length no times', () => {
    expect(findAll(pythonRegex('(?<=x(?:a*){0})b'), 'xb')).toEqual(['b']);
  });

  it('that compare long groups again and again', () => {
    expect(() => findAll(pythonRegex('(.*)(.*)\\1\\2c'), 'a'.repeat(3000))).toThrow(/takes more than/);
  });
});

describe('weights', () => {
  it('whose header nests deeply', async () => {
    const header = Buffer.from(`{"a": {"dtype": "F32", "shape": ${deep(100_000)}, "data_offsets": [0, 4]}}`);
    const bytes = Buffer.alloc(8 + header.length + 4);
    bytes.writeBigUInt64LE(BigInt(header.length));
    header.copy(bytes, 8);
    const file = path.join(folder(), 'model.safetensors');
    writeFileSync(file, bytes);
    await expect(readHeader(file)).rejects.toThrow(/nested deeper than 200/);
  });
});

describe('tokenizers', () => {
  const json = (more: object) => ({
    model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] },
    pre_tokenizer: null,
    normalizer: null,
    decoder: null,
    post_processor: null,
    ...more,
  });
  const make = (more: object) => makeTokenizer(JSON.stringify(json(more)), {}, 'tokenizer.json', '');

  it('with a hyphen in an added token, which was no valid expression', async () => {
    const flags = { special: true, normalized: false, single_word: false, lstrip: false, rstrip: false };
    const tokenizer = make({ added_tokens: [{ id: 2, content: '<|im-end|>', ...flags }] });
    expect(await tokenizer.encode('a<|im-end|>b')).toEqual([0, 2, 1]);
  });

  it.each([
    ['an added token without id', { added_tokens: [{ content: 'x' }] }],
    ['a negative id', { added_tokens: [{ id: -1, content: 'x' }] }],
    ['ids that are no numbers', { model: { type: 'BPE', vocab: { a: 'x' }, merges: [] }, added_tokens: [] }],
    ['a pattern that would be passed over', { added_tokens: [], pre_tokenizer: { type: 'Split', pattern: {}, behavior: 'Isolated' } }],
    ['more added tokens than an expression holds', { added_tokens: Array.from({ length: 50_001 }, (_, id) => ({ id, content: `${id}` })) }],
  ])('%s', (_, more) => {
    expect(() => make(more)).toThrow(/^tokenizer.json: this tokenizer cannot be used/);
  });
});

describe('result files', () => {
  it('that nest deeply', () => {
    expect(() => parsePlainJson(`{"a": ${deep(5000)}}`)).toThrow(/nested deeper than 200/);
    expect(parsePlainJson(JSON.stringify({ a: Array(500).fill([{ b: '[[["\\' }]) }))).toHaveProperty('a');
  });

  it('whose groups hold one another in a thousand million ways', () => {
    const groups = new Map(Array.from({ length: 30 }, (_, i) => [`g${i}`, [`g${i + 1}`, `g${i + 1}`, 'g0']] as const));
    expect(leavesOf('g0', groups)).toEqual(['g30']);
  });

  it('of more shards than memory', () => {
    const shard = { index: 0, count: 2 ** 52 };
    expect(() => shardFileOf({ eus_eval: { shard } }, 'r.json')).toThrow(UserError);
  });

  it('samples with a bias that nests deeply', async () => {
    const hash = 'a'.repeat(64);
    const line = `{"doc_id":0,"doc_hash":"${hash}","prompt_hash":"${hash}","target_hash":"${hash}","metrics":["bias"],"bias":${deep(5000)}}`;
    async function* chunks() {
      yield Buffer.from(line);
    }
    await expect(readSamples('s.jsonl', 't', chunks())).rejects.toThrow(/nested deeper than 200/);
  });

  it('baselines with the names of what every object has', async () => {
    const samples = {
      n: 1,
      hashes: Buffer.alloc(4).toString('base64'),
      checks: 'AA==',
      bits: { constructor: 'AQ==' },
      scored: {},
      numbers: {},
      bias: null,
      margins: null,
      unscored: {},
    };
    const task = { group: false, values: {}, shots: null, version: null, fingerprint: null, documents: null, samples };
    const run = baselineOf(JSON.stringify({ eus_eval_baseline: 1, model: 'm', date: 1, groups: {}, tasks: { t: task } }), 'b.json');
    const unpacked = await run?.tasks.get('t')?.samples?.();
    expect(unpacked?.outcomes.get('constructor')).toEqual(Float64Array.from([1]));
  });

  it('names that a spreadsheet would take for a formula', () => {
    // Control characters become blanks first, so none of them hides the sign of a formula.
    expect(toCsv([['\r', '\t=1', '=1', '@a,b', '-1.5']])).toBe(' , =1,\'=1,"\'@a,b",-1.5\n');
  });
});

describe('servers', () => {
  const where = { url: 'http://x', model: 'm', keyFrom: 'KEY', secrets: [] };

  it.each(['[]', '[null]', `{"error": ${deep(20_000)}}`, '{"error": {"message": 5}}', 'null'])(
    'an error answer of another form (%#)',
    (text) => {
      expect(typeof readServerError(text).message).toBe('string');
      expect(judgeError({ status: 500, header: () => null, text }, where, 0)).toMatchObject({ kind: 'again' });
    },
  );

  it.each([-1e9, 1e300, '12', Number.NaN])('a count of tokens that is none (%s) leaves the answer, of unknown size', (count) => {
    const chat = { choices: [{ message: { content: 'a' } }], usage: { prompt_tokens: count, completion_tokens: 1 } };
    expect(readChat(chat)).toMatchObject({ kind: 'text', text: 'a', usage: null });
    expect(readChat({ ...chat, usage: 'many' })).toMatchObject({ kind: 'text', usage: null });
    // What it wrote is part of the price.
    expect(readChat({ ...chat, usage: { prompt_tokens: 3 } })).toMatchObject({ kind: 'text', usage: null });
    const message = { type: 'message', content: [], stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: count } };
    expect(readMessage(message)).toMatchObject({ kind: 'text', usage: null });
    const completion = { choices: [{ text: 'a' }], usage: { prompt_tokens: count, completion_tokens: 1 } };
    expect(readCompletion(completion, 1)).toMatchObject({ choices: [{ text: 'a' }], usage: null });
  });

  it('tokens that could lie anywhere', () => {
    const text = 'é'.repeat(3000);
    expect(alignTokens(Array(3000).fill('\ufffd'.repeat(30)), text, 1500)).toBeNull();
    expect(alignTokens([null, ...Array(3000).fill('\ufffd'.repeat(3000))], text, 1500)).toBeNull();
    expect(alignTokens(Array(2000).fill(null), text, 1500)).toBeNull();
  });
});
