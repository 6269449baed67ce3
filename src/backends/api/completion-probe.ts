import { at } from '../../at.js';
import { messageOf, UserError } from '../../errors.js';
import { didYouMean } from '../../suggest.js';
import { alignTokens } from './align.js';
import { type Caller, call, type Server, serverAt } from './completion-call.js';
import { field, judgeThrown } from './http.js';
import { limited, patiently } from './patiently.js';
import { type PromptMode, readPromptTokens } from './prompt-tokens.js';
import type { RowDialect } from './row-dialect.js';
import { findRows, measureWays } from './row-probe.js';
import type { Ways } from './score-choices.js';
import { type Dialect, scoringFields } from './score-prompts.js';

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
export async function probeServers(caller: Caller, urls: readonly string[], wanted: ScoringMode | null): Promise<Probe> {
  const ways: Ways[] = [];
  const lengths: number[] = [];
  let refusal = '';
  let serverBos: boolean | null = null;
  for (const url of urls) {
    const server = serverAt(caller, url, caller.tools.signal);
    const models = await listModels(server);
    const [only] = models.length === 1 ? models : [];
    const length = models.find((m) => m.id === caller.where.model)?.maxLength ?? only?.maxLength ?? null;
    if (length !== null) lengths.push(length);
    const found = await findWays(server, wanted).catch((error: unknown) => {
      const names = models.map((m) => m.id);
      if (!(error instanceof UserError) || names.length === 0 || names.includes(caller.where.model)) throw error;
      throw new UserError(`${messageOf(error)}; it serves ${names.join(', ')}.${didYouMean(caller.where.model, names)}`);
    });
    if (typeof found === 'string') refusal = found;
    else {
      ways.push(found.ways);
      if (serverBos !== null && found.serverBos !== serverBos)
        throw new UserError(`${url} and ${urls[0]} treat the same text differently (one puts a BOS token): give --tokenizer`);
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

/** Milliseconds for the list of models; `--timeout` where that is less. */
const FIRST_LOOK_MS = 15_000;

/** The models of `GET /models`; empty where the server has no such list. */
async function listModels(server: Server): Promise<ServedModel[]> {
  const { url, tools, headers, where } = server;
  let data: unknown;
  try {
    const given = await limited(server, FIRST_LOOK_MS, async (signal) => {
      const reply = await tools.fetch(`${url}/models`, { headers: { ...headers }, signal });
      return reply.status === 200 ? await reply.text() : '';
    });
    if (given === 'late') {
      const seconds = Math.min(FIRST_LOOK_MS, tools.timeoutMs) / 1000;
      throw new UserError(`${url} does not answer (${seconds} s for the list of its models); is it the server's address?`);
    }
    data = field(JSON.parse(given), 'data');
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    if (error instanceof UserError) throw error;
    const judged = judgeThrown(error, { ...where, url });
    throw new UserError(
      judged.unreachable === true ? judged.message : `${url} cannot be reached: ${judged.message}; is the server running?`,
    );
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
async function findWays(server: Server, wanted: ScoringMode | null): Promise<{ ways: Ways; serverBos: boolean | null } | string> {
  const { encoder } = server;
  const mode = wanted !== null && isPromptMode(wanted) ? wanted : null;
  const kind = wanted !== null && !isPromptMode(wanted) ? wanted : null;
  const rows = encoder === null || mode !== null ? null : await findRows(server, encoder, kind);
  const rowsAlone = { ways: { rows, prompts: null, costs: null }, serverBos: null };
  if (kind !== null) {
    if (rows !== null) return rowsAlone;
    return encoder === null ? `${kind} needs token ids: give --tokenizer` : `the server gives no log-probabilities by ${kind}`;
  }
  if (rows?.kind === 'generate') return rowsAlone;
  const found = await findDialect(server, mode);
  if (typeof found === 'string') {
    if (rows !== null) return rowsAlone;
    return encoder === null ? `${found}; with --tokenizer it may list those of the next token, which is enough` : found;
  }
  const { dialect: prompts, serverBos } = found;
  const measured = encoder !== null && rows !== null && (rows.kind === 'logprob_token_ids' || rows.anchor !== null);
  return { ways: { rows, prompts, costs: measured ? await measureWays(server, encoder, rows, prompts) : null }, serverBos };
}

/** Tries the ways to ask for whole prompts, the exact ones first. Returns why none works as a string. */
async function findDialect(server: Server, wanted: PromptMode | null): Promise<{ dialect: Dialect; serverBos: boolean | null } | string> {
  const { encoder, addBos } = server;
  const prompts: readonly (string | readonly number[])[] = encoder === null ? PROBE_TEXTS : await encoder.tokenizer.encodeAll(PROBE_TEXTS);
  let refusal = '';
  for (const lists of [true, false]) {
    for (const mode of wanted === null ? (['prompt_logprobs', 'echo'] as const) : [wanted]) {
      const asked = lists ? prompts : prompts.slice(0, 1);
      const tokens = await patiently(server, async (now) => {
        const { choices } = await call(now, asked, scoringFields(mode, encoder === null, addBos));
        return asked.map((prompt, i) => readPromptTokens(at(choices, i), mode, typeof prompt === 'string' ? null : prompt));
      });
      if (typeof tokens === 'string') {
        refusal = tokens;
        continue;
      }
      const first = at(tokens, 0);
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
