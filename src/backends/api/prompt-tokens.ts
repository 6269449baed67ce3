import { at } from '../../at.js';
import type { CompletionChoice } from './completion-reply.js';
import { field } from './http.js';
import { isLogprob, tokenId } from './next-token.js';
import { failed, malformed } from './unanswered.js';

/** What a server says of one token of a prompt, whichever of the two shapes it came in. */
export interface PromptToken {
  /** The token's text as the server writes it; null where it does not say (the first of `prompt_logprobs`). */
  readonly piece: string | null;
  /** Null where the server does not say. */
  readonly id: number | null;
  /** Null for the first token, which nothing predicts; NaN where the server gave no number. */
  readonly logprob: number | null;
  /** Whether it was the arg max; null where the server shows no other token to compare with. */
  readonly greedy: boolean | null;
}

/** How prompt log-probabilities are asked for. */
export type PromptMode = 'echo' | 'prompt_logprobs';

/** Every scored prompt is followed by one generated token that is thrown away: servers refuse to generate none. */
export const EXTRA_TOKENS = 1;

/**
 * Returns the tokens of the prompt in an answer. `prompt` holds the ids that were sent, or null for text. Throws `Unanswered` when tokens are missing or do not fit.
 */
export function readPromptTokens(choice: CompletionChoice, mode: PromptMode, prompt: readonly number[] | null): PromptToken[] {
  const tokens = mode === 'echo' ? readEcho(choice, prompt) : readPromptLogprobs(choice, prompt);
  if (prompt !== null && tokens.length !== prompt.length)
    throw malformed(`the server returned ${tokens.length} prompt tokens for ${prompt.length}`);
  return tokens;
}

function readEcho({ logprobs }: CompletionChoice, prompt: readonly number[] | null): PromptToken[] {
  if (logprobs === null) throw malformed('the answer has no logprobs');
  const { tokens, tokenLogprobs, topLogprobs } = logprobs;
  if (tokens.length !== tokenLogprobs.length)
    throw malformed(`the answer has ${tokens.length} tokens and ${tokenLogprobs.length} log-probabilities`);
  if (topLogprobs.length !== 0 && topLogprobs.length !== tokens.length)
    throw malformed(`the answer has ${tokens.length} tokens and ${topLogprobs.length} top log-probabilities`);
  // Servers may stop before the extra token (its text is empty, or it is the end); ids tell exactly how many belong to the prompt.
  const extra = prompt === null ? EXTRA_TOKENS : tokens.length - prompt.length;
  if (extra < 0 || extra > EXTRA_TOKENS)
    throw malformed(`the server returned ${tokens.length} tokens for a prompt of ${prompt?.length} and ${EXTRA_TOKENS} new`);
  return tokens.slice(0, tokens.length - extra).map((piece, i) => {
    const own = tokenLogprobs[i];
    const logprob = own === null && i === 0 ? null : typeof own === 'number' ? own : Number.NaN;
    return { piece, id: tokenId(piece), logprob, greedy: greedyInTop(topLogprobs[i], piece, logprob) };
  });
}

/**
 * True when no other token is listed with the same or a higher log-probability. A server lists its own arg max, so at a tie the other one that it lists
 * was its arg max. Null when nothing is listed.
 */
function greedyInTop(top: unknown, piece: string, logprob: number | null): boolean | null {
  if (typeof top !== 'object' || top === null || logprob === null) return null;
  const entries = Object.entries(top);
  if (entries.length === 0) return null;
  for (const [other, value] of entries) {
    if (typeof value !== 'number') return null;
    // Two tokens may have the same text (parts of a character): then only a higher value tells them apart.
    if (other === piece ? value > logprob : value >= logprob) return false;
  }
  return true;
}

function readPromptLogprobs({ promptLogprobs: rows }: CompletionChoice, prompt: readonly number[] | null): PromptToken[] {
  if (rows === null) throw malformed('the answer has no prompt_logprobs');
  return rows.map((row, i) => {
    const sent = prompt?.[i] ?? null;
    if (row === null && i === 0) return { piece: null, id: sent, logprob: null, greedy: null };
    if (typeof row !== 'object' || row === null) throw malformed(`prompt_logprobs[${i}] is missing`);
    const entries = Object.entries(row).map(([id, entry]) => {
      const value = field(entry, 'logprob');
      const piece = field(entry, 'decoded_token');
      return { id: Number(id), logprob: typeof value === 'number' ? value : Number.NaN, piece: typeof piece === 'string' ? piece : '' };
    });
    // One alternative is asked for, so of two entries the less likely one is the prompt's own; of one entry it is that one.
    const [first, ...others] = entries;
    const own =
      sent !== null ? entries.find((e) => e.id === sent) : first && others.reduce((a, b) => (b.logprob < a.logprob ? b : a), first);
    if (own === undefined) throw malformed(`prompt_logprobs[${i}] does not hold token ${sent ?? ''} of the request`);
    const greedy = entries.every((e) => e === own || e.logprob < own.logprob) && !(entries.length === 1 && rankOf(row, own.id) > 1);
    return { piece: own.piece, id: own.id, logprob: own.logprob, greedy };
  });
}

function rankOf(row: object, id: number): number {
  const rank = field(field(row, String(id)), 'rank');
  return typeof rank === 'number' ? rank : 1;
}

/**
 * Adds up the tokens of a continuation, those from `from` on. Throws `Unanswered` where one has no number, or the server showed too little to know whether all were the arg max.
 */
export function sumTokens(tokens: readonly PromptToken[], from: number): { readonly logprob: number; readonly greedy: boolean } {
  let logprob = 0;
  for (let i = from; i < tokens.length; i++) {
    const token = at(tokens, i);
    if (!isLogprob(token.logprob)) throw failed('not a number', `the server gave no finite log-probability for token ${i}`);
    logprob += token.logprob;
  }
  const flags = tokens.slice(from).map((token) => token.greedy);
  if (!flags.includes(false) && flags.includes(null))
    throw malformed('the server lists no top log-probabilities, so whether the choice was the arg max is not known');
  return { logprob, greedy: !flags.includes(false) };
}
