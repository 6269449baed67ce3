import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { eusEval } from './eus-eval.js';

const cache = mkdtempSync(path.join(tmpdir(), 'eus-eval-setup-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));
const env = { EUS_EVAL_CACHE: cache, PIP_FIND_LINKS: '', UV_DEFAULT_INDEX: '', UV_INDEX_URL: '', PIP_INDEX_URL: '' };

describe('eus-eval setup', () => {
  it.each([
    [['setup'], 'eus-eval: setup: say what; valid: cuda\n'],
    [['setup', 'cdua'], 'eus-eval: setup cdua: valid: cuda. Did you mean cuda?\n'],
    [['setup', 'cuda', '--remove', '--dry-run'], 'eus-eval: --remove goes with no other option\n'],
    [['setup', 'cuda', '--wheels', '/nowhere'], 'eus-eval: --wheels /nowhere: no such folder\n'],
    [
      ['setup', 'cuda', '--index', 'pypi'],
      'eus-eval: --index is no web address; valid: https://pypi.org/simple, or the address of a mirror (for a folder of wheels: --wheels DIR)\n',
    ],
  ])('%j is one line', async (args, line) => {
    const { code, stdout, stderr } = await eusEval(args, env);
    expect(stderr).toBe(line);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('--remove says that there is nothing', async () => {
    const { code, stdout } = await eusEval(['setup', 'cuda', '--remove'], env);
    expect(stdout).toMatch(/^nothing to remove: there is no /);
    expect(code).toBe(0);
  });
});

describe('--device cuda without its libraries', () => {
  it('is one line on standard error, and nothing of the runtime before it', async () => {
    const { code, stdout, stderr } = await eusEval(['run', '--limit', '1', '--device', 'cuda', '--out', path.join(cache, 'out')], env);
    expect(stderr).toBe("eus-eval: --device cuda: libonnxruntime_providers_cuda.so is not there; run 'eus-eval setup cuda'\n");
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
