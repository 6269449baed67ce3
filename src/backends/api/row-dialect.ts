/** Ways to ask a server for log-probabilities of chosen tokens behind a prompt. */
import type { FailureResponse } from '../../types.js';
import type { RowAnswer, RowMemory, RowQuestion } from './choice-rows.js';
import { type Caller, call } from './completion-call.js';
import { malformed } from './http.js';
import type { Again } from './limiter.js';
import { likeliest, type NextToken, readNextToken } from './next-token.js';
import { askNative } from './sglang.js';

/** How one server is asked for the token that follows a prompt, as its probe found. */
export type RowDialect =
  /** vLLM since July 2026: `logprob_token_ids`. */
  | { readonly kind: 'logprob_token_ids'; readonly lists: boolean }
  /** SGLang's own `/generate` with `token_ids_logprob`. */
  | { readonly kind: 'generate' }
  /**
   * The likeliest tokens with their ids. `most` is how many the server lists at most. `anchor`: a token that the server was seen to generate when it was told to (`logit_bias`)
   * while all log-probabilities stayed those of the unbiased distribution, so that tokens which are not listed can be had by force, too; null where that does not work.
   */
  | { readonly kind: 'top_logprobs'; most: number; readonly anchor: number | null };

/** Tokens listed at first: enough for almost every letter, and a short answer. */
export const FIRST_TOP = 100;
/** Ids of one request: the servers' own limits are above it. */
const MOST_IDS = 100;
/** The bias that OpenAI-compatible servers take at most. */
const FORCE = 100;

/**
 * Answers all questions, in as few requests as the dialect allows. Fills `memory` and returns null; or returns what came instead, or `missing` with a message where the
 * server does not list a wanted token by any means.
 */
export async function askRows(
  caller: Caller,
  dialect: RowDialect,
  server: number,
  questions: readonly RowQuestion[],
  memory: RowMemory,
  signal: AbortSignal,
): Promise<Again | FailureResponse | { readonly kind: 'missing'; readonly message: string } | null> {
  if (dialect.kind === 'top_logprobs') {
    for (const [i, question] of questions.entries()) {
      if (memory[i] !== undefined) continue;
      const answer = await askTop(caller, dialect, server, question, signal);
      if ('kind' in answer) return answer;
      memory[i] = answer;
    }
    return null;
  }
  const open = questions.map((question, index) => ({ question, index })).filter(({ index }) => memory[index] === undefined);
  for (const group of groupsOf(open, dialect.kind === 'generate' || dialect.lists)) {
    const wanted = [...new Set(group.flatMap(({ question }) => question.wanted))];
    const prompts = group.map(({ question }) => question.ids);
    const found =
      dialect.kind === 'generate'
        ? await askNative(caller, server, prompts, wanted, signal)
        : await askIds(caller, server, prompts, wanted, signal);
    if ('kind' in found) return found;
    for (const [i, { question, index }] of group.entries()) {
      const next = found[i];
      if (next === undefined) return malformed('an answer is missing');
      const lost = question.wanted.find((id) => !next.logprobs.has(id));
      if (lost !== undefined)
        return { kind: 'failure', reason: 'not a number', message: `the server gave no finite log-probability for token ${lost}` };
      memory[index] = { logprobs: next.logprobs, best: likeliest(next) };
    }
  }
  return null;
}

interface Numbered {
  readonly question: RowQuestion;
  readonly index: number;
}

/** Questions that go into one request: together they want no more ids than one request takes. */
function groupsOf(open: readonly Numbered[], lists: boolean): Numbered[][] {
  const groups: Numbered[][] = [];
  let ids = new Set<number>();
  for (const one of open) {
    const union = new Set([...ids, ...one.question.wanted]);
    const last = groups.at(-1);
    if (last !== undefined && lists && union.size <= MOST_IDS) {
      last.push(one);
      ids = union;
    } else {
      groups.push([one]);
      ids = new Set(one.question.wanted);
    }
  }
  return groups;
}

/**
 * vLLM's way: every prompt's next token and the log-probabilities of `wanted`.
 */
export async function askIds(
  caller: Caller,
  server: number,
  prompts: readonly (readonly number[])[],
  wanted: readonly number[],
  signal: AbortSignal,
): Promise<NextToken[] | Again | FailureResponse> {
  const fields = { max_tokens: 1, logprobs: 1, logprob_token_ids: wanted, return_tokens_as_token_ids: true };
  return readAll(await call(caller, server, prompts, fields, signal));
}

/** llama-server gives nothing at all with a generated token whose bytes are only the beginning of a character. */
export interface Withheld {
  readonly kind: 'withheld';
}

/**
 * The likeliest `count` tokens behind one prompt; `force` makes the server generate that token.
 */
export async function askLikeliest(
  caller: Caller,
  server: number,
  prompt: readonly number[],
  count: number,
  force: number | null,
  signal: AbortSignal,
): Promise<NextToken | Withheld | Again | FailureResponse> {
  const bias = force === null ? {} : { logit_bias: { [String(force)]: FORCE } };
  const fields = { max_tokens: 1, logprobs: count, return_tokens_as_token_ids: true, ...bias };
  const called = await call(caller, server, [prompt], fields, signal);
  if (called.kind !== 'reply') return called;
  const [choice] = called.reply.choices;
  if (choice === undefined) return malformed('the answer has no choice');
  if (choice.logprobs === null && choice.content === null) return { kind: 'withheld' };
  const next = readNextToken(choice);
  return typeof next === 'string' ? malformed(next) : next;
}

function readAll(called: Awaited<ReturnType<typeof call>>): NextToken[] | Again | FailureResponse {
  if (called.kind !== 'reply') return called;
  const found: NextToken[] = [];
  for (const choice of called.reply.choices) {
    const next = readNextToken(choice);
    if (typeof next === 'string') return malformed(next);
    found.push(next);
  }
  return found;
}

type TopDialect = Extract<RowDialect, { kind: 'top_logprobs' }>;
type Missing = { readonly kind: 'missing'; readonly message: string };

/** Gathers the wanted tokens of one prompt: from the list of the likeliest, by force, and at last from a list that grows. */
async function askTop(
  caller: Caller,
  dialect: TopDialect,
  server: number,
  { ids, wanted }: RowQuestion,
  signal: AbortSignal,
): Promise<RowAnswer | Again | FailureResponse | Missing> {
  const logprobs = new Map<number, number>();
  let best: number | null = null;
  const lacking = (): number | undefined => wanted.find((id) => !logprobs.has(id));
  // One wanted token alone is made to come at once: it is seldom among the likeliest.
  if (dialect.anchor === null || wanted.length > 1) {
    const found = await askList(caller, dialect, server, ids, FIRST_TOP, signal);
    if ('kind' in found) return found;
    for (const [id, value] of found.logprobs) logprobs.set(id, value);
    best = likeliest(found);
  }
  if (dialect.anchor !== null) {
    for (const id of wanted) {
      if (logprobs.has(id)) continue;
      const next = await askLikeliest(caller, server, ids, 1, id, signal);
      if ('kind' in next && next.kind !== 'withheld') return next;
      if ('kind' in next) continue;
      const value = next.logprobs.get(id);
      if (next.sampled !== id || value === undefined)
        return { kind: 'missing', message: `the server did not generate token ${id} of a choice although it was told to` };
      logprobs.set(id, value);
      best ??= likeliest(next);
    }
  }
  for (let count = FIRST_TOP * 10; lacking() !== undefined && logprobs.size < dialect.most; count *= 10) {
    const found = await askList(caller, dialect, server, ids, count, signal);
    if ('kind' in found) {
      // More than the server lists: what it listed before is its limit.
      if (found.kind !== 'failure' || best === null) return found;
      dialect.most = Math.max(1, logprobs.size);
      break;
    }
    for (const [id, value] of found.logprobs) logprobs.set(id, value);
    best ??= likeliest(found);
    if (found.logprobs.size < Math.min(count, dialect.most)) break;
  }
  const lost = lacking();
  if (lost !== undefined)
    return {
      kind: 'missing',
      message: `the server lists at most ${dialect.most} log-probabilities, and token ${lost} of a choice is not among them`,
    };
  return best === null ? malformed('no token was asked for') : { logprobs, best };
}

/** The list of the likeliest tokens; where it is withheld for the sake of the generated one, with the anchor in that one's place. */
async function askList(
  caller: Caller,
  dialect: TopDialect,
  server: number,
  ids: readonly number[],
  count: number,
  signal: AbortSignal,
): Promise<NextToken | Again | FailureResponse> {
  const asked = Math.min(count, dialect.most);
  let next = await askLikeliest(caller, server, ids, asked, null, signal);
  if ('kind' in next && next.kind === 'withheld' && dialect.anchor !== null)
    next = await askLikeliest(caller, server, ids, asked, dialect.anchor, signal);
  if ('kind' in next)
    return next.kind === 'withheld' ? malformed('the answer lists no generated token with its id and log-probability') : next;
  // A server that lists fewer than it was asked for lists no more.
  if (next.logprobs.size < asked) dialect.most = Math.min(dialect.most, Math.max(next.logprobs.size, 1));
  return next;
}
