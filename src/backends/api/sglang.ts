/**
 * SGLang's own `/generate` (https://docs.sglang.io/basic_usage/sampling_params.html): log-probabilities of chosen tokens (`token_ids_logprob`), and of the end of a prompt only
 * (`logprob_start_len`), so that its radix cache serves the beginning. Written from its documentation; not tried on a real server yet.
 */
import { z } from 'zod';
import { at } from '../../at.js';
import { count, post, type Server } from './completion-call.js';
import { type NextToken, nextToken } from './next-token.js';
import type { PromptToken } from './prompt-tokens.js';
import { malformed } from './unanswered.js';

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

/**
 * The token behind every prompt with the log-probabilities of `wanted`.
 */
export async function askNative(server: Server, prompts: readonly (readonly number[])[], wanted: readonly number[]): Promise<NextToken[]> {
  const metas = await generate(server, prompts, { token_ids_logprob: prompts.map(() => wanted) });
  return metas.map((meta) => {
    const own = meta.output_token_logprobs?.[0];
    const listed = meta.output_token_ids_logprobs?.[0];
    if (own === undefined || listed == null) throw malformed('the answer lists no log-probabilities of the tokens that were asked for');
    return nextToken(
      own[1],
      [own, ...listed].map(([value, id]) => [id, value]),
    );
  });
}

/** A prompt and the index of its first token whose log-probability is wanted (at least 1). */
interface EndOfPrompt {
  readonly ids: readonly number[];
  readonly from: number;
}

/**
 * The last tokens of every prompt, from `from` on. The server gives no value for the position at which it starts, so it is asked one earlier.
 */
export async function askEnds(server: Server, prompts: readonly EndOfPrompt[]): Promise<PromptToken[][]> {
  const fields = { logprob_start_len: prompts.map(({ from }) => from - 1), top_logprobs_num: prompts.map(() => 1) };
  const metas = await generate(
    server,
    prompts.map(({ ids }) => ids),
    fields,
  );
  return prompts.map(({ ids, from }, i) => {
    const { input_token_logprobs, input_top_logprobs } = at(metas, i);
    const [own, top] = [input_token_logprobs ?? [], input_top_logprobs ?? []];
    const wanted = ids.slice(from);
    if (own.length !== wanted.length + 1 || top.length !== own.length)
      throw malformed(`the answer has ${own.length} log-probabilities of the prompt for ${wanted.length + 1}`);
    return wanted.map((id, j) => {
      const [value, told] = at(own, j + 1);
      if (told !== id) throw malformed(`token ${from + j} of the answer is ${told}, not ${id}, which was sent`);
      const best = at(top, j + 1)?.[0];
      return { piece: null, id, logprob: value ?? Number.NaN, greedy: best === undefined ? null : best[1] === id };
    });
  });
}

async function generate(
  server: Server,
  prompts: readonly (readonly number[])[],
  fields: Readonly<Record<string, unknown>>,
): Promise<Meta[]> {
  const body = {
    input_ids: prompts,
    sampling_params: { temperature: 0, max_new_tokens: 1 },
    return_logprob: prompts.map(() => true),
    return_text_in_logprobs: false,
    ...fields,
  };
  // It lies beside `/v1`.
  const url = `${server.url.replace(/\/v1$/, '')}/generate`;
  const parsed = z.array(answer).safeParse(await post(server, url, body, () => false));
  if (!parsed.success) throw malformed('the answer is none of /generate');
  if (parsed.data.length !== prompts.length) throw malformed(`the answer has ${parsed.data.length} parts for ${prompts.length} prompts`);
  const metas = parsed.data.map(({ meta_info }) => meta_info);
  for (const { prompt_tokens, completion_tokens, cached_tokens } of metas)
    count(server, { input: prompt_tokens ?? 0, output: completion_tokens ?? 0, cached: cached_tokens ?? 0 });
  return metas;
}
