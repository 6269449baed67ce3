import { createQuotaGate, type Quota } from './quota.js';

/**
 * How many requests one server gets at a time: additive increase, multiplicative decrease, as in TCP congestion control.
 *
 * It starts low and doubles each round while the server is glad, halves when the server says it has too much (429, 503, a timeout), then climbs
 * quickly to just below where it broke and slowly past it. A `Retry-After` or an empty quota holds back every request, not only the refused one.
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
  /** A request failed; `overload`: the server has too much to do. Returns the milliseconds after which it may be tried again. */
  failed(now: number, sentAt: number, overload: boolean, retryAfterMs: number | null, quotas: readonly Quota[]): number;
  /** A request ended without telling anything about the server (aborted, or refused for its content). */
  released(): void;
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
/** Answer times until the limit is back where it broke. */
const ROUNDS_TO_KNEE = 20;
/** A round (as many answers as the limit) must bring this much more answers per second for the doubling to go on. */
const GAIN = 1.1;

/**
 * Returns the pace of one server. Times are in milliseconds of the caller's clock.
 */
export function createPace(options: PaceOptions): Pace {
  const gate = createQuotaGate();
  let limit = Math.max(1, Math.min(options.start, options.max));
  let inFlight = 0;
  let hold = Number.NEGATIVE_INFINITY;
  let halvedAt = Number.NEGATIVE_INFINITY;
  let knee = Number.POSITIVE_INFINITY;
  let doubling = true;
  let refusedOnce = false;
  let lastStart = Number.NEGATIVE_INFINITY;
  let meanLatency = 0;
  let failuresInARow = 0;
  let round = { since: 0, answers: 0, rate: 0 };

  function rise(now: number): void {
    // Only a limit that was used says anything about a higher one.
    if (inFlight + 1 < Math.floor(limit)) return;
    if (Number.isFinite(knee)) limit = Math.max(limit, cubic(now));
    else limit += doubling ? 1 : 1 / limit;
    limit = Math.min(limit, options.max);
    if (!doubling) return;
    if (round.answers === 0) round.since = now;
    round.answers += 1;
    if (round.answers < limit || now <= round.since) return;
    const rate = round.answers / (now - round.since);
    if (rate < round.rate * GAIN) doubling = false;
    round = { since: now, answers: 0, rate };
  }

  /** From half the knee quickly to just below it, slowly past it, then faster again (CUBIC, RFC 9438, with the time of the plateau in rounds). */
  function cubic(now: number): number {
    const plateau = Math.min(Math.max(ROUNDS_TO_KNEE * meanLatency, 2000), 60_000);
    return knee * (1 + 0.5 * ((now - Math.max(halvedAt, hold)) / plateau - 1) ** 3);
  }

  /** A server that counts requests per time refuses waves of them, so once it refused, starts are spread evenly over the time an answer takes. */
  const gap = (): number => (refusedOnce ? meanLatency / limit : 0);

  return {
    get inFlight() {
      return inFlight;
    },
    get limit() {
      // Spread starts make up for the fraction of a request.
      return Math.max(1, refusedOnce ? Math.ceil(limit) : Math.floor(limit));
    },
    notBefore: () => Math.max(hold, gate.notBefore(), lastStart + gap()),
    started(now) {
      inFlight += 1;
      lastStart = now;
      gate.started(now);
    },
    succeeded(now, sentAt, quotas, tokens) {
      rise(now);
      meanLatency = meanLatency === 0 ? now - sentAt : meanLatency * 0.9 + (now - sentAt) * 0.1;
      inFlight -= 1;
      failuresInARow = 0;
      gate.heard(now, sentAt, quotas, tokens, 0);
    },
    failed(now, sentAt, overload, retryAfterMs, quotas) {
      inFlight -= 1;
      failuresInARow += 1;
      gate.heard(now, sentAt, quotas, 0, overload ? failuresInARow : 0);
      // Full jitter (any moment up to an exponentially growing bound) keeps refused requests from coming back as one wave.
      const bound = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failuresInARow - 1, 10));
      const wait = retryAfterMs === null ? options.random() * bound : retryAfterMs * (1 + 0.05 * options.random());
      if (!overload && failuresInARow < FAILURES_IN_A_ROW) return wait;
      refusedOnce = true;
      hold = Math.max(hold, now + wait);
      // Requests sent before the last halving tell nothing new: one wave of refusals halves once.
      if (sentAt >= halvedAt) {
        // Breaking earlier than the last time means that there is less to have.
        knee = limit < knee && Number.isFinite(knee) ? limit * 0.97 : limit;
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
