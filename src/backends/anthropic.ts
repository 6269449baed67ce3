import { z } from 'zod';
import { drawFields } from '../generation.js';
import type { Backend } from '../types.js';
import { type ChatAnswer, type ChatOptions, type ChatRequest, openChat } from './api/chat.js';
import { tokenCount } from './api/completion-reply.js';

/**
 * Opens Anthropic's messages API through the official package. Throws as `openChat` does.
 */
export function openAnthropic(options: ChatOptions): Promise<Backend> {
  return openChat(options, {
    source: 'anthropic',
    package: '@anthropic-ai/sdk',
    load: () => import('@anthropic-ai/sdk'),
    home: 'https://api.anthropic.com',
    urlVariable: 'ANTHROPIC_BASE_URL',
    keyVariable: 'ANTHROPIC_API_KEY',
    keyAtHomeOnly: false,
    path: '/v1/messages',
    // max_tokens is obligatory there, so it is never dropped.
    mendable: { temperature: [], top_p: [], top_k: [], stop_sequences: [] },
    parameters: parametersOf,
    read: readAnswer,
  });
}

/** System messages travel beside the others; stop sequences of nothing but white space are refused there and cut on our side. */
function parametersOf(request: ChatRequest): Record<string, unknown> {
  // There is no seed there.
  const { seed: _seed, ...draws } = drawFields(request.sampling);
  const system = request.messages.filter((m) => m.role === 'system').map((m) => m.content);
  const stop = request.until.filter((s) => s.trim() !== '');
  return {
    model: request.model,
    max_tokens: request.maxNewTokens,
    ...draws,
    ...(system.length === 0 ? {} : { system: system.join('\n\n') }),
    messages: request.messages.filter((m) => m.role !== 'system').map(({ role, content }) => ({ role, content })),
    ...(stop.length === 0 ? {} : { stop_sequences: stop }),
  };
}

const schema = z.looseObject({
  type: z.literal('message'),
  model: z.string().nullish(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string().nullable(),
  usage: z
    .looseObject({
      input_tokens: tokenCount,
      output_tokens: tokenCount,
      cache_creation_input_tokens: tokenCount.nullish(),
      cache_read_input_tokens: tokenCount.nullish(),
    })
    .nullish()
    // An answer whose count is nonsense is an answer all the same, of unknown size.
    .catch(null),
});

/**
 * Reads an answer of the messages API, or says in a message why it is none.
 */
export function readAnswer(data: unknown): ChatAnswer | string {
  const parsed = schema.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `the answer is no message: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  }
  const { content, usage: counted, stop_reason, model } = parsed.data;
  const usage =
    counted == null
      ? null
      : {
          input: counted.input_tokens + (counted.cache_creation_input_tokens ?? 0) + (counted.cache_read_input_tokens ?? 0),
          output: counted.output_tokens,
        };
  if (stop_reason === 'refusal') return { kind: 'refused', message: 'the provider filtered the answer (refusal)', usage };
  // A message without content is an empty answer, which this API does give; one that never ended is none.
  if (stop_reason === null) return 'the answer has no stop_reason';
  const text = content.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join('');
  return {
    kind: 'text',
    text,
    finish: stop_reason === 'max_tokens' || stop_reason === 'model_context_window_exceeded' ? 'length' : 'stop',
    usage,
    model: model ?? null,
  };
}
