import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { makeTokenizer } from '../../src/models/tokenizer.js';
import { MAX_TEXT, repeatsRepetition } from '../../src/models/tokenizer-hazards.js';
import { packagePath } from '../../src/package-files.js';

type Part = Readonly<Record<string, unknown>>;
const model = { type: 'BPE', vocab: { a: 0, b: 1, é: 2, ab: 3, aé: 4 }, merges: ['a b', 'a é'] };
const fileOf = (parts: Part): string => JSON.stringify({ version: '1.0', added_tokens: [], model, ...parts });
const blanks = { id: 5, content: '\n\n', single_word: false, lstrip: false, rstrip: true, normalized: true, special: false };
const strip = { type: 'Strip', strip_left: true, strip_right: true };
const split = (regex: string): Part => ({ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false });
const charsmap = (units: readonly number[], texts: string): string => {
  const head = Buffer.alloc(4 + 4 * units.length);
  head.writeUInt32LE(4 * units.length, 0);
  for (const [i, unit] of units.entries()) head.writeUInt32LE(unit, 4 + 4 * i);
  return Buffer.concat([head, Buffer.from(texts)]).toString('base64');
};
/** A trie of one word: `a` becomes the text at a place. */
function oneWord(place: number): number[] {
  const units = Array.from({ length: 512 }, () => 0);
  units[0] = 256 << 10;
  // The unit of `a` is at the base 256 with its own byte as label; the place of its text stands 1 behind it.
  units[256 ^ 0x61] = (1 << 10) | (1 << 8) | 0x61;
  units[256 ^ 0x61 ^ 1] = place;
  return units;
}

const HAZARDS: Readonly<Record<string, readonly [Part, string, RegExp]>> = {
  'an added token of which the normalizer leaves nothing': [
    { added_tokens: [blanks], normalizer: strip },
    'aé b',
    /nothing is left of "\\n\\n" behind the normalizer/,
  ],
  'blanks that two added tokens take': [
    {
      added_tokens: [
        { ...blanks, content: '>', normalized: false },
        { ...blanks, id: 6, content: '\n', lstrip: true, rstrip: false, normalized: false },
      ],
    },
    'a>\n  b',
    /">" with rstrip takes blanks away in which "\\n" with lstrip is found/,
  ],
  'pieces of length 0': [{ pre_tokenizer: { type: 'FixedLength', length: 0 } }, 'ab', /length 0/],
  'merges without the prefix': [
    { model: { ...model, continuing_subword_prefix: '##' } },
    'ab',
    /"a b" has a second part that does not begin with continuing_subword_prefix "##"/,
  ],
  'a merge longer than every token': [
    { model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: ['a b'] } },
    'ab',
    /"a b" makes a token that is not in model.vocab/,
  ],
  'repeated repetitions': [{ pre_tokenizer: split('(a+)+$') }, `${'a'.repeat(40)}b`, /repeats a group of nothing but repetitions/],
  'an empty charsmap': [{ normalizer: { type: 'Precompiled', precompiled_charsmap: '' } }, 'ab', /precompiled_charsmap that is not base64/],
  'a charsmap cut short': [
    { normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAQAAAAAAAA=' } },
    'ab',
    /precompiled_charsmap whose table is cut short/,
  ],
  'a charsmap that points outside its table': [
    { normalizer: { type: 'Precompiled', precompiled_charsmap: charsmap([1 << 10, 0], '') } },
    'ab',
    /table points outside itself/,
  ],
  'a charsmap that points outside its texts': [
    { normalizer: { type: 'Precompiled', precompiled_charsmap: charsmap(oneWord(9), 'b\0') } },
    'ab',
    /table points outside its texts/,
  ],
};

describe('files that would end the process', () => {
  it.each(Object.entries(HAZARDS))('%s: refused by name', (_, [parts, , message]) => {
    expect(() => makeTokenizer(fileOf(parts), {}, 'tokenizer.json', '')).toThrow(message);
  });

  // That each of them does end it: once the engine reports an error instead, the refusal can go.
  it.skipIf(process.env.EUS_EVAL_TOKENIZER_ABORTS === undefined).each(Object.entries(HAZARDS))(
    '%s: the engine ends its process',
    { timeout: 60_000 },
    (_, [parts, text]) => {
      const code = `const { Tokenizer } = require(${JSON.stringify(packagePath('node_modules/tokenizers'))});
        Tokenizer.fromString(${JSON.stringify(fileOf(parts))}).encodeBatch([${JSON.stringify(text)}]);`;
      expect(spawnSync(process.execPath, ['-e', code]).signal).toBe('SIGABRT');
    },
  );

  it('refuses a text that is too long for the search of expressions', async () => {
    const tokenizer = makeTokenizer(fileOf({}), {}, 'tokenizer.json', '');
    await expect(tokenizer.encode(' '.repeat(MAX_TEXT + 1))).rejects.toThrow(/a text of 2000001 characters; at most 2000000 are tokenized/);
  });

  it('takes a sound charsmap', async () => {
    const normalizer = { type: 'Precompiled', precompiled_charsmap: charsmap(oneWord(2), 'a\0b\0') };
    const tokenizer = makeTokenizer(fileOf({ normalizer }), {}, 'tokenizer.json', '');
    expect(await tokenizer.encode('ab')).toEqual([1, 1]);
  });

  it('keeps an added token of which something is left', async () => {
    const tokenizer = makeTokenizer(
      fileOf({ added_tokens: [{ ...blanks, content: '\n>\n' }], normalizer: strip }),
      {},
      'tokenizer.json',
      '',
    );
    expect(await tokenizer.encode('a> é')).toEqual([0, 5, 2]);
  });
});

describe('repeatsRepetition', () => {
  it.each(['(a+)+', '(?:\\w+\\s?)*', '(a|b*)+c', '((?:a*))+', '(?:[^\\]]+){2,}', '(?i:\\p{L}+)+', '(a+|b)*$'])('knows %s', (source) => {
    expect(repeatsRepetition(source)).toBe(true);
  });
  it.each([
    'a+',
    '(?:\\d{3})*',
    '(?=(\\d{3})+(?!\\d))',
    '(?: \\p{L}+)+',
    '(?>a+)+',
    '(?:a++)+',
    '[(a+)+]+',
    '\\(a+\\)+',
    '(a|b)+',
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ])('leaves %s alone', (source) => {
    expect(repeatsRepetition(source)).toBe(false);
  });
});
