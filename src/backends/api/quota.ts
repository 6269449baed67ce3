/** What a server says of its quotas in the headers of every answer, and the waiting that follows from it. */

/** One quota: requests, or tokens of one kind. */
export interface Quota {
  readonly unit: 'requests' | 'tokens';
  /** Null where the server does not say. */
  readonly limit: number | null;
  readonly remaining: number;
  /** Milliseconds until the quota is full again. */
  readonly resetMs: number;
}

interface QuotaGate {
  notBefore(): number;
  started(now: number): void;
  /** An answer to a request sent at `sentAt` told of quotas; `refusals`: how many refusals there were in a row, this one included. */
  heard(now: number, sentAt: number, quotas: readonly Quota[], tokens: number, refusals: number): void;
}

/**
 * Returns a gate that closes when the quota that the last answer told of is used up.
 *
 * OpenAI and Anthropic refill quotas continuously (a token bucket): with `limit - remaining` missing and `reset` milliseconds until full, one more
 * request is allowed every `reset / (limit - remaining)`. A server that refuses a second time all the same fills up at once at the reset, so then the
 * whole reset is waited for.
 */
export function createQuotaGate(): QuotaGate {
  let hold = Number.NEGATIVE_INFINITY;
  let meanTokens = 0;
  let heardOf = Number.NEGATIVE_INFINITY;
  // Times of requests that started after the answer that told of the quota was asked for.
  let startedAt: number[] = [];
  return {
    notBefore: () => hold,
    started(now) {
      startedAt.push(now);
      if (startedAt.length > 10_000) startedAt = startedAt.slice(-5_000);
    },
    heard(now, sentAt, quotas, tokens, refusals) {
      if (tokens > 0) meanTokens = meanTokens === 0 ? tokens : meanTokens * 0.9 + tokens * 0.1;
      if (quotas.length === 0 || sentAt < heardOf) return;
      heardOf = sentAt;
      startedAt = startedAt.filter((at) => at > sentAt);
      for (const quota of quotas) {
        const size = quota.unit === 'requests' ? 1 : Math.max(1, meanTokens);
        const perMs = quota.limit === null || quota.resetMs === 0 ? 0 : (quota.limit - quota.remaining) / quota.resetMs;
        // Servers count when a request arrives; since then others have started and the quota has been refilled.
        const left = quota.remaining - startedAt.length * size + (now - sentAt) * perMs;
        if (left >= size && refusals === 0) continue;
        const whole = quota.remaining < size ? quota.resetMs : 0;
        const wait = perMs > 0 && refusals < 2 ? Math.min(quota.resetMs, Math.max(0, size - left) / perMs) : whole;
        hold = Math.max(hold, now + wait);
      }
    },
  };
}

/**
 * Reads the quota headers of OpenAI (`x-ratelimit-remaining-requests`, `x-ratelimit-reset-requests: 1m2s`, likewise `-tokens`) and of Anthropic
 * (`anthropic-ratelimit-requests-remaining`, `anthropic-ratelimit-requests-reset: 2025-01-01T00:00:00Z`, likewise `-input-tokens`, `-output-tokens`, `-tokens`).
 * `wallClock` is the present as milliseconds since 1970, for Anthropic's dates. Unreadable headers count as absent.
 */
export function readQuotas(header: (name: string) => string | null, wallClock: number): Quota[] {
  return HEADERS.flatMap(([unit, name]) => {
    const told = (what: string): string => header(name.replace('*', what))?.trim() ?? '';
    const remaining = whole(told('remaining'));
    const resetMs = name.startsWith('x-') ? duration(told('reset')) : Date.parse(told('reset')) - wallClock;
    if (remaining === null || Number.isNaN(resetMs)) return [];
    return [{ unit, limit: whole(told('limit')), remaining, resetMs: Math.max(0, resetMs) }];
  });
}

/** What is counted, and the names of the headers: with `remaining`, `limit` and `reset` in place of the star. */
const HEADERS = [
  ['requests', 'x-ratelimit-*-requests'],
  ['tokens', 'x-ratelimit-*-tokens'],
  ['requests', 'anthropic-ratelimit-requests-*'],
  ['tokens', 'anthropic-ratelimit-tokens-*'],
  ['tokens', 'anthropic-ratelimit-input-tokens-*'],
  ['tokens', 'anthropic-ratelimit-output-tokens-*'],
] as const;

function whole(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null;
}

const MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds of a Go duration such as `6m0s`, `1.5s`, `120ms`; NaN when it is none. */
function duration(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text)) return Number.NaN;
  return [...text.matchAll(/([\d.]+)([a-z]+)/g)].reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (MS[unit] ?? Number.NaN), 0);
}
