import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadTokenizer } from '../../src/models/tokenizer.js';
import { SHARED } from '../shared.js';

const file = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const schema = z.object({
  texts: z.array(z.string()),
  tokenizers: z.record(
    z.string(),
    z.object({
      bos: z.number().nullable(),
      eos: z.number().nullable(),
      encode: z.array(z.array(z.number())),
      decode: z.array(z.tuple([z.array(z.number()), z.string(), z.string()])),
    }),
  ),
});
// Made by make_tokenizer_cases.py with Python's library.
const cases = schema.parse(JSON.parse(readFileSync(file('../fixtures/onnx/tokenizer-cases.json'), 'utf8')));

function folderOf(name: string): string | null {
  const candidates = [
    file(`../../fixtures/models/${name}`),
    `${SHARED}/models/${name}`,
    ...(name === 'smollm2' ? [process.env.EUS_EVAL_SMOLLM2 ?? ''] : []),
  ];
  return candidates.find((folder) => folder !== '' && existsSync(`${folder}/tokenizer.json`)) ?? null;
}

describe.each(Object.entries(cases.tokenizers))('tokenizer of %s', (name, expected) => {
  const folder = folderOf(name);
  it.skipIf(folder === null)('gives the ids of the Python library', async () => {
    const tokenizer = await loadTokenizer(folder ?? '');
    // Twice: the second time most pieces come from the memory.
    for (let round = 0; round < 2; round++) {
      for (const [i, text] of cases.texts.entries()) expect(await tokenizer.encode(text), JSON.stringify(text)).toEqual(expected.encode[i]);
    }
    expect(tokenizer.bos?.id ?? null).toBe(expected.bos);
    expect(tokenizer.eos?.id ?? null).toBe(expected.eos);
  });
  it.skipIf(folder === null)('decodes like the Python library', async () => {
    const tokenizer = await loadTokenizer(folder ?? '');
    for (const [ids, raw, clean] of expected.decode) {
      expect(tokenizer.decode(ids), JSON.stringify(ids)).toBe(raw);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true }), JSON.stringify(ids)).toBe(clean);
    }
  });
  it.skipIf(folder === null)('gives the same ids whatever was encoded before', async () => {
    const warm = await loadTokenizer(folder ?? '');
    await warm.encodeAll(cases.texts);
    const part = fc.constantFrom(...cases.texts, ' a', '\n', ' word', 'x y\nz w v', '<bos>', '<|im_end|>');
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        const text = parts.join('');
        const cold = await loadTokenizer(folder ?? '');
        expect(await warm.encode(text)).toEqual(await cold.encode(text));
      }),
      { numRuns: 5 },
    );
  });
});

describe('tokenizer_config.json', () => {
  const tiny = file('../../fixtures/models/tiny-llama');
  const texts = ['Kaixo, mundua!', '<|im_start|>a 123\n\n b'];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tokenizer-'));
    copyFileSync(`${tiny}/tokenizer.json`, `${folder}/tokenizer.json`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('may be absent: the same ids, and the ends of special_tokens_map.json', async () => {
    const whole = await loadTokenizer(tiny);
    const bare = await loadTokenizer(folder);
    expect(await bare.encodeAll(texts)).toEqual(await whole.encodeAll(texts));
    expect([bare.bos, bare.eos]).toEqual([null, null]);
    writeFileSync(`${folder}/special_tokens_map.json`, '{"eos_token": {"content": "<|im_end|>"}}');
    expect((await loadTokenizer(folder)).eos).toEqual(whole.eos);
  });

  it('may hold Infinity and NaN, as Python writes them', async () => {
    writeFileSync(`${folder}/tokenizer_config.json`, '{"model_max_length": Infinity, "x": [NaN, -Infinity], "eos_token": "<|im_end|>"}');
    expect((await loadTokenizer(folder)).eos?.text).toBe('<|im_end|>');
  });
});

describe('a broken tokenizer', () => {
  it('names the missing file', async () => {
    await expect(loadTokenizer('/nowhere')).rejects.toThrow(/\/nowhere\/tokenizer.json: no such file/);
  });
});
