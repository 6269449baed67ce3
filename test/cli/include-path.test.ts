import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { eusEval } from './eus-eval.js';

const folder = mkdtempSync(path.join(tmpdir(), 'include-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(
  path.join(folder, 'own.yaml'),
  [
    'task: own_trivia',
    'dataset_path: HiTZ/EusTrivia',
    'test_split: test',
    'output_type: multiple_choice',
    'doc_to_text: "{{question}}?"',
    'doc_to_choice: candidates',
    'doc_to_target: answer',
    'metric_list: [{ metric: acc }]',
  ].join('\n'),
);
const include = ['--include-path', folder];
const data = ['--data', packagePath('fixtures/data')];

describe('--include-path', () => {
  it.each([
    ['list', ['list', 'own_trivia', '--json'], /"benchmark": "own_trivia"/],
    ['explain', ['explain', 'own_trivia'], /^own_trivia: a task[\s\S]*Data: HiTZ\/EusTrivia/],
    ['verify', ['verify', 'own_trivia', ...data], /^no record +own_trivia/],
    ['show', ['show', 'own_trivia', ...data], /^task +own_trivia, document 0/],
    ['run', ['run', '--model', 'fake:1', '--tasks', 'own_trivia', ...data, '--out', path.join(folder, 'out'), '--quiet'], /own_trivia/],
  ])('lets %s take the names of its task files', async (_, args, text) => {
    const { code, stdout, stderr } = await eusEval([...args, ...include]);
    expect([code, stdout], stderr).toEqual([0, expect.stringMatching(text)]);
    expect((await eusEval(args)).code).toBe(2);
  });

  it('adds its tasks to the list of all', async () => {
    const names = async (args: readonly string[]): Promise<string[]> =>
      JSON.parse((await eusEval(['list', '--json', ...args])).stdout).map(({ benchmark }: { benchmark: string }) => benchmark);
    expect(await names(include)).toEqual([...(await names([])), 'own_trivia']);
  });

  it('is refused where it is no folder', async () => {
    const { code, stderr } = await eusEval(['list', '--include-path', path.join(folder, 'none')]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^eus-eval: cannot read the folder of task files/)]);
  });
});
