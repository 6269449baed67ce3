import { createQuotaGate, type Quota } from './quota.js';
import { createRate } from './rate.js';

/**
 * How many requests one server gets at a time, and how far apart.
 *
 * Requests at once follow AIMD: they double each round while that brings more answers, halve where the server stops answering in time, and grow by one
 * a round from there. Requests per time follow what the server says (`Retry-After`, quota headers). A server that only refuses (429, 503) is measured:
 * what it let in between two looks is what it allows. Where half the rate brings as many refusals, they are chance, and the rate is free again.
 */
export interface Pace {
  /** Requests under way. */
  readonly inFlight: number;
  /** Requests that may be under way at once; at least 1. */
  readonly limit: number;
  /** Clock time before which nothing may start. */
  notBefore(): number;
  /** A request starts. */
  started(now: number): void;
  /** A request sent at `sentAt` was answered. `tokens` is its size, for token quotas. */
  succeeded(now: number, sentAt: number, quotas: readonly Quota[], tokens: number): void;
  /** A request failed on try `tries`. Returns the milliseconds after which it may be tried again. */
  failed(now: number, sentAt: number, failure: Failure, tries: number): number;
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

/** The longest wait that a server may ask for: daily quotas are asked again every two minutes, and nonsense stops nobody for years. */
export const LONGEST_TOLD_MS = 120_000;
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
  const rate = createRate();
  let limit = Math.max(1, Math.min(options.start, options.max));
  let inFlight = 0;
  let hold = Number.NEGATIVE_INFINITY;
  let halvedAt = Number.NEGATIVE_INFINITY;
  let refusedAt = Number.NEGATIVE_INFINITY;
  let doubling = true;
  let failuresInARow = 0;
  let refusalsInARow = 0;
  let sentSince = 0;
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

  /** Full jitter (any moment up to an exponentially growing bound) keeps failed requests from coming back as one wave. */
  const jitter = (first: number, times: number): number => options.random() * Math.min(LONGEST_WAIT_MS, first * 2 ** Math.min(times, 15));

  function refused(now: number, sentAt: number, told: number | null, tries: number): number {
    // Requests sent before the last refusal came back tell nothing new.
    const fresh = sentAt >= refusedAt;
    const chance = rate.chance;
    if (fresh) {
      // With something let in since the last refusal, this one begins anew.
      refusalsInARow = sentSince > 1 ? 1 : refusalsInARow + 1;
      refusedAt = now;
      sentSince = 0;
    }
    const wait = told ?? (fresh && !chance ? jitter(Math.min(FIRST_WAIT_MS, Math.max(10, rate.gap)), refusalsInARow - 1) : 0);
    hold = Math.max(hold, now + wait);
    rate.refused(now, sentAt, fresh, wait);
    return Math.max(hold - now, chance ? jitter(FIRST_WAIT_MS / 2, Math.min(tries - 1, 3)) : 0);
  }

  return {
    get inFlight() {
      return inFlight;
    },
    get limit() {
      return Math.max(1, Math.floor(limit));
    },
    // Behind a refusal one request goes alone, to see whether the server lets in again.
    notBefore: () => Math.max(hold, gate.notBefore(), rate.notBefore(refusalsInARow > 0 && sentSince <= 1 && !rate.chance)),
    started(now) {
      inFlight += 1;
      sentSince += 1;
      gate.started(now);
      rate.started(now);
    },
    succeeded(now, sentAt, quotas, tokens) {
      rise(now);
      inFlight -= 1;
      failuresInARow = 0;
      gate.heard(now, sentAt, quotas, tokens, 0);
    },
    failed(now, sentAt, { overload, refused: turnedAway = false, retryAfterMs, quotas = [] }, tries) {
      inFlight -= 1;
      failuresInARow += 1;
      const told = retryAfterMs === null ? null : Math.min(LONGEST_TOLD_MS, retryAfterMs) * (1 + 0.05 * options.random());
      gate.heard(now, sentAt, quotas, 0, overload ? failuresInARow : 0);
      if (turnedAway) return refused(now, sentAt, told, tries);
      if (!overload && failuresInARow < FAILURES_IN_A_ROW) return told ?? jitter(FIRST_WAIT_MS, tries - 1);
      const wait = told ?? jitter(FIRST_WAIT_MS, failuresInARow - 1);
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
