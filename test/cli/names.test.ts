import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { eusEval } from './eus-eval.js';

const DATA = ['--tasks', 'eus_trivia', '--data', packagePath('fixtures/data'), '--limit', '2', '--quiet'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'names-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Folders of results below `out`. */
function folders(out: string): string[] {
  return readdirSync(out).filter((name) => !name.startsWith('.'));
}

/** `model_name` of the only results file in a folder. */
function modelName(dir: string): string {
  const [file] = readdirSync(dir).filter((name) => name.startsWith('results_'));
  return JSON.parse(readFileSync(path.join(dir, file ?? ''), 'utf8')).model_name;
}

describe('a model may have any name', () => {
  it.each([
    ['Org/Model-3.1-8B', 'Org__Model-3.1-8B'],
    ['qwen2.5:7b', 'qwen2.5_7b'],
    ['a.mdb', 'a.mdb'],
    ['x'.repeat(300), `${'x'.repeat(107)}-0d4e2ca9e9cb`],
    ['Ñandú-eüskara', 'Ñandú-eüskara'],
  ])('%s: run, merge and compare', async (name, expected) => {
    const out = path.join(folder, expected.slice(0, 8));
    const run = ['run', '--model', 'fake:1', '--name', name, ...DATA];
    expect(await eusEval([...run, '--out', path.join(out, 'whole')])).toMatchObject({
      code: 0,
      stderr: 'counted: all documents scored, no prompt truncated, no warnings\n',
    });
    expect(folders(path.join(out, 'whole'))).toEqual([expected]);
    expect((await eusEval([...run, '--out', path.join(out, 'parts'), '--shard', '1/1'])).code).toBe(0);
    const merged = await eusEval(['merge', path.join(out, 'parts'), '--out', path.join(out, 'merged')]);
    expect(merged.code).toBe(0);
    expect(folders(path.join(out, 'merged'))).toEqual([expected]);
    expect(modelName(path.join(out, 'merged', expected))).toBe(name);
    const both = await eusEval(['compare', path.join(out, 'whole', expected), path.join(out, 'merged', expected)]);
    expect(both.code).toBe(0);
  });

  it('a local folder with a dot in its name', async () => {
    const model = path.join(folder, 'tiny-llama-3.1');
    cpSync(packagePath('fixtures/models/tiny-llama'), model, { recursive: true });
    const out = path.join(folder, 'local');
    expect((await eusEval(['run', '--model', model, ...DATA, '--out', out])).code).toBe(0);
    expect(folders(out)).toEqual(['tiny-llama-3.1']);
  });
});
