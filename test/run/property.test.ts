import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_OPEN_OPTIONS, openBackend } from '../../src/backends/open.js';
import { openData } from '../../src/data/open.js';
import { packagePath } from '../../src/package-files.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { loadRegistry, selectTasks } from '../../src/tasks/registry.js';
import type { Ask, Request, Response } from '../../src/types.js';
import { eusEval } from '../cli/eus-eval.js';

const MODEL = packagePath('fixtures/models/tiny-llama');
const DATA = packagePath('fixtures/data');
const TASKS = 'eus_trivia,piqa_eu,basqbbq_MSE_ambig,bl2mp';

let folder: string;
let requests: Request[];
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'property-'));
  const source = await openData({ dir: DATA, offline: true });
  requests = [];
  for (const task of await selectTasks(TASKS.split(','), await loadRegistry())) {
    if ('children' in task) throw new Error(`${task.name} is a group`);
    for await (const { request } of prepareDocs(task, source, { family: 'plain', renderChat: null, limit: 6 })) requests.push(request);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Answers to `requests` in their own order, asked in the order given. */
async function answers(order: readonly number[], batchTokens: number): Promise<Response[]> {
  const backend = await openBackend(MODEL, { ...DEFAULT_OPEN_OPTIONS, batchTokens, threads: 1 });
  const found: Response[] = [];
  const asks = async function* (): AsyncIterable<Ask> {
    for (const id of order) {
      const request = requests[id];
      if (request !== undefined) yield { id, request };
    }
  };
  for await (const { id, response } of backend.ask(asks(), new AbortController().signal)) found[id] = response;
  await backend.close();
  return found;
}

/** 1e-5, and for long sums two units in the last place of a float32. */
function tolerance(score: number): number {
  return Math.max(1e-5, 2 ** -22 * Math.abs(score));
}

function expectEqualScores(a: Response, b: Response): void {
  if (a.kind !== 'choices' || b.kind !== 'choices') throw new Error('not scored');
  expect(b.greedy).toEqual(a.greedy);
  a.logprobs.forEach((x, i) => {
    expect(Math.abs(x - (b.logprobs[i] ?? Number.NaN))).toBeLessThanOrEqual(tolerance(x));
  });
  expect(b.logprobs.indexOf(Math.max(...b.logprobs))).toBe(a.logprobs.indexOf(Math.max(...a.logprobs)));
}

/** Log-probabilities of all sample lines of a run, by task and document, and everything else of them as text. */
function samples(out: string): Map<string, { scores: number[]; rest: string }> {
  const dir = path.join(out, 'tiny-llama');
  const lines = readdirSync(dir)
    .filter((name) => name.startsWith('samples_'))
    .flatMap((name) =>
      readFileSync(path.join(dir, name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => ({ task: name.replace(/_\d{4}-.*/, ''), line })),
    );
  return new Map(
    lines.map(({ task, line }) => {
      // The margin is the difference of two of these log-probabilities.
      const { resps, filtered_resps: filtered, margin, ...rest } = JSON.parse(line);
      expect(margin).toBeGreaterThanOrEqual(0);
      const scores = [...resps.flat(), ...filtered].map(([x]: [string]) => Number(x));
      return [
        `${task} ${rest.doc_id}`,
        { scores, rest: JSON.stringify([rest, resps.flat().map(([, greedy]: [string, string]) => greedy)]) },
      ];
    }),
  );
}

describe('no score depends on', () => {
  it('the order of requests or the size of batches', async () => {
    const natural = requests.map((_, i) => i);
    const expected = await answers(natural, 384);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(natural, { minLength: natural.length }),
        fc.integer({ min: 16, max: 1500 }),
        async (order, batchTokens) => {
          const found = await answers(order, batchTokens);
          for (const i of natural) {
            const [a, b] = [expected[i], found[i]];
            if (a === undefined || b === undefined) throw new Error(`request ${i} was not answered`);
            expectEqualScores(a, b);
          }
        },
      ),
      { seed: 3, numRuns: 8 },
    );
  });

  it('the journal, the point of resuming, or shards', async () => {
    const args = ['--model', MODEL, '--tasks', TASKS, '--data', DATA, '--quiet'];
    const whole = path.join(folder, 'whole');
    expect((await eusEval(['run', ...args, '--out', whole, '--no-journal'])).code).toBe(0);
    const expected = samples(whole);
    const check = (out: string): void => {
      const found = samples(out);
      expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, { scores, rest }] of expected) {
        expect(found.get(key)?.rest, key).toBe(rest);
        scores.forEach((x, i) => {
          expect(Math.abs(x - (found.get(key)?.scores[i] ?? Number.NaN)), key).toBeLessThanOrEqual(tolerance(x));
        });
      }
    };
    for (const limit of [1, 7, 19]) {
      const out = path.join(folder, `resumed-${limit}`);
      expect((await eusEval(['run', ...args, '--out', path.join(out, 'first'), '--limit', String(limit)])).code).toBe(0);
      const again = await eusEval(['run', ...args, '--out', path.join(out, 'first')]);
      expect(again.code).toBe(0);
      rmSync(path.join(out, 'first', 'tiny-llama'), { recursive: true });
      expect((await eusEval(['run', ...args, '--out', path.join(out, 'first')])).code).toBe(0);
      check(path.join(out, 'first'));
    }
    const parts = path.join(folder, 'parts');
    for (const i of [1, 2]) expect((await eusEval(['run', ...args, '--out', parts, '--shard', `${i}/2`])).code).toBe(0);
    const merged = path.join(folder, 'merged');
    expect((await eusEval(['merge', parts, '--out', merged])).code).toBe(0);
    check(merged);
  });
});
