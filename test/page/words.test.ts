import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WORDS as ARENA_WORDS } from '../../src/arena-server/page/words.js';
import { builtinBenchmarks } from '../../src/leaderboard/builtin.js';
import { knownLabelOf } from '../../src/leaderboard/columns.js';
import { packagePath } from '../../src/package-files.js';
import { BENCHMARK_WORDS } from '../../src/page/benchmark-words.js';
import { BOARD_WORDS } from '../../src/page/board-words.js';
import { NOTE_WORDS } from '../../src/page/note-words.js';
import { SHARED_WORDS } from '../../src/page/shared-words.js';
import { VIEW_WORDS } from '../../src/page/view-words.js';
import {
  type Dictionary,
  dayText,
  type Entry,
  languageFor,
  numberText,
  PAGE_LANGUAGES,
  type Phrase,
  percentText,
  translator,
} from '../../src/page/words.js';
import { FILTERS, NOTES } from '../../src/view/protocol.js';

const DICTIONARIES: Readonly<Record<string, Dictionary>> = { SHARED_WORDS, VIEW_WORDS, BOARD_WORDS, ARENA_WORDS };
const forms = (phrase: Phrase): string[] => (typeof phrase === 'string' ? [phrase] : [phrase.one, phrase.other]);
const gaps = (phrase: Phrase): string[] => [...new Set(forms(phrase).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

describe('dictionaries', () => {
  it.each(Object.entries(DICTIONARIES))('%s has every word in every language, with the same gaps to fill', (_, dictionary) => {
    for (const [key, entry] of Object.entries(dictionary)) {
      expect(Object.keys(entry).sort(), key).toEqual([...PAGE_LANGUAGES].sort());
      for (const language of PAGE_LANGUAGES) {
        for (const text of forms(entry[language])) expect(text.trim(), `${key}, ${language}`).not.toBe('');
        expect(gaps(entry[language]), `${key}, ${language}`).toEqual(gaps(entry.en));
      }
    }
  });

  it('keep the Basque and Spanish terms of the glossary', () => {
    const rows = readFileSync(packagePath('docs/glossary-eu.md'), 'utf8').match(/^\| [^|\n]+\| [^|\n]+\| [^|\n]+\|/gm) ?? [];
    rows.shift();
    const terms = new Map(
      rows.map((row) => {
        const [en = '', eu = '', es = ''] = row
          .split('|')
          .slice(1, 4)
          .map((cell) => cell.trim());
        return [en, { eu, es }];
      }),
    );
    expect(terms.size).toBeGreaterThan(30);
    for (const [key, entry] of Object.entries<Entry>({ ...SHARED_WORDS, ...BOARD_WORDS })) {
      const { en } = entry;
      const term = typeof en === 'string' ? terms.get(en) : undefined;
      if (term !== undefined) expect({ eu: entry.eu, es: entry.es }, key).toEqual(term);
    }
  });

  it('every word of the leaderboard is used by its page, its remarks by what makes them', () => {
    const read = (folder: string) =>
      readdirSync(packagePath(folder))
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(packagePath(`${folder}/${file}`), 'utf8'))
        .join('\n');
    const source = `${read('src/leaderboard/client')}\n${read('src/leaderboard')}`;
    // Made of a part and a name: about.ARC easy, category.bias, question.global.
    const own = Object.keys({ ...BOARD_WORDS, ...NOTE_WORDS }).filter((key) => !Object.hasOwn(SHARED_WORDS, key) && !key.includes('.'));
    expect(own.filter((key) => !source.includes(`'${key}'`))).toEqual([]);
  });

  it('every benchmark and category of the paper has its words', async () => {
    const { benchmarks } = await builtinBenchmarks();
    for (const { name, category } of benchmarks) {
      expect(Object.keys(BENCHMARK_WORDS)).toContain(`about.${knownLabelOf(name)}`);
      expect(Object.keys(BENCHMARK_WORDS)).toContain(`category.${category}`);
    }
  });

  it('every word of a dictionary is used by its page', () => {
    const files = ['main', 'detail', 'header', 'help', 'list', 'row', 'scopes', 'status'].map((name) => `src/view/client/${name}.ts`);
    const source = files.map((file) => readFileSync(packagePath(file), 'utf8')).join('\n');
    const own = Object.keys(VIEW_WORDS).filter((key) => !Object.hasOwn(SHARED_WORDS, key));
    // Filters and notes are words by their names.
    const named: readonly string[] = [...FILTERS, ...NOTES];
    expect(own.filter((key) => !source.includes(`'${key}'`) && !named.includes(key))).toEqual([]);
  });
});

describe('translator', () => {
  it('fills gaps, chooses by number, and writes numbers as the language does', () => {
    const words = translator(VIEW_WORDS, 'es');
    expect([words('documents', { n: 1 }), words('documents', { n: 12345 })]).toEqual(['1 documento', '12.345 documentos']);
    expect(translator(VIEW_WORDS, 'eu')('documents', { n: 1 })).toBe('dokumentu 1');
    expect(numberText(-0.5, 'eu', 2)).toBe('\u22120,50');
    expect(numberText(1234.5, 'en', 1)).toBe('1234.5');
    expect((['eu', 'es', 'en'] as const).map((language) => percentText(0.2954, language))).toEqual(['%\u00a029,5', '29,5\u00a0%', '29.5%']);
    expect((['eu', 'es', 'en'] as const).map((language) => dayText(1_767_323_045, language))).toEqual([
      '2026/01/02',
      '2 ene 2026',
      '2 Jan 2026',
    ]);
    // What comes from data is filled in as it is, even where it looks like a gap.
    expect(translator(VIEW_WORDS, 'en')('broken', { text: '{text} $&' })).toBe('Could not be read: {text} $&');
  });

  it('takes the first wish that it knows', () => {
    expect(languageFor([null, 'fr-FR', 'es-MX', 'eu'])).toBe('es');
    expect(languageFor(['eu-ES'])).toBe('eu');
    expect(languageFor(['constructor', undefined])).toBe('en');
  });
});
