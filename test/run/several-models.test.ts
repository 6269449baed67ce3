import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { BUNDLED_DATA } from '../../src/library/bundled.js';
import { modelRows } from '../../src/library/curve.js';
import { readResults } from '../../src/library/results.js';
import { evaluateSeeds } from '../../src/library/seeds.js';
import { loadTasks } from '../../src/library/tasks.js';
import { stepOf } from '../../src/results/by-model.js';
import { chosenModels } from '../../src/run/several-models.js';

const folder = mkdtempSync(path.join(tmpdir(), 'models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (const name of ['step-1000', 'step-200', 'step-30', 'final', '.step-1'])
  mkdirSync(path.join(folder, 'ckpts', name), { recursive: true });
writeFileSync(path.join(folder, 'ckpts', 'step-9.txt'), '');

describe('several models in one command', () => {
  it('a pattern stands for folders, by their step', () => {
    expect(chosenModels([path.join(folder, 'ckpts', 'step-*')]).map(({ reference }) => path.basename(reference))).toEqual([
      'step-30',
      'step-200',
      'step-1000',
    ]);
    expect(chosenModels([path.join(folder, 'c*', 'f?nal')]).map(({ reference }) => path.basename(reference))).toEqual(['final']);
    expect(() => chosenModels([path.join(folder, 'ckpts', 'epoch-*')])).toThrow(UserError);
  });

  it('revisions of one model are models of their own names', () => {
    expect(chosenModels(['HiTZ/x@step1,step2', 'HiTZ/y', 'fake:1,batch=2', 'HiTZ/y'])).toEqual([
      { reference: 'HiTZ/x@step1', name: 'HiTZ/x@step1' },
      { reference: 'HiTZ/x@step2', name: 'HiTZ/x@step2' },
      { reference: 'HiTZ/y', name: null },
      { reference: 'fake:1,batch=2', name: null },
    ]);
    expect(chosenModels(['HiTZ/x@a', 'HiTZ/x@b']).map(({ name }) => name)).toEqual(['HiTZ/x@a', 'HiTZ/x@b']);
    expect(chosenModels(['HiTZ/x@a'])).toEqual([{ reference: 'HiTZ/x@a', name: null }]);
    expect(() => chosenModels(['HiTZ/x@a,'])).toThrow(/empty/);
  });

  it.each([
    ['HiTZ/x@step-1000', 'HiTZ/x', 1000],
    ['run7/checkpoint-500', 'run7', 500],
    ['EleutherAI/pythia-70m@step143000', 'EleutherAI/pythia-70m', 143000],
    ['allenai/OLMo@stage1-step1000-tokens5B', 'allenai/OLMo@stage1-tokens5B', 1000],
    ['x/iter_10k', 'x', 10000],
    ['run/0042', 'run', 42],
    ['step-100', 'step', 100],
    ['checkpoint-2k', 'checkpoint', 2000],
    ['HiTZ/Latxa-Llama-3.1-8B-Instruct', 'HiTZ/Latxa-Llama-3.1-8B-Instruct', null],
    ['itzune/first-step1B', 'itzune/first-step1B', null],
  ])('the step of %s', (name, series, step) => {
    expect(stepOf(name)).toEqual({ series, step });
  });

  it('other draws of examples are rows and curves of their own', async () => {
    const root = path.join(folder, 'seeds');
    const tasks = await loadTasks({ tasks: 'eus_trivia' });
    for (const model of ['fake:1', 'fake:2']) await evaluateSeeds({ model, tasks, limit: 4, data: BUNDLED_DATA, out: root }, [1, 2]);
    const { rows } = await modelRows(await readResults({ from: root }));
    const names = ['fake-1@fewshot_seed=1', 'fake-1@fewshot_seed=2', 'fake-2@fewshot_seed=1', 'fake-2@fewshot_seed=2'];
    expect(rows.map(({ model }) => model).sort()).toEqual(names);
    expect(rows.map(({ series }) => series).sort()).toEqual(names);
  });
});
