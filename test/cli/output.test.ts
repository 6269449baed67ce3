import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';

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
