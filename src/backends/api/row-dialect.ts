/** Ways to ask a server for log-probabilities of chosen tokens behind a prompt. */
import { at } from '../../at.js';
import type { RowAnswer, RowMemory, RowQuestion } from './choice-rows.js';
import { call, callOne, type Server } from './completion-call.js';
import { likeliest, type NextToken, readNextToken, withoutIds } from './next-token.js';
import { askNative } from './sglang.js';
import { failed, malformed, Unanswered } from './unanswered.js';

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

/** Thrown where the server does not list a wanted token by any means. */
export class NotListed extends Unanswered {
  constructor(message: string) {
    super({ kind: 'failure', reason: 'malformed', message });
  }
}

/**
 * Answers all questions into `memory`, as far as it does not hold them, in as few requests as the dialect allows. Throws `Unanswered`, of which `NotListed` is one.
 */
export async function askRows(server: Server, dialect: RowDialect, questions: readonly RowQuestion[], memory: RowMemory): Promise<void> {
  const open = questions.filter((question) => !memory.has(question));
  if (dialect.kind === 'top_logprobs') {
    for (const question of open) memory.set(question, await askTop(server, dialect, question));
    return;
  }
  for (const group of groupsOf(open, dialect.kind === 'generate' || dialect.lists)) {
    const wanted = [...new Set(group.flatMap((question) => question.wanted))];
    const prompts = group.map(({ ids }) => ids);
    const found = await (dialect.kind === 'generate' ? askNative(server, prompts, wanted) : askIds(server, prompts, wanted));
    for (const [i, question] of group.entries()) {
      const next = at(found, i);
      const lost = question.wanted.find((id) => !next.logprobs.has(id));
      if (lost !== undefined) throw failed('not a number', `the server gave no finite log-probability for token ${lost}`);
      memory.set(question, { logprobs: next.logprobs, best: likeliest(next) });
    }
  }
}

/** Questions that go into one request: together they want no more ids than one request takes. */
function groupsOf(open: readonly RowQuestion[], lists: boolean): RowQuestion[][] {
  const groups: RowQuestion[][] = [];
  let ids = new Set<number>();
  for (const question of open) {
    const union = new Set([...ids, ...question.wanted]);
    const last = groups.at(-1);
    if (last !== undefined && lists && union.size <= MOST_IDS) {
      last.push(question);
      ids = union;
    } else {
      groups.push([question]);
      ids = new Set(question.wanted);
    }
  }
  return groups;
}

/**
 * vLLM's way: every prompt's next token and the log-probabilities of `wanted`.
 */
export async function askIds(server: Server, prompts: readonly (readonly number[])[], wanted: readonly number[]): Promise<NextToken[]> {
  const fields = { max_tokens: 1, logprobs: 1, logprob_token_ids: wanted, return_tokens_as_token_ids: true };
  return (await call(server, prompts, fields)).choices.map(readNextToken);
}

/**
 * The likeliest `count` tokens behind one prompt; `force` makes the server generate that token. Null where it is withheld: llama-server gives nothing at all with a generated
 * token whose bytes are only the beginning of a character.
 */
export async function askLikeliest(
  server: Server,
  prompt: readonly number[],
  count: number,
  force: number | null,
): Promise<NextToken | null> {
  const bias = force === null ? {} : { logit_bias: { [String(force)]: FORCE } };
  const choice = await callOne(server, prompt, { max_tokens: 1, logprobs: count, return_tokens_as_token_ids: true, ...bias });
  return choice.logprobs === null && choice.content === null ? null : readNextToken(choice);
}

type TopDialect = Extract<RowDialect, { kind: 'top_logprobs' }>;

/** Gathers the wanted tokens of one prompt: from the list of the likeliest, by force, and at last from a list that grows. */
async function askTop(server: Server, dialect: TopDialect, { ids, wanted }: RowQuestion): Promise<RowAnswer> {
  const logprobs = new Map<number, number>();
  let best: number | null = null;
  const lacking = (): number | undefined => wanted.find((id) => !logprobs.has(id));
  const list = async (count: number): Promise<NextToken> => {
    const found = await askList(server, dialect, ids, count);
    for (const [id, value] of found.logprobs) logprobs.set(id, value);
    best ??= likeliest(found);
    return found;
  };
  // One wanted token alone is made to come at once: it is seldom among the likeliest.
  if (dialect.anchor === null || wanted.length > 1) await list(FIRST_TOP);
  for (const id of dialect.anchor === null ? [] : wanted) {
    if (logprobs.has(id)) continue;
    const next = await askLikeliest(server, ids, 1, id);
    if (next === null) continue;
    const value = next.logprobs.get(id);
    if (next.sampled !== id || value === undefined)
      throw new NotListed(`the server did not generate token ${id} of a choice although it was told to`);
    logprobs.set(id, value);
    best ??= likeliest(next);
  }
  for (let count = FIRST_TOP * 10; lacking() !== undefined && logprobs.size < dialect.most; count *= 10) {
    try {
      const found = await list(count);
      if (found.logprobs.size < Math.min(count, dialect.most)) break;
    } catch (error) {
      if (!(error instanceof Unanswered) || error.outcome.kind !== 'failure' || best === null) throw error;
      // More than the server lists: what it listed before is its limit.
      dialect.most = Math.max(1, logprobs.size);
    }
  }
  const lost = lacking();
  if (lost !== undefined)
    throw new NotListed(`the server lists at most ${dialect.most} log-probabilities, and token ${lost} of a choice is not among them`);
  if (best === null) throw malformed('no token was asked for');
  return { logprobs, best };
}

/** The list of the likeliest tokens; where it is withheld for the sake of the generated one, with the anchor in that one's place. */
async function askList(server: Server, dialect: TopDialect, ids: readonly number[], count: number): Promise<NextToken> {
  const asked = Math.min(count, dialect.most);
  let next = await askLikeliest(server, ids, asked, null);
  if (next === null && dialect.anchor !== null) next = await askLikeliest(server, ids, asked, dialect.anchor);
  if (next === null) throw withoutIds();
  // A server that lists fewer than it was asked for lists no more.
  if (next.logprobs.size < asked) dialect.most = Math.min(dialect.most, Math.max(next.logprobs.size, 1));
  return next;
}
