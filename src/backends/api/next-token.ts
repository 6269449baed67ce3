import type { CompletionChoice } from './completion-reply.js';
import { field } from './http.js';
import { malformed } from './unanswered.js';

/** What a server says of the token that follows a prompt. */
export interface NextToken {
  /** The token it generated. */
  readonly sampled: number;
  /** Log-probabilities over the full vocabulary by token id: the generated token and those that were listed. */
  readonly logprobs: ReadonlyMap<number, number>;
}

/** Servers write a probability of zero as this value or less (vLLM -9999, llama.cpp the lowest float); it stands for no number. */
const FLOOR = -9999;

/**
 * True for a log-probability that is one: finite, and not the value that servers put where they have none.
 */
export function isLogprob(value: unknown): value is number {
  return typeof value === 'number' && value > FLOOR && value < 1e-3;
}

/** The next token out of pairs of id and log-probability, the generated one first; what is no log-probability is left out. */
export function nextToken(sampled: number, listed: Iterable<readonly [id: unknown, logprob: unknown]>): NextToken {
  const logprobs = new Map<number, number>();
  for (const [id, value] of listed) if (typeof id === 'number' && isLogprob(value)) logprobs.set(id, value);
  return { sampled, logprobs };
}

/**
 * Reads the generated token and the listed ones of an answer, in vLLM's shape (`top_logprobs` with keys `token_id:N`) or llama.cpp's (`content` with ids).
 * Throws `Unanswered` where tokens come without ids or without numbers.
 */
export function readNextToken({ content, logprobs }: CompletionChoice): NextToken {
  if (content !== null) {
    const [first] = content;
    const sampled = field(first, 'id');
    const top = field(first, 'top_logprobs');
    if (typeof sampled !== 'number' || !Array.isArray(top)) throw withoutIds();
    return nextToken(
      sampled,
      [first, ...top].map((entry) => [field(entry, 'id'), field(entry, 'logprob')]),
    );
  }
  const sampled = tokenId(logprobs?.tokens[0]);
  const top = logprobs?.topLogprobs[0];
  if (sampled === null || typeof top !== 'object' || top === null) throw withoutIds();
  return nextToken(sampled, [
    [sampled, logprobs?.tokenLogprobs[0]],
    ...Object.entries(top).map(([key, value]) => [tokenId(key), value] as const),
  ]);
}

/** The error of an answer whose tokens have no ids. */
export function withoutIds(): Error {
  return malformed('the answer lists no generated token with its id and log-probability');
}

/** The id in a token that vLLM writes as `token_id:N`; null for every other text. */
export function tokenId(piece: string | undefined): number | null {
  const id = /^token_id:(\d+)$/.exec(piece ?? '')?.[1];
  return id === undefined ? null : Number(id);
}

/**
 * Returns the likeliest of the listed tokens; where the generated one is as likely as it, the generated one.
 */
export function likeliest(next: NextToken): number {
  let best = next.sampled;
  let most = next.logprobs.get(best) ?? Number.NEGATIVE_INFINITY;
  for (const [id, value] of next.logprobs) if (value > most) [best, most] = [id, value];
  return best;
}
