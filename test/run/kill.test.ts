import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';

/** Kills in all; a longer job may ask for more. */
const KILLS = Number(process.env.KILLS ?? 20);
const BATCH = 4;
const MAX_IN_FLIGHT = 16 * BATCH;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kill-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(out: string, log: string, latency: number): ChildProcess {
  const model = `fake:7,batch=${BATCH},latency=${latency}`;
  return spawn(
    process.execPath,
    [
      packagePath('bin/eus-eval.js'),
      'run',
      '--model',
      model,
      '--tasks',
      'eu',
      '--data',
      packagePath('fixtures/data'),
      '--out',
      out,
      '--quiet',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, EUS_EVAL_FAKE_LOG: log } },
  );
}

/** Resolves with the exit code, or null when killed. */
function end(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

/** Result and sample files of a run without what may differ: times. */
function files(out: string): Map<string, string> {
  const dir = path.join(out, 'fake-7');
  return new Map(
    readdirSync(dir)
      .filter((name) => !name.startsWith('.'))
      .map((name): [string, string] => {
        const text = readFileSync(path.join(dir, name), 'utf8');
        const timeless = name.startsWith('results_') ? withoutTimes(text) : text;
        return [name.replace(/_\d{4}-\d\d-\d\dT[\d.-]+/, ''), timeless];
      }),
  );
}

function withoutTimes(text: string): string {
  const content = JSON.parse(text);
  for (const key of ['date', 'start_time', 'end_time', 'total_evaluation_time_seconds']) delete content[key];
  delete content.eus_eval.work;
  return JSON.stringify(content, null, 1);
}

/** What a process asked its model; nothing where it was killed before the first request, or found every answer in the journal. */
function asked(log: string): string[] {
  if (!existsSync(log)) return [];
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** A small generator of numbers in [0, 1), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe('a run killed with SIGKILL', () => {
  it(
    `goes on where it was, ${KILLS} times, and ends with the files of an undisturbed run`,
    async () => {
      const whole = path.join(folder, 'whole');
      expect(await end(start(whole, path.join(folder, 'whole.log'), 0))).toBe(0);
      const expected = files(whole);
      const draw = random(20251122);
      let kills = 0;
      for (let round = 0; kills < KILLS; round++) {
        const out = path.join(folder, `round-${round}`);
        const once = new Set<string>();
        for (let attempt = 0; ; attempt++) {
          const log = path.join(folder, `round-${round}-${attempt}.log`);
          const child = start(out, log, 12);
          const exit = end(child);
          // Most kills fall into the work, some into start-up or the writing of files.
          const killed = kills < KILLS;
          if (killed) {
            const delay = 150 + draw() * 1100;
            const timer = setTimeout(() => child.kill('SIGKILL'), delay);
            void exit.then(() => clearTimeout(timer));
          }
          const code = await exit;
          const requests = asked(log);
          const again = requests.filter((r) => once.has(r));
          // What an earlier process asked and is asked again can only have been in flight when it was killed: its last batches, computed
          // or on their way to the disk. On a busy disk these are a few; without a journal it would be everything.
          expect(again.length).toBeLessThanOrEqual(MAX_IN_FLIGHT);
          for (const r of requests) once.add(r);
          if (code === 0) break;
          expect(code).toBeNull();
          kills += 1;
        }
        expect(files(out)).toEqual(expected);
        rmSync(out, { recursive: true, force: true });
      }
      expect(kills).toBeGreaterThanOrEqual(KILLS);
    },
    20 * 60_000,
  );
});
