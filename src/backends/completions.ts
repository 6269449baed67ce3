import { at } from '../at.js';
import { UserError } from '../errors.js';
import type { ModelTokenizer } from '../models/tokenizer.js';
import type { Answer, Ask, Backend, ChatRenderer, FailureResponse, RequestKind, Response, WorkReport } from '../types.js';
import { type Caller, generate, serverAt, type Tally } from './api/completion-call.js';
import { type ChoicesPlan, type Encoder, type GeneratePlan, planChoices, planGenerate, planRolling } from './api/completion-plan.js';
import { describeWays, probeServers } from './api/completion-probe.js';
import type { Attempt, Outcome } from './api/limiter.js';
import { createNeighbourhoods, homeOf, type Neighbourhood, waits } from './api/neighbourhoods.js';
import { checkUrl, type HttpOptions, openTools, readKey } from './api/options.js';
import { EXTRA_TOKENS } from './api/prompt-tokens.js';
import { createParameters } from './api/refusals.js';
import { scoreChoices } from './api/score-choices.js';
import { createTokenCount } from './api/token-count.js';
import { givenUp, outcomeOf } from './api/unanswered.js';
import type { OpenOptions } from './options.js';

/** What {@link openCompletions} takes. */
interface CompletionsOptions extends HttpOptions, Partial<Pick<OpenOptions, 'maxLength' | 'scoring' | 'promptsAs'>> {
  /** Addresses up to `/v1`; the load is shared between them. */
  readonly baseUrls: readonly string[];
  /** The model's tokenizer: prompts are sent as token ids. Null: as text. */
  readonly tokenizer: ModelTokenizer | null;
  /** Where the tokenizer came from, for results. */
  readonly tokenizerName?: string | null;
  /** Put one BOS before every prompt (models whose `model_type` contains "gemma"). With text the server is asked to. */
  readonly addBos?: boolean;
  /** The model's chat template, where there is one. */
  readonly renderChat?: ChatRenderer | null;
  readonly chatTemplate?: string | null;
  /** The server was started for this run, so its address says nothing. */
  readonly own?: OwnServer | undefined;
}

/** A server of this run's own. */
export interface OwnServer {
  readonly served: { ended(): string | null };
  /** What stands for it in the key of stored answers, instead of its address. */
  readonly identity: string;
}

/** A long prompt on a busy server takes minutes; only what never answers should end here. */
const TIMEOUT_SECONDS = 1800;
const CONCURRENCY = 128;

type Plan = ChoicesPlan | GeneratePlan | FailureResponse;
interface Job {
  readonly id: number;
  readonly plan: Plan;
  /** Null where the prompt's tokens are not known, and for generation, which takes longer than any beginning. */
  readonly neighbourhood: Neighbourhood | null;
}

/**
 * Opens a server that speaks OpenAI's `/v1/completions` and returns log-probabilities of prompts (vLLM, SGLang, llama.cpp and others).
 *
 * Throws `UserError` when a server cannot be reached, does not know the model or refuses the key.
 */
export async function openCompletions(options: CompletionsOptions): Promise<Backend> {
  const urls = [...new Set(options.baseUrls.map(checkUrl))];
  const [url] = urls;
  if (url === undefined) throw new UserError('completions: give the address of the server, e.g. --base-url http://127.0.0.1:8000/v1');
  const tools = openTools(options, urls.length, { timeoutSeconds: TIMEOUT_SECONDS, concurrency: CONCURRENCY });
  const { key, from } = readKey(options, 'OPENAI_API_KEY', tools.env);
  const { tokenizer, addBos = false, own } = options;
  const encoder: Encoder | null = tokenizer === null || options.promptsAs === 'text' ? null : { tokenizer, addBos };
  const tally: Tally = { httpRequests: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, straddledBoundaries: 0, thoughtsStopped: 0 };
  const parameters = createParameters({
    add_special_tokens: [],
    temperature: [],
    top_p: [],
    top_k: [],
    seed: [],
    stop: [],
    max_tokens: ['max_completion_tokens'],
  });
  const caller: Caller = {
    tools,
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
    where: { url: urls.join(', '), model: options.name, keyFrom: from, secrets: key === null ? [] : [key] },
    parameters,
    encoder,
    addBos,
    tally,
    ended: () => own?.served.ended() ?? null,
  };
  const started = tools.clock.now();
  const probe = await probeServers(caller, urls, options.scoring ?? null);
  tools.limiter.reached();
  const loaded = tools.clock.now();
  const maxLength = options.maxLength ?? probe.maxLength;
  // A scored prompt holds one token more than what the model computes for a choice, and the server wants room for a generated one.
  const scoredTokens =
    EXTRA_TOKENS + (probe.ways?.some((ways) => ways.prompts !== null || ways.rows?.kind === 'generate') === true ? 1 : 0);
  const maxInput = maxLength === null ? null : maxLength - scoredTokens;
  const tokens = createTokenCount();
  let seconds = 0;

  async function plan(ask: Ask): Promise<Plan> {
    const { request } = ask;
    if (request.kind !== 'generate') {
      if (probe.ways === null) return { kind: 'failure', reason: 'internal', message: probe.refusal };
      const planned =
        request.kind === 'rolling' ? await planRolling(request, encoder, maxInput) : await planChoices(request, encoder, maxInput);
      if (planned.kind === 'choices') tokens.add(planned.prompts.map((p) => (p.kind === 'ids' ? p.ids : null)));
      return planned;
    }
    if (typeof request.context !== 'string')
      return {
        kind: 'failure',
        reason: 'internal',
        message: 'a completions server takes text, not messages: use the plain or chat prompts',
      };
    const planned = await planGenerate({ ...request, context: request.context }, encoder, maxLength);
    if (planned.kind === 'generate') tokens.add([typeof planned.prompt === 'string' ? null : planned.prompt]);
    return planned;
  }

  async function* ask(requests: AsyncIterable<Ask>, signal: AbortSignal): AsyncIterable<Answer> {
    const begun = tools.clock.now();
    async function* jobs(): AsyncGenerator<Job> {
      const neighbourhoods = createNeighbourhoods(urls.length);
      for await (const one of requests) {
        const planned = await plan(one);
        const ids = planned.kind === 'choices' ? planned.sequences?.[0]?.ids : undefined;
        yield { id: one.id, plan: planned, neighbourhood: ids === undefined ? null : neighbourhoods.of(ids) };
      }
    }
    const finished = tools.limiter.run<Job, Response>(
      jobs(),
      {
        admit({ plan, neighbourhood }) {
          if (plan.kind === 'failure') return { kind: 'done', value: plan };
          // The common beginning is computed once, before the rest of its documents is let go.
          if (neighbourhood !== null && waits(neighbourhood)) return { kind: 'wait' };
          if (neighbourhood?.state === 'new') neighbourhood.state = 'opening';
          return { kind: 'go' };
        },
        prefers: ({ neighbourhood }) => (neighbourhood === null ? null : homeOf(neighbourhood)),
        giveUp: (_job, last, tries) => givenUp(last, tries),
        async attempt({ plan, neighbourhood }, tried) {
          if (neighbourhood?.state === 'opening') neighbourhood.server = tried.server;
          try {
            return await attempt(plan, tried);
          } finally {
            if (neighbourhood !== null) neighbourhood.state = 'open';
          }
        },
      },
      signal,
    );
    for await (const { job, value } of finished) yield { id: job.id, response: value };
    seconds += (tools.clock.now() - begun) / 1000;
  }

  async function attempt(plan: Plan, { server: index, signal }: Attempt): Promise<Outcome<Response>> {
    if (plan.kind === 'failure') return { kind: 'done', value: plan };
    const server = serverAt(caller, at(urls, index), signal);
    try {
      const value = plan.kind === 'generate' ? await generate(server, plan) : await scoreChoices(server, at(probe.ways ?? [], index), plan);
      return { kind: 'done', value, ...server.heard };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  /** Whole texts are scored from log-probabilities of prompts, and need the model's own tokens to be cut. */
  function kindsOf(): ReadonlySet<RequestKind> {
    if (probe.ways === null) return new Set(['generate']);
    const whole = encoder !== null && probe.ways.every((ways) => ways.prompts !== null || ways.rows?.kind === 'generate');
    return new Set(whole ? ['choices', 'generate', 'rolling'] : ['choices', 'generate']);
  }

  const promptsAs = encoder === null ? 'text' : 'token ids';
  const scoring = probe.ways?.[0] === undefined ? 'none' : describeWays(probe.ways[0]);
  return {
    modelName: options.name,
    source: 'completions',
    identity: {
      backend: 'completions',
      version: '1',
      model: options.name,
      ...(own === undefined ? {} : { served: own.identity }),
      tokenizer: encoder?.tokenizer.digest ?? 'none: text',
      add_bos: String(addBos),
      max_length: String(maxLength ?? 'unknown'),
      scoring,
    },
    kinds: kindsOf(),
    families: options.renderChat == null ? ['plain'] : ['plain', 'chat', 'api'],
    renderChat: options.renderChat ?? null,
    chatTemplate: options.chatTemplate ?? null,
    facts: {
      base_url: own?.identity ?? (urls.length === 1 ? url : urls),
      prompts_as: promptsAs,
      tokenizer: options.tokenizerName ?? null,
      scoring,
      ...(probe.ways === null ? { no_prompt_logprobs: probe.refusal } : {}),
      max_length: maxLength,
      bos: encoder === null ? (probe.serverBos === true ? 'added by the server' : 'none') : addBos ? 'one' : 'none',
    },
    ask,
    work(): WorkReport {
      return {
        ...tokens.report(),
        computedTokens: tally.inputTokens - tally.cachedTokens + tally.outputTokens,
        paddingTokens: 0,
        outputRows: 0,
        runs: tally.httpRequests,
        seconds: { load: (loaded - started) / 1000, compute: seconds },
        details: {
          prompts_as: promptsAs,
          input_tokens: tally.inputTokens,
          cached_tokens: tally.cachedTokens,
          output_tokens: tally.outputTokens,
          straddled_boundaries: tally.straddledBoundaries,
          retries: tools.limiter.counts.retries,
          overloads: tools.limiter.counts.overloads,
          timeouts: tools.limiter.counts.timeouts,
          most_in_flight: tools.limiter.counts.mostInFlight,
          changed_parameters: parameters.changes,
        },
      };
    },
    status: () => `${tools.limiter.inFlight()} in flight`,
    close: tools.closeHttp,
  };
}
