import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeChoices, encodeText } from '../../src/models/encode.js';
import { specialsOf } from '../../src/models/post-processor.js';
import { loadTokenizer, type ModelTokenizer } from '../../src/models/tokenizer.js';
import { packagePath } from '../../src/package-files.js';

const json = z.record(z.string(), z.unknown());
// Made by make_special_cases.py with transformers.
const cases = z
  .object({
    texts: z.array(z.string()),
    rows: z.array(
      z.object({
        settings: z.string(),
        name: z.string(),
        change: json,
        post: json.nullable(),
        bos: z.number().nullable(),
        ids: z.array(z.array(z.number())),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(packagePath('test/fixtures/models/special-cases.json'), 'utf8')));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'encode-'));
});
afterAll(async () => rm(folder, { recursive: true }));

/** The fixture's tokenizer with other special tokens. */
async function madeUp(post: unknown, config: Readonly<Record<string, unknown>>, modelType = 'gemma2'): Promise<ModelTokenizer> {
  const dir = await mkdtemp(path.join(folder, 'model-'));
  await cp(packagePath('fixtures/models/tiny-llama'), dir, { recursive: true });
  const edit = async (name: string, change: Readonly<Record<string, unknown>>): Promise<void> =>
    writeFile(path.join(dir, name), JSON.stringify({ ...JSON.parse(readFileSync(path.join(dir, name), 'utf8')), ...change }));
  await edit('tokenizer.json', { post_processor: post });
  await edit('tokenizer_config.json', { bos_token: '<|im_start|>', ...config });
  await edit('config.json', { model_type: modelType });
  return loadTokenizer(dir);
}

describe('special tokens around a text', () => {
  it.each(cases.rows)('are those of transformers: $name, $settings', async ({ post, change, bos, ids }) => {
    const tokenizer = await madeUp(post, change);
    expect(await Promise.all(cases.texts.map((text) => encodeText(tokenizer, text, { addBos: true })))).toEqual(ids);
    expect(tokenizer.bos?.id ?? null).toBe(bos);
    // Models that are no Gemma get none of them, as in the recorded runs.
    expect(await encodeText(tokenizer, 'kaixo', { addBos: false })).toEqual(await tokenizer.encode('kaixo'));
  });

  it('are not put before a text that begins with the BOS', async () => {
    const bos = cases.rows.find((row) => row.name === 'BOS')?.post;
    const tokenizer = await madeUp(bos, {});
    const plain = await tokenizer.encode('kaixo');
    expect(await encodeText(tokenizer, '<|im_start|>kaixo', { addBos: true })).toEqual([1, ...plain]);
    expect(await encodeText(tokenizer, 'kaixo', { addBos: true })).toEqual([1, ...plain]);
  });

  it('leave the border of context and continuation where it is', async () => {
    const bos = cases.rows.find((row) => row.name === 'BOS')?.post;
    for (const [post, first] of [
      [bos, [1]],
      [null, []],
    ] as const) {
      const tokenizer = await madeUp(post, {});
      const [pair] = await encodeChoices(tokenizer, 'Galdera: zer da?  ', ['bai'], { addBos: true });
      expect(pair?.context).toEqual([...first, ...(await tokenizer.encode('Galdera: zer da?'))]);
      expect([...(pair?.context ?? []), ...(pair?.continuation ?? [])]).toEqual([
        ...first,
        ...(await tokenizer.encode('Galdera: zer da?  bai')),
      ]);
    }
  });

  it.each([
    ['a kind that nobody knows', { type: 'Magic' }],
    ['a template without a text', { type: 'TemplateProcessing', single: [], special_tokens: {} }],
    [
      'a template with a token that it does not explain',
      { type: 'TemplateProcessing', single: [{ SpecialToken: { id: 'x' } }], special_tokens: {} },
    ],
    ['no list of processors', { type: 'Sequence', processors: {} }],
    [
      'two processors that both add tokens',
      { type: 'Sequence', processors: [1, 2].map((id) => ({ type: 'BertProcessing', cls: ['x', id], sep: ['y', id] })) },
    ],
    ['no ids', { type: 'BertProcessing', cls: ['x'], sep: ['y', 'z'] }],
  ])('that cannot be known are an error, for those who need them: %s', async (_name, post) => {
    expect(specialsOf(post)).toBeNull();
    const tokenizer = await madeUp(post, {}).catch((error: unknown) => String(error));
    // Most are unknown to the engine too, and then the file is refused as a whole.
    if (typeof tokenizer === 'string') {
      expect(tokenizer).toMatch(/tokenizer\.json: this tokenizer cannot be used: post_processor/);
      return;
    }
    await expect(encodeText(tokenizer, 'kaixo', { addBos: true })).rejects.toThrow(/post_processor is of a kind that is not known/);
    expect(await encodeText(tokenizer, 'kaixo', { addBos: false })).toEqual(await tokenizer.encode('kaixo'));
  });
});

describe('BOS and EOS that nobody names', () => {
  // As the class GemmaTokenizer of transformers has them; `null` says that there is none.
  const GEMMA = { tokenizer_class: 'GemmaTokenizer' };
  const flags = { special: true, normalized: false, single_word: false, lstrip: false, rstrip: false };
  const added = [
    { id: 0, content: '<bos>', ...flags },
    { id: 1, content: '<eos>', ...flags },
  ];
  async function ends(config: Readonly<Record<string, unknown>>, modelType: string): Promise<(number | null)[]> {
    const dir = await mkdtemp(path.join(folder, 'ends-'));
    const model = { type: 'BPE', vocab: { '<bos>': 0, '<eos>': 1, a: 2 }, merges: [] };
    const whole = { added_tokens: added, model, normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
    await writeFile(path.join(dir, 'tokenizer.json'), JSON.stringify(whole));
    await writeFile(path.join(dir, 'tokenizer_config.json'), JSON.stringify(config));
    await writeFile(path.join(dir, 'config.json'), JSON.stringify({ model_type: modelType }));
    const tokenizer = await loadTokenizer(dir);
    return [tokenizer.bos?.id ?? null, tokenizer.eos?.id ?? null];
  }
  it('are <bos> and <eos> for Gemma', async () => {
    expect(await ends(GEMMA, 'gemma2')).toEqual([0, 1]);
    expect(await ends({ tokenizer_class: 'GemmaTokenizerFast' }, 'gemma')).toEqual([0, 1]);
    expect(await ends({}, 'gemma3_text')).toEqual([0, 1]);
    expect(await ends({ ...GEMMA, bos_token: null }, 'gemma2')).toEqual([null, 1]);
    expect(await ends({ tokenizer_class: 'PreTrainedTokenizerFast' }, 'gemma2')).toEqual([null, null]);
    expect(await ends({}, 'llama')).toEqual([null, null]);
  });
});
