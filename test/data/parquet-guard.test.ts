import { describe, expect, it } from 'vitest';
import { type ChunkFacts, checkPages } from '../../src/data/parquet-guard.js';

/** An integer as Thrift writes it: zigzag, seven bits a byte. */
function integer(value: number): number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

interface Page {
  readonly values: number;
  readonly encoding: number;
  readonly body: readonly number[];
  readonly compressed?: number;
  readonly uncompressed?: number;
  readonly type?: number;
}

/** A version 1 data page: header (type, sizes, {values, encoding, level encodings}) and body. */
function page({ values, encoding, body, compressed = body.length, uncompressed = body.length, type = 0 }: Page): number[] {
  const inner = [0x15, ...integer(values), 0x15, ...integer(encoding), 0x15, ...integer(3), 0x15, ...integer(3), 0];
  return [0x15, ...integer(type), 0x15, ...integer(uncompressed), 0x15, ...integer(compressed), 0x2c, ...inner, 0, ...body];
}

const facts: ChunkFacts = { codec: 'UNCOMPRESSED', boolean: false, values: 8, maxDefinition: 1, maxRepetition: 0 };
const check = (bytes: readonly number[], more: Partial<ChunkFacts> = {}) => checkPages(Uint8Array.from(bytes), { ...facts, ...more });
/** Eight present values (one run), then dictionary indices of width 1: one run of eight. */
const good = { values: 8, encoding: 8, body: [2, 0, 0, 0, 16, 1, 1, 16, 0] };

describe('pages are held against what the file says, before anything is decoded', () => {
  it('accepts a good page, alone and twice', () => {
    check(page(good));
    check([...page(good), ...page(good)], { values: 16 });
  });

  it.each<[string, Page, Partial<ChunkFacts>, string]>([
    [
      'a run of levels of half a billion',
      { ...good, body: [6, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x04, 1, 1, 16, 0] },
      {},
      'a run is longer than its page',
    ],
    [
      'a run of indices of half a billion',
      { ...good, body: [2, 0, 0, 0, 16, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x04, 0] },
      {},
      'a run is longer than its page',
    ],
    ['more values than the footer says', good, { values: 7 }, 'number of values 8 is not possible here'],
    ['fewer values than the footer says', good, { values: 9 }, '8 values in the pages, 9 in the footer'],
    ['more values than any row group has', good, { values: 2 ** 31 }, 'at most'],
    ['a page longer than its column', { ...good, compressed: 1000 }, {}, 'compressed page size 1000 is not possible here'],
    ['a gigabyte after decompression', { ...good, uncompressed: 2 ** 30 }, {}, 'page size 1073741824 is not possible here'],
    ['levels longer than their page', { ...good, body: [200, 0, 0, 0, 16, 1, 1, 16, 0] }, {}, 'levels are longer than their page'],
    ['empty runs without end', { ...good, body: [4, 0, 0, 0, 0, 0, 0, 0, 1, 16, 0] }, {}, 'an empty run'],
    ['an unknown encoding', { ...good, encoding: 99 }, {}, 'encoding 99 is not read'],
    ['an unknown kind of page', { ...good, type: 9 }, {}, 'unknown kind of page'],
    ['indices of 40 bits', { ...good, body: [2, 0, 0, 0, 16, 1, 40, 16, 0, 0, 0, 0, 0] }, {}, 'wider than 32 bits'],
  ])('refuses %s', (_name, bad, more, message) => {
    expect(() => check(page(bad), more)).toThrow(message);
  });

  it('refuses a header that never ends', () => expect(() => check(new Array(50).fill(0x1c))).toThrow(/too deeply|too early/));
});
