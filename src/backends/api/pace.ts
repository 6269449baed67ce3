import { createQuotaGate, type Quota } from './quota.js';
import { createRate } from './rate.js';

/**
 * How many requests one server gets at a time, and how far apart.
 *
 * It starts low and doubles each round while the server is glad. A server that refuses (429, 503) has a limit per time, which is then learnt and kept
 * (see `rate.ts`); one that stops answering in time has too much at once: half as many then, and one more per round from there. A `Retry-After` or an
 * empty quota holds back every request, not only the refused one.
 */
export interface Pace {
  /** Requests under way. */
  readonly inFlight: number;
  /** Requests that may be under way at once. */
  readonly limit: number;
  /** Clock time before which nothing may start. */
  notBefore(): number;
  started(now: number): void;
  /** A request sent at `sentAt` was answered. `tokens` is its size, for token quotas. */
  succeeded(now: number, sentAt: number, quotas: readonly Quota[], tokens: number): void;
  /** A request failed. Returns the milliseconds after which it may be tried again. */
  failed(now: number, sentAt: number, failure: Failure): number;
  /** A request ended without telling anything about the server (aborted, or refused for its content). */
  released(): void;
}

/** What a failure says of the server. */
export interface Failure {
  /** It has too much to do. */
  readonly overload: boolean;
  /** It turned the request away at once, as servers with a limit per time do. */
  readonly refused?: boolean;
  readonly retryAfterMs: number | null;
  readonly quotas?: readonly Quota[];
}

export interface PaceOptions {
  /** Requests at once in the beginning. */
  readonly start: number;
  /** Requests at once at most. */
  readonly max: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
/** Failures in a row, of any kind, after which a server counts as overloaded. */
const FAILURES_IN_A_ROW = 5;
/** A round (as many answers as the limit) must bring this much more answers per second for the doubling to go on. */
const GAIN = 1.1;

/**
 * Returns the pace of one server. Times are in milliseconds of the caller's clock.
 */
export function createPace(options: PaceOptions): Pace {
  const gate = createQuotaGate();
  const rate = createRate(options.random);
  let limit = Math.max(1, Math.min(options.start, options.max));
  let inFlight = 0;
  let hold = Number.NEGATIVE_INFINITY;
  let halvedAt = Number.NEGATIVE_INFINITY;
  let doubling = true;
  let failuresInARow = 0;
  let round = { since: 0, answers: 0, rate: 0 };

  function rise(now: number): void {
    // Only a limit that was used says anything about a higher one.
    if (inFlight + 1 < Math.floor(limit)) return;
    // Where the rate is known, it alone holds back.
    limit = Math.min(options.max, limit + (doubling || (rate.known && halvedAt === Number.NEGATIVE_INFINITY) ? 1 : 1 / limit));
    if (!doubling) return;
    if (round.answers === 0) round.since = now;
    round.answers += 1;
    if (round.answers < limit || now <= round.since) return;
    const reached = round.answers / (now - round.since);
    if (reached < round.rate * GAIN) doubling = false;
    round = { since: now, answers: 0, rate: reached };
  }

  return {
    get inFlight() {
      return inFlight;
    },
    get limit() {
      return Math.max(1, Math.floor(limit));
    },
    notBefore: () => Math.max(hold, gate.notBefore(), rate.notBefore()),
    started(now) {
      inFlight += 1;
      gate.started(now);
      rate.started(now);
    },
    succeeded(now, sentAt, quotas, tokens) {
      rise(now);
      inFlight -= 1;
      failuresInARow = 0;
      gate.heard(now, sentAt, quotas, tokens, 0);
    },
    failed(now, sentAt, { overload, refused = false, retryAfterMs, quotas = [] }) {
      inFlight -= 1;
      failuresInARow += 1;
      gate.heard(now, sentAt, quotas, 0, overload ? failuresInARow : 0);
      if (refused) return rate.refused(now, sentAt, retryAfterMs);
      // Full jitter (any moment up to an exponentially growing bound) keeps failed requests from coming back as one wave.
      const bound = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failuresInARow - 1, 10));
      const wait = retryAfterMs === null ? options.random() * bound : retryAfterMs * (1 + 0.05 * options.random());
      if (!overload && failuresInARow < FAILURES_IN_A_ROW) return wait;
      hold = Math.max(hold, now + wait);
      // Requests sent before the last halving tell nothing new: one wave of failures halves once.
      if (sentAt >= halvedAt) {
        limit = Math.max(1, limit / 2);
        halvedAt = now;
        doubling = false;
      }
      return wait;
    },
    released() {
      inFlight -= 1;
    },
  };
}
