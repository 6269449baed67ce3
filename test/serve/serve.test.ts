import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { type Engine, engineArguments, findEngine, splitWords } from '../../src/serve/engines.js';
import { launch } from '../../src/serve/launch.js';
import { openServedModel } from '../../src/serve/open.js';

/**
 * An engine that writes down its processes, has a child that ignores SIGTERM, as real ones do when they are busy, and is well after a while.
 * FAKE_ENGINE: `dies` ends at once with an error, `slow` is never well.
 */
const FAKE = `#!/usr/bin/env node
const { spawn } = require('node:child_process');
const { appendFileSync } = require('node:fs');
const { createServer } = require('node:http');
const note = (pid) => appendFileSync(process.env.FAKE_PIDS, pid + '\\n');
note(process.pid);
if (process.env.FAKE_ENGINE === 'dies') { console.error('RuntimeError: no such weights'); process.exit(3); }
const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'ignore' });
note(child.pid);
console.log('loading weights');
const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
if (process.env.FAKE_ENGINE !== 'slow') createServer((request, reply) => reply.end('{}')).listen(port, '127.0.0.1');
else setInterval(() => {}, 1000);
`;

const refuse = (): Promise<never> => Promise.reject(new Error('nothing is opened'));

let folder = '';
let engine: Engine;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'serve-'));
  const command = path.join(folder, 'vllm');
  writeFileSync(command, FAKE);
  chmodSync(command, 0o755);
  process.env.FAKE_PIDS = path.join(folder, 'pids');
  delete process.env.FAKE_ENGINE;
  engine = findEngine('vllm', folder);
});

afterEach(() => {
  delete process.env.FAKE_ENGINE;
  rmSync(folder, { recursive: true, force: true });
});

function pids(): number[] {
  const file = path.join(folder, 'pids');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}

/** True for a process that runs: a dead one may wait for its parent to ask after it. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function gone(limitMs: number): Promise<number[]> {
  const end = performance.now() + limitMs;
  for (;;) {
    const left = pids().filter(runs);
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(20);
  }
}

const ARGUMENTS = (port: number) => ['serve', '--port', String(port)];

describe('an engine that is started for a run', () => {
  it('is waited for, told its port, and gone with its children when it is closed', async () => {
    const said: string[] = [];
    const served = await launch({ engine, argumentsFor: ARGUMENTS, onProgress: (line) => said.push(line), graceMs: 200 });
    expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(served.ended()).toBeNull();
    expect(said[0]).toMatch(/starting vllm/);
    expect(pids()).toHaveLength(2);
    await served.close();
    expect(await gone(0)).toEqual([]);
  });

  it('that ends by itself while it starts is an error with its last words', async () => {
    process.env.FAKE_ENGINE = 'dies';
    await expect(launch({ engine, argumentsFor: ARGUMENTS, onProgress: () => {} })).rejects.toThrow(
      /vllm ended by itself \(code 3\).*RuntimeError: no such weights/,
    );
  });

  it('that is never well is given up, and gone', async () => {
    process.env.FAKE_ENGINE = 'slow';
    await expect(launch({ engine, argumentsFor: ARGUMENTS, onProgress: () => {}, limitMs: 700, graceMs: 100 })).rejects.toThrow(
      /vllm did not answer within \d+ s; its last line: /,
    );
    expect(await gone(0)).toEqual([]);
  });

  it('says so when it ends during the run', async () => {
    const served = await launch({ engine, argumentsFor: ARGUMENTS, onProgress: () => {}, graceMs: 100 });
    process.kill(pids()[0] ?? 0, 'SIGKILL');
    while (served.ended() === null) await sleep(20);
    expect(await gone(10_000)).toEqual([]);
    await served.close();
    expect(served.ended()).toMatch(/vllm ended by itself/);
  });
});

/** `kill -9` of the command at so many random moments; more in the long job. */
const KILLS = Number(process.env.EUS_EVAL_SERVE_KILLS ?? '3');

it(
  `leaves no process behind when the command is killed at ${KILLS} random moments`,
  async () => {
    for (let i = 0; i < KILLS; i++) {
      rmSync(path.join(folder, 'pids'), { force: true });
      const command = start([
        'run',
        '--model',
        packagePath('fixtures/models/tiny-llama'),
        '--serve',
        'vllm',
        '--out',
        path.join(folder, 'out'),
      ]);
      // Before the engine is there, while it starts, and while it is asked for its models.
      if (i % 3 !== 0) while (pids().length < i % 3 && command.exitCode === null) await sleep(5);
      await sleep(Math.random() * 400);
      const ended = new Promise((resolve) => command.once('exit', resolve));
      command.kill('SIGKILL');
      await ended;
      // The guard may still be starting the engine.
      await sleep(300);
      expect(await gone(20_000)).toEqual([]);
    }
  },
  60_000 + KILLS * 30_000,
);

function start(args: readonly string[]): ChildProcess {
  const searchPath = `${folder}${path.delimiter}${process.env.PATH ?? ''}`;
  return spawn(process.execPath, [packagePath('bin/eus-eval.js'), ...args], { stdio: 'ignore', env: { ...process.env, PATH: searchPath } });
}

describe('the command line of an engine', () => {
  const serve = {
    model: 'ORG/Model',
    name: 'ORG/Model',
    port: 1234,
    dtype: 'auto',
    maxLength: 4096,
    extra: ['--tensor-parallel-size', '2'],
  };

  it('names model, address, length and what was added', () => {
    const words = ['vllm', 'sglang', 'llama.cpp'].map((name) => ({ ...engine, name, words: [] }));
    const [vllm, sglang] = words.map((one) =>
      one.name === 'llama.cpp' ? [] : engineArguments({ ...one, name: one.name === 'vllm' ? 'vllm' : 'sglang' }, serve),
    );
    expect(vllm?.join(' ')).toBe(
      'ORG/Model --served-model-name ORG/Model --host 127.0.0.1 --port 1234 --max-model-len 4096 --tensor-parallel-size 2',
    );
    expect(sglang?.join(' ')).toBe(
      '--model-path ORG/Model --served-model-name ORG/Model --host 127.0.0.1 --port 1234 --context-length 4096 --tensor-parallel-size 2',
    );
    const gguf = engineArguments({ ...engine, name: 'llama.cpp', words: [] }, { ...serve, model: '/m/a.gguf', name: 'a.gguf', extra: [] });
    expect(gguf.join(' ')).toBe('-m /m/a.gguf --alias a.gguf --host 127.0.0.1 --port 1234 -c 4096');
    expect(() => engineArguments({ ...engine, name: 'llama.cpp' }, serve)).toThrow(/ORG\/Model is no \.gguf file/);
    expect(() => engineArguments(engine, { ...serve, model: 'a.gguf' })).toThrow(/served by llama\.cpp/);
  });

  it('may not be told another address, model, name or key', () => {
    for (const extra of [['--port', '9'], ['--host=0.0.0.0'], ['--api-key', 'k']])
      expect(() => engineArguments(engine, { ...serve, extra })).toThrow(/eus-eval sets this itself; leave it out/);
  });

  it.each([
    ['nothere.gguf', null, /nothere\.gguf: no such file/],
    ['folder.gguf', '', /folder\.gguf: not a file/],
    ['empty.gguf', Buffer.alloc(0), /empty\.gguf: not a GGUF file, it is empty/],
    ['page.gguf', Buffer.from('<html>'), /page\.gguf: not a GGUF file; download it again/],
  ] as const)('is not made for %s', async (name, content, message) => {
    const file = path.join(folder, name);
    if (content === '') mkdirSync(file);
    else if (content !== null) writeFileSync(file, content);
    const command = path.join(folder, 'llama-server');
    writeFileSync(command, FAKE);
    chmodSync(command, 0o755);
    process.env.PATH = `${folder}${path.delimiter}${process.env.PATH ?? ''}`;
    const open = openServedModel({ engine: 'llama.cpp', model: file, name, dtype: 'auto', maxLength: null, extra: [] }, refuse, {
      onProgress: () => undefined,
    });
    await expect(open).rejects.toThrow(message);
    expect(existsSync(path.join(folder, 'pids'))).toBe(false);
  });

  it('is split as a shell does', () => {
    expect(splitWords(` --a 1  --b "x y" 'c' ""`)).toEqual(['--a', '1', '--b', 'x y', 'c', '']);
    expect(() => splitWords('--a "x')).toThrow(/has no end/);
  });

  it('needs an engine that is installed; the error has the command that installs it', () => {
    expect(() => findEngine('vllm', '/nowhere')).toThrow('--serve vllm: no vllm on the PATH; install it with: pip install vllm');
  });
});
