/** A voter without a browser: registers, writes prompts, reads both streams, votes, goes on. Everything is sent again until it is answered, as the page does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { at } from '../at.js';
import { PythonRandom } from '../python/random.js';
import { type Choice, contradict } from './choice.js';
import { randomId } from './identity.js';
import { EDUCATIONS, LEVELS } from './participants.js';
import { honestVote, uniform } from './simulate.js';
import { eventData } from './sse.js';
import { stubScore } from './stub-models.js';

/** Counts and times that all voters of a simulation share. */
export interface Tally {
  /** Votes that the server confirmed. */
  votes: Map<string, { content: Choice; language: Choice }>;
  registered: number;
  prompts: number;
  voided: number;
  /** Requests that had to be sent again. */
  again: number;
  /** Refusals that nobody expected, by status and word. */
  refused: Map<string, number>;
  /** Milliseconds of answered requests, by kind; streams are not among them. */
  times: Map<string, number[]>;
}

export interface VoterOptions {
  /** Addresses of the processes of one arena; each request goes to one of them by chance. */
  readonly urls: readonly string[];
  readonly seed: number;
  /** Milliseconds between two steps, on average. */
  readonly pauseMs: number;
  /** Milliseconds that a request is sent again before the voter gives up. */
  readonly patienceMs: number;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

const startSchema = z.looseObject({
  csrf: z.string(),
  privacy: z.looseObject({ version: z.string() }),
  guidelines: z.looseObject({ version: z.string() }),
});
const registered = z.looseObject({ csrf: z.string() });
const prompted = z.looseObject({ battle: z.string(), turn: z.number() });
const streamed = z.looseObject({ a: z.string().optional(), b: z.string().optional() });

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly word: string,
  ) {
    super(`${status} ${word}`);
  }
}

/**
 * Votes until the signal is aborted. The voter's preference follows the strengths that stub models write into their answers. Throws Error where the arena
 * does not let it register.
 */
export async function simulatedVoter(options: VoterOptions): Promise<void> {
  const { tally, signal } = options;
  const random = new PythonRandom(options.seed);
  const place = (): string => at(options.urls, random.randBelow(options.urls.length));
  let cookie = '';
  let csrf = '';

  async function once(method: string, path: string, body: unknown, kind: string): Promise<unknown> {
    const began = performance.now();
    const reply = await fetch(place() + path, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json', 'x-arena-csrf': csrf }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const set = reply.headers.getSetCookie().find((c) => c.startsWith('arena='));
    const content: unknown = await reply.json();
    if (set !== undefined) cookie = set.split(';')[0] ?? '';
    if (!reply.ok) throw new Refusal(reply.status, JSON.stringify(content).slice(0, 100));
    const times = tally.times.get(kind) ?? [];
    tally.times.set(kind, times);
    times.push(performance.now() - began);
    return content;
  }

  /** Sends until it is answered; a connection that breaks says nothing about whether the request arrived. */
  async function call(method: string, path: string, body: unknown, kind: string): Promise<unknown> {
    const end = performance.now() + options.patienceMs;
    for (let wait = 200; ; wait = Math.min(2000, wait * 2)) {
      try {
        return await once(method, path, body, kind);
      } catch (error) {
        const passes = !(error instanceof Refusal) || error.status === 503 || error.status === 429;
        if (!passes || performance.now() > end) throw error;
        tally.again++;
        await sleep(wait * (0.5 + uniform(random)));
      }
    }
  }

  async function read(battle: string, turn: number): Promise<{ a: string; b: string } | null> {
    const end = performance.now() + options.patienceMs;
    while (performance.now() < end) {
      let [a, b, last] = ['', '', ''];
      try {
        const reply = await fetch(`${place()}/api/battles/${battle}/turns/${turn}`, { headers: { cookie } });
        if (!reply.ok || reply.body === null) throw new Error(`stream ${reply.status}`);
        for await (const data of eventData(reply.body)) {
          const event = streamed.parse(JSON.parse(data));
          [a, b, last] = [a + (event.a ?? ''), b + (event.b ?? ''), data];
        }
        // The last event is empty: the turn is done, or void with nothing shown or one side missing.
        if (last === '{}') return stubScore(a) === null || stubScore(b) === null ? null : { a, b };
      } catch {
        // Broken off: read again from the start.
      }
      tally.again++;
      await sleep(300);
    }
    return null;
  }

  const pause = (): Promise<void> => sleep(options.pauseMs * (0.5 + uniform(random)), undefined, { signal }).catch(() => undefined);
  const start = startSchema.parse(await call('GET', '/api/start', undefined, 'start'));
  csrf = start.csrf;
  const made = await call(
    'POST',
    '/api/register',
    {
      language: 'eu',
      level: at(LEVELS, random.randBelow(LEVELS.length)),
      education: at(EDUCATIONS, random.randBelow(EDUCATIONS.length)),
      age: null,
      shareTexts: uniform(random) < 0.5,
      consent: true,
      invitation: null,
      privacyVersion: start.privacy.version,
      guidelinesVersion: start.guidelines.version,
    },
    'register',
  );
  csrf = registered.parse(made).csrf;
  tally.registered++;
  while (!signal.aborted) {
    try {
      await round();
    } catch (error) {
      const word = error instanceof Error ? error.message : String(error);
      tally.refused.set(word, (tally.refused.get(word) ?? 0) + 1);
      await pause();
    }
  }

  async function round(): Promise<void> {
    const request = randomId();
    const prompt = `Galdera ${options.seed} ${random.randBelow(2 ** 30)}`;
    const sent = prompted.parse(await call('POST', '/api/prompts', { request, prompt, battle: null }, 'prompt'));
    tally.prompts++;
    const answers = await read(sent.battle, sent.turn);
    if (answers === null) {
      tally.voided++;
      await pause();
      return;
    }
    await pause();
    // The end cuts all pauses short at once: votes of everybody in the same moment would be no measure of anything.
    if (signal.aborted) return;
    const [a, b] = [stubScore(answers.a) ?? 1000, stubScore(answers.b) ?? 1000];
    const [content, language] = [honestVote(a, b, 0.3, random), honestVote(a, b, 0.3, random)];
    const whole = contradict(content, language) ? (a > b ? 'a' : 'b') : null;
    const vote = { content, language, whole, reason: null, revision: 1 };
    const path = `/api/battles/${sent.battle}`;
    // A double click now and then.
    const clicks = uniform(random) < 0.1 ? 2 : 1;
    await Promise.all(Array.from({ length: clicks }, () => call('PUT', `${path}/vote`, vote, 'vote')));
    tally.votes.set(sent.battle, { content, language });
    await pause();
    if (signal.aborted) return;
    await call('POST', `${path}/reveal`, {}, 'reveal');
  }
}

/** Returns an empty tally. */
export function emptyTally(): Tally {
  return { votes: new Map(), registered: 0, prompts: 0, voided: 0, again: 0, refused: new Map(), times: new Map() };
}
