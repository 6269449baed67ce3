import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHARED, shared } from '../shared.js';
import { compareWith, documentsOf, goldenDocs, openCase } from './golden-server.js';

// A Python with torch and transformers; the reference server runs in it.
const PYTHON = process.env.EUS_EVAL_PYTHON ?? '';
const SMOLLM2 = process.env.EUS_EVAL_SMOLLM2 ?? '';
// Documents of each task: a few in every run, `all` for a thorough one.
const DOCS = documentsOf(process.env.EUS_EVAL_SERVER_DOCS ?? '2');
const GENERATIONS = documentsOf(process.env.EUS_EVAL_SERVER_GENERATIONS ?? '1');
const usable = SHARED !== null && PYTHON !== '' && existsSync(PYTHON);
if (!usable)
  console.log('skipped: completions against the reference server (name a Python with torch and transformers in EUS_EVAL_PYTHON)');

interface Model {
  readonly name: string;
  /** Which goldens. */
  readonly data: 'synthetic' | 'datasets';
  readonly folder: string;
  readonly perTask: number;
  readonly generations: number;
  /** Float32 sums in another order: larger models drift further. */
  readonly tolerance: number;
}

// Named also where they are left out: a file without any test counts as a failed one.
const MODELS: Model[] = [
  { name: 'tiny-llama', data: 'synthetic', folder: shared('models/tiny-llama'), perTask: DOCS, generations: GENERATIONS, tolerance: 1e-4 },
  {
    name: 'tiny-llama31',
    data: 'synthetic',
    folder: shared('models/tiny-llama31'),
    perTask: DOCS,
    generations: GENERATIONS,
    tolerance: 1e-4,
  },
  ...(SMOLLM2 === ''
    ? []
    : ([
        { name: 'smollm2', data: 'synthetic', folder: SMOLLM2, perTask: DOCS, generations: 0, tolerance: 1e-3 },
        { name: 'smollm2', data: 'datasets', folder: SMOLLM2, perTask: 0, generations: GENERATIONS, tolerance: 1e-3 },
      ] as const)),
];

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

describe.skipIf(!usable).each(MODELS)('$name on the reference server, $data', (model) => {
  let server: ChildProcess;
  let url = '';

  beforeAll(async () => {
    const port = await freePort();
    server = spawn(PYTHON, [shared('reference/serve.py'), model.folder, '--port', String(port)], { stdio: ['ignore', 'pipe', 'ignore'] });
    url = await new Promise<string>((resolve, reject) => {
      let text = '';
      server.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const found = /http:\S+\/v1/.exec(text);
        if (found !== null) resolve(found[0]);
      });
      server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
  });

  afterAll(() => {
    server.kill();
  });

  it.each([
    ['ids', 'echo'],
    ['ids', 'prompt_logprobs'],
    ['text', 'echo'],
    ['text', 'prompt_logprobs'],
  ] as const)(
    'gives what the harness gives, with %s by %s',
    async (promptsAs, scoring) => {
      // Generation is the same however log-probabilities are asked for.
      const generations = scoring === 'echo' ? model.generations : 0;
      const docs = await goldenDocs(
        model.folder,
        shared(`golden/${model.name}/${model.data}`),
        shared(`data/${model.data}`),
        model.perTask,
        generations,
      );
      const backend = await openCase({ url, name: model.folder.split('/').at(-1) ?? '', folder: model.folder, promptsAs, scoring });
      const result = await compareWith(backend, docs);
      await backend.close();
      expect(result.wrong).toEqual([]);
      expect(result.documents).toBe(docs.length);
      const choices = docs.reduce((sum, { expected }) => sum + (typeof expected === 'string' ? 0 : expected.length), 0);
      expect(result.choices).toBe(choices);
      expect(choices).toBeGreaterThanOrEqual(model.perTask === 0 ? 0 : 30);
      expect(result.worst).toBeLessThan(model.tolerance);
      expect(backend.work().details.prompts_as).toBe(promptsAs === 'ids' ? 'token ids' : 'text');
    },
    DOCS + GENERATIONS > 3 ? 7_200_000 : 900_000,
  );
});
