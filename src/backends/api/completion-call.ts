import { UserError } from '../../errors.js';
import { quoted } from '../../http/redact.js';
import { beginsInThought, cutBehindThought, stoppedInThought } from '../../thought.js';
import type { FailureResponse, Response, ResponseNotes } from '../../types.js';
import { alignOffsets, alignTokens } from './align.js';
import type { ChoicesPlan, Encoder, GeneratePlan, ScoredPrompt } from './completion-plan.js';
import { EXTRA_TOKENS } from './completion-plan.js';
import { type CompletionChoice, type CompletionReply, readCompletion } from './completion-reply.js';
import { readFinish } from './finish.js';
import {
  describeNoJson,
  errorInside,
  failureReason,
  judgeError,
  judgeThrown,
  malformed,
  parseJson,
  readServerError,
  type Where,
} from './http.js';
import type { Again, Outcome } from './limiter.js';
import type { Tools } from './options.js';
import { type PromptMode, type PromptToken, readPromptTokens, sumTokens } from './prompt-tokens.js';
import { readQuotas } from './quota.js';
import type { Parameters } from './refusals.js';
import { STOPPED_IN_THOUGHT, stopsToSend } from './stop.js';

/** How one server is asked for log-probabilities of prompts, as its probe found. */
export interface Dialect {
  readonly mode: PromptMode;
  /** Several prompts in one HTTP request. */
  readonly lists: boolean;
}

/** Everything a call needs besides its prompt. */
export interface Caller {
  readonly tools: Tools;
  readonly urls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly where: Where;
  readonly parameters: Parameters;
  readonly encoder: Encoder | null;
  /** Ask the server to put its own BOS before text. */
  readonly addBos: boolean;
  readonly tally: Tally;
  /** One line once a server of this run's own has ended; null while it runs. */
  readonly ended: () => string | null;
}

/** Counts over all calls. */
export interface Tally {
  httpRequests: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  /** Contexts sent alone to learn how many tokens they have. */
  straddledBoundaries: number;
  /** Answers that a stop string ended inside a thought, so that stop strings are no longer sent. */
  thoughtsStopped: number;
}

type Prompt = readonly number[] | string;

/** An answer with its quotas, or what came instead. */
type Called =
  | { readonly kind: 'reply'; readonly reply: CompletionReply; readonly quotas: ReturnType<typeof readQuotas> }
  | Again
  | FailureResponse;

/**
 * Sends one `/v1/completions` request. A refused parameter is dropped for all later requests and this one is tried again.
 * Throws `UserError` for what no further request would survive.
 */
export async function call(
  caller: Caller,
  server: number,
  prompts: readonly Prompt[],
  rest: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Called> {
  const { where, parameters } = caller;
  const version = parameters.version;
  const body = parameters.apply({ model: where.model, prompt: prompts.length === 1 ? prompts[0] : prompts, temperature: 0, ...rest });
  const posted = await post(
    caller,
    `${caller.urls[server]}/completions`,
    body,
    signal,
    (error) => parameters.learn(error, body).changed || parameters.version !== version,
  );
  if (posted.kind !== 'data') return posted;
  const reply = readCompletion(posted.data, prompts.length);
  if (typeof reply === 'string') return malformed(reply);
  caller.tally.inputTokens += reply.usage?.input ?? 0;
  caller.tally.cachedTokens += reply.usage?.cached ?? 0;
  caller.tally.outputTokens += reply.usage?.output ?? 0;
  return { kind: 'reply', reply, quotas: posted.quotas };
}

/** A good answer, or what came instead. */
export type Posted =
  | { readonly kind: 'data'; readonly data: unknown; readonly quotas: ReturnType<typeof readQuotas> }
  | Again
  | FailureResponse;

/**
 * Sends JSON to an address of a server, once. `mends` is asked of a refusal (400, 422) whether it taught how to ask better; then the same is to be tried again.
 * Throws `UserError` for what no further request would survive.
 */
export async function post(
  { tools, where, headers, tally, ended }: Caller,
  url: string,
  body: unknown,
  signal: AbortSignal,
  mends: (error: ReturnType<typeof readServerError>) => boolean,
): Promise<Posted> {
  tally.httpRequests += 1;
  let status: number;
  let text: string;
  let header: (name: string) => string | null;
  try {
    const reply = await tools.fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    status = reply.status;
    header = (name) => reply.headers.get(name);
    text = await reply.text();
  } catch (error) {
    const gone = ended();
    if (gone !== null) throw new UserError(gone);
    return judgeThrown(error, where);
  }
  if (status === 400 || status === 422) {
    const error = readServerError(text);
    if (failureReason(status, error) !== 'too long' && mends(error))
      return {
        kind: 'again',
        reason: 'http',
        message: quoted(error.message, where.secrets),
        overload: false,
        retryAfterMs: null,
        mended: true,
      };
  }
  if (status < 200 || status > 299) return judgeError({ status, header, text }, where, tools.wallClock());
  let data: unknown;
  try {
    data = parseJson(text);
  } catch {
    return malformed(describeNoJson(text, url));
  }
  const inside = errorInside(data);
  if (inside !== null) return judgeError({ ...inside, header }, where, tools.wallClock());
  return { kind: 'data', data, quotas: readQuotas(header, tools.wallClock()) };
}

/** Body fields that make a server return log-probabilities of the prompt. */
export function scoringFields(mode: PromptMode, text: boolean, addBos: boolean): Record<string, unknown> {
  return {
    max_tokens: EXTRA_TOKENS,
    ...(mode === 'echo' ? { echo: true, logprobs: 1 } : { prompt_logprobs: 1 }),
    ...(text ? { add_special_tokens: addBos } : {}),
  };
}

/**
 * Scores the continuations of one document: in one HTTP request where the server takes lists of prompts, else one after the other, so that the
 * server's prefix cache still holds the context.
 */
export async function callChoices(
  caller: Caller,
  dialect: Dialect,
  server: number,
  plan: ChoicesPlan,
  signal: AbortSignal,
): Promise<Outcome<Response>> {
  const prompts = plan.prompts.map((p) => (p.kind === 'ids' ? p.ids : p.text));
  const fields = scoringFields(dialect.mode, plan.prompts[0]?.kind === 'text', caller.addBos);
  const choices: CompletionChoice[] = [];
  let quotas: ReturnType<typeof readQuotas> = [];
  let tokens = 0;
  for (const group of dialect.lists ? [prompts] : prompts.map((p) => [p])) {
    const called = await call(caller, server, group, fields, signal);
    if (called.kind === 'failure') return { kind: 'done', value: called };
    if (called.kind === 'again') return called;
    choices.push(...called.reply.choices);
    quotas = called.quotas;
    tokens += (called.reply.usage?.input ?? 0) + (called.reply.usage?.output ?? 0);
  }
  const logprobs: number[] = [];
  const greedy: boolean[] = [];
  for (const [i, prompt] of plan.prompts.entries()) {
    const choice = choices[i];
    if (choice === undefined) return malformed('a choice is missing');
    const read = readPromptTokens(choice, dialect.mode, prompt.kind === 'ids' ? prompt.ids : null, EXTRA_TOKENS);
    if (typeof read === 'string') return malformed(read);
    const from = await boundary(caller, dialect, server, prompt, read, choice, signal);
    if (typeof from !== 'number') return from;
    const score = sumTokens(read, from);
    if (score.kind === 'not a number') return { kind: 'done', value: { kind: 'failure', reason: 'not a number', message: score.message } };
    if (score.greedy === null)
      return malformed('the server lists no top log-probabilities, so whether the choice was the arg max is not known');
    logprobs.push(score.logprob);
    greedy.push(score.greedy);
  }
  return {
    kind: 'done',
    value: { kind: 'choices', logprobs, greedy, notes: { ...plan.notes, scoring: 'prompt log-probabilities' } },
    quotas,
    tokens,
  };
}

/** Index of the continuation's first token, or what to do instead. */
async function boundary(
  caller: Caller,
  dialect: Dialect,
  server: number,
  prompt: ScoredPrompt,
  tokens: readonly PromptToken[],
  choice: CompletionChoice,
  signal: AbortSignal,
): Promise<number | Outcome<Response>> {
  if (prompt.kind === 'ids') {
    const wrong = caller.encoder === null ? -1 : tokens.findIndex((t, i) => !sameToken(t, prompt.ids[i] ?? -1, caller.encoder));
    if (wrong !== -1)
      return malformed(`token ${wrong} of the answer is ${JSON.stringify(tokens[wrong]?.piece)}, not the one that was sent`);
    return prompt.from;
  }
  const pieces = tokens.map((t) => t.piece);
  // Tokens that are written as numbers, bytes or vocabulary entries spell nothing; then the server's own offsets must do.
  const aligned = pieces.some((p) => p !== null && /^(token_id|bytes):|[ĠĊ▁]/.test(p))
    ? alignOffsets((choice.logprobs?.textOffset ?? []).slice(0, tokens.length), prompt.text, prompt.from)
    : alignTokens(pieces, prompt.text, prompt.from);
  if (aligned === null)
    return malformed('the tokens of the answer do not spell the text that was sent, so the boundary of the choice is not known');
  if (!aligned.straddled) return aligned.index;
  // The boundary lies inside a token. The rule is to take the tokens after as many as the context alone has, so ask for the context alone.
  caller.tally.straddledBoundaries += 1;
  const fields = scoringFields(dialect.mode, true, caller.addBos);
  const called = await call(caller, server, [prompt.text.slice(0, prompt.from)], fields, signal);
  if (called.kind === 'failure') return { kind: 'done', value: called };
  if (called.kind === 'again') return called;
  const alone = called.reply.choices[0];
  const read = alone === undefined ? 'the answer has no choice' : readPromptTokens(alone, dialect.mode, null, EXTRA_TOKENS);
  if (typeof read === 'string') return malformed(read);
  return read.length < tokens.length ? read.length : malformed('the context alone has as many tokens as context and choice together');
}

/** False when the server's token is certainly not the one that was sent. Servers write tokens in several ways, so only clean texts are compared. */
function sameToken(token: PromptToken, id: number, encoder: Encoder | null): boolean {
  if (token.id !== null) return token.id === id;
  if (encoder === null || token.piece === null || token.piece === '' || token.piece.startsWith('bytes:')) return true;
  const own = encoder.tokenizer.decode([id]);
  const plain = (s: string): string => s.replace(/[\sĠĊ▁]+/g, '');
  return own.includes('\uFFFD') || token.piece.includes('\uFFFD') || plain(own) === plain(token.piece);
}

/**
 * Generates greedily from one prompt. The text is cut at the first stop string here too, for servers that know fewer of them.
 */
export async function callGenerate(caller: Caller, server: number, plan: GeneratePlan, signal: AbortSignal): Promise<Outcome<Response>> {
  const { thought, context } = plan.request;
  const sent = stopsToSend({ ...plan.request, until: plan.until }, caller.tally.thoughtsStopped > 0);
  const stop = sent.length > 0 ? sent : plan.ends;
  const fields = {
    max_tokens: plan.maxNewTokens,
    ...(stop.length === 0 ? {} : { stop }),
    ...(typeof plan.prompt === 'string' ? { add_special_tokens: caller.addBos } : {}),
  };
  const called = await call(caller, server, [plan.prompt], fields, signal);
  if (called.kind === 'failure') return { kind: 'done', value: called };
  if (called.kind === 'again') return called;
  const { usage } = called.reply;
  const choice = called.reply.choices[0];
  if (choice === undefined) return malformed('the answer has no choice');
  if (usage !== null && usage.output > plan.maxNewTokens)
    return malformed(`the server generated ${usage.output} tokens, more than the ${plan.maxNewTokens} allowed`);
  const ending = readFinish(choice.finishReason);
  if (ending.kind === 'refused') return { kind: 'done', value: { kind: 'failure', reason: 'refused', message: ending.message } };
  if (ending.kind === 'failed') return { kind: 'again', reason: 'http', message: ending.message, overload: false, retryAfterMs: null };
  if (plan.request.until.length > 0 && sent.length > 0 && stoppedInThought(choice.text, ending.finish, thought)) {
    caller.tally.thoughtsStopped += 1;
    return STOPPED_IN_THOUGHT;
  }
  const cut = cutBehindThought(choice.text, plan.until, thought, thought !== undefined && beginsInThought(context, thought));
  const finish = cut.found ? 'stop' : ending.finish;
  const used = usage === null ? {} : { usage: { inputTokens: usage.input, outputTokens: usage.output } };
  const value: Response = { kind: 'generate', text: cut.text, finish, ...noted(plan.notes), ...used };
  return { kind: 'done', value, quotas: called.quotas, tokens: (usage?.input ?? 0) + (usage?.output ?? 0) };
}

function noted(notes: ResponseNotes): { readonly notes?: ResponseNotes } {
  return Object.keys(notes).length === 0 ? {} : { notes };
}
