import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eusEval } from '../cli/eus-eval.js';
import { SHARED, shared } from '../shared.js';

/** One task of each kind; the backend's own tests hold every task and model against the goldens. */
const TASKS = 'eus_trivia,eus_reading,piqa,bl2mp,arc_eu_easy,bbq_Religion_ambig,bbq_Religion_disambig,mgsm_native_cot_es';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'goldens-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(SHARED === null)("a run's sample files against the harness's", () => {
  it.each([
    ['tiny-llama', 'plain', []],
    ['tiny-llama', 'chat', []],
    ['tiny-qwen2', 'plain', []],
    // This template prints a date, and the goldens were made on this one.
    ['tiny-llama31', 'chat', ['--template-date', '2026-11-22']],
  ] as const)('%s, %s: the comparison script finds no difference', async (model, family, more) => {
    const out = path.join(folder, `${model}-${family}`);
    const run = await eusEval([
      'run',
      '--model',
      shared(`models/${model}`),
      '--tasks',
      TASKS,
      '--prompt',
      family,
      '--data',
      shared('data/synthetic'),
      '--out',
      out,
      '--quiet',
      ...more,
    ]);
    // Models with random weights seldom end a text before the limit.
    expect(run.stderr).toMatch(
      /^counted: (all documents scored, no prompt truncated, no warnings|\d+ answers cut at the limit of new tokens \([^)]*\)(; \d+ empty answers)?)\n$/,
    );
    const check = spawnSync('python3', [shared('reference/check.py'), out, shared(`golden/${model}/synthetic`), family, '--tasks', TASKS], {
      encoding: 'utf8',
    });
    expect(check.stdout).toMatch(/ 0 tasks fall short, 0 decisions differ/);
    expect(check.status).toBe(0);
  });
});
