import { at } from '../../at.js';
import { rowsOf } from './choice-rows.js';
import { call, type Server } from './completion-call.js';
import type { Encoder } from './completion-plan.js';
import { likeliest, type NextToken } from './next-token.js';
import { patiently } from './patiently.js';
import { askIds, askLikeliest, askRows, FIRST_TOP, type RowDialect } from './row-dialect.js';
import { type Dialect, scoringFields } from './score-prompts.js';
import { askNative } from './sglang.js';
import { costOf, type Timing, type WayCost } from './way-costs.js';

/** Odd enough that its own tokens are unlikely to follow it. */
const PROBE = 'Eguzkia 7 zxq! Ur hotza; kaixo, qwe 42.';
/** Ids that a server must list beside its own to show that it heeds which ones are asked for. */
const MOST_PROBED = 8;

/**
 * Finds out how a server gives log-probabilities of chosen tokens behind a prompt of token ids: tries the exact ways first. Null where it gives none.
 */
export async function findRows(server: Server, { tokenizer }: Encoder, wanted: RowDialect['kind'] | null): Promise<RowDialect | null> {
  const prompt = await tokenizer.encode(PROBE);
  const ids = [...new Set(prompt)].slice(0, MOST_PROBED);
  if (ids.length < 2) return null;
  const heeded = (found: readonly NextToken[] | string): boolean =>
    typeof found !== 'string' && found.every((next) => ids.every((id) => next.logprobs.has(id)));
  if (wanted === null || wanted === 'logprob_token_ids') {
    for (const lists of [true, false]) {
      const prompts = lists ? [prompt, prompt.slice(1)] : [prompt];
      if (heeded(await patiently(server, (now) => askIds(now, prompts, ids)))) return { kind: 'logprob_token_ids', lists };
    }
  }
  if (wanted === null || wanted === 'generate') {
    // Most servers know no such path, which is no reason to stop.
    const found = await patiently(server, (now) => askNative(now, [prompt, prompt.slice(1)], ids)).catch(() => 'no such path');
    if (heeded(found)) return { kind: 'generate' };
  }
  return wanted === null || wanted === 'top_logprobs' ? findTop(server, prompt) : null;
}

async function findTop(server: Server, prompt: readonly number[]): Promise<RowDialect | null> {
  // Behind one prompt or another there is a token that the server shows.
  for (const asked of [prompt, prompt.slice(1), prompt.slice(2)]) {
    let withheld = false;
    for (const count of [FIRST_TOP, 20, 5]) {
      const next = await patiently(server, (now) => askLikeliest(now, asked, count, null));
      withheld = next === null;
      if (next === null) break;
      if (typeof next === 'string' || next.logprobs.size < 3) continue;
      const most = next.logprobs.size < count ? next.logprobs.size : count === FIRST_TOP ? Number.POSITIVE_INFINITY : count;
      return { kind: 'top_logprobs', most, anchor: await findAnchor(server, asked, next) };
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
async function findAnchor(server: Server, prompt: readonly number[], free: NextToken): Promise<number | null> {
  const rare = [...free.logprobs].filter(([, value]) => value < -2 * FORCED_TOLERANCE).sort((a, b) => a[1] - b[1]);
  for (const [id, value] of rare.slice(0, ANCHORS_TRIED)) {
    const next = await patiently(server, (now) => askLikeliest(now, prompt, 1, id));
    if (typeof next === 'string') return null;
    if (next === null) continue;
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
  server: Server,
  { tokenizer }: Encoder,
  rows: RowDialect,
  prompts: Dialect,
): Promise<{ readonly rows: WayCost; readonly prompts: WayCost } | null> {
  const { clock, random } = server.tools;
  const alphabet = await tokenizer.encode(PROBE);
  if (alphabet.length < 2) return null;
  const draw = (): number => at(alphabet, Math.floor(random() * alphabet.length));
  const fields = scoringFields(prompts.mode, false, server.addBos);
  const askPrompts = async (now: Server, ids: readonly number[][]): Promise<void> => {
    for (const group of prompts.lists ? [ids] : ids.map((one) => [one])) await call(now, group, fields);
  };
  const askTokens = (now: Server, ids: readonly number[][]): Promise<void> =>
    askRows(now, rows, rowsOf(ids.map((one) => ({ ids: one, targets: [draw()] }))).questions, new Map());
  const timed = async (length: number, ask: typeof askPrompts): Promise<Timing | null> => {
    const ids = Array.from({ length: TIMED.prompts }, () => Array.from({ length }, draw));
    const begun = clock.now();
    const answer = await patiently(server, (now) => ask(now, ids));
    if (typeof answer === 'string') return null;
    return { prompts: TIMED.prompts, tokens: TIMED.prompts * length, seconds: (clock.now() - begun) / 1000 };
  };
  // The first request of a kind pays for what is set up once; of the others the faster counts, because other work on the server only ever adds time.
  await timed(TIMED.short, askTokens);
  await timed(TIMED.short, askPrompts);
  const inRows = { ask: askTokens, short: NEVER, long: NEVER };
  const inPrompts = { ask: askPrompts, short: NEVER, long: NEVER };
  for (let round = 0; round < TIMED.rounds; round++) {
    for (const way of [inRows, inPrompts]) {
      for (const length of ['short', 'long'] as const) {
        const timing = await timed(TIMED[length], way.ask);
        if (timing === null) return null;
        if (timing.seconds < way[length].seconds) way[length] = timing;
      }
    }
  }
  return { rows: costOf(inRows.short, inRows.long), prompts: costOf(inPrompts.short, inPrompts.long) };
}

/** Slower than every measurement. */
const NEVER: Timing = { prompts: 1, tokens: 0, seconds: Number.POSITIVE_INFINITY };
