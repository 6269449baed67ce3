import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { packagePath } from '../../src/package-files.js';
import { docs, type FakeRun, scratch, spoil, writeRun } from '../compare/runs.js';

const STEP = z.object({
  name: z.string(),
  run: z.string().optional(),
  uses: z.string().optional(),
  if: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  shell: z.string().optional(),
});
const ACTION = z.object({
  inputs: z.record(z.string(), z.object({ description: z.string(), default: z.string().optional(), required: z.boolean().optional() })),
  runs: z.object({ using: z.literal('composite'), steps: z.array(STEP) }),
});
const action = ACTION.parse(parse(readFileSync(packagePath('action.yml'), 'utf8')));

interface Ran {
  readonly code: number;
  readonly log: string;
  readonly verdict: string | undefined;
  readonly summary: string;
}

/** Runs the steps that have scripts as a runner would: bash with -e -o pipefail, inputs as variables, files for outputs and the summary. */
function runAction(cwd: string, given: Readonly<Record<string, string>>): Ran {
  const inputs: Record<string, string> = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: value }]) => [name, value ?? '']),
  );
  Object.assign(inputs, given);
  const [output, summary] = [path.join(cwd, 'output'), path.join(cwd, 'summary.md')];
  for (const file of [output, summary]) writeFileSync(file, '');
  let log = '';
  let code = 0;
  for (const step of action.runs.steps) {
    const condition = /^inputs\.([\w-]+) (==|!=) '(.*)'$/.exec(step.if ?? '');
    if (step.if !== undefined && condition === null) throw new Error(`a condition that this test cannot read: ${step.if}`);
    if (condition !== null && (inputs[condition[1] ?? ''] === condition[3]) !== (condition[2] === '==')) continue;
    if (step.run === undefined) continue;
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([name, value]) => [
        name,
        value.replace(/^\$\{\{ inputs\.([\w-]+) \}\}$/, (_, input: string) => inputs[input] ?? ''),
      ]),
    );
    const script = path.join(cwd, 'step.sh');
    writeFileSync(script, step.run);
    const ended = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: cwd,
        GITHUB_ACTION_PATH: packagePath('.'),
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        ...env,
      },
    });
    log += ended.stdout + ended.stderr;
    code = ended.status ?? -1;
    if (code !== 0) break;
  }
  return { code, log, verdict: /^verdict=(.*)$/m.exec(readFileSync(output, 'utf8'))?.[1], summary: readFileSync(summary, 'utf8') };
}

const run = (lost: number): FakeRun => ({ tasks: [{ name: 'eus_trivia', docs: spoil(docs(1715, 0.6), lost) }] });
const gate = (base: FakeRun, candidate: FakeRun): Ran => {
  const cwd = scratch();
  writeRun(path.join(cwd, 'base'), base);
  writeRun(path.join(cwd, 'eus-eval-results'), candidate);
  return runAction(cwd, { baseline: 'base', install: 'false' });
};

describe.skipIf(!existsSync(packagePath('dist/cli/main.js')))('action.yml (needs the built command line)', () => {
  it('passes, fails on a regression with an annotation, and says when it cannot judge', () => {
    expect(gate(run(0), run(0))).toMatchObject({ code: 0, verdict: 'pass', summary: expect.stringContaining('✅ eus-eval gate: pass') });
    const worse = gate(run(0), run(51));
    expect(worse).toMatchObject({ code: 3, verdict: 'regressed', summary: expect.stringContaining('❌ eus-eval gate: regressed') });
    expect(worse.log).toMatch(/^::error title=eus-eval gate%3A eus_trivia regressed::/m);
    const other = gate(run(0), { tasks: [...run(0).tasks.map((t) => ({ ...t, shots: 0 }))] });
    expect(other).toMatchObject({ code: 4, verdict: 'cannot judge' });
    expect(gate(run(0), { tasks: [] })).toMatchObject({ code: 4, verdict: 'cannot judge' });
  });

  it('runs a model, blesses and judges, as docs/gate.md shows it', () => {
    const cwd = scratch();
    const inputs = {
      model: 'fake:1',
      tasks: 'eus_trivia,piqa',
      limit: '10',
      data: packagePath('fixtures/data'),
      install: 'false',
      'run-arguments': '--no-journal\n--offline\n',
    };
    mkdirSync(path.join(cwd, 'eval'));
    const cli = (...argv: string[]): string =>
      execFileSync(process.execPath, [packagePath('bin/eus-eval.js'), ...argv], {
        cwd,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    cli(
      'run',
      '--model',
      'fake:1',
      '--tasks',
      inputs.tasks,
      '--limit',
      '10',
      '--data',
      inputs.data,
      '--out',
      'first',
      '--quiet',
      '--offline',
    );
    cli('gate', 'eval/baseline.json', 'first', '--bless');
    const ended = runAction(cwd, { ...inputs, baseline: 'eval/baseline.json', junit: 'gate.xml' });
    expect(ended.log).toContain('gate: pass');
    expect([ended.code, ended.verdict]).toEqual([0, 'pass']);
    expect(readFileSync(path.join(cwd, 'gate.xml'), 'utf8')).toContain('name="eus_trivia"/>');
  });

  it('never lets an input become part of a script', () => {
    const cwd = scratch();
    const evil = '"; touch owned; echo $(touch owned2) `touch owned3`';
    const ended = runAction(cwd, { model: evil, tasks: evil, baseline: evil, policy: evil, 'run-arguments': evil, install: 'false' });
    expect(ended.code).toBe(2);
    for (const file of ['owned', 'owned2', 'owned3']) expect(existsSync(path.join(cwd, file))).toBe(false);
    for (const step of action.runs.steps) expect(step.run ?? '').not.toContain('${{');
  });

  it('documents exactly its inputs', () => {
    const text = readFileSync(packagePath('docs/gate.md'), 'utf8');
    for (const name of Object.keys(action.inputs)) expect(text, name).toContain(`\`${name}\``);
  });
});
