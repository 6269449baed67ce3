import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Fetch } from '../../src/http/connections.js';
import { loadTokenizer } from '../../src/models/tokenizer.js';
import { packagePath } from '../../src/package-files.js';
import { launch, type Served } from '../../src/serve/launch.js';
import { compareWith, documentsOf, goldenDocs, openCase } from '../backends/golden-server.js';
import { SHARED, shared } from '../shared.js';
import { EXACT_WORDS, LLAMA_SERVER, pathWith } from './llama-server.js';
import { expectSame, samplesOf } from './samples.js';
import { writeGguf } from './write-gguf.js';

const MODEL = packagePath('fixtures/models/tiny-llama');
const VOCABULARY = 1200;
const DOCS = documentsOf(process.env.EUS_EVAL_SERVER_DOCS ?? '1');

let folder = '';
let gguf = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'llama-server-'));
  gguf = path.join(folder, 'tiny.gguf');
  if (LLAMA_SERVER !== null) writeGguf(MODEL, gguf);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const Listed = z.object({ id: z.number(), logprob: z.number() });
const Reply = z.object({
  choices: z.tuple([z.object({ logprobs: z.object({ content: z.tuple([Listed.extend({ top_logprobs: z.array(Listed) })]) }).nullable() })]),
});

/**
 * Behind every answer that holds log-probabilities, asks for those of the full vocabulary (while `anchor` is generated, a token of whole characters), and notes where the two
 * differ. The prompt is asked once before, so that both are computed from the same cache.
 */
function besideFullVocabulary(anchor: number, differences: string[], compared: { values: number }): Fetch {
  return async (input, init) => {
    const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : null;
    if (init === undefined || !isSingle(body)) return fetch(input, init);
    await (await fetch(input, init)).text();
    const text = await (await fetch(input, init)).text();
    const wide = await fetch(input, {
      ...init,
      body: JSON.stringify({ ...body, logprobs: VOCABULARY, logit_bias: { [String(anchor)]: 100 } }),
    });
    const answer = Reply.parse(JSON.parse(text)).choices[0].logprobs?.content[0];
    const full = Reply.parse(await wide.json()).choices[0].logprobs?.content[0].top_logprobs;
    if (answer !== undefined && full !== undefined) {
      const values = new Map(full.map(({ id, logprob }) => [id, logprob]));
      if (values.size !== VOCABULARY) differences.push(`${values.size} tokens in the full vocabulary`);
      if (answer.top_logprobs[0]?.id !== full[0]?.id) differences.push(`best ${answer.top_logprobs[0]?.id}, not ${full[0]?.id}`);
      for (const { id, logprob } of [answer, ...answer.top_logprobs]) {
        compared.values += 1;
        if (!(Math.abs((values.get(id) ?? Number.NaN) - logprob) < ROUNDING))
          differences.push(`token ${id}: ${logprob}, not ${values.get(id)}`);
      }
    }
    return new Response(text, { headers: { 'content-type': 'application/json' } });
  };
}

/** llama.cpp adds up a softmax in the order of as many tokens as are listed. */
const ROUNDING = 1e-5;

/** A request for the likeliest tokens behind one prompt. */
function isSingle(body: unknown): body is object {
  return z.looseObject({ prompt: z.array(z.number()), logprobs: z.number() }).safeParse(body).success;
}

describe.skipIf(LLAMA_SERVER === null)('a real llama-server', () => {
  let served: Served;
  beforeAll(async () => {
    served = await launch({
      engine: { name: 'llama.cpp', command: LLAMA_SERVER ?? '', words: [], install: '' },
      argumentsFor: (port) => ['-m', gguf, '--alias', 'tiny', '--host', '127.0.0.1', '--port', String(port), '-c', '4096', ...EXACT_WORDS],
      onProgress: () => {},
    });
  });
  afterAll(() => served?.close());

  it.skipIf(SHARED === null)('gives what the harness gives, on the first documents of all benchmarks', { timeout: 600_000 }, async () => {
    const docs = await goldenDocs(MODEL, shared('golden/tiny-llama/synthetic'), shared('data/synthetic'), DOCS, 1);
    const backend = await openCase({ url: served.url, name: 'tiny', folder: MODEL, promptsAs: 'ids', scoring: null });
    expect(backend.facts).toMatchObject({ scoring: 'top_logprobs and forced tokens', max_length: 4096 });
    const result = await compareWith(backend, docs);
    await backend.close();
    expect(result.wrong).toEqual([]);
    expect(result.documents).toBe(docs.length);
    expect(result.generations).toBeGreaterThan(0);
    expect(result.worst).toBeLessThan(1e-4);
  });

  it.skipIf(SHARED === null)("every value is the one in the server's own full vocabulary", { timeout: 600_000 }, async () => {
    const all = await goldenDocs(MODEL, shared('golden/tiny-llama/synthetic'), shared('data/synthetic'), 1, 0);
    const docs = all.filter((_, i) => i % 10 === 0);
    const stop = await (await loadTokenizer(MODEL)).encode('.');
    const [differences, compared]: [string[], { values: number }] = [[], { values: 0 }];
    const seams = { fetch: besideFullVocabulary(stop.at(0) ?? 0, differences, compared) };
    const backend = await openCase({
      url: served.url,
      name: 'tiny',
      folder: MODEL,
      promptsAs: 'ids',
      scoring: null,
      concurrency: 1,
      seams,
    });
    const result = await compareWith(backend, docs);
    await backend.close();
    expect(result.documents).toBe(docs.length);
    expect(compared.values).toBeGreaterThan(500);
    expect(differences).toEqual([]);
  });
});

it.skipIf(LLAMA_SERVER === null)('a GGUF file is one command, with the scores of the local backend', { timeout: 300_000 }, () => {
  const searchPath = pathWith(LLAMA_SERVER ?? '', path.join(folder, 'bin'));
  const local = samplesOf(path.join(folder, 'local'), ['--model', MODEL], process.env.PATH ?? '');
  const words = ['--model', gguf, '--tokenizer', MODEL, '--serve-args', `-c 4096 ${EXACT_WORDS.join(' ')}`];
  const served = samplesOf(path.join(folder, 'served'), words, searchPath);
  expect(served.output).toMatch(/llama\.cpp is ready/);
  expectSame(served.samples, local.samples);
});
