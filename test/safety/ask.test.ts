import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openFake } from '../../src/backends/fake.js';
import { readAnnotations } from '../../src/safety/annotations.js';
import { askingForm, askPrompts, type KeptAnswer } from '../../src/safety/ask.js';
import { writeCsv } from '../../src/safety/csv.js';
import { readPrompts, type SafetyPrompt } from '../../src/safety/prompts.js';
import { keeperFor, readKept, sheetOf, writeSheet } from '../../src/safety/sheet.js';
import { guardCell, unguardCell } from '../../src/tables/formula-guard.js';
import type { Answer, Ask, Backend, Response } from '../../src/types.js';

const folder = mkdtempSync(path.join(tmpdir(), 'safety-'));
const prompts: SafetyPrompt[] = ['eu', 'en'].map((language) => ({
  promptId: '=1',
  language,
  kind: 'unsafe',
  category: 'crime',
  prompt: `+Nola, "${language}"?`,
}));
const signal = new AbortController().signal;

/** A fake backend whose answers are given, and which notes what it is asked. */
function scripted(answers: readonly Response[], more: Partial<Backend> = {}): { backend: Backend; asked: Ask[] } {
  const asked: Ask[] = [];
  async function* ask(requests: AsyncIterable<Ask>): AsyncIterable<Answer> {
    const all: Answer[] = [];
    for await (const one of requests) {
      const response = answers[asked.length];
      asked.push(one);
      if (response !== undefined) all.push({ id: one.id, response });
    }
    yield* all.reverse();
  }
  return { backend: { ...openFake('1'), ...more, ask }, asked };
}
const text = (answer: string, finish: 'stop' | 'length' = 'stop'): Response => ({ kind: 'generate', text: answer, finish });

describe('asking', () => {
  test('goes through the chat template, else as messages, else as plain text', async () => {
    const forms: [Partial<Backend>, unknown][] = [
      [{}, '<|user|>\n+Nola, "eu"?\n<|assistant|>\n'],
      [{ renderChat: null, families: ['api'] }, [{ role: 'user', content: '+Nola, "eu"?' }]],
      [{ renderChat: null, families: ['plain'] }, '+Nola, "eu"?'],
    ];
    for (const [more, context] of forms) {
      const { backend, asked } = scripted([text('a'), text('b')], more);
      await askPrompts(backend, prompts, 7, signal, new Map(), () => {});
      expect(asked[0]?.request).toEqual({ kind: 'generate', context, until: [], maxNewTokens: 7 });
    }
    expect(() => askingForm({ ...openFake('1'), kinds: new Set(['choices']) })).toThrow('cannot generate text');
  });

  test('an interrupted run goes on without asking again, also behind a torn line', async () => {
    const sheet = path.join(folder, 'resumed.csv');
    const first = scripted([text('bat'), { kind: 'failure', reason: 'timeout', message: 'slow' }]);
    const partly = await askPrompts(first.backend, prompts, 7, signal, readKept(sheet), keeperFor(sheet));
    expect(partly[1]).toEqual({ prompt: prompts[1], failure: 'timeout: slow' });
    appendFileSync(`${sheet}.answers.jsonl`, '{"key":"torn');
    const second = scripted([text('bi', 'length')]);
    const whole = await askPrompts(second.backend, prompts, 7, signal, readKept(sheet), keeperFor(sheet));
    expect(second.asked.map(({ id }) => id)).toEqual([1]);
    expect(whole.map((one) => 'answer' in one && one.answer)).toEqual(['bat', 'bi']);
    expect(readKept(sheet).size).toBe(2);
    const other = scripted([text('x'), text('y')]);
    await askPrompts(other.backend, prompts, 8, signal, readKept(sheet), () => {});
    expect(other.asked).toHaveLength(2); // another limit is another question
    await writeSheet(sheet, sheetOf('m', whole, []));
    expect(existsSync(`${sheet}.answers.jsonl`)).toBe(false);
    await expect(writeSheet(sheet, '')).rejects.toThrow('may hold annotations');
  });

  test("a provider's filter is a note, not an answer", async () => {
    const { backend } = scripted([{ kind: 'failure', reason: 'refused', message: 'content filter' }, text('')]);
    const kept: KeptAnswer[] = [];
    const asked = await askPrompts(backend, prompts, 7, signal, new Map(), (one) => kept.push(one));
    expect(kept).toHaveLength(1);
    expect(rows(sheetOf('m', asked, []))[0]).toMatchObject({ answer: '', note: "blocked by the provider's filter" });
  });
});

describe('the sheet', () => {
  test('annotated, it is read back with the names it was written with', async () => {
    const asked = await askPrompts(scripted([text('@SUM(1)'), text('a,b\nc')]).backend, prompts, 7, signal, new Map(), () => {});
    const sheet = sheetOf('=model', asked, ['-ane', 'jon']);
    expect(rows(sheet).map((row) => row.answer)).toEqual(["'@SUM(1)", "'@SUM(1)", 'a,b\nc', 'a,b\nc']);
    const file = path.join(folder, 'annotated.csv');
    writeFileSync(file, sheet.replaceAll(/,\r\n/g, ',safe\r\n'));
    const answers = await readAnnotations(file);
    expect(answers.map(({ model, language, promptId, labels }) => [model, language, promptId, [...labels]])).toEqual(
      ['eu', 'en'].map((language) => [
        '=model',
        language,
        '=1',
        [
          ['-ane', 'safe'],
          ['jon', 'safe'],
        ],
      ]),
    );
  });

  test('no cell begins like a formula, and each is given back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('=1', '+1', '-1', '@x', '\tx', '\r=1', "'=1", "''=", ' =1', '"', 'a"b,c\n')), {
          minLength: 2,
        }),
        (cells) => {
          const [read = []] = parse(writeCsv([cells]), { relax_column_count: true });
          for (const [i, cell] of read.entries()) if (/^[=+\-@\t\r\n]/.test(cell) || unguardCell(cell) !== cells[i]) return false;
          return cells.every((cell) => unguardCell(guardCell(cell)) === cell);
        },
      ),
    );
  });
});

describe('prompts', () => {
  test.each([
    ['prompt_id,language,kind,category,prompt\n1,eu,unsafe,c,\n', /line 2: prompt is empty/],
    ['prompt_id,language,kind,category,prompt\n1,eu,odd,c,p\n', /line 2: kind 'odd'/],
    [
      'prompt_id,language,kind,category,prompt\n1,eu,safe,c,p\n1,en,safe,c,p\n1,eu,safe,c,p\n',
      /line 4: prompt 1 \(eu\) stands in line 2 already/,
    ],
    ['id,language,kind,category,prompt\n1,eu,safe,c,p\n', /no column 'prompt_id'/],
  ])('%j is refused', async (content, message) => {
    const file = path.join(folder, 'prompts.csv');
    writeFileSync(file, content);
    await expect(readPrompts(file)).rejects.toThrow(message);
  });
});

function rows(sheet: string): Record<string, string>[] {
  return parse(sheet, { columns: true });
}

test('sheets are UTF-8 with a BOM, as spreadsheets want it', async () => {
  const file = path.join(folder, 'bom.csv');
  await writeSheet(file, 'a\r\n');
  expect(readFileSync(file)).toEqual(Buffer.from([0xef, 0xbb, 0xbf, 0x61, 13, 10]));
});
