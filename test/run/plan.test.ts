import { describe, expect, it } from 'vitest';
import { loadTasks } from '../../src/library/tasks.js';
import { headerLines } from '../../src/run/header.js';
import { type PlanBackend, planRun } from '../../src/run/plan.js';
import { prepareTask } from '../../src/run/prepare-task.js';
import { uniqueLeaves } from '../../src/task-tree.js';
import type { ChatRenderer } from '../../src/types.js';

const bare = { limit: 1 };
const tasks = await loadTasks({ tasks: 'eus_trivia' });
const source = {
  description: 'made up',
  split: async function* () {
    for (let i = 0; i < 8; i++) yield { question: `Zer da ${i}?`, candidates: ['a', 'b'], answer: 0 };
  },
};
const render: ChatRenderer = (messages) => messages.map(({ role, content }) => `<${role}>${content}`).join('');

function backend(source: string, families: PlanBackend['families'], renderChat: ChatRenderer | null): PlanBackend {
  return { modelName: 'm', source, families, kinds: new Set(['choices', 'generate'] as const), renderChat };
}

async function firstContext(asked: PlanBackend, prompt: 'api' | undefined) {
  const plan = planRun(tasks, asked, { ...bare, prompt });
  const [task] = uniqueLeaves(plan.roots);
  if (task === undefined) throw new Error('no task');
  for await (const { request, promptHash } of (await prepareTask(plan, task, source)).documents)
    return { context: request.context, promptHash };
  throw new Error('no document');
}

describe('the family api', () => {
  it('goes as messages to a chat server and through the template to a model that takes texts, with one fingerprint', async () => {
    const server = await firstContext(backend('openai', ['api'], null), undefined);
    const local = await firstContext(backend('completions', ['plain', 'chat', 'api'], render), 'api');
    if (typeof server.context === 'string') throw new Error('messages were expected');
    expect(server.context[0]).toEqual({ role: 'system', content: 'Respond always with a single letter: A, B, C or D.' });
    expect(local.context).toBe(render(server.context));
    expect(local.promptHash).toBe(server.promptHash);
  });

  it('is refused to a model that takes texts and has no template', () => {
    const asked = backend('completions', ['plain'], null);
    expect(() => planRun(tasks, asked, { ...bare, prompt: 'api' })).toThrow(/--prompt api: .* no chat template .* of --tokenizer/);
  });
});

describe('a server that gives no log-probabilities', () => {
  it('can be asked for letters', () => {
    const asked = { ...backend('completions', ['plain', 'api'], render), kinds: new Set(['generate'] as const) };
    expect(() => planRun(tasks, asked, bare)).toThrow(/^eus_trivia needs log-probabilities of its choices, .* or --prompt api/);
  });
});

describe('answers that are drawn', () => {
  it('are refused to a model that only takes the likeliest tokens, and have a seed of their own for each prompt', async () => {
    const drawn = await loadTasks({ tasks: 'global_piqa_parallel_generation_eus_latn' });
    const asked = backend('onnx', ['plain'], null);
    expect(() => planRun(drawn, { ...asked, draws: false }, bare)).toThrow(
      /^global_piqa_parallel_generation_eus_latn draws its answers \(temperature 0\.8\), which a local model on CUDA cannot; use --device cpu/,
    );
    const plan = planRun(drawn, asked, { ...bare, limit: 3 });
    const [task] = plan.tasks;
    if (task === undefined) throw new Error('no task');
    const rows = {
      description: 'made up',
      split: async function* () {
        for (const prompt of ['bat', 'bi', 'bat'])
          yield { prompt, solution0: 'a', solution1: 'b', solution2: 'c', solution3: 'd', label: 1 };
      },
    };
    const seeds: number[] = [];
    for await (const { request } of (await prepareTask(plan, task, rows)).documents) {
      if (request.kind !== 'generate') throw new Error('no generation');
      expect(request.sampling).toMatchObject({ temperature: 0.8, topP: 0.95, topK: null });
      seeds.push(request.sampling?.seed ?? -1);
    }
    expect(new Set(seeds).size).toBe(2);
    for (const seed of seeds) expect(seed >= 0 && seed < 2 ** 31 && Number.isInteger(seed)).toBe(true);
  });
});

describe('what a run says before it begins', () => {
  it('names tasks whose answers are drawn', async () => {
    const plan = planRun(
      await loadTasks({ tasks: ['global_piqa_parallel_generation_eus_latn', 'mgsm_native_cot_eu'] }),
      backend('onnx', ['plain'], null),
      bare,
    );
    const lines = headerLines({ backend: { source: 'onnx', facts: {} }, modelName: 'm', plan, expected: [], folder: null });
    expect(lines.filter((line) => line.startsWith('answers'))).toEqual([
      'answers    of global_piqa_parallel_generation_eus_latn drawn at temperature 0.8, top_p 0.95, seed 1234: scores depend on the seed, too',
    ]);
  });
});
