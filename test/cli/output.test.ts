import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { eusEval } from './eus-eval.js';

describe('standard output', () => {
  it.skipIf(!existsSync('/dev/full'))('that cannot be written is one line and exit code 2', () => {
    const full = openSync('/dev/full', 'w');
    try {
      const { status, stderr } = spawnSync(process.execPath, [packagePath('bin/eus-eval.js'), 'list'], {
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      });
      expect(stderr).toMatch(/^eus-eval: standard output cannot be written: ENOSPC.*\n$/);
      expect(status).toBe(2);
    } finally {
      closeSync(full);
    }
  });
});

describe('standard error', () => {
  it.skipIf(!existsSync('/dev/full'))('that cannot be written costs a run nothing but its words', () => {
    const full = openSync('/dev/full', 'w');
    const out = mkdtempSync(path.join(tmpdir(), 'output-'));
    try {
      const args = ['run', '--model', 'fake:1', '--tasks', 'eus_trivia', '--data', packagePath('fixtures/data'), '--out', out];
      const { status, stdout } = spawnSync(process.execPath, [packagePath('bin/eus-eval.js'), ...args], {
        stdio: ['ignore', 'pipe', full],
        encoding: 'utf8',
      });
      expect(stdout).toContain('|eus_trivia|');
      expect(status).toBe(0);
      expect(readdirSync(path.join(out, 'fake-1')).some((name) => name.startsWith('results_'))).toBe(true);
    } finally {
      closeSync(full);
      rmSync(out, { recursive: true });
    }
  });
});

describe('--help', () => {
  it('has every command and every option of run under a heading of its own', async () => {
    const whole = await eusEval(['--help']);
    expect(headings(whole.stdout)).toEqual([
      'Options:',
      'Evaluate a model:',
      'Look at benchmarks and prompts:',
      'Judge results:',
      'Other evaluations:',
      'This machine:',
      'Help:',
    ]);
    const { stdout } = await eusEval(['run', '--help']);
    const [last, ...others] = [...headings(stdout)].reverse();
    expect(last).toBe('Models:');
    expect(others.length).toBeGreaterThan(6);
    // Under "Options" is what nobody put under a better word: only the help itself.
    expect(stdout.split('\nOptions:\n')[1]?.split('\n\n')[0]?.trim()).toMatch(/^-h, --help +display help for command$/);
    expect(stdout).not.toContain('default: false');
  });
});

function headings(help: string): string[] {
  return help.split('\n').filter((line) => /^[A-Z][^.]*:$/.test(line));
}
