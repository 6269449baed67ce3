import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJsonRows } from '../../src/data/jsonl.js';
import { readFiles } from '../../src/data/read-file.js';
import { UserError } from '../../src/errors.js';
import { packagePath } from '../../src/package-files.js';
import { dumpsJsonIndented } from '../../src/python/json.js';
import { collect, failure, tempFolder } from './temp.js';

/** Lines of a file, and what `datasets` made of it: documents as the harness hashes them, or its error. Written by make_json_rows.py beside it. */
type Case = readonly [lines: readonly string[], result: readonly string[] | string];
const cases: readonly Case[] = JSON.parse(readFileSync(packagePath('test/data/fixtures/json-rows.json'), 'utf8'));

/** Errors of `datasets` on files that are read here, each with what they become. */
const TAKEN: readonly (readonly [error: RegExp, reason: string])[] = [
  [/was specified twice/, 'the last of doubled keys counts, as in json.loads'],
  [/changed from \w+ to \w+|Failed to convert pandas DataFrame/, 'values of a field with several types stay as they are'],
  [/^ArrowIndexError/, 'a fault of pyarrow'],
  [/Number too big to be stored in double/, 'infinity, as in json.loads'],
  [/date value out of range|year .* is out of range/, 'a text that is no date of Python stays a text'],
];

/** Differences on purpose: an integer -0 is 0, whatever else is in its column, and dates stay texts. */
function alike(doc: string): string {
  return doc.replace('-0.0', '0.0').replace(/"\d{4}-\d\d-\d\d[^"]*"/g, '"a date"');
}

async function ours(lines: readonly string[], maxKept?: number): Promise<string[] | string> {
  const folder = tempFolder({ 'test.jsonl': `${lines.join('\n')}\n` });
  try {
    return (await collect(readJsonRows([join(folder, 'test.jsonl')], [], maxKept))).map((doc) => dumpsJsonIndented(doc));
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

describe('rows of JSON lines', () => {
  it('are those of datasets', async () => {
    expect(cases.filter(([, result]) => typeof result !== 'string').length).toBeGreaterThan(100);
    for (const [lines, result] of cases) {
      const mine = await ours(lines);
      // Some rows that are null crash Python; none is a document.
      if (lines.includes('null')) expect(mine).toContain('expected a JSON object, found null');
      else if (typeof result !== 'string')
        expect(Array.isArray(mine) ? mine.map(alike) : mine, lines.join('\n')).toEqual(result.map(alike));
      else if (typeof mine !== 'string')
        expect(
          TAKEN.some(([error]) => error.test(result)),
          `${lines.join('\n')}\n${result}`,
        ).toBe(true);
    }
  });

  it('are the same when the file is read twice, and when the rows are in several files', async () => {
    for (const [lines, result] of cases
      .filter(([lines, r]) => typeof r !== 'string' && r.length > 2 && !lines.includes('null'))
      .slice(0, 30)) {
      expect([await ours(lines, 1)].flat().map(alike)).toEqual([result].flat().map(alike));
      const folder = tempFolder({ 'a.jsonl': lines[0] ?? '', 'b.jsonl': lines.slice(1).join('\n') });
      const docs = await collect(readJsonRows([join(folder, 'a.jsonl'), join(folder, 'b.jsonl')], [], 2));
      expect(docs.map((doc) => alike(dumpsJsonIndented(doc)))).toEqual([result].flat().map(alike));
    }
  });

  it('a text that looks like a date stays as it is', async () => {
    expect(await ours(['{"a": "2020-01-01T10:00Z"}', '{"a": "2020-01-02"}'])).toEqual([
      '{\n  "a": "2020-01-01T10:00Z"\n}',
      '{\n  "a": "2020-01-02"\n}',
    ]);
  });

  it('the whole column of a CSV file decides, not each 10,000 rows', async () => {
    const folder = tempFolder({ 'test.csv': `a\n${'007\n'.repeat(10_000)}x\n` });
    const docs = await collect(readFiles([{ path: join(folder, 'test.csv'), format: 'csv' }]));
    expect([docs[0], docs.at(-1)]).toEqual([{ a: '007' }, { a: 'x' }]);
  });

  it('shards of CSV with other fields are refused', async () => {
    const folder = tempFolder({ 'a.csv': 'a,b\n1,2\n', 'b.csv': 'a\n1\n' });
    const files = ['a', 'b'].map((name) => ({ path: join(folder, `${name}.csv`), format: 'csv' as const }));
    expect(await failure(collect(readFiles(files)))).toMatch(
      /b\.csv has the fields a, and .*a\.csv of the same split has a, b; give both the same$/,
    );
  });
});
