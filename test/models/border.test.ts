import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeChoices } from '../../src/models/encode.js';
import { loadTokenizer } from '../../src/models/tokenizer.js';
import { packagePath } from '../../src/package-files.js';
import { SHARED } from '../shared.js';

const ids = z.array(z.number());
// Made by make_border_cases.py with the harness (lm-eval 0.4.8).
const cases = z
  .record(z.string(), z.object({ addBos: z.boolean(), pairs: z.array(z.tuple([z.string(), z.string(), ids, ids])) }))
  .parse(JSON.parse(readFileSync(packagePath('test/fixtures/models/border-cases.json'), 'utf8')));

const folderOf = (name: string): string | undefined =>
  [packagePath(`fixtures/models/${name}`), `${SHARED}/models/${name}`].find((folder) => existsSync(folder));

describe.each(Object.entries(cases))('context and continuation of %s', (name, { addBos, pairs }) => {
  const folder = folderOf(name);
  it.skipIf(folder === undefined)('are the tokens of the harness', async () => {
    const tokenizer = await loadTokenizer(folder ?? '');
    for (const [context, continuation, contextIds, continuationIds] of pairs) {
      const [pair] = await encodeChoices(tokenizer, context, [continuation], { addBos });
      // Where a text begins with the BOS itself, two stand there and one here (it is told in the result).
      const begins = addBos && tokenizer.bos !== null && (context + continuation).startsWith(tokenizer.bos.text);
      const one = begins && context !== '' ? contextIds.slice(1) : contextIds;
      const other = begins && context === '' ? continuationIds.slice(1) : continuationIds;
      expect([pair?.context, pair?.continuation], JSON.stringify([context, continuation])).toEqual([one, other]);
    }
  });
});
