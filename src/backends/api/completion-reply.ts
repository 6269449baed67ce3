import { z } from 'zod';

/** One choice of a `/v1/completions` answer. Positions are checked where they are read. */
export interface CompletionChoice {
  readonly text: string;
  readonly finishReason: string | null;
  /** Tokens of prompt and continuation (`echo`), or of the continuation. */
  readonly logprobs: EchoLogprobs | null;
  /** llama.cpp: one entry per generated token, each with its id and the ids of the likeliest others. */
  readonly content: readonly unknown[] | null;
  /** vLLM: per prompt token a map from token id to its log-probability; the first is null. */
  readonly promptLogprobs: readonly unknown[] | null;
}

export interface EchoLogprobs {
  readonly tokens: readonly string[];
  readonly tokenLogprobs: readonly unknown[];
  readonly topLogprobs: readonly unknown[];
  readonly textOffset: readonly number[] | null;
}

export interface CompletionReply {
  readonly choices: readonly CompletionChoice[];
  readonly usage: { readonly input: number; readonly output: number; readonly cached: number } | null;
}

const logprobsSchema = z.looseObject({
  tokens: z.array(z.string()).nullish(),
  token_logprobs: z.array(z.unknown()).nullish(),
  top_logprobs: z.array(z.unknown()).nullish(),
  text_offset: z.array(z.number()).nullish(),
  content: z.array(z.unknown()).nullish(),
});
const tokens = z.number().nonnegative().max(1e9);
const replySchema = z.looseObject({
  choices: z.array(
    z.looseObject({
      index: z.number().int().nullish(),
      text: z.string().nullish(),
      finish_reason: z.string().nullish(),
      logprobs: logprobsSchema.nullish(),
      prompt_logprobs: z.array(z.unknown()).nullish(),
    }),
  ),
  usage: z
    .looseObject({
      prompt_tokens: tokens.nullish(),
      completion_tokens: tokens.nullish(),
      prompt_tokens_details: z.looseObject({ cached_tokens: tokens.nullish() }).nullish(),
    })
    .nullish()
    // An answer whose count is nonsense is an answer all the same.
    .catch(null),
});

/**
 * Parses the answer to a list of `prompts` prompts; choices come in the prompts' order. Returns a message instead when it does not fit:
 * broken JSON, a missing field, another number of choices, an index twice.
 */
export function readCompletion(body: unknown, prompts: number): CompletionReply | string {
  const parsed = replySchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `the answer is no completion: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  }
  const { choices, usage } = parsed.data;
  if (choices.length !== prompts) return `the answer has ${choices.length} choices for ${prompts} prompts`;
  const sorted: CompletionChoice[] = [];
  for (const [i, choice] of choices.entries()) {
    const index = choice.index ?? i;
    if (index < 0 || index >= prompts || sorted[index] !== undefined)
      return `the answer has choices numbered ${choices
        .map((c) => c.index)
        .join(', ')
        .slice(0, 200)}`;
    const { logprobs } = choice;
    sorted[index] = {
      text: choice.text ?? '',
      finishReason: choice.finish_reason ?? null,
      promptLogprobs: choice.prompt_logprobs ?? null,
      logprobs:
        logprobs?.tokens == null || logprobs.token_logprobs == null
          ? null
          : {
              tokens: logprobs.tokens,
              tokenLogprobs: logprobs.token_logprobs,
              topLogprobs: logprobs.top_logprobs ?? [],
              textOffset: logprobs.text_offset ?? null,
            },
      content: logprobs?.content ?? null,
    };
  }
  return {
    choices: sorted,
    usage:
      usage == null
        ? null
        : {
            input: usage.prompt_tokens ?? 0,
            output: usage.completion_tokens ?? 0,
            cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
          },
  };
}
