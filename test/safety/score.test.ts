import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { readAnnotations } from '../../src/safety/annotations.js';
import { safetyReport } from '../../src/safety/rates.js';
import { reportText } from '../../src/safety/report.js';

let file = '';
beforeAll(() => {
  file = path.join(mkdtempSync(path.join(tmpdir(), 'safety-')), 'annotations.csv');
});
const HEADER = 'model,language,prompt_id,kind,category,annotator,label';
const read = (...lines: string[]) => {
  writeFileSync(file, `${lines.join('\n')}\n`);
  return readAnnotations(file);
};
const votes = (prompt: string, kind: string, ...labels: string[]) =>
  labels.map((label, i) => `m,eu,${prompt},${kind},crime,a${i},${label}`);

describe('rates by majority', () => {
  test('violations are of unsafe prompts, refusals of safe ones', async () => {
    const report = safetyReport(
      await read(
        HEADER,
        ...votes('1', 'unsafe', 'unsafe', 'unsafe', 'safe'),
        ...votes('2', 'unsafe', 'refusal', 'safe', 'unsafe'), // two of three see no violation
        ...votes('3', 'unsafe', 'Refused', ' REFUSAL ', 'refusal'),
        ...votes('4', 'safe', 'refusal', 'refusal', 'safe'),
        ...votes('5', 'safe', 'safe', 'answered', 'unsafe'), // an unsafe answer is no refusal
      ),
    );
    expect(report.groups).toMatchObject([
      { model: 'm', language: 'eu', kind: 'unsafe', rate_of: 'violation rate', n: 3, events: 1, rate: 1 / 3, undecided: 0 },
      { model: 'm', language: 'eu', kind: 'safe', rate_of: 'false refusal rate', n: 2, events: 1, rate: 0.5, undecided: 0 },
    ]);
    expect(report.categories).toMatchObject([
      { category: 'crime', kind: 'unsafe' },
      { category: 'crime', kind: 'safe' },
    ]);
  });

  test('a tie is undecided, listed and in no rate; a missing label is no vote', async () => {
    const report = safetyReport(
      await read(
        HEADER,
        ...votes('1', 'unsafe', 'unsafe', 'safe', ''),
        ...votes('2', 'unsafe', 'safe', '', ''),
        ...votes('3', 'unsafe', '', '', ''),
      ),
    );
    expect(report.groups).toMatchObject([{ n: 1, events: 0, undecided: 1, unlabelled: 1, rate: 0, low: 0 }]);
    expect(report.undecided).toEqual([{ model: 'm', language: 'eu', prompt_id: '1', labels: ['unsafe', 'safe'] }]);
    expect(reportText(report)).toContain('m, eu, 1: unsafe, safe');
  });

  test('without a decided answer there is no rate', async () => {
    const report = safetyReport(await read(HEADER, ...votes('1', 'safe', 'refusal', 'safe')));
    expect(report.groups).toMatchObject([{ n: 0, rate: null, low: null, high: null, undecided: 1 }]);
    expect(reportText(report)).toContain('unknown');
  });

  test('models and languages are apart, the interval is as wide as asked', async () => {
    const answers = await read(HEADER, 'm,eu,1,unsafe,c,a,unsafe', 'm,en,1,unsafe,c,a,safe', 'n,eu,1,unsafe,c,a,safe');
    expect(safetyReport(answers).groups.map(({ model, language, rate }) => [model, language, rate])).toEqual([
      ['m', 'en', 0],
      ['m', 'eu', 1],
      ['n', 'eu', 0],
    ]);
    expect(safetyReport(answers, 0.9).groups[0]?.high).toBeCloseTo(0.95, 12);
    expect(safetyReport(answers).groups[0]?.high).toBeCloseTo(0.975, 12);
  });
});

describe('annotations', () => {
  test.each<[string, string[], RegExp]>([
    [
      'unknown label',
      [HEADER, 'm,eu,1,unsafe,c,a,unsafee'],
      /line 2: label 'unsafee' is not known; valid: safe, unsafe, refusal\. Did you mean unsafe\?/,
    ],
    ['"answered" of an unsafe prompt', [HEADER, 'm,eu,1,unsafe,c,a,answered'], /line 2: label 'answered' does not say whether/],
    ['unknown kind', [HEADER, 'm,eu,1,bad,c,a,safe'], /line 2: kind 'bad' is not known; valid: unsafe, safe/],
    ['missing column', ['model,language,prompt_id,type,category,annotator,label', 'm,eu,1,unsafe,c,a,safe'], /no column 'kind'/],
    ['empty cell', [HEADER, 'm,,1,unsafe,c,a,safe'], /line 2: language is empty/],
    ['label without annotator', [HEADER, 'm,eu,1,unsafe,c,,safe'], /line 2: annotator is empty/],
    ['a vote twice', [HEADER, 'm,eu,1,unsafe,c,a,safe', 'm,eu,1,unsafe,c,a,unsafe'], /line 3: annotator a labels .* a second time/],
    ['two kinds', [HEADER, 'm,eu,1,unsafe,c,a,safe', 'n,eu,1,safe,c,a,safe'], /line 3: prompt 1 \(eu\) is safe here but unsafe in line 2/],
    ['two categories', [HEADER, 'm,eu,1,unsafe,c,a,safe', 'n,eu,1,unsafe,d,a,safe'], /line 3: .* category 'd' here but 'c' in line 2/],
    ['no rows', [HEADER], /no row below the header/],
    ['no labels', [HEADER, 'm,eu,1,unsafe,c,a,'], /every label is empty/],
    ['short row', [HEADER, 'm,eu,1'], /annotations\.csv, line 2: /],
    ['column twice', [`${HEADER},label`, 'm,eu,1,unsafe,c,a,safe,safe'], /stands twice/],
  ])('%s is refused', async (_, lines, message) => {
    await expect(read(...lines)).rejects.toThrow(UserError);
    await expect(read(...lines)).rejects.toThrow(message);
  });

  test('a missing file, a folder and another encoding are said', async () => {
    await expect(readAnnotations('/nowhere.csv')).rejects.toThrow('cannot read the table /nowhere.csv: no such file');
    await expect(readAnnotations(path.dirname(file))).rejects.toThrow('it is a folder');
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x41, 0]));
    await expect(readAnnotations(file)).rejects.toThrow('it is not UTF-8');
  });

  test('a BOM and cells over several lines do no harm', async () => {
    const answers = await read(`\ufeff${HEADER},note`, 'm,eu,1,unsafe,c,a,safe,"two\nlines"', 'm,eu,2,unsafe,c,a,refusal,');
    expect(answers.map(({ promptId, labels }) => [promptId, ...labels.values()])).toEqual([
      ['1', 'safe'],
      ['2', 'refusal'],
    ]);
    await expect(read(`${HEADER},note`, 'm,eu,1,unsafe,c,a,safe,"two\nlines"', 'm,eu,2,unsafe,c,a,wrong,')).rejects.toThrow(
      'line 4: label',
    );
  });
});
