import { UserError } from '../../errors.js';
import type { Sampling } from '../../generation.js';
import type { Fetch } from '../../http/connections.js';
import { isPrivateHost } from '../../http/proxy.js';
import { quoted } from '../../http/redact.js';
import { cutBehindThought, stoppedInThought } from '../../thought.js';
import type { Answer, Ask, Backend, FailureResponse, GenerateRequest, Message, Response, WorkReport } from '../../types.js';
import { createBudget, mostItCosts } from './budget.js';
import {
  describeNoJson,
  errorInside,
  failureReason,
  field,
  judgeError,
  judgeThrown,
  keepErrorTexts,
  readServerError,
  type Where,
} from './http.js';
import type { Outcome } from './limiter.js';
import { checkUrl, type HttpOptions, openTools, readKey } from './options.js';
import { loadPackage, type OptionalPackage } from './package.js';
import { costOf, findPrice, loadPrices } from './prices.js';
import { readQuotas } from './quota.js';
import { createParameters } from './refusals.js';
import { stopsToSend } from './stop.js';
import { givenUp, malformed, mended, outcomeOf, stoppedThought, Unanswered } from './unanswered.js';

/** What a chat API takes besides the options of every HTTP backend. */
export interface ChatOptions extends HttpOptions {
  /** Another address than the provider's own. */
  readonly baseUrl: string | null;
}

/** One provider: its official package, how to write a request and how to read an answer. */
interface ChatProvider {
  readonly source: 'openai' | 'anthropic';
  readonly package: OptionalPackage;
  readonly load: () => Promise<{ readonly default: new (options: ClientOptions) => Client }>;
  /** Its own address, and the environment variable that names another one. */
  readonly home: string;
  readonly urlVariable: string;
  readonly keyVariable: string;
  /** A server of one's own may want no key. */
  readonly keyAtHomeOnly: boolean;
  /** Where requests go, below the address. */
  readonly path: string;
  /** Parameters that may be dropped when the server refuses them, with names to try instead. */
  readonly mendable: Readonly<Record<string, readonly string[]>>;
  /** The body of a request. */
  parameters(request: ChatRequest): Record<string, unknown>;
  /** Reads an answer, or says in a message why it is none. */
  read(data: unknown): ChatAnswer | string;
}

/** What both official packages take, and what is used of them. */
interface ClientOptions {
  readonly apiKey: string;
  readonly baseURL: string;
  readonly maxRetries: number;
  readonly timeout: number;
  readonly fetch: Fetch;
  readonly logLevel: 'off';
}
interface Client {
  post(
    path: string,
    options: { readonly body: unknown; readonly signal: AbortSignal },
  ): { withResponse(): Promise<{ readonly data: unknown; readonly response: globalThis.Response }> };
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  /** Stop strings to send. */
  readonly until: readonly string[];
  readonly maxNewTokens: number;
  /** Absent: the likeliest token each time. */
  readonly sampling?: Sampling;
}

export type ChatAnswer =
  | { readonly kind: 'refused'; readonly message: string; readonly usage: Usage | null }
  /** The server broke off. */
  | { readonly kind: 'failed'; readonly message: string; readonly usage: Usage | null }
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly finish: 'stop' | 'length';
      readonly usage: Usage | null;
      readonly model: string | null;
    };

interface Usage {
  readonly input: number;
  readonly output: number;
}

/** New tokens where a task names no limit: MGSM through an API (docs/prompts.md). */
const API_NEW_TOKENS = 1024;
const API_DEFAULTS = { timeoutSeconds: 600, concurrency: 64 } as const;

interface Job {
  readonly id: number;
  readonly request: ChatRequest;
  readonly asked: GenerateRequest;
  /** Dollars set aside, 0 where the price is not known. */
  readonly atMost: number;
}

/**
 * Opens a chat API through the official package of its provider. Throws `UserError` when the package or the key is missing, the address is no address, or a limit is set on the cost of
 * a model without a price.
 */
export async function openChat(options: ChatOptions, provider: ChatProvider): Promise<Backend> {
  const { maxCostUsd = null, maxNewTokens = null } = options;
  const { module, client } = await loadPackage(provider.package, provider.load);
  const tools = openTools(options, 1, API_DEFAULTS);
  const { from, key } = readKey(options, provider.keyVariable, tools.env);
  const url = checkUrl(options.baseUrl ?? tools.env[provider.urlVariable] ?? provider.home);
  if (key === null && (url === provider.home || !provider.keyAtHomeOnly))
    throw new UserError(`${provider.source}:${options.name}: the environment variable ${from} is not set; it must hold the API key`);
  const errors = keepErrorTexts(tools.fetch);
  // Retries, waiting and time limits are the scheduler's; the packages insist on a key.
  const how = { maxRetries: 0, timeout: 2 ** 31 - 1, fetch: errors.fetch, logLevel: 'off' } as const;
  const sdk = new module.default({ apiKey: key ?? 'none', baseURL: url, ...how });
  const table = await loadPrices(options.pricesFile ?? null);
  const price = findPrice(table, options.name);
  if (price === null && maxCostUsd !== null)
    throw new UserError(
      `--max-cost: ${table.file} holds no price for '${options.name}'; add it to a copy and name that with --prices FILE`,
    );
  const budget = createBudget(maxCostUsd);
  const parameters = createParameters(provider.mendable);
  const where: Where = { url, model: options.name, keyFrom: from, secrets: key === null ? [] : [key] };
  const total = { input: 0, output: 0, withoutUsage: 0 };
  const served = new Set<string>();
  let seconds = 0;
  let broke = false;
  /** Some request may be asked, as far as its cost goes. */
  let affordable = false;
  let answered = false;
  /** An answer has shown a thought, so that stop strings are no longer sent. */
  let thinks = false;

  function prepare(request: GenerateRequest): ChatRequest {
    const messages: readonly Message[] =
      typeof request.context === 'string' ? [{ role: 'user', content: request.context }] : request.context;
    return {
      model: options.name,
      messages,
      until: stopsToSend(request, thinks),
      maxNewTokens: maxNewTokens ?? request.maxNewTokens ?? API_NEW_TOKENS,
      ...(request.sampling === undefined ? {} : { sampling: request.sampling }),
    };
  }

  async function attempt(job: Job, signal: AbortSignal): Promise<Outcome<Response>> {
    const { asked } = job;
    const request = { ...job.request, until: stopsToSend(asked, thinks) };
    const version = parameters.version;
    const body = parameters.apply(provider.parameters(request));
    const { data, response } = await sdk
      .post(provider.path, { body, signal })
      .withResponse()
      .catch((error: unknown) => {
        throw sdkError(error, body, version);
      });
    const header = (name: string): string | null => response.headers.get(name);
    if (typeof data === 'string') throw malformed(describeNoJson(data, url));
    const inside = errorInside(data);
    if (inside !== null) {
      const judged = judgeError({ ...inside, header }, where, tools.wallClock());
      throw new Unanswered(judged.kind === 'again' ? { ...judged, maybePaid: true } : judged);
    }
    const answer = provider.read(data);
    if (typeof answer === 'string') throw malformed(quoted(answer, where.secrets));
    const { usage } = answer;
    if (answer.kind === 'failed')
      throw new Unanswered({ kind: 'again', reason: 'http', message: quoted(answer.message, where.secrets), maybePaid: true });
    answered = true;
    if (usage === null && total.withoutUsage++ === 0 && price !== null)
      options.onProgress?.(`${url} gives no usable count of tokens; what such an answer costs is counted as the most it can be`);
    total.input += usage?.input ?? 0;
    total.output += usage?.output ?? 0;
    if (answer.kind === 'text' && request.until.length > 0 && stoppedInThought(answer.text, answer.finish, asked.thought)) {
      thinks = true;
      throw stoppedThought();
    }
    const cost = price === null || usage === null ? null : costOf(price, usage.input, usage.output);
    budget.settle(job.atMost, cost);
    const rest = { quotas: readQuotas(header, tools.wallClock()), tokens: (usage?.input ?? 0) + (usage?.output ?? 0) };
    if (answer.kind === 'refused')
      return { kind: 'done', value: { kind: 'failure', reason: 'refused', message: quoted(answer.message, where.secrets) }, ...rest };
    if (answer.model !== null) served.add(answer.model);
    const cut = cutBehindThought(answer.text, asked.until, asked.thought, false);
    const used =
      usage === null
        ? {}
        : { usage: { inputTokens: usage.input, outputTokens: usage.output, ...(cost === null ? {} : { costUsd: cost }) } };
    return { kind: 'done', value: { kind: 'generate', text: cut.text, finish: cut.found ? 'stop' : answer.finish, ...used }, ...rest };
  }

  /** The official packages throw an error with `status`, `headers` and the parsed body for an HTTP answer that is not 2xx. */
  function sdkError(error: unknown, body: Readonly<Record<string, unknown>>, version: number): Error {
    const status = field(error, 'status');
    if (typeof status !== 'number')
      return error instanceof SyntaxError ? malformed('the answer is no JSON (cut off?)') : new Unanswered(judgeThrown(error, where));
    const headers = field(error, 'headers');
    const header = (name: string): string | null => (headers instanceof Headers ? headers.get(name) : null);
    const text = errors.textOf(headers) ?? (error instanceof Error ? error.message : '');
    const said = readServerError(text);
    if ((status === 400 || status === 422) && failureReason(status, said) !== 'too long') {
      const { changed, refusedValue } = parameters.learn(said, body);
      const words = quoted(said.message, where.secrets);
      if (changed && maxCostUsd !== null && parameters.isDropped('max_tokens'))
        return new UserError(`--max-cost: ${url} takes no limit on new tokens (${words}), so no sum can be kept`);
      // The same value goes with every request, so where nothing was ever answered nothing will be.
      if (refusedValue === 'max_tokens' && !answered)
        return new UserError(`${url} refuses the limit on new tokens (${words}); give one that it takes: --max-new-tokens N`);
      if (changed || parameters.version !== version) return mended(words);
    }
    return new Unanswered(judgeError({ status, header, text }, where, tools.wallClock()));
  }

  async function* ask(requests: AsyncIterable<Ask>, signal: AbortSignal): AsyncIterable<Answer> {
    const begun = tools.clock.now();
    async function* jobs(): AsyncGenerator<Job | Answer> {
      for await (const { id, request } of requests) {
        if (request.kind !== 'generate') yield { id, response: NO_CHOICES };
        else {
          const chat = prepare(request);
          const atMost = price === null ? 0 : mostItCosts(price, chat.messages, chat.maxNewTokens);
          if (maxCostUsd !== null && atMost > maxCostUsd && !affordable)
            throw new UserError(
              `--max-cost ${maxCostUsd}: the first request alone may cost $${Number(atMost.toPrecision(2))} (with ${chat.maxNewTokens} new tokens), so nothing was asked; allow more, or give fewer --max-new-tokens`,
            );
          affordable = true;
          yield { id, request: chat, asked: request, atMost };
        }
      }
    }
    const finished = tools.limiter.run<Job | Answer, Response>(
      jobs(),
      {
        admit(job) {
          if ('response' in job) return { kind: 'done', value: job.response };
          // Once one request did not fit, none is asked any more: a few short ones behind it would make the sample a biased one.
          if (!broke && budget.fits(job.atMost)) return { kind: 'go' };
          if (!broke && tools.limiter.inFlight() > 0) return { kind: 'wait' };
          broke = true;
          return { kind: 'done', value: OVER_BUDGET };
        },
        async attempt(job, at) {
          if ('response' in job) return { kind: 'done', value: job.response };
          budget.reserve(job.atMost);
          try {
            return await attempt(job, at.signal);
          } catch (error) {
            const maybePaid = error instanceof Unanswered && error.outcome.kind === 'again' && error.outcome.maybePaid === true;
            if (maybePaid) budget.lose(job.atMost);
            else budget.free(job.atMost);
            return outcomeOf(error);
          }
        },
        giveUp: (_job, last, tries) => givenUp(last, tries),
      },
      signal,
    );
    for await (const { job, value } of finished) yield { id: job.id, response: value };
    seconds += (tools.clock.now() - begun) / 1000;
  }

  return {
    modelName: options.name,
    source: provider.source,
    identity: {
      backend: provider.source,
      version: '1',
      model: options.name,
      provider: providerOf(url),
      max_new_tokens: maxNewTokens === null ? 'of the task' : String(maxNewTokens),
    },
    kinds: new Set(['generate']),
    families: ['api'],
    renderChat: null,
    chatTemplate: null,
    facts: {
      base_url: url,
      client,
      temperature: 0,
      ...(maxNewTokens === null ? {} : { max_new_tokens: maxNewTokens }),
      price_usd_per_million_tokens: price,
      prices: `${table.file} of ${table.checked}`,
    },
    ask,
    work(): WorkReport {
      const { counts } = tools.limiter;
      return {
        naiveTokens: total.input + total.output,
        distinctTokens: total.input + total.output,
        computedTokens: total.input + total.output,
        paddingTokens: 0,
        outputRows: 0,
        runs: counts.attempts,
        seconds: { compute: seconds },
        details: {
          input_tokens: total.input,
          output_tokens: total.output,
          answers_without_usage: total.withoutUsage,
          cost_usd: price === null ? null : budget.spent,
          ...(budget.unanswered > 0 ? { cost_usd_of_unanswered_at_most: budget.unanswered } : {}),
          ...(maxCostUsd === null ? {} : { max_cost_usd: maxCostUsd }),
          retries: counts.retries,
          overloads: counts.overloads,
          timeouts: counts.timeouts,
          most_in_flight: counts.mostInFlight,
          changed_parameters: parameters.changes,
          served_models: [...served].sort(),
        },
      };
    },
    status() {
      const flight = `${tools.limiter.inFlight()} in flight`;
      return price === null ? flight : `${flight}, $${budget.spent.toFixed(2)}`;
    },
    close: tools.closeHttp,
  };
}

/** Whose answers these are: the host of a provider; a server of one's own has another address behind every tunnel. */
function providerOf(url: string): string {
  const { hostname } = new URL(url);
  return isPrivateHost(hostname) ? 'own server' : hostname;
}

const NO_CHOICES: FailureResponse = {
  kind: 'failure',
  reason: 'internal',
  message: 'a chat API returns no log-probabilities of given choices',
};
const OVER_BUDGET: FailureResponse = { kind: 'failure', reason: 'budget', message: 'not asked: it could have passed --max-cost' };
