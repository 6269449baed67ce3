import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { readJsonLines } from '../../src/data/jsonl.js';
import { readParquet } from '../../src/data/parquet.js';
import { filesOfSplit } from '../../src/data/shards.js';
import { readThrift } from '../../src/data/thrift.js';
import { UserError } from '../../src/errors.js';
import { dumpsJson, parseJson } from '../../src/python/json.js';
import type { Doc } from '../../src/types.js';
import { collect, tempFolder } from './temp.js';

/** Cases of each parser; a longer job sets EUS_EVAL_FUZZ_RUNS and EUS_EVAL_FUZZ_SEED. */
const runs = Number(process.env.EUS_EVAL_FUZZ_RUNS ?? 10_000);
const seed = Number(process.env.EUS_EVAL_FUZZ_SEED ?? 20_260_101);
const TIMEOUT = 60_000 + runs * 20;
/** What reading one tiny hostile file may add to the process, in bytes. */
const MEMORY = 700 * 1024 * 1024;

/** Reads hostile content; it must give documents or one clear line that names the file. */
async function survives(docs: AsyncIterable<Doc>): Promise<readonly Doc[] | null> {
  try {
    const read = await collect(docs);
    for (const doc of read.slice(0, 5)) dumpsJson(doc);
    return read;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!error.message.includes(FILE) || error.message.includes('\n') || error.message.length > 600)
      throw new Error(`no clear line: ${error.message}`);
    return null;
  } finally {
    if (++cases % 200 === 0) expect(process.memoryUsage().rss).toBeLessThan(start + MEMORY);
  }
}
const FILE = join(tempFolder(), 'file');
let cases = 0;
const start = process.memoryUsage().rss;

async function* chunked(bytes: Buffer): AsyncGenerator<Buffer> {
  // In two chunks, so that lines and characters are cut.
  const half = bytes.length >> 1;
  if (half > 0) yield bytes.subarray(0, half);
  if (bytes.length > half) yield bytes.subarray(half);
}

/** Text near JSON: pieces that parsers trip over, between valid objects. */
const piece = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\n',
  '\r\n',
  '\\',
  '\\u',
  '\\ud800',
  '-',
  '0',
  '1e',
  '1.0',
  '9'.repeat(20),
  'null',
  'NaN',
  '{"a": 1}',
  '"__proto__": ',
  '\ufeff',
  '\u0000',
  ' ',
);
const pieces = fc.oneof(
  { weight: 3, arbitrary: fc.array(piece, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)) },
);

describe(`${runs} hostile inputs each`, () => {
  it('JSON lines', { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (bytes) => void (await survives(readJsonLines(FILE, chunked(bytes))))),
      { numRuns: runs, seed },
    );
    expect(Object.prototype).not.toHaveProperty('a');
  });

  it('JSON lines of any values come back as they were', { timeout: TIMEOUT }, async () => {
    const docs = fc.array(fc.dictionary(fc.string({ unit: 'binary', maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }), {
      maxLength: 5,
    });
    const property = fc.asyncProperty(docs, async (values) => {
      const lines = values.map((value) => JSON.stringify(value));
      const read = await survives(readJsonLines(FILE, chunked(Buffer.from(lines.join('\n')))));
      expect(read?.map(dumpsJson)).toEqual(lines.map((line) => dumpsJson(parseJson(line))));
    });
    await fc.assert(property, { numRuns: Math.ceil(runs / 10), seed });
  });

  it('CSV and TSV', { timeout: TIMEOUT }, async () => {
    const cell = fc.constantFrom(
      'a',
      '"',
      '""',
      ',',
      '\t',
      '\n',
      '\r',
      '\r\n',
      '1',
      '-',
      '1e5',
      'NA',
      'True',
      ' ',
      '\ufeff',
      '\u0000',
      'ñ',
      '9'.repeat(30),
      '__proto__',
      'inf',
    );
    const bytes = fc.oneof(
      { weight: 4, arbitrary: fc.array(cell, { maxLength: 25 }).map((parts) => Buffer.from(parts.join(''))) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
    );
    const property = fc.asyncProperty(
      bytes,
      fc.constantFrom<',' | '\t'>(',', '\t'),
      async (content, delimiter) => void (await survives(readCsv(FILE, delimiter, () => chunked(content)))),
    );
    await fc.assert(property, { numRuns: runs, seed });
  });

  it('parquet: real files with bytes changed, cut out, doubled and cut off', { timeout: TIMEOUT }, async () => {
    const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));
    const bases = readdirSync(fixtures)
      .filter((name) => name.endsWith('.parquet') && statSync(join(fixtures, name)).size < 10_000)
      .map((name) => readFileSync(join(fixtures, name)));
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
      kind: fc.constantFrom('set', 'set', 'set', 'footer', 'footer', 'insert', 'delete', 'double', 'cut'),
    });
    const property = fc.asyncProperty(
      fc.constantFrom(...bases),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (base, changes) => {
        const bytes = changes.reduce(mutate, base);
        writeFileSync(FILE, bytes);
        await survives(readParquet(FILE));
      },
    );
    await fc.assert(property, { numRuns: runs, seed });
  });

  it('Thrift structures', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        readThrift({ bytes, at: 0 });
      } catch (error) {
        // A RangeError would be the stack or the memory.
        if (!(error instanceof Error) || error instanceof RangeError) throw error;
      }
    });
    fc.assert(property, { numRuns: runs, seed });
  });

  it('names of shards', () => {
    const name = fc
      .tuple(
        fc.constantFrom('test', 'a', 'test-00000-of-00002', 'test-00001-of-00002', 'test-99999-of-99999', 'test-00000-of-00000'),
        fc.constantFrom('.jsonl', '.csv', '.parquet', '', '.txt'),
      )
      .map((parts) => parts.join(''));
    const property = fc.property(fc.array(name, { maxLength: 6 }), (names) => {
      try {
        for (const file of filesOfSplit(names, 'test', 'folder')) if (!names.includes(file.name)) throw new Error(`made up ${file.name}`);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    });
    fc.assert(property, { numRuns: runs, seed });
  });
});

function mutate(bytes: Buffer, { at, byte, kind }: { at: number; byte: number; kind: string }): Buffer {
  // `footer` aims at the metadata at the end, where most of the structure is.
  const index =
    kind === 'footer' ? Math.max(0, bytes.length - 1 - Math.floor(at * Math.min(bytes.length, 900))) : Math.floor(at * bytes.length);
  const copy = Buffer.from(bytes);
  switch (kind) {
    case 'insert':
      return Buffer.concat([copy.subarray(0, index), Buffer.from([byte]), copy.subarray(index)]);
    case 'delete':
      return Buffer.concat([copy.subarray(0, index), copy.subarray(index + 1 + (byte % 8))]);
    case 'double':
      return Buffer.concat([copy.subarray(0, index), copy.subarray(index, index + byte), copy.subarray(index)]);
    case 'cut':
      return copy.subarray(0, index);
    default:
      if (index < copy.length) copy[index] = byte;
      return copy;
  }
}
