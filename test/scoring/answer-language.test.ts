import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addCounts, countScored, describeLanguages, noCounts } from '../../src/results/counts.js';
import { openLanguageTeller } from '../../src/scoring/answer-language.js';
import { SHARED, shared } from '../shared.js';

const tell = await openLanguageTeller();

/** Sentences of our own. */
const SENTENCES: readonly (readonly [string, string])[] = [
  ['eu', 'Anek hiru sagar erosi ditu azokan, eta gero beste bi eman dizkio lagunari; beraz, sagar bakarra geratzen zaio.'],
  ['eu', 'Lehenengo egunean hamabi orrialde irakurri zituen, eta bigarrenean bikoitza: guztira 36 orrialde. Erantzuna 36 da.'],
  ['es', 'Primero calculamos cuántos huevos quedan después del desayuno y luego multiplicamos por el precio de cada uno.'],
  ['en', 'She sells the remaining eggs at the market every day, so she makes eighteen dollars. The answer is 18.'],
  ['other', 'Elle vend les œufs qui restent au marché tous les jours, donc elle gagne dix-huit dollars.'],
  ['other', 'Ven els ous que queden al mercat cada dia i per això guanya divuit dòlars, que és la resposta correcta.'],
  ['other', 'Ela vende os ovos que sobram na feira todos os dias, portanto não ganha mais do que dezoito dólares.'],
  ['other', 'Sie verkauft die übrigen Eier jeden Tag auf dem Markt und verdient deshalb achtzehn Dollar.'],
  ['other', 'Она каждый день продаёт оставшиеся яйца на рынке и зарабатывает восемнадцать долларов.'],
];

describe('the language of an answer', () => {
  it.each(SENTENCES)('%s: %s', (language, text) => {
    expect(tell(text)).toBe(language);
  });

  it.each(['', '18', 'B', ' 42 + 42 = 84. The answer is 84.', `${'12 + 3 = 15; '.repeat(50)}`, 'Erantzuna 18 da.'])(
    'is not guessed of %j',
    (text) => {
      expect(tell(text)).toBe('too short');
    },
  );

  it('is unclear where nothing of any language is in it', () => {
    expect(tell('zqxj '.repeat(20))).toMatch(/unclear|other/);
  });

  it.skipIf(SHARED === null)('is told wrong in at most 2 of 100 real questions of enough letters', () => {
    const shares = (
      [
        ['eu', 'data/datasets/HiTZ/EusTrivia/default/test.jsonl'],
        ['en', 'data/datasets/juletxara/mgsm/en/test.jsonl'],
      ] as const
    ).map(([language, file]) => {
      const lines = readFileSync(shared(file), 'utf8').trim().split('\n');
      const told = lines.map((line) => tell(String(JSON.parse(line).question))).filter((one) => one !== 'too short');
      expect(told.length).toBeGreaterThan(200);
      return told.filter((one) => one === language).length / told.length;
    });
    expect(Math.min(...shares)).toBeGreaterThan(0.98);
  });

  it('is counted and put into words', () => {
    const counts = noCounts();
    for (const language of ['eu', 'eu', 'eu', 'es', 'too short'] as const) countScored(counts, [{ filter: 'none', metrics: {}, language }]);
    countScored(counts, [{ filter: 'none', metrics: {} }]);
    expect(describeLanguages(counts)).toBe('3 Basque, 1 Spanish of 4 answers; 1 too short to tell');
    const of = (eu: number, es: number) => describeLanguages({ languages: { ...noCounts().languages, eu, es } });
    expect(of(1, 0)).toBe('1 Basque of 1 answer');
    expect(of(6, 2)).toBe('6 Basque, 2 Spanish of 8 answers');
    expect(of(9, 3)).toBe('75.0 % Basque, 25.0 % Spanish of 12 answers');
    expect(addCounts(counts, counts).languages).toMatchObject({ eu: 6, es: 2, 'too short': 2 });
    expect(describeLanguages(noCounts())).toBeNull();
  });
});
