import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeLabels } from '../../src/leaderboard/charts/labels.js';
import { dayOf, dayTicks, ticks } from '../../src/leaderboard/charts/scale.js';
import { scatter } from '../../src/leaderboard/charts/scatter.js';
import { familyOf, releasedOf } from '../../src/leaderboard/families.js';
import { escapeMarkdown } from '../../src/leaderboard/markdown.js';
import { readNames } from '../../src/leaderboard/names.js';
import { clearBest, differ, meanOf, rankRanges } from '../../src/leaderboard/statistics.js';
import { writeFiles } from '../../src/leaderboard/write-files.js';
import { svgText } from '../../src/page/svg.js';
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

describe('ranks', () => {
  const score = (value: number, stderr: number | null = 1) => ({ value, stderr });

  it('are shared by what cannot be told apart, and leave the range open that the errors leave', () => {
    // 1.96 * sqrt(2) = 2.77 between scores with an error of 1.
    expect(rankRanges([score(50), score(52), score(60), score(54), null, score(99, null)])).toEqual([
      { low: 3, high: 4 },
      { low: 2, high: 4 },
      { low: 1, high: 1 },
      { low: 2, high: 3 },
      null,
      null,
    ]);
    expect(rankRanges([score(50), score(60)], false)).toEqual([
      { low: 1, high: 1 },
      { low: 2, high: 2 },
    ]);
  });

  it('always allow the place that the score itself has', () => {
    const scores = fc.array(
      fc.record({ value: fc.double({ min: 0, max: 100, noNaN: true }), stderr: fc.double({ min: 0.01, max: 5, noNaN: true }) }),
      {
        minLength: 1,
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(scores, (all) => {
        for (const [i, rank] of rankRanges(all).entries()) {
          const place = 1 + all.filter(({ value }) => value > (all[i]?.value ?? 0)).length;
          expect(rank?.low).toBeLessThanOrEqual(place);
          expect(rank?.high).toBeGreaterThanOrEqual(place);
        }
      }),
    );
  });
});

describe('what a name tells', () => {
  it.each([
    ['HiTZ/Latxa-Llama-3.1-8B-Instruct', 'Latxa', null],
    ['meta-llama/Llama-3.1-8B', 'Llama', '2024-07-23'],
    ['gpt-4o-2024-11-20', 'GPT', '2024-11-20'],
    ['claude-3-5-sonnet-20241022', 'Claude', '2024-10-22'],
    ['google/gemma-2-9b-it', 'Gemma', '2024-06-27'],
    ['orai-nlp/Gemma-Kimu-9b-it', 'Kimu', null],
    ['org/checkpoint-20249999', undefined, null],
  ])('%s: %s, %s', (name, family, released) => {
    expect(familyOf([name])?.family).toBe(family);
    expect(releasedOf(name)).toBe(released);
  });
});

describe('pictures', () => {
  const point = (i: number) => ({ name: `<b>${i}`, group: i % 3, x: i, y: (i * 7) % 5, xError: 0.5, yError: null, title: `${i}` });
  const options = { xLabel: 'x', yLabel: 'y', number: String, summary: '"all"' };

  it('name every point, beside it or by a number below, and keep the size of their texts', () => {
    for (const width of [300, 700, 1200]) {
      const { svg, numbered } = scatter(
        Array.from({ length: 25 }, (_, i) => point(i)),
        { ...options, width },
      );
      const text = svgText(svg);
      expect(text).toContain(`viewBox="0 0 ${width} `);
      const names = [...text.matchAll(/&lt;b&gt;\d+<\/text>/g)].length;
      expect(names + numbered.length).toBe(25);
      expect(text).not.toContain('<b>');
      expect(text).toContain('aria-label="&quot;all&quot;"');
      expect([...text.matchAll(/font-size="([\d.]+)"/g)].every(([, size]) => Number(size) >= 9)).toBe(true);
    }
  });

  it('name the day where all points have one', () => {
    const day = dayOf('2024-07-23');
    const points = [1, 2].map((i) => ({ ...point(i), x: day, xError: null }));
    const { svg } = scatter(points, { ...options, width: 700, time: true });
    expect(svgText(svg)).toContain('text-anchor="middle">2024-07-23<');
  });

  it('have round values at their axes', () => {
    expect(ticks([0, 10], 5)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(ticks([47.3, 76.2], 6)).toEqual([50, 55, 60, 65, 70, 75]);
    expect(ticks([-0.31, 0.2], 4)).toEqual([-0.2, 0, 0.2]);
    expect(ticks([3, 3], 4)).toEqual([3]);
    expect(dayTicks([dayOf('2023-05-01'), dayOf('2026-02')], 5).map(({ text }) => text)).toEqual(['2024', '2025', '2026']);
    expect(dayTicks([dayOf('2025-01-20'), dayOf('2025-04-03')], 5).map(({ text }) => text)).toEqual(['2025-02', '2025-03', '2025-04']);
    expect(dayTicks([dayOf('2025-01-03'), dayOf('2025-01-21')], 5).map(({ text }) => text)).toEqual([
      '2025-01-07',
      '2025-01-12',
      '2025-01-17',
    ]);
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
      const area = { left: 0, right: 500, top: 0, bottom: 300, font: 11, radius: 4 };
      const labels = placeLabels(
        points.map((p, of) => ({ ...p, of })),
        area,
      );
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

  it('may say when a model came out, of which family it is, and where its page and paper are', async () => {
    const [name] = await names('folder,table_name,released,family,link,paper\na,A,2025-06,Latxa,https://x.eus/a,\n');
    expect(name).toEqual({ folder: 'a', tableName: 'A', arenaName: null, released: '2025-06', family: 'Latxa', link: 'https://x.eus/a' });
  });

  it.each([
    ['folder,table_name,released\na,A,2025-13\n', "line 2: released '2025-13'; expected a day"],
    ['folder,table_name,released\na,A,2025-02-30\n', "released '2025-02-30'"],
    ['folder,table_name,link\na,A,javascript:alert(1)\n', 'expected an address that begins with https://'],
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
