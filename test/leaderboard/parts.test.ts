import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeLabels } from '../../src/leaderboard/charts/labels.js';
import { escapeMarkdown } from '../../src/leaderboard/markdown.js';
import { readNames } from '../../src/leaderboard/names.js';
import { clearBest, differ, meanOf } from '../../src/leaderboard/statistics.js';
import { writeFiles } from '../../src/leaderboard/write-files.js';
import { toCsv } from '../../src/tables/write-csv.js';
import { freshFolder } from './results.js';

describe('CSV', () => {
  it('gives back every text, but for formulas, which get an apostrophe, and characters that nobody sees', () => {
    const unseen = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((s) => !/^[=+\-@]/.test(s) && !unseen.test(s));
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 4 }), (rows) => {
        expect(parse(toCsv(rows), { relax_column_count: true })).toEqual(rows);
      }),
    );
    expect(toCsv([['a\nb\u001b[31m\u0000', 'rtl\u202Eevil\u202C', '\t=1']])).toBe('a b [31m ,rtl evil , =1\n');
    expect(toCsv([['=1+1', '-5.20', '@x', '+3', '-rm']])).toBe("'=1+1,-5.20,'@x,+3,'-rm\n");
  });
});

it('Markdown shows a name as it is', () => {
  expect(escapeMarkdown('a|b\n<img> *x* [y](z) `c` & d')).toBe('a\\|b &lt;img&gt; \\*x\\* \\[y\\](z) \\`c\\` &amp; d');
});

describe('statistics', () => {
  it('a mean has the standard error of independent scores, or none', () => {
    expect(meanOf([])).toBeNull();
    expect(
      meanOf([
        { value: 10, stderr: 3 },
        { value: 20, stderr: 4 },
      ]),
    ).toEqual({ value: 15, stderr: 2.5 });
    expect(
      meanOf([
        { value: 10, stderr: null },
        { value: 20, stderr: 4 },
      ])?.stderr,
    ).toBeNull();
  });

  it('scores differ from 1.96 standard errors of the difference on', () => {
    expect(differ({ value: 50, stderr: 3 }, { value: 50 + 5 * 1.97, stderr: 4 })).toBe(true);
    expect(differ({ value: 50, stderr: 3 }, { value: 50 + 5 * 1.95, stderr: 4 })).toBe(false);
    expect(differ({ value: 0, stderr: null }, { value: 100, stderr: 1 })).toBe(false);
    expect(clearBest([{ value: 5, stderr: 1 }, null, { value: 50, stderr: 1 }])).toBe(2);
    expect(clearBest([{ value: 5, stderr: 1 }, null, { value: 50, stderr: 1 }], false)).toBe(0);
    expect(clearBest([{ value: 5, stderr: 1 }, null])).toBeNull();
  });
});

it('names of points cover neither points nor one another and stay inside', () => {
  const point = fc.record({
    x: fc.integer({ min: 0, max: 500 }),
    y: fc.integer({ min: 0, max: 300 }),
    text: fc.string({ minLength: 1, maxLength: 20 }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 30 }), (points) => {
      const labels = placeLabels(points, { width: 500, height: 300, font: 11, radius: 4 });
      expect(labels).toHaveLength(points.length);
      const boxes = labels
        .filter((l) => l.text !== '')
        .map((l) => {
          const width = l.text.length * 11 * 0.56;
          const left = l.labelX - (l.anchor === 'end' ? width : l.anchor === 'middle' ? width / 2 : 0);
          return { left, right: left + width, top: l.labelY - 5.5, bottom: l.labelY + 5.5 };
        });
      boxes.forEach((a, i) => {
        expect(Math.min(a.left, a.top)).toBeGreaterThanOrEqual(0);
        expect(a.right).toBeLessThanOrEqual(500);
        expect(a.bottom).toBeLessThanOrEqual(300);
        for (const b of boxes.slice(i + 1))
          expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
        for (const p of points) expect(p.x > a.left && p.x < a.right && p.y > a.top && p.y < a.bottom).toBe(false);
      });
    }),
  );
});

describe('a names file', () => {
  const names = (text: string) => {
    const file = path.join(freshFolder(), 'names.csv');
    writeFileSync(file, text);
    return readNames(file);
  };

  it('gives table and arena names, the latter optional', async () => {
    expect(await names('\ufefffolder,table_name,arena_name\no__m,"M, big",\no__n,N,Arena N\n')).toEqual([
      { folder: 'o__m', tableName: 'M, big', arenaName: null },
      { folder: 'o__n', tableName: 'N', arenaName: 'Arena N' },
    ]);
    expect(await names('folder,table_name\no__m,M\n')).toEqual([{ folder: 'o__m', tableName: 'M', arenaName: null }]);
  });

  it.each([
    ['name\nx\n', 'expected the columns folder,table_name,arena_name; found name'],
    ['folder,table_name\no__m,\n', 'line 2: no folder or no table_name'],
    ['folder,table_name\na,M\nb,M\n', "table_name 'M' stands twice"],
    ['folder,table_name\n"a,M\n', 'no valid CSV'],
  ])('%j is refused', async (text, message) => {
    await expect(names(text)).rejects.toThrow(message);
  });
});

describe('writing files', () => {
  it('leaves nothing half written behind', async () => {
    const dir = path.join(freshFolder(), 'a/b');
    await writeFiles(dir, new Map([['x.txt', 'one']]));
    expect(readFileSync(path.join(dir, 'x.txt'), 'utf8')).toBe('one');
    await expect(writeFiles(path.join(dir, 'x.txt'), new Map([['y', '']]))).rejects.toThrow('cannot write to');
    expect(readdirSync(dir)).toEqual(['x.txt']);
  });
});
