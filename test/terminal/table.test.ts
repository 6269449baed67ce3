import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { NO_SCREEN, screenOf, toned, widthOf } from '../../src/terminal/screen.js';
import { table, wordsOf } from '../../src/terminal/table.js';
import { PICTURES } from './pictures.js';

describe('table', () => {
  const columns = [
    { title: 'Name' },
    { title: 'n', right: true, spare: 2 },
    { title: 'Value', right: true },
    { title: 'p', spare: 1 },
    { title: 'What', wraps: true },
  ];
  const word = fc.string({ unit: fc.constantFrom('a', 'é', '日', '|', 'x'), minLength: 1, maxLength: 12 });
  const row = fc.tuple(
    word,
    word,
    word,
    word,
    fc.array(word, { maxLength: 8 }).map((words) => words.join(' ')),
  );

  it('never breaks a word, fits where it can, and says what it leaves out', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), fc.integer({ min: 40, max: 160 }), (rows, width) => {
        const text = table(columns, rows, { width, colour: false });
        const lines = text.split('\n');
        const drawn = lines.filter((line) => line.startsWith('|'));
        expect(new Set(drawn.map(widthOf)).size).toBe(1);
        const kept = columns.filter(
          ({ title }) => drawn[0]?.includes(`|${title} `) || drawn[0]?.includes(` ${title}|`) || drawn[0]?.includes(`|${title}|`),
        );
        const left = columns.filter((column) => !kept.includes(column)).map(({ title }) => title);
        if (left.length > 0) expect(text.slice(text.indexOf('not in')).replaceAll('\n', ' ')).toContain(`columns: ${left.join(', ')};`);
        for (const cells of rows) for (const part of (cells[4] ?? '').split(' ')) expect(text).toContain(part.replaceAll('|', '\\|'));
        if (widthOf(drawn[0] ?? '') > width) expect(left).toEqual(['n', 'p']);
      }),
      { seed: 4, numRuns: 400 },
    );
  });

  it('writes everything where there is no screen, and no control character of a name', () => {
    const text = table(columns, [['\u001b[31mred\nline', '1', '2', '3', 'x '.repeat(200)]]);
    expect(text.split('\n')).toHaveLength(3);
    expect(text).not.toContain('\u001b');
  });
});

describe('screenOf', () => {
  it('has colour on a terminal only, and not with NO_COLOR', () => {
    expect(screenOf({ isTTY: false, columns: 80 }, {})).toEqual(NO_SCREEN);
    expect(screenOf({ isTTY: true, columns: 100 }, {})).toEqual({ width: 100, colour: true });
    expect(screenOf({ isTTY: true, columns: 100 }, { NO_COLOR: '1' }).colour).toBe(false);
    expect(screenOf({ isTTY: true, columns: 100 }, { NO_COLOR: '' }).colour).toBe(true);
    expect(screenOf({ isTTY: true, columns: 100 }, { TERM: 'dumb' }).colour).toBe(false);
    expect(screenOf({ isTTY: true, columns: 12 }, {}).width).toBe(40);
    expect(toned('x', 'good', NO_SCREEN)).toBe('x');
    expect(toned('x', 'good', { width: 80, colour: true })).toBe('\u001b[32mx\u001b[39m');
  });
});

describe('wordsOf', () => {
  it('keeps every word whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b') })),
        fc.integer({ min: 3, max: 30 }),
        (words, width) => {
          const lines = wordsOf(words.join(' '), width);
          expect(lines.join(' ')).toBe(words.join(' '));
          for (const line of lines) if (line.includes(' ')) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
      { seed: 2, numRuns: 200 },
    );
  });
});

describe('pictures of the terminal', () => {
  // To accept a change, run once with UPDATE_GOLDEN=1 and look at the difference.
  const pictures = Object.keys(PICTURES).flatMap((name) => [80, 140].map((width) => [name, width] as const));
  it.each(pictures)('%s at %i columns', async (name, width) => {
    const text = (await PICTURES[name]?.({ width, colour: false })) ?? '';
    for (const line of text.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(width);
    const file = packagePath(path.join('test', 'terminal', 'golden', `${name}-${width}.txt`));
    if (process.env.UPDATE_GOLDEN !== undefined || !existsSync(file)) {
      expect(process.env.CI, `${file} is missing`).toBeUndefined();
      writeFileSync(file, text);
    }
    expect(text).toBe(readFileSync(file, 'utf8'));
  });
});
