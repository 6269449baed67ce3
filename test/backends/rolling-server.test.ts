import { beforeAll, describe, expect, it } from 'vitest';
import { planRolling } from '../../src/backends/api/completion-plan.js';
import { openCompletions } from '../../src/backends/completions.js';
import { encodePairs } from '../../src/models/encode.js';
import { rollingWindows } from '../../src/models/rolling.js';
import { loadTokenizer, type ModelTokenizer } from '../../src/models/tokenizer.js';
import { packagePath } from '../../src/package-files.js';
import { planRun } from '../../src/run/plan.js';
import { loadRegistry, selectTasks } from '../../src/tasks/registry.js';
import type { Backend, ChoicesRequest, Request, Response } from '../../src/types.js';
import { type Manner, modelServer, rowOf } from './model-server.js';

let tokenizer: ModelTokenizer;
beforeAll(async () => {
  tokenizer = await loadTokenizer(packagePath('fixtures/models/tiny-llama'));
});

function open(manner: Manner): Promise<Backend> {
  const server = modelServer(manner);
  return openCompletions({
    name: 'model',
    baseUrls: ['http://server/v1'],
    tokenizer,
    maxLength: null,
    apiKeyEnv: null,
    concurrency: 2,
    timeoutSeconds: null,
    maxCostUsd: null,
    pricesFile: null,
    seams: { fetch: server.fetch, env: {} },
  });
}

async function answer(backend: Backend, request: Request): Promise<Response> {
  async function* asks() {
    yield { id: 0, request };
  }
  for await (const { response } of backend.ask(asks(), new AbortController().signal)) return response;
  throw new Error('no answer');
}

const scoreOf = (ids: readonly number[], targets: readonly number[]): number =>
  targets.reduce((sum, target, j) => sum + (rowOf(ids.slice(0, ids.length - targets.length + 1 + j))[target] ?? Number.NaN), 0);

describe.each<Manner>(['vllm', 'sglang'])('a server like %s', (manner) => {
  it('scores whole texts in windows of what it takes', async () => {
    const backend = await open(manner);
    expect(backend.kinds.has('rolling')).toBe(true);
    for (const context of ['Kaixo', 'Euskal Herriko mendiak eta ibaiak. '.repeat(60)]) {
      const [ids = []] = await tokenizer.encodeAll([context]);
      const prefix = tokenizer.bos ?? tokenizer.eos;
      const windows = rollingWindows(ids, prefix?.id ?? -1, 198);
      const found = await answer(backend, { kind: 'rolling', context });
      if (found.kind !== 'rolling') throw new Error(JSON.stringify(found));
      expect(found.tokens).toBe(ids.length);
      expect(found.logprob).toBeCloseTo(
        windows.reduce((sum, { ids: input, targets }) => sum + scoreOf(input, targets), 0),
        6,
      );
    }
  });

  it('scores continuations that each have a context of their own', async () => {
    const request: ChoicesRequest = {
      kind: 'choices',
      context: 'Katua etxean dago eta',
      continuations: [' lo', ' jan', 'lo', 'jan'],
      contexts: ['Katua etxean dago eta', 'Txakurra kalean dago eta', '', ''],
    };
    const backend = await open(manner);
    const pairs = await encodePairs(tokenizer, request, { addBos: false });
    const found = await answer(backend, request);
    if (found.kind !== 'choices') throw new Error(JSON.stringify(found));
    for (const [i, { context, continuation }] of pairs.entries())
      expect(found.logprobs[i]).toBeCloseTo(scoreOf([...context, ...continuation].slice(0, -1), continuation), 6);
  });
});

describe('a server that cannot', () => {
  it('is refused before the first request, with what would do', async () => {
    const backend = await open('llama-server');
    const [task] = await selectTasks([packagePath('fixtures/metrics/texts.yaml')], await loadRegistry());
    if (task === undefined) throw new Error('no task');
    expect(() => planRun([task], backend, {})).toThrow(
      /texts needs log-probabilities of whole texts, .* use a local model folder, or .*--tokenizer/,
    );
  });

  it('without the tokenizer, or without knowing its longest prompt, says which flag is missing', async () => {
    const request = { kind: 'rolling', context: 'Kaixo' } as const;
    expect(await planRolling(request, null, 198)).toMatchObject({ kind: 'failure', message: expect.stringContaining('--tokenizer') });
    expect(await planRolling(request, { tokenizer, addBos: false }, null)).toMatchObject({
      message: expect.stringContaining('--max-length'),
    });
  });
});
