import type { FailureResponse } from '../../types.js';
import type { ChoiceRows } from './choice-rows.js';
import { rowsOf } from './choice-rows.js';
import { type Caller, call, type Dialect, scoringFields } from './completion-call.js';
import type { Again } from './limiter.js';
import { likeliest, type NextToken } from './next-token.js';
import { askIds, askLikeliest, askRows, FIRST_TOP, type RowDialect } from './row-dialect.js';
import { askNative } from './sglang.js';
import { costOf, type Timing, type WayCost } from './way-costs.js';

/** Asks until there is an answer or the reason why there is none; throws when the server is not well. */
export type Patiently = <T>(attempt: (signal: AbortSignal) => Promise<T | Again | FailureResponse>) => Promise<T | string>;

/** Odd enough that its own tokens are unlikely to follow it. */
const PROBE = 'Eguzkia 7 zxq! Ur hotza; kaixo, qwe 42.';
/** Ids that a server must list beside its own to show that it heeds which ones are asked for. */
const MOST_PROBED = 8;

/**
 * Finds out how a server gives log-probabilities of chosen tokens behind a prompt of token ids: tries the exact ways first. Null where it gives none.
 */
export async function findRows(
  caller: Caller,
  server: number,
  wanted: RowDialect['kind'] | null,
  patiently: Patiently,
): Promise<RowDialect | null> {
  const prompt = (await caller.encoder?.tokenizer.encode(PROBE)) ?? [];
  const ids = [...new Set(prompt)].slice(0, MOST_PROBED);
  if (ids.length < 2) return null;
  const heeded = (found: readonly NextToken[] | string, prompts: number): boolean =>
    typeof found !== 'string' && found.length === prompts && found.every((next) => ids.every((id) => next.logprobs.has(id)));
  if (wanted === null || wanted === 'logprob_token_ids') {
    for (const lists of [true, false]) {
      const prompts = lists ? [prompt, prompt.slice(1)] : [prompt];
      if (heeded(await patiently((signal) => askIds(caller, server, prompts, ids, signal)), prompts.length))
        return { kind: 'logprob_token_ids', lists };
    }
  }
  if (wanted === null || wanted === 'generate') {
    // Most servers know no such path, which is no reason to stop.
    const found = await patiently((signal) => askNative(caller, server, [prompt, prompt.slice(1)], ids, signal)).catch(
      () => 'no such path',
    );
    if (heeded(found, 2)) return { kind: 'generate' };
  }
  return wanted === null || wanted === 'top_logprobs' ? findTop(caller, server, prompt, patiently) : null;
}

async function findTop(caller: Caller, server: number, prompt: readonly number[], patiently: Patiently): Promise<RowDialect | null> {
  // Behind one prompt or another there is a token that the server shows.
  for (const asked of [prompt, prompt.slice(1), prompt.slice(2)]) {
    let withheld = false;
    for (const count of [FIRST_TOP, 20, 5]) {
      const next = await patiently((signal) => askLikeliest(caller, server, asked, count, null, signal));
      withheld = typeof next !== 'string' && 'kind' in next;
      if (withheld) break;
      if (typeof next === 'string' || 'kind' in next || next.logprobs.size < 3) continue;
      const most = next.logprobs.size < count ? next.logprobs.size : count === FIRST_TOP ? Number.POSITIVE_INFINITY : count;
      return { kind: 'top_logprobs', most, anchor: await findAnchor(caller, server, asked, next, patiently) };
    }
    if (!withheld) return null;
  }
  return null;
}

/** The bias would make the log-probability of a forced token about zero; half a nat is far above the noise of a batch. */
const FORCED_TOLERANCE = 0.5;
/** Tokens that are tried as anchor: some are withheld because they are parts of characters. */
const ANCHORS_TRIED = 5;

/** A token that the server generates when it is told to, and still gives the log-probability that this token has by itself; null where it does not. */
async function findAnchor(
  caller: Caller,
  server: number,
  prompt: readonly number[],
  free: NextToken,
  patiently: Patiently,
): Promise<number | null> {
  const rare = [...free.logprobs].filter(([, value]) => value < -2 * FORCED_TOLERANCE).sort((a, b) => a[1] - b[1]);
  for (const [id, value] of rare.slice(0, ANCHORS_TRIED)) {
    const next = await patiently((signal) => askLikeliest(caller, server, prompt, 1, id, signal));
    if (typeof next === 'string') return null;
    if ('kind' in next) continue;
    const unbiased = Math.abs((next.logprobs.get(id) ?? 0) - value) < FORCED_TOLERANCE;
    return next.sampled === id && unbiased && likeliest(next) === likeliest(free) ? id : null;
  }
  return null;
}

/** Prompts of one measurement, the tokens of short and long ones, and how often each is taken. */
const TIMED = { prompts: 4, short: 8, long: 120, rounds: 3 } as const;

/**
 * Measures what both ways take on a server, with prompts that no cache holds. Null where it does not answer.
 */
export async function measureWays(
  caller: Caller,
  server: number,
  rows: RowDialect,
  prompts: Dialect,
  patiently: Patiently,
): Promise<{ readonly rows: WayCost; readonly prompts: WayCost } | null> {
  const alphabet = (await caller.encoder?.tokenizer.encode(PROBE)) ?? [];
  if (alphabet.length < 2) return null;
  const draw = (): number => alphabet[Math.floor(caller.tools.random() * alphabet.length)] ?? 0;
  const batch = (length: number): number[][] => Array.from({ length: TIMED.prompts }, () => Array.from({ length }, draw));
  async function timed(length: number, ask: (ids: number[][]) => Promise<unknown>): Promise<Timing | null> {
    const ids = batch(length);
    const begun = caller.tools.clock.now();
    const answer = await ask(ids);
    if (typeof answer === 'string') return null;
    return { prompts: TIMED.prompts, tokens: TIMED.prompts * length, seconds: (caller.tools.clock.now() - begun) / 1000 };
  }
  const askPrompts = (ids: number[][]): Promise<unknown> =>
    patiently(async (signal) => {
      let last: Awaited<ReturnType<typeof call>> | null = null;
      for (const group of prompts.lists ? [ids] : ids.map((one) => [one])) {
        last = await call(caller, server, group, scoringFields(prompts.mode, false, caller.addBos), signal);
        if (last.kind !== 'reply') return last;
      }
      return last ?? ids;
    });
  const askTokens = (ids: number[][]): Promise<unknown> =>
    patiently(async (signal): Promise<number[][] | Again | FailureResponse> => {
      const questions: ChoiceRows['questions'] = rowsOf(ids.map((one) => ({ ids: one, targets: [draw()] }))).questions;
      const ended = await askRows(caller, rows, server, questions, [], signal);
      return ended?.kind === 'missing' ? { kind: 'failure', reason: 'malformed', message: ended.message } : (ended ?? ids);
    });
  // The first request of a kind pays for what is set up once; of the others the faster counts, because other work on the server only ever adds time.
  await timed(TIMED.short, askTokens);
  await timed(TIMED.short, askPrompts);
  const rounds: (Timing | null)[][] = [];
  for (let round = 0; round < TIMED.rounds; round++) {
    const tokens = [await timed(TIMED.short, askTokens), await timed(TIMED.long, askTokens)];
    rounds.push([...tokens, await timed(TIMED.short, askPrompts), await timed(TIMED.long, askPrompts)]);
  }
  const [rowShort, rowLong, promptShort, promptLong] = [0, 1, 2, 3].map((i) => fastest(rounds.map((round) => round[i] ?? null)));
  if (rowShort == null || rowLong == null || promptShort == null || promptLong == null) return null;
  return { rows: costOf(rowShort, rowLong), prompts: costOf(promptShort, promptLong) };
}

/** The measurement that took the least time; null where one is missing. */
function fastest(all: readonly (Timing | null)[]): Timing | null {
  return all.reduce((a, b) => (a === null || b === null ? null : b.seconds < a.seconds ? b : a), all[0] ?? null);
}
