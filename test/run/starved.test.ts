import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';

const COMMAND = [
  packagePath('bin/eus-eval.js'),
  'run',
  '--model',
  'fake:7',
  '--tasks',
  'eu',
  '--data',
  packagePath('fixtures/data'),
  '--quiet',
];

let folder: string;
/** A file system of a megabyte, or null where mounting one is not allowed. */
let small: string | null = null;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'starved-'));
  const disk = path.join(folder, 'small');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
    small = disk;
  } catch {
    console.log('left out: the disk-full test, because no tmpfs can be mounted here');
  }
});
afterAll(() => {
  if (small !== null) execFileSync('umount', [small]);
  rmSync(folder, { recursive: true, force: true });
});

function run(command: string, args: readonly string[], log: string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, EUS_EVAL_FAKE_LOG: log } });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}

/** Contents of the sample files by task. */
function samples(out: string): Map<string, string> {
  const dir = path.join(out, 'fake-7');
  return new Map(
    readdirSync(dir)
      .filter((name) => name.startsWith('samples_'))
      .map((name): [string, string] => [name.replace(/_\d{4}-.*/, ''), readFileSync(path.join(dir, name), 'utf8')]),
  );
}

describe('a starved run', () => {
  it('on a full disk says so in one line, leaves no half-written result, and goes on when there is room', async ({ skip }) => {
    if (small === null) return skip();
    const log = path.join(folder, 'asked.log');
    const { code, stderr } = await run(process.execPath, [...COMMAND, '--out', small], log);
    expect(stderr).toMatch(/the disk is full; free some space and give the same command again/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(readdirSync(small).filter((name) => !name.startsWith('.'))).toEqual([]);

    execFileSync('mount', ['-o', 'remount,size=200m', small]);
    expect((await run(process.execPath, [...COMMAND, '--out', small], log)).code).toBe(0);
    const whole = path.join(folder, 'whole');
    expect((await run(process.execPath, [...COMMAND, '--out', whole], path.join(folder, 'whole.log'))).code).toBe(0);
    expect(samples(small)).toEqual(samples(whole));
  });

  it('with few open files ends as one with many', async () => {
    const out = path.join(folder, 'files');
    const limited = `ulimit -n 128; exec "$0" "$@"`;
    const { code, stderr } = await run('bash', ['-c', limited, process.execPath, ...COMMAND, '--out', out], path.join(folder, 'files.log'));
    expect(stderr).toContain('counted: all documents scored, no prompt truncated, no warnings\n');
    expect(code).toBe(0);
  });
});
