import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openOpenAI } from '../../src/backends/openai.js';
import { openFolder } from '../../src/data/folder.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { scoreDocument } from '../../src/scoring/score.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { Response as Answer, Ask, Message, PreparedDoc } from '../../src/types.js';
import { SHARED, shared } from '../shared.js';
import { createVirtualClock, seededRandom } from './virtual-clock.js';

interface Recorded {
  readonly id: number;
  readonly content: string;
  readonly finish_reason: string;
  readonly correct: boolean;
  readonly usage: { readonly completion_tokens: number; readonly prompt_tokens: number };
}

interface Body {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly temperature: number;
  readonly max_tokens: number;
}

/** Python's `json.dumps(messages, ensure_ascii=False)`, written anew here: nothing of the program's own may vouch for it. */
function dumps(messages: readonly Message[]): string {
  return `[${messages.map((m) => `{"role": ${JSON.stringify(m.role)}, "content": ${JSON.stringify(m.content)}}`).join(', ')}]`;
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
// A name also where they are left out: a file without any test counts as a failed one.
const models =
  SHARED === null ? ['recorded models'] : readdirSync(shared('data/api-answers/eus_trivia')).map((file) => file.replace('.jsonl', ''));

describe.skipIf(SHARED === null).each(models)('recorded answers of %s on eus_trivia', (model) => {
  it('give the recorded scores, and the requests are the recorded prompts', async () => {
    const recorded = new Map<number, Recorded>();
    for (const line of readFileSync(shared(`data/api-answers/eus_trivia/${model}.jsonl`), 'utf8')
      .trim()
      .split('\n')) {
      const answer: Recorded = JSON.parse(line);
      recorded.set(answer.id, answer);
    }
    const task = (await loadRegistry()).entries.get('eus_trivia');
    if (task === undefined || 'children' in task) throw new Error('no eus_trivia');
    const docs: PreparedDoc[] = [];
    for await (const doc of prepareDocs(task, await openFolder(shared('data/datasets')), { family: 'api', renderChat: null }))
      docs.push(doc);
    expect(docs.length).toBe(recorded.size);

    // The fake server knows documents by their messages, and keeps what it was sent.
    const idOf = new Map(docs.map((doc) => [doc.promptHash, doc.docId]));
    const sent = new Map<number, Body>();
    const clock = createVirtualClock();
    const random = seededRandom(3);
    async function fetch(_url: string | URL | Request, init?: RequestInit): Promise<Response> {
      const body: Body = JSON.parse(String(init?.body));
      const id = idOf.get(sha256(dumps(body.messages))) ?? -1;
      const answer = recorded.get(id);
      expect(answer, 'a prompt that no document has').toBeDefined();
      sent.set(id, body);
      await clock.sleep(500 + 200 * random());
      const choice = { index: 0, message: { role: 'assistant', content: answer?.content }, finish_reason: answer?.finish_reason };
      return Response.json({ id: 'x', object: 'chat.completion', model, choices: [choice], usage: answer?.usage });
    }

    const answers = new Map<number, Answer>();
    async function* asks(): AsyncGenerator<Ask> {
      for (const doc of docs) yield { id: doc.docId, request: doc.request };
    }
    const work = await clock.drive(
      (async () => {
        const backend = await openOpenAI({
          name: model,
          baseUrl: null,
          apiKeyEnv: null,
          concurrency: 32,
          timeoutSeconds: null,
          maxCostUsd: null,
          pricesFile: null,
          seams: { clock, random, fetch, env: { OPENAI_API_KEY: 'sk-none' } },
        });
        for await (const { id, response } of backend.ask(asks(), new AbortController().signal)) answers.set(id, response);
        return backend.work();
      })(),
    );

    let correct = 0;
    for (const doc of docs) {
      const answer = answers.get(doc.docId);
      if (answer === undefined || answer.kind !== 'generate') throw new Error(`document ${doc.docId} has no answer`);
      const score = scoreDocument(doc, answer)[0]?.metrics.exact_match;
      expect(score, `document ${doc.docId}`).toBe(recorded.get(doc.docId)?.correct === true ? 1 : 0);
      correct += Number(score);
    }
    const all = [...recorded.values()];
    expect(correct / docs.length).toBe(all.filter((a) => a.correct).length / all.length);

    const hashes: Record<string, Record<string, string>> = JSON.parse(readFileSync(shared('paper/prompt-hashes.json'), 'utf8'));
    const lines = docs.map((doc) => doc.docHash + sha256(dumps(sent.get(doc.docId)?.messages ?? [])) + doc.targetHash);
    expect(sha256(lines.join(''))).toBe(hashes.eus_trivia?.api);
    for (const body of sent.values()) expect(body).toMatchObject({ model, temperature: 0, max_tokens: 1 });

    const price: Record<string, [number, number]> = {
      'gpt-3.5-turbo-0125': [0.5, 1.5],
      'gpt-4-0125-preview': [10, 30],
      'gpt-4-0613': [30, 60],
    };
    const [input = 0, output = 0] = price[model] ?? [];
    const dollars = all.reduce((sum, a) => sum + (a.usage.prompt_tokens * input + a.usage.completion_tokens * output) / 1e6, 0);
    expect(work.details.cost_usd).toBeCloseTo(dollars, 9);
  });
});
