import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { findAll, pythonRegex, removeAll } from '../../src/python/regex.js';

type Case = [pattern: string, text: null] | [pattern: string, text: string, found: (string | string[])[], rest: string];
const cases: Case[] = JSON.parse(readFileSync(new URL('../../fixtures/python/regex.json', import.meta.url), 'utf8'));

describe('regular expressions', () => {
  test('find and remove what Python finds and removes', () => {
    const wrong: unknown[] = [];
    for (const c of cases) {
      if (c[1] === null) continue;
      const [pattern, text, found, rest] = c;
      const regex = pythonRegex(pattern);
      const mine = [findAll(regex, text), removeAll(regex, text)];
      if (JSON.stringify(mine) !== JSON.stringify([found, rest])) wrong.push({ pattern, text, mine, python: [found, rest] });
    }
    expect(wrong).toEqual([]);
    expect(cases.length).toBeGreaterThan(900);
  });

  test('are refused, with the place, where Python refuses them', () => {
    const refused = cases.filter((c) => c[1] === null).map(([pattern]) => pattern);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.filter((pattern) => !throwsUserError(() => pythonRegex(pattern)))).toEqual([]);
    expect(() => pythonRegex('ab[c')).toThrow(/"ab\[c".*unterminated character set at position 2/);
  });

  test('say which construct is not supported', () => {
    expect(() => pythonRegex('\\N{BULLET}')).toThrow(/\\N\{\.\.\.\} is not supported/);
    expect(() => pythonRegex('(?:(ab){1000}){1000}')).toThrow(/repeats too much/);
  });

  test('of exponential time end with a clear error', () => {
    expect(() => findAll(pythonRegex('(a+)+$'), `${'a'.repeat(40)}b`)).toThrow(
      /"\(a\+\)\+\$" takes more than 10000000 steps on a text of 41 characters/,
    );
    expect(() => findAll(pythonRegex('(a|aa)+$'), `${'a'.repeat(60)}b`)).toThrow(UserError);
  });

  test('need no stack for long texts', () => {
    expect(findAll(pythonRegex('(?:ab|c)+'), 'ab'.repeat(200_000))).toHaveLength(1);
    expect(findAll(pythonRegex('(-?[$0-9.,]{2,})|(-?[0-9]+)'), '12 '.repeat(100_000))).toHaveLength(100_000);
  });
});

function throwsUserError(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof UserError) return true;
    throw error;
  }
}
