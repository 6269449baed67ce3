import { describe, expect, it } from 'vitest';
import { openAnthropic } from '../../src/backends/anthropic.js';
import type { Seams } from '../../src/backends/api/options.js';
import { openCompletions } from '../../src/backends/completions.js';
import { openOpenAI } from '../../src/backends/openai.js';
import type { Ask, Backend, Request, Response } from '../../src/types.js';
import { FAULTS, type Fault, greedyOf, letterOf, logprobOf, piecesOf, type Shape, startFaultServer } from './fault-server.js';
import { createVirtualClock, seededRandom } from './virtual-clock.js';

const KEY = 'sk-planted-0123456789abcdef';
const DOCUMENTS = 110;

function requestOf(i: number, shape: Shape): Request {
  if (shape === 'completions')
    return { kind: 'choices', context: `Galdera ${i}: zein da?\nErantzuna:`, continuations: [' A', ' B bai', ' C'] };
  const messages = [
    { role: 'system', content: 'One letter.' },
    { role: 'user', content: `Galdera ${i}: zein da?` },
  ] as const;
  return { kind: 'generate', context: messages, until: [], maxNewTokens: 1 };
}

/** What the fake model would say, worked out without any of the client's code. */
function expectedOf(i: number, shape: Shape): Partial<Response> {
  const request = requestOf(i, shape);
  if (request.kind !== 'choices') return { kind: 'generate', text: letterOf(`Galdera ${i}: zein da?`) };
  const sums = request.continuations.map((continuation) => {
    const context = piecesOf(request.context).length;
    let sofar = '';
    let logprob = 0;
    let greedy = true;
    for (const [n, piece] of piecesOf(request.context + continuation).entries()) {
      sofar += piece;
      if (n < context) continue;
      logprob += logprobOf(sofar);
      greedy &&= greedyOf(sofar);
    }
    return { logprob, greedy };
  });
  return { kind: 'choices', logprobs: sums.map((s) => s.logprob), greedy: sums.map((s) => s.greedy) };
}

const OPENERS: Record<Shape, (url: string, seams: Partial<Seams>) => Promise<Backend>> = {
  completions: (url, seams) => openCompletions({ ...COMMON, baseUrls: [url], tokenizer: null, maxLength: null, scoring: 'echo', seams }),
  openai: (url, seams) => openOpenAI({ ...COMMON, baseUrl: url, seams }),
  anthropic: (url, seams) => openAnthropic({ ...COMMON, baseUrl: url, seams }),
};
const COMMON = { name: 'model', apiKeyEnv: null, concurrency: null, timeoutSeconds: 120, maxCostUsd: null, pricesFile: null };

async function* asks(shape: Shape): AsyncGenerator<Ask> {
  for (let id = 0; id < DOCUMENTS; id++) yield { id, request: requestOf(id, shape) };
}

/** Asks everything; returns the answers by document. */
async function run(shape: Shape, fault: (text: string, times: number) => Fault | null) {
  const clock = createVirtualClock();
  const server = await startFaultServer({ clock, shape, latencyMs: 400, fault });
  const seams = { clock, random: seededRandom(7), fetch: server.fetch, env: { OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY } };
  const answers = new Map<number, Response>();
  try {
    const work = await clock.drive(
      (async () => {
        const backend = await OPENERS[shape](server.url, seams);
        for await (const { id, response } of backend.ask(asks(shape), new AbortController().signal)) {
          expect(answers.has(id), `document ${id} twice`).toBe(false);
          answers.set(id, response);
        }
        await backend.close();
        return { ...backend.work(), facts: backend.facts, identity: backend.identity, status: backend.status() };
      })(),
    );
    return { answers, work, server, clock };
  } finally {
    await server.close();
  }
}

/** Whether a request is one of the probes that open a completions backend. */
const isProbe = (text: string): boolean => !text.includes('Galdera');

/** Faults for a request that end: a document meets one, by its number, on its first two tries. */
function passing(text: string, times: number): Fault | null {
  const n = Number(/Galdera (\d+)/.exec(text)?.[1]);
  if (isProbe(text) || times > 2 || n % 3 === 0) return null;
  return FAULTS[n % FAULTS.length] ?? null;
}

describe.each(['completions', 'openai', 'anthropic'] as const)('%s against a server with faults', (shape) => {
  it('ends every document once, scored and right, or listed with its reason', async () => {
    const { answers, work, server } = await run(shape, passing);
    expect([...answers.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: DOCUMENTS }, (_, i) => i));
    expect([...server.dealt.keys()].sort()).toEqual([...FAULTS].sort());
    const reasons = new Map<string, number>();
    for (const [i, answer] of answers) {
      if (answer.kind === 'failure') {
        reasons.set(answer.reason, (reasons.get(answer.reason) ?? 0) + 1);
        // Chat answers carry no token count, and completions no filter on scores: those faults change nothing there.
        expect(FAULTS[i % FAULTS.length], `document ${i}: ${answer.message}`).toBe('content filter');
      } else {
        const expected = expectedOf(i, shape);
        expect(answer, `document ${i}`).toMatchObject(
          expected.kind === 'choices' ? { kind: 'choices', greedy: expected.greedy } : expected,
        );
        if (answer.kind === 'choices' && expected.kind === 'choices')
          for (const [k, value] of answer.logprobs.entries()) expect(value).toBeCloseTo(expected.logprobs?.[k] ?? Number.NaN, 10);
      }
    }
    const filtered = Array.from({ length: DOCUMENTS }, (_, i) => i).filter(
      (i) => i % 3 !== 0 && FAULTS[i % FAULTS.length] === 'content filter',
    ).length;
    expect(reasons).toEqual(new Map(shape === 'completions' ? [] : [['refused', filtered]]));
    expect(work.details.retries).toBeGreaterThan(40);
  });

  it('lists the documents whose request fails every time, and answers the others', async () => {
    const always = (text: string): Fault | null => {
      const n = Number(/Galdera (\d+)/.exec(text)?.[1]);
      return !isProbe(text) && n % 10 === 0 ? (FAULTS[(n / 10) % FAULTS.length] ?? null) : null;
    };
    const { answers } = await run(shape, always);
    expect(answers.size).toBe(DOCUMENTS);
    const reasonOf: Partial<Record<Fault, string>> = {
      '429': 'http',
      '429 with Retry-After': 'http',
      '500': 'http',
      '503': 'http',
      hang: 'timeout',
      'cut connection': 'http',
      'truncated JSON': 'malformed',
      'empty choices': 'malformed',
      ...(shape === 'completions' ? { 'wrong token count': 'malformed' } : { 'content filter': 'refused' }),
    };
    for (const [i, answer] of answers) {
      const fault = i % 10 === 0 ? FAULTS[(i / 10) % FAULTS.length] : undefined;
      const reason = fault === undefined ? undefined : reasonOf[fault];
      if (reason === undefined) expect(answer.kind, `document ${i}, ${fault}`).not.toBe('failure');
      else expect(answer, `document ${i}, ${fault}`).toMatchObject({ kind: 'failure', reason });
    }
  });

  it('keeps the key out of everything but the header it belongs in', async () => {
    const echo = (text: string, times: number): Fault | null => (isProbe(text) || times > 1 ? null : '500');
    const { answers, work, server } = await run(shape, echo);
    expect(server.requests.some((r) => JSON.stringify(r.headers).includes(KEY))).toBe(true);
    expect(JSON.stringify(server.requests.map((r) => r.body))).not.toContain(KEY);
    expect(JSON.stringify([[...answers], work])).not.toContain(KEY);
  });
});
