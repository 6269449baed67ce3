/**
 * SGLang's own `/generate` (https://docs.sglang.io/basic_usage/sampling_params.html): log-probabilities of chosen tokens (`token_ids_logprob`), and of the end of a prompt only
 * (`logprob_start_len`), so that its radix cache serves the beginning. Written from its documentation; not tried on a real server yet.
 */
import { z } from 'zod';
import type { FailureResponse } from '../../types.js';
import { type Caller, post } from './completion-call.js';
import { malformed } from './http.js';
import type { Again } from './limiter.js';
import { isLogprob, type NextToken } from './next-token.js';
import type { PromptToken } from './prompt-tokens.js';

/** `[log-probability, token id, text or null]`. */
const entry = z.tuple([z.number().nullable(), z.number().int()], z.unknown());
const positions = z.array(z.array(entry).nullable());
const answer = z.looseObject({
  meta_info: z.looseObject({
    prompt_tokens: z.number().nullish(),
    completion_tokens: z.number().nullish(),
    cached_tokens: z.number().nullish(),
    input_token_logprobs: z.array(entry).nullish(),
    input_top_logprobs: positions.nullish(),
    output_token_logprobs: z.array(entry).nullish(),
    output_token_ids_logprobs: positions.nullish(),
  }),
});
type Meta = z.infer<typeof answer>['meta_info'];

/** `/generate` lies beside `/v1`. */
function urlOf(caller: Caller, server: number): string {
  return `${(caller.urls[server] ?? '').replace(/\/v1$/, '')}/generate`;
}

/**
 * The token behind every prompt with the log-probabilities of `wanted`.
 */
export async function askNative(
  caller: Caller,
  server: number,
  prompts: readonly (readonly number[])[],
  wanted: readonly number[],
  signal: AbortSignal,
): Promise<NextToken[] | Again | FailureResponse> {
  const metas = await generate(caller, server, prompts, { token_ids_logprob: prompts.map(() => wanted) }, signal);
  if ('kind' in metas) return metas;
  const found: NextToken[] = [];
  for (const meta of metas) {
    const own = meta.output_token_logprobs?.[0];
    const listed = meta.output_token_ids_logprobs?.[0];
    if (own === undefined || listed == null) return malformed('the answer lists no log-probabilities of the tokens that were asked for');
    const logprobs = new Map<number, number>();
    for (const [value, id] of [own, ...listed]) if (isLogprob(value)) logprobs.set(id, value);
    found.push({ sampled: own[1], logprobs });
  }
  return found;
}

/** A prompt and the index of its first token whose log-probability is wanted (at least 1). */
export interface EndOfPrompt {
  readonly ids: readonly number[];
  readonly from: number;
}

/**
 * The last tokens of every prompt, from `from` on. The server gives no value for the position at which it starts, so it is asked one earlier.
 */
export async function askEnds(
  caller: Caller,
  server: number,
  prompts: readonly EndOfPrompt[],
  signal: AbortSignal,
): Promise<PromptToken[][] | Again | FailureResponse> {
  const fields = { logprob_start_len: prompts.map(({ from }) => from - 1), top_logprobs_num: prompts.map(() => 1) };
  const metas = await generate(
    caller,
    server,
    prompts.map(({ ids }) => ids),
    fields,
    signal,
  );
  if ('kind' in metas) return metas;
  const found: PromptToken[][] = [];
  for (const [i, { ids, from }] of prompts.entries()) {
    const own = metas[i]?.input_token_logprobs ?? [];
    const top = metas[i]?.input_top_logprobs ?? [];
    const wanted = ids.slice(from);
    if (own.length !== wanted.length + 1 || top.length !== own.length)
      return malformed(`the answer has ${own.length} log-probabilities of the prompt for ${wanted.length + 1}`);
    const tokens: PromptToken[] = [];
    for (const [j, id] of wanted.entries()) {
      const [value, at] = own[j + 1] ?? [null, -1];
      if (at !== id) return malformed(`token ${from + j} of the answer is ${at}, not ${id}, which was sent`);
      const best = top[j + 1]?.[0];
      tokens.push({ piece: null, id, logprob: value ?? Number.NaN, greedy: best === undefined ? null : best[1] === id });
    }
    found.push(tokens);
  }
  return found;
}

async function generate(
  caller: Caller,
  server: number,
  prompts: readonly (readonly number[])[],
  fields: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Meta[] | Again | FailureResponse> {
  const body = {
    input_ids: prompts,
    sampling_params: { temperature: 0, max_new_tokens: 1 },
    return_logprob: prompts.map(() => true),
    return_text_in_logprobs: false,
    ...fields,
  };
  const posted = await post(caller, urlOf(caller, server), body, signal, () => false);
  if (posted.kind !== 'data') return posted;
  const parsed = z.array(answer).safeParse(posted.data);
  if (!parsed.success) return malformed('the answer is none of /generate');
  if (parsed.data.length !== prompts.length) return malformed(`the answer has ${parsed.data.length} parts for ${prompts.length} prompts`);
  const metas = parsed.data.map(({ meta_info }) => meta_info);
  for (const meta of metas) {
    caller.tally.inputTokens += meta.prompt_tokens ?? 0;
    caller.tally.cachedTokens += meta.cached_tokens ?? 0;
    caller.tally.outputTokens += meta.completion_tokens ?? 0;
  }
  return metas;
}
