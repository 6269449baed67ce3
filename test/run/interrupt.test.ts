import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { eusEval } from '../cli/eus-eval.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'interrupt-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an interrupted run', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends with 130, keeps the answers and leaves no results', async (signal) => {
    const out = path.join(folder, signal);
    const log = path.join(folder, `${signal}.log`);
    const args = [
      'run',
      '--model',
      'fake:7,latency=40,batch=2',
      '--tasks',
      'eus_trivia',
      '--data',
      packagePath('fixtures/data'),
      '--out',
      out,
    ];
    const child = spawn(process.execPath, [packagePath('bin/eus-eval.js'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, EUS_EVAL_FAKE_LOG: log },
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const size = (): number => statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    while (size() < 6 * 65) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(stderr).toContain('give the same command again');
    expect(readdirSync(path.join(out, 'fake-7'))).toEqual([]);
    const askedBefore = size() / 65;
    const again = await eusEval(args, { EUS_EVAL_FAKE_LOG: log });
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('came from the journal');
    // 24 documents; asked twice are at most those in flight when the signal came.
    expect(size() / 65 - 24).toBeLessThanOrEqual(4);
    expect(askedBefore).toBeLessThan(24);
  });
});
