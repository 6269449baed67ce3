import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { tempFolder } from '../data/temp.js';

/** Runs a copy of bin/eus-eval.js in front of a program of our own. */
async function run(program: string): Promise<{ code: unknown; stderr: string }> {
  const folder = tempFolder();
  for (const name of ['bin', 'dist/cli']) mkdirSync(path.join(folder, name), { recursive: true });
  copyFileSync(packagePath('bin/eus-eval.js'), path.join(folder, 'bin/eus-eval.js'));
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(path.join(folder, 'dist/cli/main.js'), program);
  const done = promisify(execFile)(process.execPath, [path.join(folder, 'bin/eus-eval.js')]);
  return done.then(
    ({ stderr }) => ({ code: 0, stderr }),
    (error: { code: unknown; stderr: string }) => ({ code: error.code, stderr: error.stderr }),
  );
}

it('a program that waits for what can never happen ends with one line and exit code 1', async () => {
  const { code, stderr } = await run('export async function main() { await new Promise(() => {}); }');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^eus-eval: internal error: [^\n]*\n$/);
});

it('the exit code is what the program returns', async () => {
  expect(await run('export async function main() { return 3; }')).toEqual({ code: 3, stderr: '' });
});
