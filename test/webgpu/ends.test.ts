/**
 * All ways in which a run on a card ends, one after the other: `EUS_EVAL_WEBGPU_ENDS=30` in the long job. Each end has its exit code, leaves no process and no core file
 * behind, and the same command goes on to the samples of an undisturbed run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { SOFTWARE_GPU } from '../software-gpu.js';

const ENDS = Number(process.env.EUS_EVAL_WEBGPU_ENDS ?? '0');
if (SOFTWARE_GPU !== null && ENDS === 0) console.log('skipped: ends of runs on WebGPU (EUS_EVAL_WEBGPU_ENDS=30 tries 30 of them)');

const TASKS = ['bl2mp', 'piqa'];
let scratch: string;
let broken: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'eus-eval-ends-'));
  broken = path.join(scratch, 'data');
  cpSync(packagePath('fixtures/data'), broken, { recursive: true });
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

/** A run in an empty folder of its own, where a core file would be written. */
function start(out: string, data: string, env: Readonly<Record<string, string>> = {}): Started {
  mkdirSync(path.join(scratch, 'cwd'), { recursive: true });
  const args = ['run', '--model', packagePath('fixtures/models/tiny-llama'), '--name', 'tiny', '--device', 'webgpu', '--data', data];
  const words = [process.execPath, packagePath('bin/eus-eval.js'), ...args, '--tasks', TASKS.join(','), '--limit', '5', '--out', out];
  const child = spawn('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', ...words], {
    cwd: path.join(scratch, 'cwd'),
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, EUS_EVAL_CACHE: path.join(scratch, 'cache'), ...env },
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return { child, ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr }))) };
}

/** Resolves when the run has answered something: its journal has an answer. */
async function answering(out: string, { child }: Started): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const files = existsSync(out) ? readdirSync(out, { recursive: true, withFileTypes: true }) : [];
    const journal = files.find((entry) => entry.isFile() && /journal|answers/.test(path.join(entry.parentPath ?? '', entry.name)));
    if (journal !== undefined && readFileSync(path.join(journal.parentPath ?? '', journal.name), 'utf8').split('\n').length > 2) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Log-probabilities of all samples, by task and document. */
function samples(out: string): Map<string, number[]> {
  const all = new Map<string, number[]>();
  for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.startsWith('samples_')) continue;
    for (const line of readFileSync(path.join(entry.parentPath, entry.name), 'utf8').trim().split('\n')) {
      const row: { doc_id: number; resps: unknown[] } = JSON.parse(line);
      const values = row.resps.flat(2).map(Number);
      all.set(`${entry.name.replace(/_\d{4}-.*/, '')} ${row.doc_id}`, values.filter(Number.isFinite));
    }
  }
  return all;
}

const sessionWorkers = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return new RegExp(`^PPid:\\s+${parent}$`, 'm').test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      } catch {
        return false;
      }
    })
    .map(Number);

const alive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

/** Each brings a run to its end and returns what its exit code must be. */
const KINDS: Readonly<Record<string, (out: string) => Promise<Started>>> = {
  'a normal run': async (out) => start(out, packagePath('fixtures/data')),
  'an error in the data': async (out) => start(out, broken),
  'Ctrl-C': async (out) => {
    const run = start(out, packagePath('fixtures/data'));
    await answering(out, run);
    for (const pid of [...sessionWorkers(run.child.pid ?? 0), run.child.pid ?? 0]) process.kill(pid, 'SIGINT');
    return run;
  },
  'SIGTERM for both processes': async (out) => {
    const run = start(out, packagePath('fixtures/data'));
    await answering(out, run);
    for (const pid of [...sessionWorkers(run.child.pid ?? 0), run.child.pid ?? 0]) process.kill(pid, 'SIGTERM');
    return run;
  },
  'kill -9': async (out) => {
    const run = start(out, packagePath('fixtures/data'));
    await answering(out, run);
    run.child.kill('SIGKILL');
    return run;
  },
  'kill -9 of the process that drives the device': async (out) => {
    const run = start(out, packagePath('fixtures/data'));
    await answering(out, run);
    for (const pid of sessionWorkers(run.child.pid ?? 0)) process.kill(pid, 'SIGKILL');
    return run;
  },
  'SIGTERM for the process that drives the device': async (out) => {
    const run = start(out, packagePath('fixtures/data'));
    await answering(out, run);
    for (const pid of sessionWorkers(run.child.pid ?? 0)) process.kill(pid, 'SIGTERM');
    return run;
  },
  'a lost device': async (out) => start(out, packagePath('fixtures/data'), { EUS_EVAL_TEST_LOST_AFTER: '2' }),
};
const CODES: Readonly<Record<string, readonly (number | null)[]>> = {
  'a normal run': [0],
  'an error in the data': [2],
  // A run that had answered everything when the signal came ends as it would have.
  'Ctrl-C': [130, 0],
  'SIGTERM for both processes': [130, 0],
  'kill -9': [null, 0],
  'kill -9 of the process that drives the device': [2, 0],
  'SIGTERM for the process that drives the device': [2, 0],
  'a lost device': [2],
};

describe.skipIf(SOFTWARE_GPU === null || ENDS === 0)('runs on a card made of software', () => {
  it(`end as they should, ${ENDS} times, and nothing is lost`, async () => {
    const whole = path.join(scratch, 'whole');
    expect((await start(whole, packagePath('fixtures/data')).ended).code).toBe(0);
    const expected = samples(whole);
    expect(expected.size).toBe(10);
    const file = path.join(broken, 'piqa/default/validation.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/\n.*\n/, '\n{"this is": no JSON\n'));
    const kinds = Object.keys(KINDS);
    const seen = new Map<string, number>();
    for (let i = 0; i < ENDS; i++) {
      const kind = kinds[i % kinds.length] ?? '';
      const out = path.join(scratch, `out-${i}`);
      const run = await KINDS[kind]?.(out);
      const workers = sessionWorkers(run?.child.pid ?? 0);
      const { code, stderr } = (await run?.ended) ?? { code: -1, stderr: '' };
      const where = `${kind}: ${stderr.slice(-600)}`;
      expect(CODES[kind], where).toContain(code);
      if (code === 2)
        expect(
          stderr
            .trim()
            .split('\n')
            .filter((line) => line.startsWith('eus-eval:')),
          where,
        ).toHaveLength(1);
      seen.set(`${kind}: ${code}`, (seen.get(`${kind}: ${code}`) ?? 0) + 1);
      // What a killed program leaves ends by itself: its messages have stopped.
      for (let wait = 0; wait < 500 && workers.some(alive); wait++) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(workers.filter(alive), where).toEqual([]);
      const again = start(out, packagePath('fixtures/data'));
      expect((await again.ended).code, where).toBe(0);
      const got = samples(out);
      expect([...got.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, values] of expected) for (const [k, value] of values.entries()) expect(got.get(key)?.[k]).toBeCloseTo(value, 4);
      rmSync(out, { recursive: true, force: true });
      expect(readdirSync(path.join(scratch, 'cwd'))).toEqual([]);
    }
    console.log(`ends: ${[...seen].map(([what, count]) => `${what} x ${count}`).join(', ')}`);
  }, 3_600_000);
});
