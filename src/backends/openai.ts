import { z } from 'zod';
import { drawFields } from '../generation.js';
import type { Backend } from '../types.js';
import { type ChatAnswer, type ChatOptions, type ChatRequest, openChat } from './api/chat.js';
import { tokenCount } from './api/completion-reply.js';
import { readFinish } from './api/finish.js';

/** OpenAI documents at most four stop strings; the rest is cut on our side. */
const MOST_STOPS = 4;

/**
 * Opens OpenAI's chat API, or any server that speaks it (`baseUrl`: Ollama, Gemini, vLLM, ...), through the official package. Throws as `openChat` does.
 */
export function openOpenAI(options: ChatOptions): Promise<Backend> {
  return openChat(options, {
    source: 'openai',
    package: 'openai',
    load: () => import('openai'),
    home: 'https://api.openai.com/v1',
    urlVariable: 'OPENAI_BASE_URL',
    keyVariable: 'OPENAI_API_KEY',
    keyAtHomeOnly: true,
    path: '/chat/completions',
    mendable: { max_tokens: ['max_completion_tokens'], temperature: [], top_p: [], top_k: [], seed: [], stop: [] },
    parameters: parametersOf,
    read: readAnswer,
  });
}

function parametersOf(request: ChatRequest): Record<string, unknown> {
  const stop = request.until.filter((s) => s !== '').slice(0, MOST_STOPS);
  return {
    model: request.model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    ...drawFields(request.sampling),
    max_tokens: request.maxNewTokens,
    ...(stop.length === 0 ? {} : { stop }),
  };
}

const part = z.looseObject({ type: z.string().optional(), text: z.string().optional() });
const schema = z.looseObject({
  model: z.string().nullish(),
  choices: z.array(
    z.looseObject({
      index: z.number().int().nullish(),
      finish_reason: z.string().nullish(),
      message: z.looseObject({ content: z.union([z.string(), z.array(part)]).nullish(), refusal: z.string().nullish() }),
    }),
  ),
  // An answer whose count is nonsense is an answer all the same, of unknown size.
  usage: z.looseObject({ prompt_tokens: tokenCount.nullish(), completion_tokens: tokenCount.nullish() }).nullish().catch(null),
});

/**
 * Reads an answer of the chat API, or says in a message why it is none.
 */
export function readAnswer(data: unknown): ChatAnswer | string {
  const parsed = schema.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `the answer is no chat completion: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  }
  const { choices, usage: counted, model } = parsed.data;
  if (choices.length === 0) return 'the answer has no choices';
  // Told by its number, not by its place.
  const numbered = choices.filter((c) => (c.index ?? 0) === 0);
  const [choice] = numbered;
  if (choice === undefined || numbered.length > 1)
    return `the answer has choices numbered ${choices
      .map((c) => c.index ?? 'nothing')
      .join(', ')
      .slice(0, 100)}`;
  const [input, output] = [counted?.prompt_tokens, counted?.completion_tokens];
  const usage = input == null || output == null ? null : { input, output };
  const ending = readFinish(choice.finish_reason);
  if (ending.kind !== 'answer') return { ...ending, usage };
  const { content, refusal } = choice.message;
  if (typeof refusal === 'string' && refusal !== '')
    return { kind: 'refused', message: `the model refused: ${refusal.slice(0, 200)}`, usage };
  const text = typeof content === 'string' ? content : (content ?? []).map((p) => p.text ?? '').join('');
  return { kind: 'text', text, finish: ending.finish, usage, model: model ?? null };
}
