import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openAnthropic } from '../../src/backends/anthropic.js';
import { openOpenAI } from '../../src/backends/openai.js';
import { packagePath } from '../../src/package-files.js';
import type { Response as Answer, Ask, GenerateRequest } from '../../src/types.js';
import { createVirtualClock, seededRandom } from './virtual-clock.js';

interface Exchange {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}
type Provider = 'openai' | 'ollama' | 'gemini' | 'anthropic';
const EXCHANGES: Record<Provider, Record<string, Exchange>> = JSON.parse(readFileSync(packagePath('fixtures/exchanges/chat.json'), 'utf8'));
const ADDRESS: Record<Provider, string | null> = {
  openai: null,
  ollama: 'http://localhost:11434/v1',
  gemini: 'https://generativelanguage.googleapis.com/v1beta/openai/',
  anthropic: null,
};
const KEY = 'sk-planted-0123456789abcdef';

const LETTER: GenerateRequest = {
  kind: 'generate',
  context: [
    { role: 'system', content: 'Respond always with a single letter: A, B, C or D.' },
    { role: 'user', content: 'Galdera: bat?\nErantzuna:' },
    { role: 'assistant', content: 'A' },
    { role: 'user', content: 'Galdera: bi?\nErantzuna:' },
  ],
  until: [],
  maxNewTokens: 1,
};
const REASONED: GenerateRequest = {
  kind: 'generate',
  context: [{ role: 'user', content: 'Zenbat?' }],
  until: ['Galdera:', '</s>'],
  maxNewTokens: 1024,
};

type Script = (body: Record<string, unknown>, n: number) => string | Exchange;

/** Asks `requests` of a provider whose n-th answer `script` names. */
async function ask(provider: Provider, requests: readonly GenerateRequest[], script: Script, options: Record<string, unknown> = {}) {
  const clock = createVirtualClock();
  const sent: { url: string; headers: Headers; body: Record<string, unknown>; at: number }[] = [];
  async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const body: Record<string, unknown> = JSON.parse(String(init?.body));
    sent.push({ url: String(input), headers: new Headers(init?.headers), body, at: clock.now() });
    const found = script(body, sent.length);
    const exchange = typeof found === 'string' ? EXCHANGES[provider][found] : found;
    if (exchange === undefined) throw new Error(`no exchange ${String(found)}`);
    await clock.sleep(300);
    return Response.json(exchange.body, { status: exchange.status, headers: exchange.headers ?? {} });
  }
  const open = provider === 'anthropic' ? openAnthropic : openOpenAI;
  async function* asks(): AsyncGenerator<Ask> {
    for (const [id, request] of requests.entries()) yield { id, request };
  }
  const answers = new Map<number, Answer>();
  const common = {
    name: 'gpt-4o-2024-11-20',
    baseUrl: ADDRESS[provider],
    apiKeyEnv: null,
    concurrency: null,
    timeoutSeconds: null,
    maxCostUsd: null,
    pricesFile: null,
  };
  const env = { OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY };
  const backend = await open({
    ...common,
    seams: { clock, random: seededRandom(1), fetch, env, wallClock: () => Date.UTC(2026, 0, 1) },
    ...options,
  });
  await clock.drive(
    (async () => {
      for await (const { id, response } of backend.ask(asks(), new AbortController().signal)) answers.set(id, response);
    })(),
  );
  return { answers, sent, backend, clock };
}

describe('a letter is asked as the provider documents it', () => {
  it.each([
    ['openai', 'https://api.openai.com/v1/chat/completions', 'B'],
    ['ollama', 'http://localhost:11434/v1/chat/completions', 'C'],
    ['gemini', 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions', 'D'],
  ] as const)('%s', async (provider, url, letter) => {
    const { answers, sent } = await ask(provider, [LETTER], () => 'letter');
    expect(answers.get(0)).toMatchObject({ kind: 'generate', text: letter });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe(url);
    expect(sent[0]?.headers.get('authorization')).toBe(`Bearer ${KEY}`);
    expect(sent[0]?.body).toEqual({ model: 'gpt-4o-2024-11-20', messages: LETTER.context, temperature: 0, max_tokens: 1 });
  });

  it('anthropic', async () => {
    const { answers, sent } = await ask('anthropic', [LETTER, REASONED], () => 'letter');
    expect(answers.get(0)).toEqual({
      kind: 'generate',
      text: 'A',
      finish: 'length',
      usage: { inputTokens: 50, outputTokens: 1, costUsd: (50 * 2.5 + 10) / 1e6 },
    });
    expect(sent[0]?.url).toBe('https://api.anthropic.com/v1/messages');
    // Which header holds the key is the official package's affair.
    expect([...(sent[0]?.headers.values() ?? [])].filter((value) => value.includes(KEY))).toHaveLength(1);
    expect(sent[0]?.body).toEqual({
      model: 'gpt-4o-2024-11-20',
      max_tokens: 1,
      temperature: 0,
      system: 'Respond always with a single letter: A, B, C or D.',
      messages: LETTER.context.slice(1),
    });
    expect(sent[1]?.body).toMatchObject({ max_tokens: 1024, stop_sequences: ['Galdera:', '</s>'] });
  });

  it('and drawn as the task says, where it wants no greedy answer; there is no seed at Anthropic', async () => {
    const drawn = { ...REASONED, sampling: { temperature: 0.8, topP: 0.95, topK: null, seed: 5 } };
    const [openai, anthropic] = [await ask('openai', [drawn], () => 'letter'), await ask('anthropic', [drawn], () => 'letter')];
    expect(openai.sent[0]?.body).toMatchObject({ temperature: 0.8, top_p: 0.95, seed: 5 });
    expect(openai.sent[0]?.body).not.toHaveProperty('top_k');
    expect(anthropic.sent[0]?.body).toMatchObject({ temperature: 0.8, top_p: 0.95 });
    expect(anthropic.sent[0]?.body).not.toHaveProperty('seed');
  });
});

describe('parameters that a model refuses', () => {
  /** A model that takes neither max_tokens, temperature nor stop, and says so one after the other. */
  const strict: Script = (body) =>
    'max_tokens' in body ? 'no max_tokens' : 'temperature' in body ? 'no temperature' : 'stop' in body ? 'no stop' : 'letter';

  it('are renamed or dropped once for all requests, and recorded', async () => {
    const { answers, sent, backend } = await ask(
      'openai',
      Array.from({ length: 40 }, () => REASONED),
      strict,
    );
    expect([...answers.values()].every((a) => a.kind === 'generate' && a.text === 'B')).toBe(true);
    expect(backend.work().details.changed_parameters).toEqual([
      'max_tokens: renamed max_completion_tokens',
      'temperature: dropped',
      'stop: dropped',
    ]);
    expect(sent.at(-1)?.body).toEqual({ model: 'gpt-4o-2024-11-20', messages: REASONED.context, max_completion_tokens: 1024 });
    // The few that were under way when it was learnt, not all of them.
    expect(sent.length).toBeLessThan(40 + 3 * 16);
  });

  it('are dropped at Anthropic too, but never max_tokens, which is obligatory there', async () => {
    const { sent, backend } = await ask('anthropic', [LETTER, LETTER], (body) => ('temperature' in body ? 'no temperature' : 'letter'));
    expect(backend.work().details.changed_parameters).toEqual(['temperature: dropped']);
    expect(sent.at(-1)?.body).toMatchObject({ max_tokens: 1 });
  });

  it('a refusal that names none of them is a failure of that request alone', async () => {
    const { answers } = await ask('openai', [LETTER, LETTER], (_body, n) => (n === 1 ? 'too long' : 'letter'));
    expect([...answers.values()].map((a) => (a.kind === 'failure' ? a.reason : a.kind)).sort()).toEqual(['generate', 'too long']);
  });
});

describe('values that a model refuses', () => {
  const refusal = (message: string, code: string | null = null, param: string | null = null): Exchange => ({
    status: 400,
    body: { error: { message, type: 'invalid_request_error', param, code } },
  });

  // The words of vLLM, llama.cpp and OpenAI about one prompt that does not fit with its answer.
  it.each([
    "'max_tokens' or 'max_completion_tokens' is too large: 1024. The window of this model is 1500 tokens and the request has 515 input tokens.",
    'max_tokens=1024 cannot be greater than the room left (1500 - 515)',
    "This model's maximum context length is 1500 tokens. However, you requested 1539 tokens (515 in the messages, 1024 in the completion).",
  ])('in one long request change nothing for the others: %s', async (message) => {
    const long: GenerateRequest = { ...REASONED, context: [{ role: 'user', content: 'luzea '.repeat(400) }] };
    const { answers, sent, backend } = await ask(
      'openai',
      [REASONED, long, REASONED, REASONED, REASONED, REASONED],
      (body) => (JSON.stringify(body).includes('luzea') ? refusal(message) : 'letter'),
      { concurrency: 1 },
    );
    expect([...answers].sort(([a], [b]) => a - b).map(([, a]) => (a.kind === 'failure' ? a.reason : a.kind))).toEqual([
      'generate',
      'too long',
      'generate',
      'generate',
      'generate',
      'generate',
    ]);
    expect(sent).toHaveLength(6);
    expect(sent.every(({ body }) => body.max_tokens === 1024)).toBe(true);
    expect(backend.work().details.changed_parameters).toEqual([]);
  });

  // As OpenAI's newer models say it; "instead" proposes no other parameter here.
  it.each([null, 0.05])(
    'in every request end the run by naming the option, and never lift the limit (--max-cost %s)',
    async (maxCostUsd) => {
      const below = "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead.";
      const bodies: Record<string, unknown>[] = [];
      const asked = ask(
        'openai',
        Array.from({ length: 20 }, () => LETTER),
        (body) => {
          bodies.push(body);
          return 'max_tokens' in body ? refusal(below, 'integer_below_min_value', 'max_tokens') : 'letter';
        },
        { maxCostUsd },
      );
      await expect(asked).rejects.toThrow(/refuses the limit on new tokens .*--max-new-tokens N/);
      expect(bodies.every((body) => body.max_tokens === 1)).toBe(true);
    },
  );
});

describe('an error inside HTTP 200', () => {
  const choice = (rest: object): Exchange => ({
    status: 200,
    body: {
      choices: [{ index: 0, message: { role: 'assistant', content: 'A' }, ...rest }],
      usage: { prompt_tokens: 9, completion_tokens: 1 },
    },
  });
  const busy: Exchange = { status: 200, body: { error: { code: 429, message: 'upstream is busy' } } };

  it.each([
    ['beside the choices', busy],
    ['in a choice', choice({ finish_reason: 'error', error: { code: 502, message: 'the model behind broke off' } })],
    ['as its finish reason', choice({ finish_reason: 'error' })],
    ['as its finish reason, of another provider', choice({ finish_reason: 'insufficient_system_resource' })],
  ])('%s is tried again and never scored', async (_, exchange) => {
    const recovered = await ask('openai', [LETTER], (_body, n) => (n <= 2 ? exchange : 'letter'));
    expect(recovered.answers.get(0)).toMatchObject({ kind: 'generate', text: 'B' });
    expect(recovered.sent).toHaveLength(3);
    // A second document is answered, so that the first one alone is given up.
    const lost = await ask('openai', [LETTER, REASONED], (body) => (body.max_tokens === 1 ? exchange : 'letter'), { maxTries: 3 });
    expect(lost.answers.get(0)).toMatchObject({ kind: 'failure' });
    expect(lost.answers.get(1)).toMatchObject({ kind: 'generate' });
  });

  it('counts as the status that it names: 429 waits and is quoted, 401 ends the run', async () => {
    const { answers, backend } = await ask('openai', [LETTER, REASONED], (body) => (body.max_tokens === 1 ? busy : 'letter'), {
      maxTries: 3,
    });
    expect(answers.get(0)).toMatchObject({ kind: 'failure', message: expect.stringContaining('upstream is busy') });
    expect(Number(backend.work().details.overloads)).toBeGreaterThan(0);
    const denied: Exchange = { status: 200, body: { error: { code: 401, message: 'no such key' } } };
    await expect(ask('openai', [LETTER], () => denied)).rejects.toThrow(/refuses the key/);
  });

  it('the first choice is the one with index 0, wherever it stands', async () => {
    const body = {
      choices: [
        { index: 1, message: { content: 'C' }, finish_reason: 'stop' },
        { index: 0, message: { content: 'D' }, finish_reason: 'stop' },
      ],
    };
    const { answers } = await ask('openai', [LETTER], () => ({ status: 200, body }));
    expect(answers.get(0)).toMatchObject({ kind: 'generate', text: 'D' });
  });
});

describe('answers that are none', () => {
  it.each([
    ['openai', 'filtered', { kind: 'failure', reason: 'refused' }],
    ['openai', 'refusal', { kind: 'failure', reason: 'refused' }],
    ['gemini', 'filtered', { kind: 'failure', reason: 'refused' }],
    ['anthropic', 'refusal', { kind: 'failure', reason: 'refused' }],
    // All tokens went into thinking, or the model said nothing: an empty answer, which scoring counts as holding no letter.
    ['openai', 'all thought', { kind: 'generate', text: '', finish: 'length' }],
    ['gemini', 'all thought', { kind: 'generate', text: '', finish: 'length' }],
    ['anthropic', 'empty', { kind: 'generate', text: '', finish: 'stop' }],
  ] as const)('%s: %s', async (provider, name, expected) => {
    const { answers } = await ask(provider, [LETTER], () => name);
    expect(answers.get(0)).toMatchObject(expected);
  });

  it.each([
    ['openai', 'wrong key', /refuses the key.*OPENAI_API_KEY/],
    ['openai', 'no credit', /no credit left/],
    ['openai', 'no model', /knows no model/],
    ['ollama', 'no model', /knows no model.*try pulling it first/],
    ['anthropic', 'wrong key', /refuses the key.*ANTHROPIC_API_KEY/],
  ] as const)('%s: %s ends the run with one line', async (provider, name, message) => {
    const error: unknown = await ask(provider, [LETTER, LETTER], () => name).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('sk-');
  });

  it.each([
    ['ollama', 'busy'],
    ['gemini', 'slow down'],
    ['anthropic', 'overloaded'],
  ] as const)('%s: %s is waited out', async (provider, name) => {
    const { answers, backend } = await ask(provider, [LETTER, LETTER, LETTER], (_body, n) => (n <= 3 ? name : 'letter'));
    expect([...answers.values()].every((a) => a.kind === 'generate')).toBe(true);
    expect(backend.work().details).toMatchObject({ retries: 3, overloads: 3 });
  });
});

describe('stop strings', () => {
  it('are cut here when the server does not', async () => {
    const said = (content: string): Exchange => ({
      status: 200,
      body: { choices: [{ message: { content }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 9 } },
    });
    const { answers } = await ask('openai', [REASONED], () => said('Bost.</s>Galdera: zer?'));
    expect(answers.get(0)).toMatchObject({ text: 'Bost.', finish: 'stop' });
  });
});

describe('--max-cost', () => {
  const messages = [{ role: 'user' as const, content: 'x'.repeat(890) }];
  const request: GenerateRequest = { kind: 'generate', context: messages, until: [], maxNewTokens: 1 };
  // gpt-4o: 456 tokens at 2.50 and one at 10 dollars a million.
  const real = (456 * 2.5 + 10) / 1e6;

  it.each([0.01, 0.05, 0.1])('of %d dollars is never passed, and what was not asked is listed', async (maxCostUsd) => {
    const { answers, backend } = await ask(
      'openai',
      Array.from({ length: 200 }, () => request),
      () => 'letter',
      { maxCostUsd },
    );
    const asked = [...answers.values()].filter((a) => a.kind === 'generate').length;
    const spent = Number(backend.work().details.cost_usd);
    expect(answers.size).toBe(200);
    expect([...answers.values()].filter((a) => a.kind === 'failure' && a.reason === 'budget')).toHaveLength(200 - asked);
    expect(spent).toBeCloseTo(asked * real, 9);
    expect(spent).toBeLessThanOrEqual(maxCostUsd);
    // It stops because the next could pass it, not long before.
    expect(spent).toBeGreaterThan(Math.min(maxCostUsd, 200 * real) - 3 * real);
  });

  it.each([0, 0.001])('of %d dollars, below what one request may cost, is one line before anything is asked', async (maxCostUsd) => {
    let asked = 0;
    const run = ask(
      'openai',
      [request, request],
      (_body, n) => {
        asked = n;
        return 'letter';
      },
      { maxCostUsd },
    );
    await expect(run).rejects.toThrow(/^--max-cost 0(\.001)?: the first request alone may cost \$0\.0024 /);
    expect(asked).toBe(0);
  });

  it('takes an answer whose count of tokens is nonsense for the most it can cost, and says so once', async () => {
    const lines: string[] = [];
    const usage = { prompt_tokens: '456', completion_tokens: -1 };
    const odd: Exchange = { status: 200, body: { choices: [{ message: { content: 'B' }, finish_reason: 'stop' }], usage } };
    const { answers, backend } = await ask('openai', [request, request], () => odd, { onProgress: (line: string) => lines.push(line) });
    expect([...answers.values()]).toMatchObject([{ text: 'B' }, { text: 'B' }]);
    expect(Number(backend.work().details.cost_usd)).toBeGreaterThan(2 * real);
    expect(lines).toEqual([expect.stringMatching(/no usable count of tokens/)]);
  });

  it('counts the most that lost requests can have cost', async () => {
    const half: Exchange = { status: 200, body: { choices: [] } };
    const { backend } = await ask(
      'openai',
      Array.from({ length: 30 }, () => request),
      (_body, n) => (n % 2 === 0 ? half : 'letter'),
      { maxCostUsd: 0.02 },
    );
    const { cost_usd, cost_usd_of_unanswered_at_most } = backend.work().details;
    expect(Number(cost_usd_of_unanswered_at_most)).toBeGreaterThan(0);
    expect(Number(cost_usd) + Number(cost_usd_of_unanswered_at_most)).toBeLessThanOrEqual(0.02);
  });

  it('needs a price', async () => {
    await expect(ask('openai', [], () => 'letter', { maxCostUsd: 1, name: 'new-model' })).rejects.toThrow(/no price for 'new-model'/);
  });
});

describe('keys', () => {
  it("must be there for the provider, and need not be for a server of one's own", async () => {
    const seams = {
      env: {},
      clock: createVirtualClock(),
      random: Math.random,
      fetch: async () => Response.json(EXCHANGES.ollama.letter?.body),
    };
    await expect(ask('openai', [], () => 'letter', { seams })).rejects.toThrow(/OPENAI_API_KEY is not set/);
    await expect(ask('anthropic', [], () => 'letter', { seams })).rejects.toThrow(/ANTHROPIC_API_KEY is not set/);
    await expect(ask('ollama', [], () => 'letter', { seams })).resolves.toBeDefined();
    await expect(ask('ollama', [], () => 'letter', { seams, apiKeyEnv: 'MY_KEY' })).rejects.toThrow(
      /MY_KEY, named for the key, is not set/,
    );
  });
});
