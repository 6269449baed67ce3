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

/** What one event of a stream says. */
interface Piece {
  readonly text: string;
  readonly ended: boolean;
}

/** What the two kinds of endpoint do differently. */
interface ChatApi {
  readonly path: string;
  headers(key: string | null): Readonly<Record<string, string>>;
  /** Fields of the request; no system prompt where it is empty. */
  conversation(systemPrompt: string, messages: readonly ChatMessage[]): object;
  /** Throws `EndpointError` where an event says that the answer failed. */
  read(data: string): Piece;
}

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

const APIS: Readonly<Record<ArenaModelConfig['api'], ChatApi>> = {
  openai: {
    path: '/chat/completions',
    headers: (key) => (key === null ? {} : { authorization: `Bearer ${key}` }),
    conversation: (system, messages) => ({ messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...messages] }),
    read: (data) => {
      const { error, choices } = eventOf(openaiEvent, data);
      if (error != null) throw reported(error);
      const [choice] = choices ?? [];
      const reason = choice?.finish_reason ?? null;
      if (reason === 'content_filter') throw new EndpointError('the provider filtered the answer');
      return { text: choice?.delta?.content ?? '', ended: reason !== null };
    },
  },
  anthropic: {
    path: '/v1/messages',
    headers: (key) => ({ 'anthropic-version': '2023-06-01', ...(key === null ? {} : { 'x-api-key': key }) }),
    conversation: (system, messages) => ({ messages, ...(system === '' ? {} : { system }) }),
    read: (data) => {
      const { type, error, delta } = eventOf(anthropicEvent, data);
      if (type === 'error') throw reported(error);
      if (delta?.stop_reason === 'refusal') throw new EndpointError('the provider filtered the answer');
      const isText = type === 'content_block_delta' && delta?.type === 'text_delta';
      return { text: isText ? (delta.text ?? '') : '', ended: type === 'message_stop' };
    },
  },
};

function reported(error: unknown): EndpointError {
  return new EndpointError(`the stream reports an error: ${quoted(JSON.stringify(error), [])}`);
}

function eventOf<T>(schema: z.ZodType<T>, data: string): T {
  let content: unknown;
  try {
    content = JSON.parse(data);
  } catch {
    throw new EndpointError('an event of the stream is no JSON');
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new EndpointError(`an event of the stream is none of the chat API: ${parsed.error.issues[0]?.path.join('.') ?? ''}`);
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
    const api = APIS[model.api];
    const url = new URL(model.url.replace(/\/+$/, '') + api.path);
    const { temperature, top_p, max_tokens } = config.sampling;
    const body = {
      model: model.model,
      stream: true,
      max_tokens,
      ...(model.without.includes('temperature') ? {} : { temperature }),
      ...(model.without.includes('top_p') ? {} : { top_p }),
      ...api.conversation(config.system_prompt, messages),
    };
    let ended = false;
    try {
      const reply = await fetchOver(connections, url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...api.headers(key) },
        body: JSON.stringify(body),
        signal,
      });
      if (!reply.ok || reply.body === null)
        throw new EndpointError(`HTTP ${reply.status}: ${quoted((await reply.text()).slice(0, 2000), secrets)}`);
      for await (const data of eventData(reply.body)) {
        if (data === '[DONE]') break;
        const piece = api.read(data);
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
