import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { packagePath } from '../../src/package-files.js';
import type { Response as Answer, Ask, Request as Question } from '../../src/types.js';
import { openCase, type ServerCase } from './golden-server.js';
import { createVirtualClock } from './virtual-clock.js';

/** Made by benchmarks/api-record-exchanges.ts from a real server over PyTorch; `expected` is the Python harness's own value. */
interface Fixture {
  readonly documents: readonly {
    readonly where: string;
    readonly request: Question;
    readonly expected: readonly (readonly [number, boolean])[] | string;
  }[];
  readonly exchanges: readonly { readonly path: string; readonly body: unknown; readonly status: number; readonly answer: unknown }[];
}

const fixture: Fixture = JSON.parse(readFileSync(packagePath('fixtures/exchanges/tiny-llama.json'), 'utf8'));
const known = new Map(fixture.exchanges.map((e) => [`${e.path} ${JSON.stringify(e.body)}`, e]));

type Change = (answer: string, body: string) => string;

/** A server that answers what it was recorded to answer, possibly changed, and nothing else. */
function replay(change: Change = (answer) => answer) {
  return async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const body = init?.body == null ? 'null' : String(init.body);
    const found = known.get(`${new URL(String(input)).pathname} ${body}`);
    if (found === undefined) return Response.json({ error: { message: `not recorded: ${body.slice(0, 200)}` } }, { status: 400 });
    const answer = JSON.stringify(found.answer);
    // Probes stay as they are: a server that is wrong from the start is refused at once.
    return new Response(body.includes('Eguzkia 7') || body.length < 300 ? answer : change(answer, body), { status: found.status });
  };
}

async function answersOf(server: Omit<ServerCase, 'url' | 'name' | 'folder'>, change?: Change) {
  const folder = packagePath('fixtures/models/tiny-llama');
  const clock = createVirtualClock();
  const seams = { fetch: replay(change), env: {}, clock };
  const answers = new Map<number, Answer>();
  async function* asks(): AsyncGenerator<Ask> {
    for (const [id, { request }] of fixture.documents.entries()) yield { id, request };
  }
  const backend = await openCase({ url: 'http://127.0.0.1:1/v1', name: 'tiny-llama', folder, ...server, seams });
  await clock.drive(
    (async () => {
      for await (const { id, response } of backend.ask(asks(), new AbortController().signal)) answers.set(id, response);
    })(),
  );
  return { answers, backend };
}

describe.each([
  ['ids', 'echo'],
  ['ids', 'prompt_logprobs'],
  ['text', 'echo'],
  ['text', 'prompt_logprobs'],
] as const)('a recorded server, with %s by %s', (promptsAs, scoring) => {
  it('gives the log-probabilities, greedy flags and text of the harness', async () => {
    const { answers, backend } = await answersOf({ promptsAs, scoring });
    expect(answers.size).toBe(fixture.documents.length);
    for (const [id, { where, expected }] of fixture.documents.entries()) {
      const answer = answers.get(id);
      if (typeof expected === 'string') {
        // The recording stops after a few tokens.
        if (answer?.kind !== 'generate') throw new Error(`${where}: ${JSON.stringify(answer)}`);
        expect(answer.text.length).toBeGreaterThan(20);
        expect(expected.startsWith(answer.text), where).toBe(true);
        expect(answer.finish).toBe('length');
      } else {
        if (answer?.kind !== 'choices') throw new Error(`${where}: ${JSON.stringify(answer)}`);
        expect(answer.greedy, where).toEqual(expected.map(([, greedy]) => greedy));
        for (const [i, [logprob]] of expected.entries())
          expect(Math.abs((answer.logprobs[i] ?? Number.NaN) - logprob), where).toBeLessThan(1e-3);
      }
    }
    expect(backend.facts).toMatchObject({ prompts_as: promptsAs === 'ids' ? 'token ids' : 'text', scoring, max_length: 4096 });
    expect(backend.work()).toMatchObject({ runs: fixture.documents.length + 1 });
  });
});

describe('answers that do not fit the request', () => {
  const lost: readonly (readonly [string, ServerCase['promptsAs'], 'echo' | 'prompt_logprobs', Change])[] = [
    ['a token of the prompt is another one', 'ids', 'echo', (a) => a.replace(/"tokens":\["([^"]+)","([^"]+)"/, '"tokens":["$2","$1"')],
    [
      'an id of the prompt is another one',
      'ids',
      'prompt_logprobs',
      (a) => a.replace(/"prompt_logprobs":\[null,\{[^}]*\}[^}]*\}/, '"prompt_logprobs":[null,{"7":{"logprob":-1}}'),
    ],
    ['a token is missing', 'ids', 'echo', (a) => a.replace(/"tokens":\["[^"]+","[^"]+",/, '"tokens":[')],
    ['the text is another one', 'text', 'echo', (a) => a.replace(/"tokens":\["[^"]+"/, '"tokens":["zzz"')],
    ['a choice is missing', 'ids', 'echo', (a) => JSON.stringify({ ...JSON.parse(a), choices: JSON.parse(a).choices.slice(0, 1) })],
    ['two choices have one number', 'ids', 'echo', (a) => a.replace('"index":1', '"index":0')],
    [
      'there are no log-probabilities',
      'ids',
      'echo',
      (a) => JSON.stringify({ ...JSON.parse(a), choices: JSON.parse(a).choices.map(() => ({ text: '', index: undefined })) }),
    ],
  ];
  it.each(lost)('%s: a malformed answer, never a score', async (_name, promptsAs, scoring, change) => {
    // Where six of them come before any answer that can be read, the address is wrong and the run ends.
    const ended = await answersOf({ promptsAs, scoring }, change).catch((error: unknown) => {
      if (error instanceof UserError) return error;
      throw error;
    });
    if (ended instanceof UserError) {
      expect(ended.message).toMatch(/^no answer could be read \(/);
      return;
    }
    for (const [id, { request }] of fixture.documents.entries())
      if (request.kind === 'choices') expect(ended.answers.get(id)).toMatchObject({ kind: 'failure', reason: 'malformed' });
  });

  it('a log-probability that is no number is unscored at once', async () => {
    const change: Change = (a) =>
      a.replace(
        /("token_logprobs":\[null)((?:,-?[\d.e-]+)+)/g,
        (_all, head: string, rest: string) => head + rest.replace(/,[^,]+/g, ',NaN'),
      );
    const { answers } = await answersOf({ promptsAs: 'ids', scoring: 'echo' }, change);
    for (const [id, { request }] of fixture.documents.entries())
      if (request.kind === 'choices') expect(answers.get(id)).toMatchObject({ kind: 'failure', reason: 'not a number' });
  });
});
