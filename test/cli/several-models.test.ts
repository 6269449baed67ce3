import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { eusEval } from './eus-eval.js';

const folder = mkdtempSync(path.join(tmpdir(), 'several-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const data = ['--data', packagePath('fixtures/data'), '--tasks', 'eus_trivia,piqa_eu', '--limit', '4', '--device', 'cpu'];

describe('run with several models', () => {
  it('gives each its own results, goes on behind one that fails, and ends with one table', async () => {
    const out = path.join(folder, 'a');
    const log = path.join(folder, 'asked');
    const args = ['run', '--model', 'fake:1', 'fake:2,speed=9', 'fake:3', ...data, '--out', out];
    const run = await eusEval(args, { EUS_EVAL_FAKE_LOG: log });
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/fake:2,speed=9: .*unknown setting 'speed'/);
    expect(run.stderr).toMatch(/1 of 3 models could not be evaluated/);
    expect(
      readdirSync(out)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual(['fake-1', 'fake-3']);
    const rows = run.stdout.trim().split('\n');
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatch(/Model.*eus_trivia \(acc\).*piqa_eu/);
    for (const [i, name] of ['fake-1', 'fake-3'].entries()) {
      const [file = ''] = readdirSync(path.join(out, name)).filter((one) => one.startsWith('results_'));
      const { results } = JSON.parse(readFileSync(path.join(out, name, file), 'utf8'));
      const { 'acc,none': acc, 'acc_stderr,none': stderr } = results.eus_trivia;
      expect(rows[2 + i]).toContain(name);
      expect(rows[2 + i]).toContain(`${acc.toFixed(4)} ± ${stderr.toFixed(4)}`);
    }
    expect(existsSync(path.join(out, 'curve.svg'))).toBe(false);
    // Given again, nothing is asked anew.
    const asked = readFileSync(log, 'utf8');
    const again = await eusEval(args, { EUS_EVAL_FAKE_LOG: log });
    expect(again.code).toBe(2);
    expect(readFileSync(log, 'utf8')).toBe(asked);
    expect(again.stdout).toBe(run.stdout);
  });

  it('draws a learning curve of checkpoints, which `curve` reads from the results too', async () => {
    for (const step of ['step-20', 'step-3'])
      cpSync(packagePath('fixtures/models/tiny-llama'), path.join(folder, 'run7', step), { recursive: true });
    const out = path.join(folder, 'b');
    const run = await eusEval(['run', '--model', path.join(folder, 'run7', 'step-*'), ...data, '--out', out, '--quiet']);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout.match(/run7\/step-\d+/g)).toEqual(['run7/step-3', 'run7/step-20']);
    const svg = readFileSync(path.join(out, 'curve.svg'), 'utf8');
    expect(svg).toMatch(/^<svg .*role="img"/);
    expect(svg.match(/<circle/g)).toHaveLength(4);
    const curve = await eusEval(['curve', out, '--json', '--out', path.join(folder, 'c.svg')]);
    expect(curve.code, curve.stderr).toBe(0);
    expect(JSON.parse(curve.stdout).map(({ series, step }: { series: string; step: number }) => [series, step])).toEqual([
      ['run7', 3],
      ['run7', 20],
    ]);
    expect(readFileSync(path.join(folder, 'c.svg'), 'utf8')).toBe(svg);
    const none = await eusEval(['curve', path.join(folder, 'a'), '--out', path.join(folder, 'd.svg')]);
    expect([none.code, existsSync(path.join(folder, 'd.svg'))]).toEqual([2, false]);
  });

  it('prints no table where none could be evaluated, but a line for each', async () => {
    const args = ['run', '--model', 'fake:1,speed=9', 'fake:2,speed=9', ...data, '--out', path.join(folder, 'f'), '--quiet'];
    const run = await eusEval(args);
    expect([run.code, run.stdout]).toEqual([2, '']);
    expect(run.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^eus-eval: fake:1,speed=9: .*unknown setting 'speed'/),
      expect.stringMatching(/^eus-eval: fake:2,speed=9: .*unknown setting 'speed'/),
      expect.stringMatching(/2 of 2 models could not be evaluated/),
    ]);
    expect((await eusEval([...args, '--json'])).stdout.replace(/\s/g, '')).toBe('[]');
  });

  it('draws the examples of each anew for every seed, and says whose lines are whose', async () => {
    const out = path.join(folder, 'g');
    const args = ['run', '--model', 'fake:1', 'fake:2', ...data, '--fewshot-seeds', '1,2', '--out', out, '--quiet'];
    const run = await eusEval(args);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr.match(/^fake:\d: seed \d: counted/gm)).toEqual(
      ['fake:1: seed 1', 'fake:1: seed 2', 'fake:2: seed 1', 'fake:2: seed 2'].map((who) => `${who}: counted`),
    );
    const alone = await eusEval([
      'run',
      '--model',
      'fake:2',
      ...data,
      '--fewshot-seeds',
      '1,2',
      '--out',
      path.join(folder, 'h'),
      '--quiet',
    ]);
    const [seeds, models] = run.stdout.split('fake:2\n')[1]?.split(/\n(?=\|Model)/) ?? [];
    expect(seeds?.trim()).toBe(alone.stdout.trim());
    expect(models?.match(/fake-\d@fewshot_seed=\d/g)).toEqual(
      [1, 2].flatMap((m) => [1, 2].map((seed) => `fake-${m}@fewshot_seed=${seed}`)),
    );
    const json = JSON.parse((await eusEval([...args, '--json'])).stdout);
    expect(json.map(({ model, seeds }: { model: string; seeds: number[] }) => [model, seeds])).toEqual([
      ['fake:1', [1, 2]],
      ['fake:2', [1, 2]],
    ]);
  });

  it('refuses one name for several', async () => {
    const run = await eusEval(['run', '--model', 'fake:1', 'fake:2', '--name', 'x', ...data, '--out', path.join(folder, 'e')]);
    expect([run.code, existsSync(path.join(folder, 'e'))]).toEqual([2, false]);
  });
});
