import { execFile } from 'node:child_process';
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

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program without blocking the test runner. */
function execute(file: string, argv: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, argv, { cwd, env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}

const cli = (cwd: string, ...argv: string[]): Promise<Ended> => execute(process.execPath, [packagePath('bin/eus-eval.js'), ...argv], cwd);

interface Ran {
  readonly code: number;
  readonly log: string;
  readonly verdict: string | undefined;
  readonly summary: string;
}

/** Runs the steps that have scripts as a runner would: bash with -e -o pipefail, inputs as variables, files for outputs and the summary. */
async function runAction(cwd: string, given: Readonly<Record<string, string>>): Promise<Ran> {
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
    const ended = await execute('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], cwd, {
      HOME: cwd,
      GITHUB_ACTION_PATH: packagePath('.'),
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      ...env,
    });
    log += ended.stdout + ended.stderr;
    code = ended.code;
    if (code !== 0) break;
  }
  return { code, log, verdict: /^verdict=(.*)$/m.exec(readFileSync(output, 'utf8'))?.[1], summary: readFileSync(summary, 'utf8') };
}

/** The YAML blocks of a document. */
function snippets(file = 'docs/gate.md'): Record<string, unknown>[] {
  const text = readFileSync(packagePath(file), 'utf8');
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((m) => z.record(z.string(), z.unknown()).parse(parse(m[1] ?? '')));
}

/** A repository as docs/gate.md wants it: the baseline made with the documented commands, and the documented policy. */
async function repository(): Promise<string> {
  const cwd = scratch();
  mkdirSync(path.join(cwd, 'eval'));
  const text = readFileSync(packagePath('docs/gate.md'), 'utf8');
  const commands = /^eus-eval run --model \.\/checkpoints\/current (.*)\neus-eval gate (.*)$/m.exec(text);
  const words = (line: string | undefined): string[] => (line ?? '').split(' ');
  await cli(cwd, 'run', '--model', 'fake:1', ...words(commands?.[1]), '--data', packagePath('fixtures/data'), '--offline');
  await cli(cwd, 'gate', ...words(commands?.[2]));
  const policy = snippets().find((y) => 'allowed_drop' in y);
  // The small data of the package cannot show a drop that the default policy wants to be able to see.
  writeFileSync(path.join(cwd, 'eval/policy.yaml'), JSON.stringify({ ...policy, detectable: null, benchmarks: {}, groups: {} }));
  return cwd;
}

const run = (lost: number): FakeRun => ({ tasks: [{ name: 'eus_trivia', docs: spoil(docs(1715, 0.6), lost) }] });
const gate = (base: FakeRun, candidate: FakeRun): Promise<Ran> => {
  const cwd = scratch();
  writeRun(path.join(cwd, 'base'), base);
  writeRun(path.join(cwd, 'eus-eval-results'), candidate);
  return runAction(cwd, { baseline: 'base', install: 'false' });
};

describe.skipIf(!existsSync(packagePath('dist/cli/main.js')))('action.yml (needs the built command line)', () => {
  it('passes, fails on a regression with an annotation, and says when it cannot judge', async () => {
    expect(await gate(run(0), run(0))).toMatchObject({
      code: 0,
      verdict: 'pass',
      summary: expect.stringContaining('✅ eus-eval gate: pass'),
    });
    const worse = await gate(run(0), run(51));
    expect(worse).toMatchObject({ code: 3, verdict: 'regressed', summary: expect.stringContaining('❌ eus-eval gate: regressed') });
    expect(worse.log).toMatch(/^::error title=eus-eval gate%3A eus_trivia regressed::/m);
    const other = await gate(run(0), { tasks: [...run(0).tasks.map((t) => ({ ...t, shots: 0 }))] });
    expect(other).toMatchObject({ code: 4, verdict: 'cannot judge' });
    expect(await gate(run(0), { tasks: [] })).toMatchObject({ code: 4, verdict: 'cannot judge' });
  });

  it('runs a model, blesses and judges, as docs/gate.md shows it', async () => {
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
    await cli(
      cwd,
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
    await cli(cwd, 'gate', 'eval/baseline.json', 'first', '--bless');
    const blind = await runAction(cwd, { ...inputs, baseline: 'eval/baseline.json' });
    expect([blind.code, blind.verdict]).toEqual([4, 'cannot judge']);
    writeFileSync(path.join(cwd, 'policy.yaml'), 'detectable: null\n');
    const ended = await runAction(cwd, { ...inputs, baseline: 'eval/baseline.json', junit: 'gate.xml', policy: 'policy.yaml' });
    expect(ended.log).toContain('gate: pass');
    expect([ended.code, ended.verdict]).toEqual([0, 'pass']);
    expect(readFileSync(path.join(cwd, 'gate.xml'), 'utf8')).toContain('name="eus_trivia"/>');
  });

  it('never lets an input become part of a script', async () => {
    const cwd = scratch();
    const evil = '"; touch owned; echo $(touch owned2) `touch owned3`';
    const ended = await runAction(cwd, { model: evil, tasks: evil, baseline: evil, policy: evil, 'run-arguments': evil, install: 'false' });
    expect(ended.code).toBe(2);
    for (const file of ['owned', 'owned2', 'owned3']) expect(existsSync(path.join(cwd, file))).toBe(false);
    for (const step of action.runs.steps) expect(step.run ?? '').not.toContain('${{');
  });

  it.each(['README.md', 'docs/gate.md'])('is used in %s as it is: the workflow’s inputs exist and its steps run', async (file) => {
    const workflow = snippets(file).find((y) => 'jobs' in y);
    const steps = z
      .object({
        jobs: z.object({
          gate: z.object({ steps: z.array(z.object({ uses: z.string(), with: z.record(z.string(), z.string()).optional() })) }),
        }),
      })
      .parse(workflow).jobs.gate.steps;
    const given = steps.find((s) => s.uses.includes('eus-eval'))?.with ?? {};
    for (const name of Object.keys(given)) expect(Object.keys(action.inputs)).toContain(name);
    const cwd = await repository();
    const policy = 'eval/policy.yaml';
    const replaced = { model: 'fake:1', data: packagePath('fixtures/data'), 'run-arguments': '--offline', install: 'false', policy };
    const ended = await runAction(cwd, { ...given, ...replaced });
    expect(ended.log).toContain('gate: pass');
    expect(ended.code).toBe(0);
    if (given.junit !== undefined) expect(existsSync(path.join(cwd, given.junit))).toBe(true);
  });

  it('the GitLab job of docs/gate.md runs', async () => {
    const jobs = snippets().find((y) => 'model-gate' in y);
    const { script } = z.object({ 'model-gate': z.object({ script: z.array(z.string()) }) }).parse(jobs)['model-gate'];
    const cwd = await repository();
    const bin = path.join(cwd, 'bin');
    mkdirSync(bin);
    // Stand-ins: nothing is downloaded, and the data sets are those of the package.
    for (const name of ['npm', 'git']) writeFileSync(path.join(bin, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    const more = [
      `[ "$1" != run ] || set -- "$@" --offline --data '${packagePath('fixtures/data')}'`,
      '[ "$1" != gate ] || set -- "$@" --config eval/policy.yaml',
    ].join('\n');
    writeFileSync(path.join(bin, 'eus-eval'), `#!/bin/sh\n${more}\nexec '${process.execPath}' '${packagePath('bin/eus-eval.js')}' "$@"\n`, {
      mode: 0o755,
    });
    const env = { HOME: cwd, MODEL: 'fake:1', PATH: `${bin}:${process.env.PATH}` };
    const ended = await execute('bash', ['-eo', 'pipefail', '-c', script.join('\n')], cwd, env);
    expect(ended.stdout).toContain('gate: pass');
    expect(ended.code).toBe(0);
    expect(existsSync(path.join(cwd, 'gate.xml'))).toBe(true);
  });

  it('documents exactly its inputs', async () => {
    const text = readFileSync(packagePath('docs/gate.md'), 'utf8');
    for (const name of Object.keys(action.inputs)) expect(text, name).toContain(`\`${name}\``);
  });
});
