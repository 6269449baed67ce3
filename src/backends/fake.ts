/** A backend without a model: answers depend only on the seed and the request, so everything else can be tried and tested. */
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import type { Answer, Ask, Backend, ChoicesRequest, GenerateRequest, Request, Response, WorkReport } from '../types.js';

interface FakeSettings {
  readonly seed: string;
  /** Milliseconds an answer takes; answers of one batch come together. */
  readonly latency: number;
  /** Share of requests that fail, drawn from the request itself. */
  readonly fail: number;
  /** Requests answered together. */
  readonly batch: number;
  /** Share of scores that are not a number. */
  readonly nan: number;
}

/**
 * Opens `fake:SEED[,latency=MS][,fail=SHARE][,nan=SHARE][,batch=N]`. The answers are a function of seed and request alone: order,
 * batch and time change nothing. Letters are answered about as well as by chance; MGSM answers hold a number.
 *
 * Throws `UserError` for an unknown setting or a value out of range.
 */
export function openFake(name: string): Backend {
  const settings = parseSettings(name);
  const work: WorkReport = {
    naiveTokens: 0,
    distinctTokens: 0,
    computedTokens: 0,
    paddingTokens: 0,
    outputRows: 0,
    runs: 0,
    seconds: { compute: 0 },
    details: {},
  };
  return {
    modelName: `fake-${settings.seed}`,
    source: 'fake',
    // Latency and batch change no answer, so they are no part of the identity.
    identity: { backend: 'fake', version: '1', seed: settings.seed, fail: String(settings.fail), nan: String(settings.nan) },
    kinds: new Set(['choices', 'generate', 'rolling']),
    families: ['plain', 'chat', 'api'],
    renderChat: (messages, options) =>
      messages.map((m) => `<|${m.role}|>\n${m.content}\n`).join('') + ((options?.addGenerationPrompt ?? true) ? '<|assistant|>\n' : ''),
    chatTemplate: 'fake',
    facts: { dtype: 'none', device: 'none' },
    ask: (requests, signal) => answerAll(requests, settings, work, signal),
    work: () => work,
    status: () => '',
    close: async () => {},
  };
}

async function* answerAll(
  requests: AsyncIterable<Ask>,
  settings: FakeSettings,
  work: WorkReport,
  signal: AbortSignal,
): AsyncIterable<Answer> {
  // Tests of resuming read here what was asked, by whichever process.
  const log = process.env.EUS_EVAL_FAKE_LOG;
  let batch: Ask[] = [];
  const settle = async function* (): AsyncIterable<Answer> {
    if (settings.latency > 0) await sleep(settings.latency, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    work.runs += 1;
    for (const ask of batch) {
      count(ask.request, work);
      yield { id: ask.id, response: answer(ask.request, settings) };
    }
    batch = [];
  };
  for await (const ask of requests) {
    if (signal.aborted) return;
    if (log !== undefined) appendFileSync(log, `${createHash('sha256').update(JSON.stringify(ask.request)).digest('hex')}\n`);
    batch.push(ask);
    if (batch.length >= settings.batch) yield* settle();
  }
  if (batch.length > 0) yield* settle();
}

/** Counts characters as tokens: the fake model reads one character at a time. */
function count(request: Request, work: WorkReport): void {
  const context = typeof request.context === 'string' ? request.context.length : request.context.reduce((n, m) => n + m.content.length, 0);
  const continuations = request.kind === 'choices' ? request.continuations : [''];
  work.naiveTokens += continuations.reduce((n, c) => n + context + c.length, 0);
  const computed = context + continuations.reduce((n, c) => n + c.length, 0);
  work.distinctTokens += computed;
  work.computedTokens += computed;
  work.outputRows += continuations.length;
}

function answer(request: Request, settings: FakeSettings): Response {
  // Where a thought ends is no part of what is asked.
  const draw = numbers(`${settings.seed}\0${JSON.stringify({ ...request, thought: undefined })}`);
  if (draw() < settings.fail) return { kind: 'failure', reason: 'http', message: 'the fake backend was told to fail on this request' };
  if (request.kind === 'rolling') {
    const tokens = request.context.length;
    return { kind: 'rolling', logprob: -(1 + draw()) * tokens, tokens };
  }
  return request.kind === 'choices' ? choose(request, draw, settings.nan) : write(request, draw);
}

function choose(request: ChoicesRequest, draw: () => number, nan: number): Response {
  const broken = draw() < nan;
  const logprobs = request.continuations.map((c) => -(0.5 + 4 * draw()) * Math.max(1, c.trim().length) ** 0.5);
  const best = logprobs.indexOf(Math.max(...logprobs));
  const certain = draw() < 0.5;
  return {
    kind: 'choices',
    logprobs: logprobs.map((x, i) => (broken && i === 0 ? Number.NaN : x)),
    greedy: logprobs.map((_, i) => certain && i === best),
  };
}

function write(request: GenerateRequest, draw: () => number): Response {
  if (request.maxNewTokens === 1) {
    return { kind: 'generate', text: 'ABCD'.charAt(Math.floor(4 * draw())), finish: 'length' };
  }
  const number = Math.floor(100 * draw());
  return { kind: 'generate', text: ` ${number} + ${number} = ${2 * number}. The answer is ${2 * number}.`, finish: 'stop' };
}

/** A stream of uniform numbers in [0, 1) from the digest of a text. */
function numbers(text: string): () => number {
  let state = createHash('sha256').update(text).digest();
  let at = 0;
  return () => {
    if (at + 4 > state.length) [state, at] = [createHash('sha256').update(state).digest(), 0];
    at += 4;
    return state.readUInt32LE(at - 4) / 2 ** 32;
  };
}

function parseSettings(name: string): FakeSettings {
  const [seed = '', ...rest] = name.split(',');
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(seed))
    throw new UserError(`model fake:${name}: the seed must be 1 to 32 letters or digits, as in fake:1`);
  const values: Record<'latency' | 'fail' | 'batch' | 'nan', number> = { latency: 0, fail: 0, batch: 32, nan: 0 };
  const names = Object.keys(values);
  for (const item of rest) {
    const [key = '', text = ''] = item.split('=');
    const value = Number(text);
    if (key !== 'latency' && key !== 'fail' && key !== 'batch' && key !== 'nan') {
      throw new UserError(`model fake:${name}: unknown setting '${key}'; valid: ${names.join(', ')}.${didYouMean(key, names)}`);
    }
    const most = key === 'latency' || key === 'batch' ? 100_000 : 1;
    if (text === '' || !Number.isFinite(value) || value < (key === 'batch' ? 1 : 0) || value > most) {
      throw new UserError(`model fake:${name}: ${key} must be a number up to ${most}, not '${text}'`);
    }
    values[key] = value;
  }
  return { seed, ...values };
}
