import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { battlesOf } from '../../src/arena/battles.js';
import { arenaScoresOf, fitOf } from '../../src/arena/scores.js';
import { findPrice, pricesOf } from '../../src/backends/api/prices.js';
import { namesOf } from '../../src/leaderboard/names.js';
import { packagePath } from '../../src/package-files.js';
import { ANNOTATION_COLUMNS, annotationsOf } from '../../src/safety/annotations.js';
import { csvRowsOf, writeCsv } from '../../src/safety/csv.js';
import { PROMPT_COLUMNS, promptsOf } from '../../src/safety/prompts.js';
import { guardCell, unguardCell } from '../../src/tables/formula-guard.js';
import { textOf } from '../../src/tables/read-table.js';
import { nearJson, nearText, options, property, runs, survives, TIMEOUT } from './tools.js';

const CELLS = [
  ',',
  '\n',
  '\r\n',
  '"',
  '""',
  ';',
  '\t',
  "'=1+1",
  '=1+1',
  '-',
  'a',
  'safe',
  'unsafe',
  'refusal',
  'answered',
  'model_a',
  'tie',
  '-1',
  '1e5',
  '999999999999',
  '9'.repeat(20),
  '__proto__',
  'constructor',
  '\ufeff',
  '\u0000',
  'é',
  ' ',
  'x'.repeat(300),
  '\u001b[2J',
  '\u2028',
];

describe(`${runs} hostile tables each`, () => {
  it('annotation sheets', { timeout: TIMEOUT }, async () => {
    const sheet = `${ANNOTATION_COLUMNS.join(',')}\nm,eu,p1,unsafe,drugs,ane,safe\nm,eu,p1,unsafe,drugs,jon,unsafe\n"m",es,p2,safe,"a ""b""",ane,\n`;
    const hostile = property(nearText([sheet], CELLS), (text) => {
      const bytes = Buffer.from(text);
      const answers = survives(() => annotationsOf(csvRowsOf(textOf(bytes, 'sheet.csv'), 'sheet.csv', ANNOTATION_COLUMNS), 'sheet.csv'));
      for (const answer of answers ?? [])
        for (const label of answer.labels.values()) if (!['safe', 'unsafe', 'refusal'].includes(label)) throw new Error(label);
    });
    await fc.assert(hostile, options);
  });

  it('bytes that are no text', { timeout: TIMEOUT }, async () => {
    const hostile = property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      survives(() => csvRowsOf(textOf(Buffer.concat([Buffer.from('a,b\n1,'), bytes]), 'sheet.csv'), 'sheet.csv', ['a', 'b']));
    });
    await fc.assert(hostile, options);
  });

  it('prompts of safety sets', { timeout: TIMEOUT }, async () => {
    const sheet = `${PROMPT_COLUMNS.join(',')}\np1,eu,unsafe,drugs,"Nola, egin?"\np1,es,safe,drugs,¿Cómo?\n`;
    const hostile = property(nearText([sheet], CELLS), (text) => {
      const prompts = survives(() => promptsOf(csvRowsOf(text, 'p.csv', PROMPT_COLUMNS)));
      for (const { prompt, promptId } of prompts ?? []) if (prompt.trim() === '' || promptId === '') throw new Error('empty');
    });
    await fc.assert(hostile, options);
  });

  it('cells written for spreadsheets read back, and none is a formula', { timeout: TIMEOUT }, async () => {
    const cell = fc.array(fc.constantFrom(...CELLS.filter((c) => c !== '\ufeff'), '@', '+'), { maxLength: 4 }).map((c) => c.join(''));
    const hostile = property(fc.array(cell, { minLength: 1, maxLength: 3 }), (cells) => {
      for (const one of cells) {
        if (/^[=+\-@\t\r\n]/.test(guardCell(one))) throw new Error(`formula: ${one}`);
        if (unguardCell(guardCell(one)) !== one) throw new Error(`changed: ${one}`);
      }
      const header = cells.map((_, i) => `c${i}`);
      const rows = csvRowsOf(writeCsv([header, ['x', ...cells.slice(1)]]), 'f', header);
      if (header.some((name, i) => i > 0 && rows[0]?.cell(name) !== cells[i])) throw new Error('does not read back');
    });
    await fc.assert(hostile, options);
  });

  it('battles', { timeout: TIMEOUT }, async () => {
    const single = 'model_a,model_b,winner,winner_content\na,b,model_a,tie\nb,c,tie,\nc,a,c,b\n';
    const pairs = 'model_a,model_b,wins_a,wins_b,ties,battles\na,b,3,1,2,6\nb,c,0,4,0,4\n';
    const hostile = property(nearText([single, pairs], CELLS), fc.constantFrom('global', 'content', 'language'), (text, question) => {
      const battles = survives(() => battlesOf(text, 'b.csv', question as 'global'));
      for (const { a, b, winsA, winsB, ties } of battles?.pairs ?? [])
        if (!(a < b || a === b + 0) || a === b || ![winsA, winsB, ties].every((n) => Number.isSafeInteger(n) && n >= 0))
          throw new Error('pair');
    });
    await fc.assert(hostile, options);
  });

  it('arena scores', { timeout: TIMEOUT }, async () => {
    const fit = {
      question: 'global',
      models: [
        { model: 'a', score: 1000, low: 990, high: 1010 },
        { model: 'b', score: 900, low: null, high: null },
      ],
    };
    const whole = {
      ...fit,
      models: [{ model: 'a', score: 1, low: 0, high: 2, battles: 3, win_share: 0.5, rank: 1, rank_low: 1, rank_high: 1 }],
      battles: 3,
      skipped: 0,
      rounds: 5,
      seed: 1,
      level: 0.95,
      left_out: [],
      redrawn: 0,
      win_shares: { models: ['a'], share: [[null]], battles: [[0]] },
    };
    const csv = 'model,global,global_plus,global_minus,content\na,1000,10,9,990\nb,900,,,880\n';
    const hostile = property(fc.oneof(nearJson([fit, [fit], whole]), nearText([csv], CELLS)), (text) => {
      for (const { scores } of survives(() => arenaScoresOf(text, 's.json')) ?? [])
        for (const { score } of scores) if (!Number.isFinite(score)) throw new Error(`${score}`);
      survives(() => fitOf(text, 's.json'));
    });
    await fc.assert(hostile, options);
  });

  it('price tables', { timeout: TIMEOUT }, async () => {
    const own = readFileSync(packagePath('prices.yaml'), 'utf8').slice(0, 400);
    const PIECES = [
      '\n',
      '  ',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '<<: *a\n',
      '!!js/function ',
      '.nan',
      '.inf',
      '-1',
      '1e400',
      '__proto__: ',
      'constructor: ',
      '"',
      '*',
      'models:',
      '\u0000',
      '2025-01-01',
      '~',
    ];
    const table = { checked: '2025-01-01', models: { 'gpt-4*': { input: 1, output: 2 }, gpt: { input: 0, output: 0 } } };
    const hostile = property(fc.oneof(nearJson([table]), nearText([own], PIECES)), (text) => {
      const prices = survives(() => pricesOf(text, 'prices.yaml'));
      if (prices === null) return;
      for (const model of ['gpt-4o', 'gpt', '__proto__', 'constructor', '']) {
        const price = findPrice(prices, model);
        if (price !== null && !(price.input >= 0 && price.output >= 0)) throw new Error('price');
      }
    });
    await fc.assert(hostile, { ...options });
  });

  it('names of the leaderboard', { timeout: TIMEOUT }, async () => {
    const csv = 'folder,table_name,arena_name\na__b,Latxa 8B,latxa\nc,"Other ""x""",\n';
    const hostile = property(nearText([csv], [...CELLS, 'folder', 'table_name']), (text) => {
      for (const { folder, tableName } of survives(() => namesOf(text, 'names.csv')) ?? [])
        if (folder === '' || tableName === '') throw new Error('empty');
    });
    await fc.assert(hostile, options);
  });
});
