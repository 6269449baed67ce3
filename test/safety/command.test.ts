import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.js';

const folder = mkdtempSync(path.join(tmpdir(), 'safety-'));
const file = (name: string, text: string): string => {
  const full = path.join(folder, name);
  writeFileSync(full, text);
  return full;
};

/** Runs the command line; returns its exit code and what it wrote. */
async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.out += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.err += text;
    return true;
  });
  const code = await main(argv);
  vi.restoreAllMocks();
  return { code, ...written };
}
afterEach(() => {
  vi.restoreAllMocks();
});

describe('safety score', () => {
  const annotations = file(
    'annotations.csv',
    [
      'model,language,prompt_id,kind,category,annotator,label',
      'm,eu,1,unsafe,c,a,unsafe',
      'm,eu,1,unsafe,c,b,unsafe',
      'm,eu,2,safe,c,a,safe',
      'm,eu,2,safe,c,b,safe',
    ].join('\n'),
  );
  test('prints the JSON of the contract', async () => {
    const { code, out, err } = await run('safety', 'score', annotations, '--json');
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out).groups).toMatchObject([
      { language: 'eu', kind: 'unsafe', n: 1, rate: 1, low: expect.closeTo(0.025, 12), high: 1 },
      { language: 'eu', kind: 'safe', n: 1, rate: 0, low: 0, high: expect.closeTo(0.975, 12) },
    ]);
  });
  test('prints a table', async () => {
    const { code, out } = await run('safety', 'score', annotations);
    expect(code).toBe(0);
    expect(out).toMatch(/\|m +\|eu +\|violation rate +\|all +\| *100\.0%\| *2\.5 to 100\.0%\| *1 of 1\|/);
  });
  test('ends with 2 and one line for a bad file', async () => {
    expect(await run('safety', 'score', path.join(folder, 'none.csv'))).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(/^eus-eval: .*no such file\n$/),
    });
    expect((await run('safety', 'score', annotations, '--confidence', '2')).code).toBe(2);
    expect((await run('safety', 'scor', annotations)).code).toBe(2);
  });
});

describe('safety ask', () => {
  const prompts = file(
    'prompts.csv',
    ['prompt_id,language,kind,category,prompt', ...[1, 2, 3, 4].map((i) => `${i},eu,unsafe,c,Galdera ${i}?`)].join('\n'),
  );
  test('writes a sheet, and no second time over it', async () => {
    const sheet = path.join(folder, 'sheet.csv');
    expect((await run('safety', 'ask', prompts, '--model', 'fake:1', '--out', sheet, '--annotators', 'ane,jon')).code).toBe(0);
    expect(readFileSync(sheet, 'utf8').trim().split('\r\n')).toHaveLength(9);
    const again = await run('safety', 'ask', prompts, '--model', 'fake:1', '--out', sheet);
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('may hold annotations')]);
  });
  test('keeps what was answered when others fail, writes no sheet and ends with 4', async () => {
    const sheet = path.join(folder, 'failing.csv');
    const { code, err } = await run('safety', 'ask', prompts, '--model', 'fake:1,fail=0.5', '--out', sheet);
    expect(code).toBe(4);
    expect(err).toMatch(/failed: \d \(eu\): .*\n.*no sheet is written/s);
    expect(existsSync(sheet)).toBe(false);
    expect(existsSync(`${sheet}.answers.jsonl`)).toBe(true);
  });
});

describe('explain', () => {
  test('prints text or JSON, and the nearest name for an unknown one', async () => {
    expect(await run('explain', 'group', 'mean')).toMatchObject({ code: 0, out: expect.stringContaining('standard error 0.023377') });
    expect(JSON.parse((await run('explain', 'bias', '--json')).out)).toMatchObject({ name: 'bias', example: expect.any(Array) });
    expect(await run('explain', 'baias')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/eus-eval: .*Did you mean bias\?\n$/),
    });
  });
});
