import { beforeAll, describe, expect, it } from 'vitest';
import type { ScoringMode } from '../../src/backends/api/completion-probe.js';
import { openCompletions } from '../../src/backends/completions.js';
import { encodeRequestChoices } from '../../src/models/encode.js';
import { loadTokenizer, type ModelTokenizer } from '../../src/models/tokenizer.js';
import { packagePath } from '../../src/package-files.js';
import type { Response as Answer, Ask, Backend, ChoicesRequest } from '../../src/types.js';
import { bestOf, type Manner, type ModelServer, modelServer, rowOf } from './model-server.js';

const LETTERS: ChoicesRequest = { kind: 'choices', context: 'Galdera: zein da?\nErantzuna:', continuations: [' A', ' B', ' C', ' D'] };
const TEXTS: ChoicesRequest = {
  kind: 'choices',
  context: 'Katua etxean dago eta',
  continuations: [' lo egiten du', ' lo egiten ari da', ' kantatzen du', ' lo'],
};
const LONG: ChoicesRequest = { ...LETTERS, context: `${'Euskal Herriko mendiak eta ibaiak. '.repeat(40)}\nErantzuna:` };
const DOCUMENTS = [LETTERS, TEXTS, LONG];

let tokenizer: ModelTokenizer;
beforeAll(async () => {
  tokenizer = await loadTokenizer(packagePath('fixtures/models/tiny-llama'));
});

function open(server: ModelServer, scoring: ScoringMode | null = null): Promise<Backend> {
  return openCompletions({
    name: 'model',
    baseUrls: ['http://server/v1'],
    tokenizer,
    maxLength: null,
    scoring,
    apiKeyEnv: null,
    concurrency: 2,
    timeoutSeconds: null,
    maxCostUsd: null,
    pricesFile: null,
    seams: { fetch: server.fetch, env: {} },
  });
}

async function answers(backend: Backend, requests: readonly ChoicesRequest[]): Promise<Answer[]> {
  const found: Answer[] = [];
  async function* asks(): AsyncGenerator<Ask> {
    for (const [id, request] of requests.entries()) yield { id, request };
  }
  for await (const { id, response } of backend.ask(asks(), new AbortController().signal)) found[id] = response;
  return found;
}

/** What the made-up model says, worked out from its rows. */
async function expected(request: ChoicesRequest, maxLength: number): Promise<{ logprobs: number[]; greedy: boolean[] }> {
  const encoded = await encodeRequestChoices(tokenizer, request, { addBos: false, maxLength });
  if (encoded.kind === 'failure') throw new Error(encoded.message);
  const scores = encoded.sequences.map(({ ids, targets }) => {
    const steps = targets.map((target, j) => ({ target, row: rowOf(ids.slice(0, ids.length - targets.length + 1 + j)) }));
    return {
      logprob: steps.reduce((sum, { target, row }) => sum + (row[target] ?? Number.NaN), 0),
      greedy: steps.every(({ target, row }) => bestOf(row) === target),
    };
  });
  return { logprobs: scores.map((s) => s.logprob), greedy: scores.map((s) => s.greedy) };
}

async function expectRight(answer: Answer | undefined, request: ChoicesRequest, maxLength: number): Promise<void> {
  if (answer?.kind !== 'choices') throw new Error(JSON.stringify(answer));
  const right = await expected(request, maxLength);
  expect(answer.greedy).toEqual(right.greedy);
  for (const [i, value] of right.logprobs.entries()) expect(answer.logprobs[i]).toBeCloseTo(value, 9);
}

const PROMPTS = 'prompt log-probabilities';
const CASES: readonly {
  readonly manner: Manner;
  readonly scoring: ScoringMode | null;
  readonly facts: string;
  readonly ways: readonly string[];
  /** The server generates one token, and whole prompts hold the last token of a choice too. */
  readonly maxInput: number;
}[] = [
  {
    manner: 'vllm',
    scoring: 'logprob_token_ids',
    facts: 'logprob_token_ids',
    ways: ['first token', 'stepped', 'first token'],
    maxInput: 199,
  },
  { manner: 'vllm', scoring: 'prompt_logprobs', facts: 'prompt_logprobs', ways: [PROMPTS, PROMPTS, PROMPTS], maxInput: 198 },
  {
    manner: 'llama-server',
    scoring: null,
    facts: 'top_logprobs and forced tokens',
    ways: ['top log-probabilities', 'stepped', 'top log-probabilities'],
    maxInput: 199,
  },
  { manner: 'sglang', scoring: null, facts: 'generate', ways: ['first token', PROMPTS, 'first token'], maxInput: 198 },
];

describe.each(CASES)('a server like $manner, asked by $scoring', ({ manner, scoring, facts, ways, maxInput }) => {
  it("gives the model's own log-probabilities and arg max, truncated as the rules say, and says which way each document went", async () => {
    const server = modelServer(manner);
    const backend = await open(server, scoring);
    expect(backend.facts.scoring).toBe(facts);
    expect(backend.identity.scoring).toBe(facts);
    const found = await answers(backend, DOCUMENTS);
    for (const [i, request] of DOCUMENTS.entries()) await expectRight(found[i], request, maxInput);
    expect(found.map((answer) => (answer.kind === 'choices' ? answer.notes?.scoring : answer.kind))).toEqual(ways);
  });
});

describe('how much is asked', () => {
  it('one request scores all letters of a document, and one all the steps of longer choices, each distinct step once', async () => {
    const server = modelServer('vllm');
    const backend = await open(server, 'logprob_token_ids');
    server.seen.length = 0;
    await answers(backend, [LETTERS]);
    expect(server.seen).toHaveLength(1);
    await answers(backend, [TEXTS]);
    expect(server.seen).toHaveLength(2);
    const [, steps] = server.seen;
    const prompts =
      typeof steps === 'object' && steps !== null && 'prompt' in steps && Array.isArray(steps.prompt) ? steps.prompt.map(String) : [];
    expect(prompts.length).toBeGreaterThan(3);
    expect(new Set(prompts).size).toBe(prompts.length);
  });

  it('a step that was answered is not asked again when a later one fails', async () => {
    let failures = -1;
    const server = modelServer('llama-server', () => {
      const fails = failures === 0 && server.seen.length === 4;
      if (fails) failures += 1;
      return fails ? Response.json({ error: 'busy' }, { status: 500 }) : null;
    });
    const backend = await open(server);
    server.seen.length = 0;
    failures = 0;
    const [answer] = await answers(backend, [TEXTS]);
    await expectRight(answer, TEXTS, 199);
    const bodies = server.seen.map((body) => JSON.stringify(body));
    expect(failures).toBe(1);
    expect(bodies.length - new Set(bodies).size).toBe(1);
  });
});

describe('llama-server gives nothing with a generated token that is a part of a character', () => {
  const isPart = (id: number): boolean => id % 5 === 3;

  it('so another one is generated in its place, and a wanted one is found in a longer list', async () => {
    const requests = Array.from({ length: 30 }, (_, i) => ({ ...(i % 2 === 0 ? LETTERS : TEXTS), context: `Galdera ${i}: zein da?` }));
    const encoded = await Promise.all(
      requests.map((request) => encodeRequestChoices(tokenizer, request, { addBos: false, maxLength: 199 })),
    );
    const sequences = encoded.flatMap((one) => (one.kind === 'failure' ? [] : one.sequences));
    expect(sequences.some(({ ids }) => isPart(bestOf(rowOf(ids))))).toBe(true);
    expect(sequences.some(({ targets }) => targets.some(isPart))).toBe(true);
    const backend = await open(modelServer('llama-server', () => null, isPart));
    const found = await answers(backend, requests);
    for (const [i, request] of requests.entries()) await expectRight(found[i], request, 199);
  });

  it('and a server that gives none with any token lists none', async () => {
    const server = modelServer('llama-server', () =>
      Response.json({ choices: [{ text: '\ufffd', index: 0, logprobs: null, finish_reason: 'length' }] }),
    );
    const backend = await open(server, 'top_logprobs').catch((error: unknown) => error);
    expect(backend instanceof Error ? backend.message : 'kinds' in Object(backend) && [...Object(backend).kinds]).toEqual(['generate']);
    expect(server.seen.length).toBeLessThan(5);
  });
});

describe('a choice that is not among the likeliest tokens', () => {
  it('is scored from whole prompts where the server lists 20 and gives those', async () => {
    const server = modelServer('vllm before July 2026');
    const backend = await open(server);
    const found = await answers(backend, DOCUMENTS);
    for (const [i, request] of DOCUMENTS.entries()) await expectRight(found[i], request, 198);
  });

  it('is a failure of the document where the server has no other way, never a floor value', async () => {
    const backend = await open(modelServer('top only'));
    expect(backend.facts.scoring).toBe('top_logprobs');
    const found = await answers(
      backend,
      Array.from({ length: 20 }, (_, i) => ({ ...LETTERS, context: `Galdera ${i}:` })),
    );
    const failed = found.filter((answer) => answer.kind === 'failure');
    expect(failed.length).toBeGreaterThan(0);
    for (const answer of failed)
      expect(answer).toMatchObject({ reason: 'malformed', message: expect.stringMatching(/lists at most \d+ .*token \d+ of a choice/) });
    for (const [i, answer] of found.entries())
      if (answer.kind === 'choices') await expectRight(answer, { ...LETTERS, context: `Galdera ${i}:` }, 199);
  });
});

it('chooses between steps and whole prompts by what the server was measured to take', async () => {
  const { costOf, promptSeconds, steppedSeconds } = await import('../../src/backends/api/way-costs.js');
  const { rowsOf } = await import('../../src/backends/api/choice-rows.js');
  const cost = costOf({ prompts: 4, tokens: 32, seconds: 0.072 }, { prompts: 4, tokens: 480, seconds: 0.52 });
  expect(cost.token).toBeCloseTo(0.001, 9);
  expect(cost.prompt).toBeCloseTo(0.01, 9);
  const sequences = (context: number) =>
    [1, 2, 3, 4].map((first) => ({ ids: [...Array.from({ length: context }, () => 0), first, 9, 9], targets: [first, 9, 9, 9] }));
  const [short, long] = [sequences(10), sequences(400)];
  expect(steppedSeconds(rowsOf(short), cost)).toBeGreaterThan(promptSeconds(short, cost));
  expect(steppedSeconds(rowsOf(long), cost)).toBeLessThan(promptSeconds(long, cost));
});
