import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeTokenizer } from '../../src/models/tokenizer.js';
import { packagePath } from '../../src/package-files.js';

// Made by make_config_tokens.py with transformers.
const { file, texts, rows } = z
  .object({
    file: z.record(z.string(), z.unknown()),
    texts: z.array(z.string()),
    rows: z.array(
      z.object({
        name: z.string(),
        added: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.boolean()]))),
        size: z.number(),
        ids: z.array(z.array(z.number())),
        decoded: z.array(z.string()),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(packagePath('test/fixtures/models/config-tokens.json'), 'utf8')));

describe('added_tokens_decoder of tokenizer_config.json', () => {
  it.each(rows)('is taken as in transformers: $name', async ({ added, size, ids, decoded }) => {
    const tokenizer = makeTokenizer(JSON.stringify(file), { added_tokens_decoder: added }, 'tokenizer.json', '');
    expect(await tokenizer.encodeAll(texts)).toEqual(ids);
    expect(ids.map((one) => tokenizer.decode(one, { skipSpecialTokens: true }))).toEqual(decoded);
    expect(tokenizer.vocabSize).toBe(size);
  });

  it('an entry without a text is refused by its id', () => {
    const make = () => makeTokenizer(JSON.stringify(file), { added_tokens_decoder: { 9: { special: true } } }, 'tokenizer.json', '');
    expect(make).toThrow(/added_tokens_decoder of tokenizer_config.json: "9" has no content/);
  });

  it('checks these tokens for what stops the library, too', () => {
    const added_tokens_decoder = { 9: { content: '\n', normalized: true } };
    const make = () =>
      makeTokenizer(
        JSON.stringify({ ...file, normalizer: { type: 'Strip', strip_left: true, strip_right: true } }),
        { added_tokens_decoder },
        'tokenizer.json',
        '',
      );
    expect(make).toThrow(/nothing is left of "\\n" behind the normalizer/);
  });
});
