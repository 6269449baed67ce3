import { UserError } from '../../errors.js';
import { drawFields } from '../../generation.js';
import { quoted } from '../../http/redact.js';
import { parsePlainJson } from '../../python/plain-json.js';
import { beginsInThought, cutBehindThought, stoppedInThought } from '../../thought.js';
import type { GenerateResponse } from '../../types.js';
import type { Encoder, GeneratePlan } from './completion-plan.js';
import { type CompletionChoice, type CompletionReply, readCompletion } from './completion-reply.js';
import { readFinish } from './finish.js';
import {
  describeNoJson,
  errorInside,
  failureReason,
  judgeError,
  judgeThrown,
  readServerError,
  type ServerError,
  type Where,
} from './http.js';
import type { Tools } from './options.js';
import { type Quota, readQuotas } from './quota.js';
import type { Parameters } from './refusals.js';
import { stopsToSend } from './stop.js';
import { failed, malformed, mended, stoppedThought, Unanswered } from './unanswered.js';

/** Everything a call needs besides the server and the prompt. */
export interface Caller {
  readonly tools: Tools;
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

/** One of the servers, for one try. */
export interface Server extends Caller {
  /** Its address up to `/v1`. */
  readonly url: string;
  readonly signal: AbortSignal;
  /** What its answers told in this try: the quotas of the last one, the tokens of all. */
  readonly heard: { quotas: readonly Quota[]; tokens: number };
}

/** Returns a server as one try sees it. */
export function serverAt(caller: Caller, url: string, signal: AbortSignal): Server {
  return { ...caller, url, signal, heard: { quotas: [], tokens: 0 } };
}

export type Prompt = readonly number[] | string;

/**
 * Sends one `/v1/completions` request, and returns the choices in the order of the prompts, one for each. A refused parameter is dropped for all later requests.
 * Throws `Unanswered` where there is no answer, `UserError` for what no further request would survive.
 */
export async function call(server: Server, prompts: readonly Prompt[], rest: Readonly<Record<string, unknown>>): Promise<CompletionReply> {
  const { where, parameters } = server;
  const { version } = parameters;
  const body = parameters.apply({ model: where.model, prompt: prompts.length === 1 ? prompts[0] : prompts, temperature: 0, ...rest });
  const mends = (error: ServerError): boolean => parameters.learn(error, body).changed || parameters.version !== version;
  const reply = readCompletion(await post(server, `${server.url}/completions`, body, mends), prompts.length);
  if (reply.usage !== null) count(server, reply.usage);
  return reply;
}

/** `call` for one prompt. */
export async function callOne(
  server: Server,
  prompt: Prompt,
  rest: Readonly<Record<string, unknown>>,
): Promise<CompletionChoice & Pick<CompletionReply, 'usage'>> {
  const { choices, usage } = await call(server, [prompt], rest);
  const [choice] = choices;
  if (choice === undefined) throw malformed('the answer has no choice');
  return { ...choice, usage };
}

/** Counts the tokens of an answer. */
export function count({ tally, heard }: Server, { input, output, cached }: NonNullable<CompletionReply['usage']>): void {
  tally.inputTokens += input;
  tally.cachedTokens += cached;
  tally.outputTokens += output;
  heard.tokens += input + output;
}

/**
 * Sends JSON to an address of a server, once, and returns the JSON that comes. `mends` is asked of a refusal (400, 422) whether it taught how to ask better; then the same is to be
 * tried again. Throws `Unanswered` where there is no good answer, `UserError` for what no further request would survive.
 */
export async function post(server: Server, url: string, body: unknown, mends: (error: ServerError) => boolean): Promise<unknown> {
  const { tools, where, headers, tally, ended, signal, heard } = server;
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
    throw new Unanswered(judgeThrown(error, where));
  }
  if (status === 400 || status === 422) {
    const error = readServerError(text);
    if (failureReason(status, error) !== 'too long' && mends(error)) throw mended(quoted(error.message, where.secrets));
  }
  if (status < 200 || status > 299) throw new Unanswered(judgeError({ status, header, text }, where, tools.wallClock()));
  let data: unknown;
  try {
    data = parsePlainJson(text);
  } catch {
    throw malformed(describeNoJson(text, url));
  }
  const inside = errorInside(data);
  if (inside !== null) throw new Unanswered(judgeError({ ...inside, header }, where, tools.wallClock()));
  heard.quotas = readQuotas(header, tools.wallClock());
  return data;
}

/**
 * Generates greedily from one prompt. The text is cut at the first stop string here too, for servers that know fewer of them.
 */
export async function generate(server: Server, plan: GeneratePlan): Promise<GenerateResponse> {
  const { tally } = server;
  const { thought, context } = plan.request;
  const sent = stopsToSend({ ...plan.request, until: plan.until }, tally.thoughtsStopped > 0);
  const stop = sent.length > 0 ? sent : plan.ends;
  const { text, finishReason, usage } = await callOne(server, plan.prompt, {
    max_tokens: plan.maxNewTokens,
    ...drawFields(plan.request.sampling),
    ...(stop.length === 0 ? {} : { stop }),
    ...(typeof plan.prompt === 'string' ? { add_special_tokens: server.addBos } : {}),
  });
  if (usage !== null && usage.output > plan.maxNewTokens)
    throw malformed(`the server generated ${usage.output} tokens, more than the ${plan.maxNewTokens} allowed`);
  const ending = readFinish(finishReason);
  if (ending.kind === 'refused') throw failed('refused', ending.message);
  if (ending.kind === 'failed') throw new Unanswered({ kind: 'again', reason: 'http', message: ending.message });
  if (plan.request.until.length > 0 && sent.length > 0 && stoppedInThought(text, ending.finish, thought)) {
    tally.thoughtsStopped += 1;
    throw stoppedThought();
  }
  const cut = cutBehindThought(text, plan.until, thought, thought !== undefined && beginsInThought(context, thought));
  return {
    kind: 'generate',
    text: cut.text,
    finish: cut.found ? 'stop' : ending.finish,
    ...(Object.keys(plan.notes).length === 0 ? {} : { notes: plan.notes }),
    ...(usage === null ? {} : { usage: { inputTokens: usage.input, outputTokens: usage.output } }),
  };
}
