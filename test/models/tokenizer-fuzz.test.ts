import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeTokenizer } from '../../src/models/tokenizer.js';
import { packagePath } from '../../src/package-files.js';

const part = z.record(z.string(), z.unknown());
// Made by make_tokenizer_fuzz.py with Python's library: random components over five small models. A longer list (in the long job) is named by the variable.
const file = process.env.EUS_EVAL_TOKENIZER_FUZZ ?? packagePath('test/fixtures/models/tokenizer-fuzz.json');
const { models, cases } = z
  .object({
    models: z.record(z.string(), part),
    cases: z.array(
      z.looseObject({
        kind: z.string(),
        model: part.optional(),
        texts: z.array(z.string()),
        refused: z.boolean().optional(),
        results: z.array(z.tuple([z.array(z.number()), z.string()]).nullable()).optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(file, 'utf8')));

describe('random tokenizers', () => {
  it.each(cases.map((one, index) => ({ one, index })))(
    '$index ($one.kind): ids and texts of the Python library, or refused by both',
    async ({ one }) => {
      const { kind, model, texts, refused, results, ...components } = one;
      const json = JSON.stringify({ version: '1.0', post_processor: null, ...components, model: { ...models[kind], ...model } });
      const make = () => makeTokenizer(json, {}, 'tokenizer.json', '');
      if (refused === true) {
        expect(make).toThrow(/this tokenizer cannot be used/);
        return;
      }
      const tokenizer = make();
      for (const [i, text] of texts.entries()) {
        const expected = results?.[i] ?? null;
        // A text that stops Python's library has no tokens to compare.
        if (expected === null) continue;
        const [ids, decoded] = expected;
        // Twice: the second time pieces come from the memory.
        for (let round = 0; round < 2; round++) expect(await tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
        expect(tokenizer.decode(ids, { skipSpecialTokens: true }), JSON.stringify(ids)).toBe(decoded);
      }
    },
  );
});
