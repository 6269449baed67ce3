import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readParquet } from '../../src/data/parquet.js';
import { dumpsJson } from '../../src/python/json.js';
import { collect, failure, tempFolder } from './temp.js';

const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));
const files = readdirSync(fixtures).filter((name) => name.endsWith('.parquet'));
const json = (name: string): unknown => JSON.parse(readFileSync(join(fixtures, name), 'utf8'));
const expected = z.record(z.string(), z.array(z.string())).parse(json('expected.json'));

const read = async (name: string) => (await collect(readParquet(join(fixtures, name)))).map(dumpsJson);

describe('parquet gives the JSON of Python datasets', () => {
  it.each(files.filter((name) => !name.startsWith('refused-')))('%s', async (name) => {
    expect(await read(name)).toEqual(expected[basename(name, '.parquet')]);
  });

  it('has an expectation for every file and a file for every expectation', () => {
    const readable = files.filter((name) => !name.startsWith('refused-')).map((name) => basename(name, '.parquet'));
    expect(readable.sort()).toEqual(Object.keys(expected).sort());
  });
});

describe('parquet that no document can hold is refused', () => {
  const reasons: Record<string, string> = {
    'refused-binary': "column 'bad' is of type binary",
    'refused-decimal': "column 'bad' is of type decimal",
    'refused-timezone': "column 'bad' is of type timestamp with a time zone",
    'refused-nanoseconds': "column 'bad' is of type timestamp in nanoseconds",
    'refused-time': "column 'bad' is of type time",
    'refused-map': "column 'bad' is a map",
    'refused-delta-byte-array': 'column s: encoding DELTA_BYTE_ARRAY is not read',
  };
  it.each(files.filter((name) => name.startsWith('refused-')))('%s', async (name) => {
    const path = join(fixtures, name);
    expect(await failure(collect(readParquet(path)))).toContain(`${path}: `);
    expect(await failure(collect(readParquet(path)))).toContain(reasons[basename(name, '.parquet')] ?? 'no reason is known');
  });

  it('broken files', async () => {
    const whole = readFileSync(join(fixtures, 'hub.parquet'));
    const folder = tempFolder({
      'empty.parquet': '',
      'text.parquet': 'this is no parquet file at all',
      'cut.parquet': whole.subarray(0, whole.length - 100),
      'head.parquet': whole.subarray(100),
      'pointer.parquet': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n',
    });
    for (const name of ['empty', 'text', 'cut', 'head', 'pointer']) {
      expect(await failure(collect(readParquet(join(folder, `${name}.parquet`))))).toMatch(/\.parquet: not a readable parquet file: /);
    }
    expect(await failure(collect(readParquet(join(folder, 'absent.parquet'))))).toContain('cannot read');
  });
});
