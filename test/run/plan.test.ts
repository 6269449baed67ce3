import { describe, expect, it } from 'vitest';
import { loadTasks } from '../../src/library/tasks.js';
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
