import { InterruptedError, messageOf, UserError } from '../../errors.js';
import { didYouMean } from '../../suggest.js';
import type { FailureResponse } from '../../types.js';
import { alignTokens } from './align.js';
import { within } from './clock.js';
import { type Caller, call, type Dialect, scoringFields } from './completion-call.js';
import { EXTRA_TOKENS } from './completion-plan.js';
import { field, judgeThrown } from './http.js';
import type { Again } from './limiter.js';
import { LONGEST_TOLD_MS } from './pace.js';
import { type PromptMode, readPromptTokens } from './prompt-tokens.js';
import type { RowDialect } from './row-dialect.js';
import { findRows, measureWays, type Patiently } from './row-probe.js';
import type { Ways } from './score-choices.js';

/** What the servers can do, found by asking them two short prompts each. */
export interface Probe {
  /** One per address; null where the servers return no log-probabilities that are of use, so that only generation is left. */
  readonly ways: readonly Ways[] | null;
  /** Why there are none. */
  readonly refusal: string;
  /** Longest prompt and answer together in tokens, the least of all servers; null where no server says. */
  readonly maxLength: number | null;
  /** Text prompts: whether the server put a token of its own in front; null with token ids. */
  readonly serverBos: boolean | null;
}

/** Odd enough that no model predicts each of its tokens: some position must show another arg max. */
const PROBE_TEXTS = ['Eguzkia 7 zxq! Ur hotza; kaixo, qwe 42.', 'Mendia'] as const;

/** How log-probabilities are asked for: of whole prompts, or of chosen tokens behind one. */
export type ScoringMode = PromptMode | RowDialect['kind'];

function isPromptMode(mode: ScoringMode): mode is PromptMode {
  return mode === 'echo' || mode === 'prompt_logprobs';
}

/**
 * Asks every server for its models and for the log-probabilities of two short prompts. `wanted` is the way to ask, or null to try all.
 * Throws `UserError` when a server cannot be reached, does not know the model or refuses the key, or when servers differ in what matters.
 */
export async function probeServers(caller: Caller, wanted: ScoringMode | null, signal: AbortSignal): Promise<Probe> {
  const ways: Ways[] = [];
  const lengths: number[] = [];
  let refusal = '';
  let serverBos: boolean | null = null;
  for (const server of caller.urls.keys()) {
    const models = await listModels(caller, server, signal);
    const length =
      models.find((m) => m.id === caller.where.model)?.maxLength ?? (models.length === 1 ? (models[0]?.maxLength ?? null) : null);
    if (length !== null) lengths.push(length);
    const found = await findWays(caller, server, wanted, signal).catch((error: unknown) => {
      const names = models.map((m) => m.id);
      if (!(error instanceof UserError) || names.length === 0 || names.includes(caller.where.model)) throw error;
      throw new UserError(`${messageOf(error)}; it serves ${names.join(', ')}.${didYouMean(caller.where.model, names)}`);
    });
    if (typeof found === 'string') refusal = found;
    else {
      ways.push(found.ways);
      if (serverBos !== null && found.serverBos !== serverBos)
        throw new UserError(
          `${caller.urls[server]} and ${caller.urls[0]} treat the same text differently (one puts a BOS token): give --tokenizer`,
        );
      serverBos = found.serverBos;
    }
  }
  if (ways.length > 0 && refusal !== '') throw new UserError(`only some of the servers return log-probabilities (${refusal})`);
  const kinds = new Set(ways.map(describeWays));
  if (kinds.size > 1)
    throw new UserError(`the servers give log-probabilities in different ways (${[...kinds].join('; ')}): choose one with --scoring`);
  return {
    ways: ways.length === 0 ? null : ways,
    refusal,
    maxLength: lengths.length === 0 ? null : Math.min(...lengths),
    serverBos,
  };
}

interface ServedModel {
  readonly id: string;
  readonly maxLength: number | null;
}

/** The models of `GET /models`; empty where the server has no such list. */
async function listModels(caller: Caller, server: number, signal: AbortSignal): Promise<ServedModel[]> {
  const url = caller.urls[server];
  let text: string;
  const look = async (cut: AbortSignal): Promise<string | null> => {
    const reply = await caller.tools.fetch(`${url}/models`, { headers: { ...caller.headers }, signal: cut });
    return reply.status === 200 ? await reply.text() : null;
  };
  try {
    const given = await limited(caller, FIRST_LOOK_MS, signal, look);
    if (given === 'late')
      throw new UserError(`${url} does not answer (${firstLook(caller) / 1000} s for the list of its models); is it the server's address?`);
    if (given === null) return [];
    text = given;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const judged = judgeThrown(error, { ...caller.where, url: url ?? caller.where.url });
    throw new UserError(
      judged.unreachable === true ? judged.message : `${url} cannot be reached: ${judged.message}; is the server running?`,
    );
  }
  let data: unknown;
  try {
    data = field(JSON.parse(text), 'data');
  } catch {
    return [];
  }
  if (!Array.isArray(data)) return [];
  return data.flatMap((entry: unknown) => {
    const id = field(entry, 'id');
    // vLLM and SGLang say max_model_len; llama.cpp says what it serves as meta.n_ctx where it says it.
    const length = field(entry, 'max_model_len') ?? field(field(entry, 'meta'), 'n_ctx');
    return typeof id === 'string' ? [{ id, maxLength: typeof length === 'number' && length > 1 ? length : null }] : [];
  });
}

/**
 * The ways of a server in one line, for results and for the key of stored answers.
 */
export function describeWays({ rows, prompts }: Ways): string {
  const row = rows === null ? [] : [rows.kind === 'top_logprobs' && rows.anchor !== null ? 'top_logprobs and forced tokens' : rows.kind];
  return [...row, ...(prompts === null ? [] : [prompts.mode])].join(', ');
}

/** Tries everything that was not ruled out. Returns why nothing works as a string. */
async function findWays(
  caller: Caller,
  server: number,
  wanted: ScoringMode | null,
  signal: AbortSignal,
): Promise<{ ways: Ways; serverBos: boolean | null } | string> {
  const ask: Patiently = (attempt) => patiently(caller, attempt, signal);
  const kind = wanted !== null && isPromptMode(wanted) ? undefined : wanted;
  const rows = caller.encoder === null || kind === undefined ? null : await findRows(caller, server, kind, ask);
  if (wanted !== null && !isPromptMode(wanted)) {
    if (rows !== null) return { ways: { rows, prompts: null, costs: null }, serverBos: null };
    return caller.encoder === null ? `${wanted} needs token ids: give --tokenizer` : `the server gives no log-probabilities by ${wanted}`;
  }
  if (rows?.kind === 'generate') return { ways: { rows, prompts: null, costs: null }, serverBos: null };
  const found = await findDialect(caller, server, wanted, signal);
  if (typeof found === 'string') {
    if (rows !== null) return { ways: { rows, prompts: null, costs: null }, serverBos: null };
    return caller.encoder === null ? `${found}; with --tokenizer it may list those of the next token, which is enough` : found;
  }
  const prompts = found.dialect;
  const measured = rows !== null && (rows.kind === 'logprob_token_ids' || rows.anchor !== null);
  const costs = measured ? await measureWays(caller, server, rows, prompts, ask) : null;
  return { ways: { rows, prompts, costs }, serverBos: found.serverBos };
}

/** Tries the ways to ask for whole prompts, the exact ones first. Returns why none works as a string. */
async function findDialect(
  caller: Caller,
  server: number,
  wanted: PromptMode | null,
  signal: AbortSignal,
): Promise<{ dialect: Dialect; serverBos: boolean | null } | string> {
  const { encoder } = caller;
  const prompts: readonly (string | readonly number[])[] = encoder === null ? PROBE_TEXTS : await encoder.tokenizer.encodeAll(PROBE_TEXTS);
  let refusal = '';
  for (const lists of [true, false]) {
    for (const mode of wanted === null ? (['prompt_logprobs', 'echo'] as const) : [wanted]) {
      const asked = lists ? prompts : prompts.slice(0, 1);
      const called = await patiently(
        caller,
        async (cut) => {
          const answer = await call(caller, server, asked, scoringFields(mode, encoder === null, caller.addBos), cut);
          return answer.kind === 'reply' ? answer.reply : answer;
        },
        signal,
      );
      if (typeof called === 'string') {
        refusal = called;
        continue;
      }
      const tokens = asked.map((prompt, i) => {
        const choice = called.choices[i];
        return choice === undefined
          ? 'a choice is missing'
          : readPromptTokens(choice, mode, typeof prompt === 'string' ? null : prompt, EXTRA_TOKENS);
      });
      const bad = tokens.find((t) => typeof t === 'string');
      const first = tokens[0];
      if (typeof bad === 'string' || first === undefined || typeof first === 'string') {
        refusal = typeof bad === 'string' ? bad : 'nothing came back';
        continue;
      }
      if (first.slice(1).every((t) => t.greedy !== false)) {
        refusal = "the server lists no token but the prompt's own, so whether a choice is the arg max cannot be known";
        continue;
      }
      if (encoder !== null) return { dialect: { mode, lists }, serverBos: null };
      const pieces = first.map((t) => t.piece);
      return { dialect: { mode, lists }, serverBos: (alignTokens(pieces, PROBE_TEXTS[0], 0)?.added ?? 0) > 0 };
    }
  }
  return refusal;
}

/** Milliseconds for the list of models, and for one short prompt, which may have to wait for the model to be loaded; `--timeout` where that is less. */
const FIRST_LOOK_MS = 15_000;
const FIRST_PROMPT_MS = 300_000;

function firstLook(caller: Caller): number {
  return Math.min(FIRST_LOOK_MS, caller.tools.timeoutMs);
}

/** Runs a request against the clock; throws `InterruptedError` when the user stops the program. */
async function limited<T>(caller: Caller, ms: number, signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T | 'late'> {
  const value = await within(caller.tools.clock, Math.min(ms, caller.tools.timeoutMs), signal, run);
  if (value === 'stopped') throw new InterruptedError('interrupted before anything was asked');
  return value;
}

/** One probe with a few tries. Returns the answer, or as a string why there is none. */
async function patiently<T>(
  caller: Caller,
  attempt: (signal: AbortSignal) => Promise<T | Again | FailureResponse>,
  signal: AbortSignal,
): Promise<T | string> {
  for (let tries = 1; ; tries++) {
    const called = await limited(caller, FIRST_PROMPT_MS, signal, attempt);
    if (called === 'late')
      throw new UserError(`${caller.where.url} does not answer a short prompt within its time limit; is it the server's address?`);
    if (!isTrouble(called)) return called;
    if (called.kind === 'failure') return called.message;
    if (called.mended === true) continue;
    if (called.reason === 'malformed') {
      if (/web page/.test(called.message)) throw new UserError(called.message);
      return called.message;
    }
    if (tries === 5 || (called.unreachable === true && tries === 2)) throw new UserError(`${caller.where.url}: ${called.message}`);
    await caller.tools.clock.sleep(
      called.retryAfterMs !== null ? Math.min(called.retryAfterMs, LONGEST_TOLD_MS) : 1000 * 2 ** tries * caller.tools.random(),
      signal,
    );
    if (signal.aborted) throw new InterruptedError('interrupted before anything was asked');
  }
}

function isTrouble(called: unknown): called is Again | FailureResponse {
  const kind = field(called, 'kind');
  return kind === 'again' || kind === 'failure';
}
