/** `kill -9` of a run whose engine is a real one, at random moments: nothing may be left of the engine. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { LLAMA_SERVER, pathWith } from './llama-server.js';
import { writeGguf } from './write-gguf.js';

const KILLS = Number(process.env.EUS_EVAL_SERVE_KILLS ?? '2');
/** Folder with the program vllm; a model for it. Only the long job has them. */
const VLLM = process.env.EUS_EVAL_VLLM ?? '';
const MODEL = process.env.EUS_EVAL_SMOLLM2 ?? '';
/** Processes are known by the folder they were started in, which all children inherit; /proc tells. */
const PROC = existsSync('/proc/self/cwd');
if (VLLM === '' || MODEL === '')
  console.log('skipped: tests with a real vLLM (name its bin folder in EUS_EVAL_VLLM and a model in EUS_EVAL_SMOLLM2)');

function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}

/** Starts the command in a folder of its own, kills it after up to `longestMs`, and waits for the end of everything that it started. Returns how many processes that was. */
async function killed(folder: string, words: readonly string[], env: NodeJS.ProcessEnv, longestMs: number): Promise<number> {
  mkdirSync(folder);
  const cwd = realpathSync(folder);
  const all = [packagePath('bin/eus-eval.js'), 'run', ...words, '--data', packagePath('fixtures/data'), '--out', path.join(cwd, 'out')];
  const command = spawn(process.execPath, all, { cwd, stdio: 'ignore', env });
  const ended = new Promise((resolve) => command.once('exit', resolve));
  await Promise.race([sleep(Math.random() * longestMs), ended]);
  const running = processesIn(cwd).length;
  command.kill('SIGKILL');
  await ended;
  // The guard may still be starting the engine, and gives it ten seconds to end.
  await sleep(300);
  const last = performance.now() + 30_000;
  while (processesIn(cwd).length > 0 && performance.now() < last) await sleep(50);
  expect(processesIn(cwd)).toEqual([]);
  return running;
}

async function killAll(
  words: (folder: string) => readonly string[],
  searchPath: (folder: string) => string,
  longestMs: number,
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kills-'));
  const env = { ...process.env, PATH: searchPath(folder), EUS_EVAL_CACHE: path.join(folder, 'cache') };
  const running: number[] = [];
  for (let i = 0; i < KILLS; i++) running.push(await killed(path.join(folder, String(i)), words(folder), env, longestMs));
  if (KILLS >= 10) expect(Math.max(...running)).toBeGreaterThan(2);
  rmSync(folder, { recursive: true, force: true });
}

it.skipIf(!PROC || LLAMA_SERVER === null)(
  `llama-server is gone after each of ${KILLS} kills`,
  async () => {
    const words = (folder: string): readonly string[] => {
      const gguf = path.join(folder, 'tiny.gguf');
      if (!existsSync(gguf)) writeGguf(packagePath('fixtures/models/tiny-llama'), gguf);
      return ['--model', gguf, '--tokenizer', packagePath('fixtures/models/tiny-llama'), '--serve-args', '-t 1'];
    };
    await killAll(words, (folder) => pathWith(LLAMA_SERVER ?? '', path.join(folder, 'bin')), 6000);
  },
  60_000 + KILLS * 60_000,
);

it.skipIf(!PROC || VLLM === '' || MODEL === '')(
  `vLLM is gone after each of ${KILLS} kills`,
  async () => {
    const words = ['--model', MODEL, '--serve', 'vllm', '--serve-args', '--dtype float32 --max-model-len 2048 --enforce-eager'];
    await killAll(
      () => words,
      () => `${VLLM}${path.delimiter}${process.env.PATH ?? ''}`,
      60_000,
    );
  },
  60_000 + KILLS * 120_000,
);
