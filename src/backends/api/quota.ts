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

export interface QuotaGate {
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
      if (quotas.length === 0) {
        startedAt.length = 0;
        return;
      }
      if (sentAt < heardOf) return;
      heardOf = sentAt;
      startedAt = startedAt.filter((at) => at > sentAt);
      for (const quota of quotas) {
        const size = quota.unit === 'requests' ? 1 : Math.max(1, meanTokens);
        const perMs = quota.limit === null || quota.resetMs === 0 ? 0 : (quota.limit - quota.remaining) / quota.resetMs;
        // Servers count when a request arrives; since then others have started and the quota has been refilled.
        const left = quota.remaining - startedAt.length * size + (now - sentAt) * perMs;
        if (left >= size && refusals === 0) continue;
        const bucket = perMs > 0 && refusals < 2;
        hold = Math.max(
          hold,
          now + (bucket ? Math.min(quota.resetMs, Math.max(0, size - left) / perMs) : quota.remaining < size ? quota.resetMs : 0),
        );
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
  const quotas: Quota[] = [];
  for (const unit of ['requests', 'tokens'] as const) {
    const remaining = whole(header(`x-ratelimit-remaining-${unit}`));
    const resetMs = duration(header(`x-ratelimit-reset-${unit}`));
    if (remaining === null || resetMs === null) continue;
    quotas.push({ unit, limit: whole(header(`x-ratelimit-limit-${unit}`)), remaining, resetMs });
  }
  for (const name of ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const) {
    const remaining = whole(header(`anthropic-ratelimit-${name}-remaining`));
    const reset = Date.parse(header(`anthropic-ratelimit-${name}-reset`) ?? '');
    if (remaining === null || Number.isNaN(reset)) continue;
    const unit = name === 'requests' ? 'requests' : 'tokens';
    quotas.push({ unit, limit: whole(header(`anthropic-ratelimit-${name}-limit`)), remaining, resetMs: Math.max(0, reset - wallClock) });
  }
  return quotas;
}

function whole(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text.trim()) ? Number(text) : null;
}

/** Milliseconds of a Go duration such as `6m0s`, `1.5s`, `120ms`; null when it is none. */
function duration(text: string | null): number | null {
  if (text === null || text === '') return null;
  const scale: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  let rest = text.trim();
  let total = 0;
  while (rest !== '') {
    const part = /^(\d+(?:\.\d+)?)(ms|h|m|s)/.exec(rest);
    if (part === null) return null;
    total += Number(part[1]) * (scale[part[2] ?? ''] ?? 0);
    rest = rest.slice(part[0].length);
  }
  return total;
}
