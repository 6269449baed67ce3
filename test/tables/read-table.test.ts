import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { arenaScoresOf } from '../../src/arena/scores.js';
import { namesOf } from '../../src/leaderboard/names.js';
import { readAnnotations } from '../../src/safety/annotations.js';
import { numberIn, readTable, tableOf } from '../../src/tables/read-table.js';

const read = (text: string): unknown => {
  const { header, rows } = tableOf(text, 't.csv', { trim: true });
  return [header, ...rows.map((r) => [r.line, ...r.cells])];
};

describe('tables as spreadsheets write them', () => {
  it.each([
    ['comma', 'a,b\n1,2\n'],
    ['semicolon, CRLF and a BOM', '\ufeffa;b\r\n1;2\r\n'],
    ['tab', 'a\tb\n1\t2\n'],
    ['quotes in the header', '"a";"b"\n1;2\n'],
    ['rows of separators alone', 'a;b\n1;2\n;\n;\n'],
  ])('%s', (_, text) => {
    expect(read(text)).toEqual([
      ['a', 'b'],
      [2, '1', '2'],
    ]);
  });

  it('a line that names the separator', () => {
    expect(read('sep=;\r\na;b\r\n1,5;2\r\n')).toEqual([
      ['a', 'b'],
      [3, '1,5', '2'],
    ]);
  });

  it('several sheets one below the other, each with its header and BOM, columns in any order', () => {
    expect(read('\ufeffa;b\n1;2\n\ufeffa;b\n3;4\nb;a\n6;5\n')).toEqual([
      ['a', 'b'],
      [2, '1', '2'],
      [4, '3', '4'],
      [6, '5', '6'],
    ]);
  });

  it('says where another separator begins, and where cells are missing', () => {
    expect(() => read('a;b\n1;2\na,b\n3,4\n')).toThrow("t.csv, line 3: a sheet begins whose cells are parted otherwise (',', before ';')");
    expect(() => read('a,b\n1,2\n3\n')).toThrow('t.csv, line 3: 1 cells, but the header has 2');
    expect(() => read('a,a\n1,2\n')).toThrow("t.csv: the column 'a' stands twice in the header");
  });

  it('numbers with a decimal comma only where the comma parts no cells', () => {
    expect([
      numberIn('1012,5', { decimalComma: true }),
      numberIn('1012,5', { decimalComma: false }),
      numberIn(' ', { decimalComma: true }),
    ]).toEqual([1012.5, null, null]);
  });

  it('reads UTF-16 with its BOM, and names a file that is neither', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'eus-eval-table-'));
    const file = path.join(folder, 't.csv');
    writeFileSync(file, Buffer.from('\ufeffa\tb\r\n1\tñ\r\n', 'utf16le'));
    expect((await readTable(file, { what: 'the table', trim: false })).rows).toEqual([{ line: 2, cells: ['1', 'ñ'] }]);
    writeFileSync(file, Buffer.from('a;b\n1;ñ\n', 'latin1'));
    await expect(readTable(file, { what: 'the table', trim: false })).rejects.toThrow('it is not UTF-8; save it as "CSV UTF-8"');
    await expect(readTable(`${file}x`, { what: 'the names file', trim: false })).rejects.toThrow(
      /^cannot read the names file .*: no such file$/,
    );
  });

  it('is what every reader takes', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'eus-eval-table-'));
    const file = path.join(folder, 'sheets.csv');
    const sheet = (annotator: string): string =>
      `\ufeffmodel;language;prompt_id;kind;category;annotator;label\r\nm;eu;1;unsafe;c;${annotator};safe\r\n`;
    writeFileSync(file, sheet('ane') + sheet('jon'));
    expect((await readAnnotations(file)).map((a) => [...a.labels.keys()])).toEqual([['ane', 'jon']]);
    expect(namesOf('\ufefffolder;table_name\no__m;M\n', 'n.csv')).toEqual([{ folder: 'o__m', tableName: 'M', arenaName: null }]);
    expect(arenaScoresOf('model;global;global_minus\nm;1012,5;10\n', 's.csv')).toEqual([
      { question: 'global', scores: [{ model: 'm', score: 1012.5, low: 1002.5, high: null }] },
    ]);
  });
});
