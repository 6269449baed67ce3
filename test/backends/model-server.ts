import { createHash } from 'node:crypto';
import type { Fetch } from '../../src/http/connections.js';

/** What a made-up server can do, by the servers that do so. */
export type Manner = 'vllm' | 'vllm before July 2026' | 'top only' | 'llama-server' | 'sglang';

/** Tokens of the made-up model; its log-probabilities depend on the whole prompt. */
export const VOCABULARY = 1200;

/** Log-probabilities of every token behind a prompt: a softmax of numbers drawn by a hash. */
export function rowOf(prompt: readonly number[]): number[] {
  const seed = createHash('sha256').update(prompt.join(' ')).digest();
  let state = seed.readUInt32LE(0);
  const logits = Array.from({ length: VOCABULARY }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 12;
  });
  const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
  return logits.map((x) => x - total);
}

/** The most likely token of a row. */
export function bestOf(row: readonly number[]): number {
  return row.indexOf(Math.max(...row));
}

interface Body {
  readonly prompt: readonly number[] | readonly (readonly number[])[];
  readonly max_tokens: number;
  readonly logprobs?: number;
  readonly prompt_logprobs?: number;
  readonly logprob_token_ids?: readonly number[];
  readonly logit_bias?: Readonly<Record<string, number>>;
  readonly echo?: boolean;
}

interface NativeBody {
  readonly input_ids: readonly (readonly number[])[];
  readonly token_ids_logprob?: readonly (readonly number[])[];
  readonly logprob_start_len?: readonly number[];
}

export interface ModelServer {
  readonly fetch: Fetch;
  /** Bodies of all requests since the last look. */
  readonly seen: unknown[];
}

/**
 * A server without a network that speaks one of the protocols over the made-up model. `fail` may turn a request away before it is answered;
 * `isPart` says which tokens are only a part of a character.
 */
export function modelServer(
  manner: Manner,
  fail: (body: unknown) => Response | null = () => null,
  isPart: (id: number) => boolean = () => false,
): ModelServer {
  const seen: unknown[] = [];
  async function serve(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const url = String(input);
    if (url.endsWith('/models')) return Response.json({ data: [{ id: 'model', max_model_len: 200 }] });
    const body = JSON.parse(String(init?.body));
    seen.push(body);
    const failed = fail(body);
    if (failed !== null) return failed;
    if (url.endsWith('/v1/completions')) return completion(manner, body, isPart);
    if (url.endsWith('/generate') && manner === 'sglang') return Response.json(native(body));
    return Response.json({ error: { message: 'Not Found' } }, { status: 404 });
  }
  return { fetch: serve, seen };
}

function completion(manner: Manner, body: Body, isPart: (id: number) => boolean): Response {
  const prompts = body.prompt.map((one) => (typeof one === 'number' ? null : one)).filter((one) => one !== null);
  const single = body.prompt.filter((one) => typeof one === 'number');
  const all = single.length > 0 ? [single] : prompts;
  // llama-server lists all that it has where more is asked for.
  const limit = manner === 'llama-server' ? Number.POSITIVE_INFINITY : 20;
  if ((body.logprobs ?? 0) > limit) return Response.json({ error: { message: `logprobs must be at most ${limit}` } }, { status: 400 });
  const choices = all.map((prompt, index) => {
    const row = rowOf(prompt);
    const forced = manner === 'top only' ? undefined : Object.keys(body.logit_bias ?? {})[0];
    const sampled = forced === undefined ? bestOf(row) : Number(forced);
    const asked = manner === 'vllm' ? (body.logprob_token_ids ?? null) : null;
    const likely = row.map((_, id) => id).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0));
    const listed = asked ?? likely.slice(0, body.logprobs ?? 0);
    const common = { index, text: 'x', finish_reason: 'length' };
    if (manner === 'sglang') return { ...common, logprobs: null };
    if (manner === 'llama-server') {
      // As llama.cpp of October 2026 answers: the text waits for the rest of the character, and the log-probabilities with it.
      if (isPart(sampled)) return { ...common, text: '\ufffd', logprobs: null };
      const entry = (id: number) => ({ id, token: 'x', bytes: [], logprob: row[id] });
      return { ...common, logprobs: { content: [{ ...entry(sampled), top_logprobs: listed.map(entry) }] } };
    }
    const logprobs = {
      tokens: [`token_id:${sampled}`],
      token_logprobs: [row[sampled]],
      top_logprobs: [Object.fromEntries([...new Set([sampled, ...listed])].map((id) => [`token_id:${id}`, row[id]]))],
      text_offset: [0],
    };
    if (manner === 'top only' || body.prompt_logprobs === undefined) return { ...common, logprobs: body.echo === true ? null : logprobs };
    const whole = prompt.map((id, i) => {
      if (i === 0) return null;
      const before = rowOf(prompt.slice(0, i));
      const best = bestOf(before);
      return Object.fromEntries([id, best].map((one) => [one, { logprob: before[one], rank: one === best ? 1 : 2, decoded_token: '' }]));
    });
    return { ...common, logprobs: null, prompt_logprobs: whole };
  });
  return Response.json({ choices, usage: { prompt_tokens: all.flat().length, completion_tokens: all.length } });
}

function native(body: NativeBody): unknown {
  return body.input_ids.map((prompt, i) => {
    const row = rowOf(prompt);
    const best = bestOf(row);
    const start = body.logprob_start_len?.[i];
    const rows =
      start === undefined ? [] : prompt.slice(start).map((id, j) => ({ id, before: j === 0 ? null : rowOf(prompt.slice(0, start + j)) }));
    return {
      text: 'x',
      meta_info: {
        prompt_tokens: prompt.length,
        completion_tokens: 1,
        cached_tokens: 0,
        output_token_logprobs: [[row[best], best, null]],
        output_token_ids_logprobs: [(body.token_ids_logprob?.[i] ?? []).map((id) => [row[id], id, null])],
        input_token_logprobs: rows.map(({ id, before }) => [before?.[id] ?? null, id, null]),
        input_top_logprobs: rows.map(({ before }) => (before === null ? null : [[before[bestOf(before)], bestOf(before), null]])),
      },
    };
  });
}
