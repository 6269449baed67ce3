import { z } from 'zod';
import { malformed } from './unanswered.js';

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

interface EchoLogprobs {
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
const choiceSchema = z.looseObject({
  index: z.number().int().nullish(),
  text: z.string().nullish(),
  finish_reason: z.string().nullish(),
  logprobs: logprobsSchema.nullish(),
  prompt_logprobs: z.array(z.unknown()).nullish(),
});
/** A negative number would give money back, and one beyond all windows makes nonsense of every sum. */
export const tokenCount = z.number().nonnegative().max(1e9);
const replySchema = z.looseObject({
  choices: z.array(choiceSchema),
  usage: z
    .looseObject({
      prompt_tokens: tokenCount.nullish(),
      completion_tokens: tokenCount.nullish(),
      prompt_tokens_details: z.looseObject({ cached_tokens: tokenCount.nullish() }).nullish(),
    })
    .nullish()
    // An answer whose count is nonsense is an answer all the same.
    .catch(null),
});

/**
 * Parses the answer to a list of `prompts` prompts; choices come in the prompts' order. Throws `Unanswered` when it does not fit:
 * broken JSON, a missing field, another number of choices, an index twice.
 */
export function readCompletion(body: unknown, prompts: number): CompletionReply {
  const parsed = replySchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw malformed(`the answer is no completion: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const { choices, usage } = parsed.data;
  if (choices.length !== prompts) throw malformed(`the answer has ${choices.length} choices for ${prompts} prompts`);
  const numbered = choices.map((choice, i) => ({ choice, index: choice.index ?? i })).sort((a, b) => a.index - b.index);
  if (numbered.some(({ index }, i) => index !== i)) {
    const numbers = choices.map(({ index }) => index).join(', ');
    throw malformed(`the answer has choices numbered ${numbers.slice(0, 200)}`);
  }
  return {
    choices: numbered.map(({ choice }) => choiceOf(choice)),
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

function choiceOf({ text, finish_reason, prompt_logprobs, logprobs }: z.infer<typeof choiceSchema>): CompletionChoice {
  const { tokens, token_logprobs: tokenLogprobs, top_logprobs, text_offset, content } = logprobs ?? {};
  return {
    text: text ?? '',
    finishReason: finish_reason ?? null,
    promptLogprobs: prompt_logprobs ?? null,
    logprobs:
      tokens == null || tokenLogprobs == null
        ? null
        : { tokens, tokenLogprobs, topLogprobs: top_logprobs ?? [], textOffset: text_offset ?? null },
    content: content ?? null,
  };
}
