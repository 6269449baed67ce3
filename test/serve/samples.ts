/** Runs the command on a few documents, to hold a served model against the local backend. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { packagePath } from '../../src/package-files.js';

const Sample = z.object({ doc_id: z.number(), resps: z.array(z.tuple([z.tuple([z.string(), z.string()])])) });
export type Sample = z.infer<typeof Sample>;

/** Three documents of letters and three of several tokens. */
const DOCUMENTS = ['--tasks', 'eus_trivia,piqa_eu', '--limit', '3', '--data', packagePath('fixtures/data')];

/**
 * Runs `eus-eval run` with the words; its results lie in the new folder `out`. Returns what it said and its samples; the test fails where the run does.
 */
export function samplesOf(out: string, words: readonly string[], searchPath: string): { output: string; samples: Sample[] } {
  const done = spawnSync(process.execPath, [packagePath('bin/eus-eval.js'), 'run', ...DOCUMENTS, '--out', out, ...words], {
    encoding: 'utf8',
    env: { ...process.env, PATH: searchPath, EUS_EVAL_CACHE: `${out}-cache` },
  });
  const output = done.stdout + done.stderr;
  expect(done.status, output).toBe(0);
  const results = path.join(out, readdirSync(out).find((entry) => !entry.startsWith('.')) ?? '');
  const files = readdirSync(results).filter((file) => file.startsWith('samples_'));
  const lines = files.sort().flatMap((file) => readFileSync(path.join(results, file), 'utf8').trim().split('\n'));
  return { output, samples: lines.map((line) => Sample.parse(JSON.parse(line))) };
}

/**
 * The same documents, log-probabilities within 5e-5, the same greedy flags.
 */
export function expectSame(found: readonly Sample[], expected: readonly Sample[]): void {
  expect(found).toHaveLength(6);
  for (const [i, { doc_id, resps }] of found.entries()) {
    const other = expected[i];
    expect(doc_id).toBe(other?.doc_id);
    for (const [j, [[logprob, greedy]]] of resps.entries()) {
      expect(Number(logprob)).toBeCloseTo(Number(other?.resps[j]?.[0][0]), 4);
      expect(greedy).toBe(other?.resps[j]?.[0][1]);
    }
  }
}
