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

/** The blocks of JavaScript in a document. */
function blocksOf(file: string): string[] {
  return [...readFileSync(packagePath(file), 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map((match) => match[1] ?? '');
}

async function runBlock(code: string, name: string): Promise<string> {
  writeFileSync(path.join(project, name), code);
  return (await run(process.execPath, [name], { cwd: project })).stdout;
}

describe('examples', () => {
  it('README: a script of twenty lines evaluates the bundled model, compares two runs and prints a row of a leaderboard', async () => {
    const [code = '', ...others] = blocksOf('README.md');
    expect(others).toEqual([]);
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(20);
    const lines = (await runBlock(code, 'readme.mjs')).trim().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^eus_trivia: -?\d\.\d{3} \(-?\d\.\d{3} to -?\d\.\d{3}, \d+ documents\)$/),
      expect.stringMatching(/^piqa_eu: /),
      expect.stringMatching(/^tiny-llama \[ '\d+\.\d', '\d+\.\d' \] \d+\.\d$/),
    ]);
  });

  it.each(blocksOf('docs/library.md').map((code, i) => [i + 1, code] as const))('docs/library.md, block %i', async (i, code) => {
    expect(await runBlock(code, `block-${i}.mjs`)).not.toBe('');
  });
});

describe('declarations', () => {
  it('are enough for a strict project that has nothing but the package and the types of Node', async () => {
    writeFileSync(path.join(project, 'consumer.mts'), readFileSync(new URL('consumer.mts.txt', import.meta.url), 'utf8'));
    const config = {
      compilerOptions: {
        target: 'es2023',
        module: 'nodenext',
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        preserveSymlinks: true,
        types: ['node'],
        noEmit: true,
      },
      files: ['consumer.mts'],
    };
    writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify(config));
    const compiler = packagePath('node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [compiler, '-p', project]).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  });
});
