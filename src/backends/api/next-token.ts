import type { CompletionChoice } from './completion-reply.js';
import { field } from './http.js';

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

/**
 * Reads the generated token and the listed ones of an answer, in vLLM's shape (`top_logprobs` with keys `token_id:N`) or llama.cpp's (`content` with ids).
 * Returns a message instead where tokens come without ids or without numbers.
 */
export function readNextToken(choice: CompletionChoice): NextToken | string {
  return choice.content === null ? readMap(choice) : readContent(choice.content);
}

function readMap({ logprobs }: CompletionChoice): NextToken | string {
  const sampled = idOf(logprobs?.tokens.at(0));
  const top = logprobs?.topLogprobs.at(0);
  if (logprobs == null || sampled === null || typeof top !== 'object' || top === null)
    return 'the answer lists no generated token with its id and log-probability';
  const found = new Map<number, number>();
  const own = logprobs.tokenLogprobs.at(0);
  if (isLogprob(own)) found.set(sampled, own);
  for (const [key, value] of Object.entries(top)) {
    const id = idOf(key);
    if (id !== null && isLogprob(value)) found.set(id, value);
  }
  return { sampled, logprobs: found };
}

function idOf(piece: string | undefined): number | null {
  const id = /^token_id:(\d+)$/.exec(piece ?? '')?.[1];
  return id === undefined ? null : Number(id);
}

function readContent(content: readonly unknown[]): NextToken | string {
  const first = content[0];
  const sampled = field(first, 'id');
  const top = field(first, 'top_logprobs');
  if (typeof sampled !== 'number' || !Array.isArray(top)) return 'the answer lists no generated token with its id and log-probability';
  const found = new Map<number, number>();
  for (const entry of [first, ...top]) {
    const id = field(entry, 'id');
    const value = field(entry, 'logprob');
    if (typeof id === 'number' && isLogprob(value)) found.set(id, value);
  }
  return { sampled, logprobs: found };
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
