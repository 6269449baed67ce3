import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, cpSync, mkdtempSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
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
    expect(readdirSync(out)).toEqual(['.journal']);
    const askedBefore = size() / 65;
    const again = await eusEval(args, { EUS_EVAL_FAKE_LOG: log });
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('came from the journal');
    // 24 documents; asked twice are at most those in flight when the signal came.
    expect(size() / 65 - 24).toBeLessThanOrEqual(4);
    expect(askedBefore).toBeLessThan(24);
  });
});

describe.skipIf(process.platform === 'win32')('a first signal is heard while a hub does not answer', () => {
  it.each([
    ['the model', ['--model', 'Org/Model-3.1']],
    ['the documents', ['--model', 'fake:1']],
    ['the tokenizer', ['--model', 'completions:m', '--tokenizer', 'Org/Model-3.1', '--base-url', 'http://127.0.0.1:9/v1']],
  ] as const)('about %s', async (_, model) => {
    const asked: Socket[] = [];
    const silent = createServer((socket) => {
      socket.on('error', () => undefined);
      asked.push(socket);
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const args = ['run', ...model, '--tasks', 'eus_trivia', '--limit', '2', '--out', path.join(folder, 'silent')];
    const child = spawn(process.execPath, [packagePath('bin/eus-eval.js'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HF_ENDPOINT: endpoint, HF_HOME: path.join(folder, 'silent-cache'), HF_TOKEN: '' },
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    while (asked.length === 0 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    expect(await ended, stderr).toBe(130);
    expect(stderr).toContain('give the same command again');
    for (const socket of asked) socket.destroy();
    silent.close();
  });
});

describe.skipIf(process.platform === 'win32')('a second signal', () => {
  /** Runs the command under a shell, signals it twice once it says it is under way, and returns what a shell sees. */
  async function twice(args: readonly string[], signal: NodeJS.Signals, ready: (stderr: string) => boolean): Promise<number | null> {
    const command = [process.execPath, packagePath('bin/eus-eval.js'), ...args].map((word) => `'${word}'`).join(' ');
    const shell = spawn('sh', ['-c', `${command} & echo "pid $!" >&2; wait $!; exit $?`], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    shell.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => shell.once('close', resolve));
    const pid = (): number => Number(/pid (\d+)/.exec(stderr)?.[1]);
    const until = async (happened: () => boolean): Promise<void> => {
      while (shell.exitCode === null && !happened()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(() => ready(stderr));
    process.kill(pid(), signal);
    await until(() => stderr.includes('once more to stop at once'));
    process.kill(pid(), signal);
    return ended;
  }

  // A pipe that nobody writes to blocks its reader in the system, as a network disk does that has gone.
  it.each([
    ['SIGINT', 'tokenizer.json'],
    ['SIGTERM', 'config.json'],
  ] as const)('%s ends with 130 though %s is on a disk that does not answer', async (signal, name) => {
    const model = path.join(folder, `dead-${signal}`);
    cpSync(packagePath('fixtures/models/tiny-llama'), model, { recursive: true });
    rmSync(path.join(model, name));
    execFileSync('mkfifo', [path.join(model, name)]);
    const args = ['run', '--model', model, '--tasks', 'eus_trivia', '--data', packagePath('fixtures/data'), '--out', `${model}-out`];
    let pipe: number | null = null;
    // Opening its other end succeeds once there is a reader.
    const reads = (): boolean => {
      try {
        pipe ??= openSync(path.join(model, name), constants.O_WRONLY | constants.O_NONBLOCK);
        return true;
      } catch {
        return false;
      }
    };
    expect(await twice(args, signal, reads)).toBe(130);
    if (pipe !== null) closeSync(pipe);
  });

  it('ends with 130 while the model computes', async () => {
    const model = packagePath('fixtures/models/tiny-llama');
    const args = [
      'run',
      '--model',
      model,
      '--tasks',
      'all',
      '--data',
      packagePath('fixtures/data'),
      '--out',
      path.join(folder, 'computing'),
    ];
    expect(await twice(args, 'SIGINT', (stderr) => stderr.includes(' documents)'))).toBe(130);
  });
});
