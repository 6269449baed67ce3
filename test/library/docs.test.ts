import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';

const run = promisify(execFile);
const manifest: { dependencies: Record<string, string>; files: string[] } = JSON.parse(readFileSync(packagePath('package.json'), 'utf8'));

/** A project with the package in its `node_modules`, as installed: its files, and beside it nothing but its dependencies. */
const project = mkdtempSync(path.join(tmpdir(), 'consumer-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));
beforeAll(() => {
  const modules = path.join(project, 'node_modules');
  const installed = path.join(modules, 'eus-eval');
  mkdirSync(installed, { recursive: true });
  for (const name of ['package.json', 'dist', 'tasks', 'fixtures/data', 'fixtures/models']) {
    if (name !== 'package.json') expect(manifest.files).toContain(name);
    cpSync(packagePath(name), path.join(installed, name), { recursive: true });
  }
  for (const name of [...Object.keys(manifest.dependencies), '@types/node', 'undici-types']) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(packagePath(path.join('node_modules', name)), path.join(modules, name), 'junction');
  }
});

/** The blocks of JavaScript and TypeScript in a document. */
function blocksOf(file: string): string[] {
  return [...readFileSync(packagePath(file), 'utf8').matchAll(/^```[jt]s\n(.*?)^```/gms)].map((match) => match[1] ?? '');
}

/** Compiles files of the project as a strict one has it; returns what the compiler complains of. */
async function compile(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(project, name), text);
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    preserveSymlinks: true,
    types: ['node'],
    rootDir: '.',
  };
  writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  const compiler = packagePath('node_modules/typescript/bin/tsc');
  return (await run(process.execPath, [compiler, '-p', project]).catch((error: { stdout: string }) => error)).stdout;
}

const README = blocksOf('README.md');
const LIBRARY = blocksOf('docs/library.md');

async function runBlock(name: string): Promise<string> {
  return (await run(process.execPath, [`${name}.mjs`], { cwd: project })).stdout;
}

describe('examples and declarations', () => {
  it('compile in a strict project that has nothing but the package and the types of Node', async () => {
    const examples = [...README.map((code, i) => [`readme-${i}.mts`, code]), ...LIBRARY.map((code, i) => [`library-${i}.mts`, code])];
    const consumer = readFileSync(new URL('consumer.mts.txt', import.meta.url), 'utf8');
    expect(await compile({ 'consumer.mts': consumer, ...Object.fromEntries(examples) })).toBe('');
  });

  it('README: a script of twenty lines evaluates the bundled model, compares two runs and prints a row of a leaderboard', async () => {
    expect(README.map((code) => code.trim().split('\n').length <= 20)).toEqual([true]);
    const lines = (await runBlock('readme-0')).trim().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^eus_trivia: -?\d\.\d{3} \(-?\d\.\d{3} to -?\d\.\d{3}, \d+ documents\)$/),
      expect.stringMatching(/^piqa_eu: /),
      expect.stringMatching(/^tiny-llama \[ '\d+\.\d', '\d+\.\d' \] \d+\.\d$/),
    ]);
  });

  it.each(LIBRARY.map((_, i) => i))('docs/library.md, block %i runs', async (i) => {
    expect(await runBlock(`library-${i}`)).not.toBe('');
  });
});
