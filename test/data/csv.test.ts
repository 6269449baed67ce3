import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readCsv } from '../../src/data/csv.js';
import { dumpsJson } from '../../src/python/json.js';
import { collect, failure, tempFolder } from './temp.js';

const cases = z
  .array(z.object({ name: z.string(), csv: z.string(), rows: z.array(z.string()) }))
  .parse(JSON.parse(readFileSync(new URL('./fixtures/csv-cases.json', import.meta.url), 'utf8')));

describe('CSV is typed as Python datasets types it', () => {
  it.each(cases)('$name', async ({ csv, rows }) => {
    const folder = tempFolder({ 't.csv': csv });
    expect((await collect(readCsv(join(folder, 't.csv'), ','))).map(dumpsJson)).toEqual(rows);
  });
});

describe('clear errors of CSV', () => {
  it.each([
    ['text after a quote', 'a,b\n"ab"c,1\n', ', line 2: text after a closing quote'],
    ['open quote', 'a,b\n"ab,1\n', ': Quote Not Closed'],
    ['too many fields', 'a\n1\n1,2\n', ', line 3: 2 fields, but the header names 1'],
    ['doubled header', 'a,a\n1,2\n', ": the header names column 'a' twice"],
    ['nameless column', 'a,\n1,2\n', ': column 2 has no name in the header'],
    ['no header', '', ': empty; a header row'],
    ['no UTF-8', Buffer.from([0x61, 0x0a, 0xff, 0x0a]), 'line 1 or later: not valid UTF-8'],
    ['cut UTF-8', Buffer.from([0x61, 0x0a, 0xc3]), 'not valid UTF-8'],
  ])('%s', async (_name, content, message) => {
    const folder = tempFolder({ 't.csv': content });
    expect(await failure(collect(readCsv(join(folder, 't.csv'), ',')))).toContain(message);
  });

  it('an unreadable file', async () => {
    expect(await failure(collect(readCsv(join(tempFolder(), 'absent.csv'), ',')))).toContain('cannot read');
  });
});
