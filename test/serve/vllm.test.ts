/** A real vLLM against the harness, on goldens of SmolLM2-135M-Instruct in float32. It takes a minute to start, so only the long job names one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEngine } from '../../src/serve/engines.js';
import { launch, type Served } from '../../src/serve/launch.js';
import { compareWith, documentsOf, goldenDocs, openCase } from '../backends/golden-server.js';
import { SHARED, shared } from '../shared.js';
import { expectSame, samplesOf } from './samples.js';

/** Folder with the program vllm. */
const VLLM = process.env.EUS_EVAL_VLLM ?? '';
const MODEL = process.env.EUS_EVAL_SMOLLM2 ?? '';
const DOCS = documentsOf(process.env.EUS_EVAL_SERVER_DOCS ?? '2');
const GENERATIONS = documentsOf(process.env.EUS_EVAL_SERVER_GENERATIONS ?? '1');
const usable = SHARED !== null && VLLM !== '' && MODEL !== '';
if (!usable) console.log('skipped: goldens on a real vLLM (name its bin folder in EUS_EVAL_VLLM and the model in EUS_EVAL_SMOLLM2)');

describe.skipIf(!usable)('a real vLLM', () => {
  let served: Served;
  const name = path.basename(MODEL);
  beforeAll(async () => {
    served = await launch({
      engine: findEngine('vllm', `${VLLM}${path.delimiter}${process.env.PATH ?? ''}`),
      argumentsFor: (port) => {
        const words = ['--host', '127.0.0.1', '--port', String(port), '--dtype', 'float32', '--max-model-len', '4096', '--enforce-eager'];
        return ['serve', MODEL, '--served-model-name', name, ...words];
      },
      onProgress: () => {},
    });
  }, 900_000);
  afterAll(() => served?.close());

  it.each(['synthetic', 'datasets'] as const)('gives what the harness gives, %s', { timeout: 7_200_000 }, async (data) => {
    const docs = await goldenDocs(MODEL, shared(`golden/smollm2/${data}`), shared(`data/${data}`), DOCS, GENERATIONS);
    const backend = await openCase({ url: served.url, name, folder: MODEL, promptsAs: 'ids', scoring: null });
    expect(backend.facts.scoring).toBe('logprob_token_ids, prompt_logprobs');
    const result = await compareWith(backend, docs);
    await backend.close();
    expect(result.wrong).toEqual([]);
    expect(result.documents).toBe(docs.length);
    expect(result.worst).toBeLessThan(1e-4);
  });
});

it.skipIf(VLLM === '' || MODEL === '')('--serve vllm is one command, with the scores of the local backend', { timeout: 1_800_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vllm-'));
  const local = samplesOf(path.join(folder, 'local'), ['--model', MODEL, '--dtype', 'float32'], process.env.PATH ?? '');
  const words = ['--model', MODEL, '--serve', 'vllm', '--dtype', 'float32', '--max-length', '4096', '--serve-args', '--enforce-eager'];
  const served = samplesOf(path.join(folder, 'served'), words, `${VLLM}${path.delimiter}${process.env.PATH ?? ''}`);
  expect(served.output).toMatch(/vllm is ready/);
  expectSame(served.samples, local.samples);
  rmSync(folder, { recursive: true });
});
