import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { QUESTIONS } from '../../src/arena/battles.js';
import { FLAG_KINDS } from '../../src/arena-server/fair-play.js';
import { wordsOf } from '../../src/arena-server/page/words.js';
import { AGES, EDUCATIONS, LEVELS } from '../../src/arena-server/participants.js';
import { REFUSALS } from '../../src/arena-server/request-error.js';
import { packagePath } from '../../src/package-files.js';
import { PAGE_LANGUAGES } from '../../src/page/words.js';

const folder = packagePath('src/arena-server/page');
const code = readdirSync(folder).map((file) => ({ file, text: readFileSync(`${folder}/${file}`, 'utf8') }));

it('every word that the pages ask for is there in every language, and none is there for nothing', () => {
  const asked = new Set([
    ...code
      .filter(({ file }) => file !== 'words.ts')
      .flatMap(({ text }) => [...text.matchAll(/(?<![\w./])word(?:s\.|\(')(\w[\w.-]*)/g)].map((m) => m[1] ?? '')),
    ...code.flatMap(({ text }) => [...text.matchAll(/Refused\('([\w.-]+)'/g)].map((m) => m[1] ?? '')),
    ...Object.keys(REFUSALS).map((key) => `error.${key}`),
    ...LEVELS.map((key) => `level.${key}`),
    ...EDUCATIONS.map((key) => `education.${key}`),
    ...AGES.map((key) => `age.${key}`),
    ...FLAG_KINDS.map((key) => `flag.${key}`),
    ...QUESTIONS.map((key) => `question.${key}`),
    ...['a', 'b', 'tie', 'bad'].map((key) => `choice.${key}`),
  ]);
  // Keys in lists and conditions.
  const literals = new Set(
    code.filter(({ file }) => file !== 'words.ts').flatMap(({ text }) => [...text.matchAll(/'([\w.-]+)'/g)].map((m) => m[1] ?? '')),
  );
  const there = Object.keys(wordsOf('eu'));
  expect([...asked].filter((key) => !there.includes(key) && /^\w/.test(key) && !key.endsWith('.'))).toEqual([]);
  expect(there.filter((key) => !asked.has(key) && !literals.has(key))).toEqual([]);
});

it('no word is empty, and all languages fill the same places', () => {
  const all = PAGE_LANGUAGES.map(wordsOf);
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort().join();
  for (const key of Object.keys(all[0] ?? {})) {
    const texts = all.map((words) => words[key] ?? '');
    for (const text of texts) expect(text.trim(), key).not.toBe('');
    expect(new Set(texts.map(places)).size, key).toBe(1);
  }
});
