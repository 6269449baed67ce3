/** One model's answer as a stream of text, over the chat API of OpenAI (vLLM, SGLang, llama.cpp speak it) or of Anthropic. */
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { type Connections, fetchOver } from '../http/connections.js';
import { checkKey } from '../http/key.js';
import { quoted } from '../http/redact.js';
import type { ArenaConfig, ArenaModelConfig } from './config.js';
import { eventData } from './sse.js';

/** One message of a conversation. */
export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** An endpoint that gave no answer, or only part of one. The message is for the moderator's log; it holds no key and no text of a participant. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

/** Streams the answer of one model to a conversation; throws `EndpointError`, or the signal's reason. */
export type AnswerStream = (model: ArenaModelConfig, messages: readonly ChatMessage[], signal: AbortSignal) => AsyncIterable<string>;

const openaiEvent = z.looseObject({
  choices: z
    .array(z.looseObject({ delta: z.looseObject({ content: z.string().nullish() }).nullish(), finish_reason: z.string().nullish() }))
    .nullish(),
  error: z.unknown().optional(),
});
const anthropicEvent = z.looseObject({
  type: z.string(),
  delta: z.looseObject({ type: z.string().nullish(), text: z.string().nullish(), stop_reason: z.string().nullish() }).nullish(),
  error: z.unknown().optional(),
});

/** What one event of a stream says. */
interface Piece {
  readonly text: string;
  readonly ended: boolean;
}

/**
 * Returns the stream function of an arena: the same system prompt and sampling for every model. Keys come from the environment.
 */
export function endpointStream(
  config: Pick<ArenaConfig, 'system_prompt' | 'sampling'>,
  connections: Connections,
  env: Readonly<Record<string, string | undefined>>,
): AnswerStream {
  return async function* stream(model, messages, signal) {
    const key = model.key_env === undefined ? null : checkKey(env[model.key_env], `the environment variable ${model.key_env}`);
    const secrets = key === null ? [] : [key];
    const [path, headers, body] =
      model.api === 'openai' ? openaiRequest(config, model, messages, key) : anthropicRequest(config, model, messages, key);
    const url = new URL(model.url.replace(/\/+$/, '') + path);
    const read = model.api === 'openai' ? readOpenai : readAnthropic;
    let ended = false;
    try {
      const reply = await fetchOver(connections, url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
        body: JSON.stringify(body),
        signal,
      });
      if (!reply.ok || reply.body === null)
        throw new EndpointError(`HTTP ${reply.status}: ${quoted((await reply.text()).slice(0, 2000), secrets)}`);
      for await (const data of eventData(reply.body)) {
        if (data === '[DONE]') break;
        const piece = read(data);
        ended ||= piece.ended;
        if (piece.text !== '') yield piece.text;
      }
    } catch (error) {
      if (signal.aborted || error instanceof EndpointError) throw error;
      throw new EndpointError(quoted(messageOf(error), secrets));
    }
    // A stream that breaks off looks like one that ends, but for this.
    if (!ended) throw new EndpointError('the stream ended before the answer did');
  };
}

type RequestParts = [path: string, headers: Record<string, string>, body: Record<string, unknown>];

function sampling(config: Pick<ArenaConfig, 'sampling'>, model: ArenaModelConfig): Record<string, unknown> {
  const { temperature, top_p, max_tokens } = config.sampling;
  return {
    max_tokens,
    ...(model.without.includes('temperature') ? {} : { temperature }),
    ...(model.without.includes('top_p') ? {} : { top_p }),
  };
}

function openaiRequest(
  config: Pick<ArenaConfig, 'system_prompt' | 'sampling'>,
  model: ArenaModelConfig,
  messages: readonly ChatMessage[],
  key: string | null,
): RequestParts {
  const system = config.system_prompt === '' ? [] : [{ role: 'system', content: config.system_prompt }];
  return [
    '/chat/completions',
    key === null ? {} : { authorization: `Bearer ${key}` },
    { model: model.model, messages: [...system, ...messages], stream: true, ...sampling(config, model) },
  ];
}

function anthropicRequest(
  config: Pick<ArenaConfig, 'system_prompt' | 'sampling'>,
  model: ArenaModelConfig,
  messages: readonly ChatMessage[],
  key: string | null,
): RequestParts {
  return [
    '/v1/messages',
    { 'anthropic-version': '2023-06-01', ...(key === null ? {} : { 'x-api-key': key }) },
    {
      model: model.model,
      messages,
      stream: true,
      ...(config.system_prompt === '' ? {} : { system: config.system_prompt }),
      ...sampling(config, model),
    },
  ];
}

function eventOf<T>(schema: z.ZodType<T>, data: string): T {
  let content: unknown;
  try {
    content = JSON.parse(data);
  } catch {
    throw new EndpointError('an event of the stream is no JSON');
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success)
    throw new EndpointError(`an event of the stream is none of the chat API: ${parsed.error.issues[0]?.path.join('.') ?? ''}`);
  return parsed.data;
}

function readOpenai(data: string): Piece {
  const event = eventOf(openaiEvent, data);
  if (event.error != null) throw new EndpointError(`the stream reports an error: ${quoted(JSON.stringify(event.error), [])}`);
  const [choice] = event.choices ?? [];
  const reason = choice?.finish_reason ?? null;
  if (reason === 'content_filter') throw new EndpointError('the provider filtered the answer');
  return { text: choice?.delta?.content ?? '', ended: reason !== null };
}

function readAnthropic(data: string): Piece {
  const event = eventOf(anthropicEvent, data);
  if (event.type === 'error') throw new EndpointError(`the stream reports an error: ${quoted(JSON.stringify(event.error), [])}`);
  if (event.delta?.stop_reason === 'refusal') throw new EndpointError('the provider filtered the answer');
  const text = event.type === 'content_block_delta' && event.delta?.type === 'text_delta' ? (event.delta.text ?? '') : '';
  return { text, ended: event.type === 'message_stop' };
}
