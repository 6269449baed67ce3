import type { CompletionChoice } from './completion-reply.js';
import { field } from './http.js';
import { isLogprob } from './next-token.js';

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

/**
 * Returns the tokens of the prompt in an answer, or a message when they are missing or do not fit. `prompt` holds the ids that were sent, or null for text;
 * `generated` is the number of tokens that were asked for behind the prompt.
 */
export function readPromptTokens(
  choice: CompletionChoice,
  mode: PromptMode,
  prompt: readonly number[] | null,
  generated: number,
): PromptToken[] | string {
  const tokens = mode === 'echo' ? readEcho(choice, prompt, generated) : readPromptLogprobs(choice, prompt);
  if (typeof tokens === 'string') return tokens;
  if (prompt === null) return tokens;
  if (tokens.length !== prompt.length) return `the server returned ${tokens.length} prompt tokens for ${prompt.length}`;
  return tokens;
}

function readEcho(choice: CompletionChoice, prompt: readonly number[] | null, generated: number): PromptToken[] | string {
  const { logprobs } = choice;
  if (logprobs === null) return 'the answer has no logprobs';
  const { tokens, tokenLogprobs, topLogprobs } = logprobs;
  if (tokens.length !== tokenLogprobs.length) return `the answer has ${tokens.length} tokens and ${tokenLogprobs.length} log-probabilities`;
  if (topLogprobs.length !== 0 && topLogprobs.length !== tokens.length)
    return `the answer has ${tokens.length} tokens and ${topLogprobs.length} top log-probabilities`;
  // Servers may stop before the extra token (its text is empty, or it is the end); ids tell exactly how many belong to the prompt.
  const extra = prompt === null ? generated : tokens.length - prompt.length;
  if (extra < 0 || extra > generated)
    return `the server returned ${tokens.length} tokens for a prompt of ${prompt?.length} and ${generated} new`;
  const result: PromptToken[] = [];
  for (let i = 0; i < tokens.length - extra; i++) {
    const piece = tokens[i] ?? '';
    const id = /^token_id:(\d+)$/.exec(piece)?.[1];
    const own = tokenLogprobs[i];
    const logprob = own === null && i === 0 ? null : typeof own === 'number' ? own : Number.NaN;
    result.push({ piece, id: id === undefined ? null : Number(id), logprob, greedy: greedyInTop(topLogprobs[i], piece, logprob) });
  }
  return result;
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

function readPromptLogprobs(choice: CompletionChoice, prompt: readonly number[] | null): PromptToken[] | string {
  const rows = choice.promptLogprobs;
  if (rows === null) return 'the answer has no prompt_logprobs';
  const result: PromptToken[] = [];
  for (const [i, row] of rows.entries()) {
    const sent = prompt?.[i] ?? null;
    if (row === null && i === 0) {
      result.push({ piece: null, id: sent, logprob: null, greedy: null });
      continue;
    }
    if (typeof row !== 'object' || row === null) return `prompt_logprobs[${i}] is missing`;
    const entries = Object.entries(row).map(([id, entry]) => {
      const value = field(entry, 'logprob');
      const piece = field(entry, 'decoded_token');
      return { id: Number(id), logprob: typeof value === 'number' ? value : Number.NaN, piece: typeof piece === 'string' ? piece : '' };
    });
    // One alternative is asked for, so of two entries the less likely one is the prompt's own; of one entry it is that one.
    const own =
      sent === null ? entries.reduce((a, b) => (b.logprob < a.logprob ? b : a), entries[0] ?? NOTHING) : entries.find((e) => e.id === sent);
    if (own === undefined || own === NOTHING) return `prompt_logprobs[${i}] does not hold token ${sent ?? ''} of the request`;
    const greedy = entries.every((e) => e === own || e.logprob < own.logprob) && !(entries.length === 1 && rankOf(row, own.id) > 1);
    result.push({ piece: own.piece, id: own.id, logprob: own.logprob, greedy });
  }
  return result;
}

const NOTHING = { id: -1, logprob: Number.NaN, piece: '' };

function rankOf(row: object, id: number): number {
  const rank = field(field(row, String(id)), 'rank');
  return typeof rank === 'number' ? rank : 1;
}

/** Sum and greedy flag of a continuation: the tokens from `from` on. */
export type Score =
  | { readonly kind: 'score'; readonly logprob: number; readonly greedy: boolean | null }
  | { readonly kind: 'not a number'; readonly message: string };

/**
 * Adds up the tokens from `from` on. `greedy` is null when the server showed too little to know.
 */
export function sumTokens(tokens: readonly PromptToken[], from: number): Score {
  let logprob = 0;
  let greedy: boolean | null = true;
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined || !isLogprob(token.logprob))
      return { kind: 'not a number', message: `the server gave no finite log-probability for token ${i}` };
    logprob += token.logprob;
    if (greedy !== false) greedy = token.greedy === null ? null : greedy === null ? null : token.greedy;
    if (token.greedy === false) greedy = false;
  }
  return { kind: 'score', logprob, greedy };
}
