import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, it } from 'vitest';
import { readGenerationConfig } from '../../src/backends/onnx/prepare-model.js';
import { readHeader } from '../../src/backends/onnx/safetensors.js';
import { readWeights } from '../../src/backends/onnx/weight-files.js';
import { chatRenderer, chatTemplateOf } from '../../src/models/chat-template.js';
import { parseModelConfig } from '../../src/models/model-config.js';
import { makeTokenizer } from '../../src/models/tokenizer.js';
import { packagePath } from '../../src/package-files.js';
import { nearJson, nearText, options, property, runs, survives, survivesLater, TIMEOUT } from './tools.js';

// In memory where the system has such a folder: thousands of small files are written.
const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tiny = (name: string): string => readFileSync(path.join(packagePath('fixtures/models/tiny-llama'), name), 'utf8');

/** A parsed JSON text, or undefined where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe(`${runs} hostile model files each`, () => {
  it('safetensors headers: no tensor lies outside its file', { timeout: TIMEOUT }, async () => {
    const DATA = 64;
    const header = {
      __metadata__: { format: 'pt' },
      'model.embed_tokens.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
      'lm_head.weight': { dtype: 'BF16', shape: [4, 5], data_offsets: [24, 64] },
      scale: { dtype: 'F16', shape: [], data_offsets: [0, 2] },
      none: { dtype: 'F32', shape: [0, 4], data_offsets: [64, 64] },
    };
    const file = path.join(folder, 'model.safetensors');
    const length = fc.oneof(
      { weight: 8, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
      { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 300n }) },
    );
    const hostile = property(nearJson([header]), length, fc.nat(DATA + 8), async (text, said, missing) => {
      const json = Buffer.from(text);
      const bytes = Buffer.alloc(8 + json.length + DATA);
      bytes.writeBigUInt64LE(said ?? BigInt(json.length));
      json.copy(bytes, 8);
      writeFileSync(file, bytes.subarray(0, missing > DATA ? bytes.length - missing + DATA : bytes.length));
      const read = await survivesLater(() => readHeader(file));
      for (const [name, { offset, length: size, shape }] of read?.tensors ?? []) {
        const inside = offset >= 8 && size >= 0 && offset + size <= (read?.size ?? 0);
        if (!inside || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) throw new Error(`${name} lies outside`);
      }
    });
    await fc.assert(hostile, options);
  });

  it('indexes of shards: no file outside the folder', { timeout: TIMEOUT }, async () => {
    const inner = mkdtempSync(path.join(folder, 'index-'));
    const header = Buffer.from('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
    const bytes = Buffer.alloc(8 + header.length + 4);
    bytes.writeBigUInt64LE(BigInt(header.length));
    header.copy(bytes, 8);
    writeFileSync(path.join(inner, 'model-1.safetensors'), bytes);
    writeFileSync(path.join(folder, 'outside.safetensors'), bytes);
    const index = { metadata: { total_size: 4 }, weight_map: { a: 'model-1.safetensors', b: '../outside.safetensors' } };
    const good = { weight_map: { a: 'model-1.safetensors' } };
    const hostile = property(nearJson([index, good, good]), async (text) => {
      writeFileSync(path.join(inner, 'model.safetensors.index.json'), text);
      const weights = await survivesLater(() => readWeights(inner));
      for (const { file } of weights?.tensors.values() ?? []) if (path.dirname(file) !== weights?.root) throw new Error(`read ${file}`);
    });
    await fc.assert(hostile, options);
  });

  it('config.json', { timeout: TIMEOUT }, async () => {
    const base = {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      hidden_size: 64,
      intermediate_size: 128,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      vocab_size: 512,
      max_position_embeddings: 2048,
      rope_theta: 500_000,
      rope_scaling: { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 },
      eos_token_id: [1, 2],
    };
    const gemma = {
      ...base,
      model_type: 'gemma3_text',
      head_dim: 16,
      rope_scaling: null,
      rope_parameters: { full_attention: { rope_theta: 1e6, rope_type: 'linear', factor: 8 }, sliding_attention: { rope_theta: 1e4 } },
      sliding_window: 32,
      layer_types: ['sliding_attention', 'full_attention'],
      attn_logit_softcapping: 50,
    };
    const hostile = property(nearJson([base, gemma, parsed(tiny('config.json'))]), (text) => {
      const config = survives(() => parseModelConfig(parsed(text), 'config.json'));
      if (config === null) return;
      const { hiddenSize, heads, kvHeads, headDim, layers, vocabSize, maxLength, slidingLayers } = config;
      for (const n of [hiddenSize, heads, kvHeads, headDim, layers, vocabSize, maxLength])
        if (!Number.isSafeInteger(n) || n < 1) throw new Error(`${n} is no size`);
      if (heads % kvHeads !== 0 || headDim % 2 !== 0 || (slidingLayers !== null && slidingLayers.length !== layers)) throw new Error('odd');
      for (const rope of [config.rope, config.ropeLocal]) if (!(rope.theta > 0)) throw new Error('rope');
    });
    await fc.assert(hostile, options);
  });

  it('generation_config.json', { timeout: TIMEOUT }, async () => {
    const file = path.join(folder, 'generation_config.json');
    const hostile = property(nearJson([{ bos_token_id: 1, eos_token_id: [1, 2], temperature: 0.6 }, { eos_token_id: 2 }]), async (text) => {
      writeFileSync(file, text);
      const read = await survivesLater(() => readGenerationConfig(folder, [7]));
      for (const id of read?.eos ?? []) if (typeof id !== 'number') throw new Error(`end of text ${id}`);
    });
    await fc.assert(hostile, options);
  });

  it('tokenizer.json and tokenizer_config.json', { timeout: TIMEOUT }, async () => {
    const bpe = {
      added_tokens: [
        { id: 8, content: '<s>', special: true, normalized: false, single_word: false, lstrip: false, rstrip: false },
        { id: 9, content: '<|im-end|>', special: true, normalized: false, single_word: false, lstrip: false, rstrip: true },
      ],
      normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }] },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: '\\p{L}+| ' }, behavior: 'Isolated', invert: false },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
        ],
      },
      post_processor: { type: 'TemplateProcessing', single: [{ Sequence: { id: 'A', type_id: 0 } }], pair: [], special_tokens: {} },
      decoder: {
        type: 'Sequence',
        decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }],
      },
      model: {
        type: 'BPE',
        vocab: { a: 0, b: 1, ab: 2, '<0x0A>': 3, '▁': 4, Ġ: 5, c: 6, '<unk>': 7 },
        merges: ['a b'],
        unk_token: '<unk>',
        byte_fallback: true,
      },
    };
    const unigram = {
      ...bpe,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
      model: {
        type: 'Unigram',
        unk_id: 0,
        vocab: [
          ['<unk>', 0],
          ['▁', -1],
          ['a', -2.5],
          ['ab', -1.5],
        ],
      },
    };
    const config = {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<s>',
      eos_token: { content: '<|im-end|>' },
      clean_up_tokenization_spaces: false,
    };
    const isObject = (value: unknown): value is Record<string, never> =>
      typeof value === 'object' && value !== null && !Array.isArray(value);
    // Few edited files get past the reader, which is strict; beside a whole file the other one is tried, too.
    const whole = fc.constantFrom(JSON.stringify(bpe), JSON.stringify(unigram));
    const files = fc.oneof({ weight: 3, arbitrary: nearJson([bpe, unigram]) }, { weight: 1, arbitrary: whole });
    let usable = 0;
    const hostile = property(files, nearJson([config]), async (text, settings) => {
      const [json, second] = [parsed(text), parsed(settings)];
      if (!isObject(json) || !isObject(second)) return;
      const tokenizer = survives(() => makeTokenizer(text, second, 'tokenizer.json', ''));
      if (tokenizer === null) return;
      usable++;
      const ids = await survivesLater(() => tokenizer.encode('ab <s> cab\n<|im-end|> é'));
      if (ids !== null && !Array.isArray(ids)) throw new Error('no ids');
      const back = survives(() => tokenizer.decode([0, 3, 9, 1_000_000, -1]));
      if (back !== null && typeof back !== 'string') throw new Error('no text');
      if (!Number.isSafeInteger(tokenizer.vocabSize) || tokenizer.vocabSize < 0) throw new Error(`vocabulary of ${tokenizer.vocabSize}`);
      for (const token of [tokenizer.bos, tokenizer.eos])
        if (token !== null && !(Number.isSafeInteger(token.id) && token.id >= 0)) throw new Error(`special token ${token.id}`);
    });
    await fc.assert(hostile, options);
    if (usable < runs / 10) throw new Error(`only ${usable} of ${runs} got to the tokenizer`);
  });

  const messages = [
    { role: 'system', content: 'Be <b>' },
    { role: 'user', content: 'Kaixo\n{{ 1 }}' },
    { role: 'assistant', content: ' bai ' },
    { role: 'user', content: 'é\ud800' },
  ] as const;
  const TEMPLATES = [
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{{ '<|' + message.role + '|>\n' + message['content'] | trim + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
    "{%- set ns = namespace(n=0, all=[]) -%}{% macro show(m, deep=false) %}{{ m.content.split('\n')[0] | upper }}{% endmacro %}{% for m in messages[1:] if m.role != 'tool' %}{% set ns.n = ns.n + 1 %}{% set ns.all = ns.all + [m] %}{{ show(m) ~ ns.n }}{% endfor %}{{ ns.all | tojson(indent=2) }}{{ messages | map(attribute='role') | join(', ') }}{% filter upper %}x{% endfilter %}",
    "{% for i in range(3) %}{{ i ** 2 }}{{ 'ab' * i if false else 'x' }}{{ strftime_now('%d') if strftime_now is defined }}{{ [1, 2, {'a': messages}] | length }}{{ messages[-1]['content'].replace('a', 'b') }}{% endfor %}",
  ];
  const PIECES = [
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    '-%}',
    '{%-',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    "'",
    '"',
    '|',
    '.',
    ',',
    ':',
    '=',
    '==',
    '~',
    '+',
    '*',
    '**',
    '-',
    'not ',
    ' in ',
    ' is ',
    'if ',
    '{% endif %}',
    '{% endfor %}',
    '{% for x in messages %}',
    '{% for i in range(9999) %}',
    '{% set x = messages %}',
    '{% set ns.a = [ns, ns] %}',
    '| tojson',
    '| join',
    '| length',
    '| items',
    ' messages ',
    'ns',
    'loop',
    '__proto__',
    'constructor',
    '.constructor',
    "['__proto__']",
    '9999999999999999999',
    '1e5',
    '\\',
    '\\x',
    '\n',
    'none',
    'caller()',
    '{% call show(1) %}',
    '{% break %}',
    '*messages',
    '\u0000',
    ' ',
  ];

  it('chat templates', { timeout: TIMEOUT }, async () => {
    let rendered = 0;
    const hostile = property(nearText(TEMPLATES, PIECES), (source) => {
      const render = survives(() => chatRenderer(source, { bos_token: '<s>', eos_token: '</s>' }, { now: new Date(0) }));
      if (render === null) return;
      const text = survives(() => render(messages, { addGenerationPrompt: true }));
      if (text !== null && typeof text !== 'string') throw new Error('no text');
      if (text !== null) rendered++;
      survives(() => render([{ role: 'user', content: '' }], { continueFinalMessage: true }));
    });
    await fc.assert(hostile, options);
    if (rendered < runs / 20) throw new Error(`only ${rendered} of ${runs} were rendered`);
  });

  it('the files that chat templates stand in', { timeout: TIMEOUT }, async () => {
    const config = {
      chat_template: [
        { name: 'default', template: '{{ bos_token }}{{ messages[0].content }}' },
        { name: 'tool_use', template: '' },
      ],
      bos_token: '<s>',
      eos_token: { content: '</s>' },
      model_max_length: 1e30,
    };
    const text = nearJson([config, { ...config, chat_template: '{{ eos_token }}' }, { bos_token: '<s>' }]);
    const other = fc.option(text);
    const hostile = property(
      fc.option(text),
      fc.option(fc.constant('{{ bos_token }}'), { freq: 2 }),
      other,
      other,
      (one, separate, older, tokens) => {
        const template = survives(() => chatTemplateOf({ config: one, separate, older, tokens }, 'folder'));
        if (template !== null) survives(() => template.render(messages));
      },
    );
    await fc.assert(hostile, options);
  });
});
