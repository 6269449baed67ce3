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
export class VoterTally {
  /** Votes that the server confirmed. */
  readonly votes = new Map<string, { readonly content: Choice; readonly language: Choice }>();
  registered = 0;
  prompts = 0;
  voided = 0;
  /** Requests that had to be sent again. */
  again = 0;
  /** Refusals that nobody expected, by status and word. */
  readonly refused = new Map<string, number>();
  /** Milliseconds of answered requests, by kind; streams are not among them. */
  readonly times = new Map<string, number[]>();

  refuse(word: string): void {
    this.refused.set(word, (this.refused.get(word) ?? 0) + 1);
  }

  took(kind: string, milliseconds: number): void {
    const times = this.times.get(kind) ?? [];
    this.times.set(kind, times);
    times.push(milliseconds);
  }
}

export interface VoterOptions {
  /** Addresses of the processes of one arena; each request goes to one of them by chance. */
  readonly urls: readonly string[];
  readonly seed: number;
  /** Milliseconds between two steps, on average. */
  readonly pauseMs: number;
  /** Milliseconds that a request is sent again before the voter gives up. */
  readonly patienceMs: number;
  readonly tally: VoterTally;
  readonly signal: AbortSignal;
}

const version = z.object({ version: z.string() });
const START = z.object({ csrf: z.string(), privacy: version, guidelines: version });
const REGISTERED = z.object({ csrf: z.string() });
const PROMPTED = z.object({ battle: z.string(), turn: z.number() });
const EVENT = z.object({ a: z.string().default(''), b: z.string().default('') });
const ANY = z.unknown();

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

  async function once(kind: string, method: string, path: string, body: object | null): Promise<unknown> {
    const began = performance.now();
    const headers = { cookie, 'content-type': 'application/json', 'x-arena-csrf': csrf };
    const request = body === null ? { headers: { cookie } } : { headers, body: JSON.stringify(body) };
    const reply = await fetch(place() + path, { method, ...request, signal: AbortSignal.timeout(20_000) });
    const content: unknown = await reply.json();
    cookie =
      reply.headers
        .getSetCookie()
        .find((c) => c.startsWith('arena='))
        ?.replace(/;.*/s, '') ?? cookie;
    if (!reply.ok) throw new Refusal(reply.status, JSON.stringify(content).slice(0, 100));
    tally.took(kind, performance.now() - began);
    return content;
  }

  /** Sends until it is answered; a connection that breaks says nothing about whether the request arrived. */
  async function call<T>(schema: z.ZodType<T>, kind: string, method: string, path: string, body: object | null = null): Promise<T> {
    const end = performance.now() + options.patienceMs;
    let answered: unknown;
    for (let wait = 200; answered === undefined; wait = Math.min(2000, wait * 2)) {
      try {
        answered = await once(kind, method, path, body);
      } catch (error) {
        const passes = !(error instanceof Refusal) || error.status === 503 || error.status === 429;
        if (!passes || performance.now() > end) throw error;
        tally.again++;
        await sleep(wait * (0.5 + uniform(random)));
      }
    }
    return schema.parse(answered);
  }

  /** Returns the strengths that stand in both answers; null where the battle is void. */
  async function read(battle: string, turn: number): Promise<{ a: number; b: number } | null> {
    const end = performance.now() + options.patienceMs;
    for (; performance.now() < end; await sleep(300)) {
      let [a, b, last] = ['', '', ''];
      try {
        const reply = await fetch(`${place()}/api/battles/${battle}/turns/${turn}`, { headers: { cookie } });
        if (!reply.ok || reply.body === null) throw new Error(`stream ${reply.status}`);
        for await (const data of eventData(reply.body)) {
          const event = EVENT.parse(JSON.parse(data));
          [a, b, last] = [a + event.a, b + event.b, data];
        }
      } catch {
        // Broken off: read again from the start.
      }
      // The last event is empty: the turn is done, or void with nothing shown or one side missing.
      const scores = { a: stubScore(a), b: stubScore(b) };
      if (last === '{}') return scores.a === null || scores.b === null ? null : { a: scores.a, b: scores.b };
      tally.again++;
    }
    return null;
  }

  const pause = (): Promise<void> => sleep(options.pauseMs * (0.5 + uniform(random)), undefined, { signal }).catch(() => undefined);
  const start = await call(START, 'start', 'GET', '/api/start');
  csrf = start.csrf;
  const registration = {
    language: 'eu',
    level: at(LEVELS, random.randBelow(LEVELS.length)),
    education: at(EDUCATIONS, random.randBelow(EDUCATIONS.length)),
    age: null,
    shareTexts: uniform(random) < 0.5,
    consent: true,
    invitation: null,
    privacyVersion: start.privacy.version,
    guidelinesVersion: start.guidelines.version,
  };
  csrf = (await call(REGISTERED, 'register', 'POST', '/api/register', registration)).csrf;
  tally.registered++;
  while (!signal.aborted) {
    try {
      await round();
    } catch (error) {
      tally.refuse(error instanceof Error ? error.message : String(error));
      await pause();
    }
  }

  async function round(): Promise<void> {
    const prompt = `Galdera ${options.seed} ${random.randBelow(2 ** 30)}`;
    const { battle, turn } = await call(PROMPTED, 'prompt', 'POST', '/api/prompts', { request: randomId(), prompt, battle: null });
    tally.prompts++;
    const scores = await read(battle, turn);
    if (scores === null) tally.voided++;
    await pause();
    // The end cuts all pauses short at once: votes of everybody in the same moment would be no measure of anything.
    if (scores === null || signal.aborted) return;
    const { a, b } = scores;
    const [content, language] = [honestVote(a, b, 0.3, random), honestVote(a, b, 0.3, random)];
    const whole = contradict(content, language) ? (a > b ? 'a' : 'b') : null;
    const vote = { content, language, whole, reason: null, revision: 1 };
    const path = `/api/battles/${battle}`;
    // A double click now and then.
    const clicks = uniform(random) < 0.1 ? 2 : 1;
    await Promise.all(Array.from({ length: clicks }, () => call(ANY, 'vote', 'PUT', `${path}/vote`, vote)));
    tally.votes.set(battle, { content, language });
    await pause();
    if (!signal.aborted) await call(ANY, 'reveal', 'POST', `${path}/reveal`, {});
  }
}
