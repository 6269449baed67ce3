import { describe, expect, it } from 'vitest';
import { API_LIMITS, judgeError, judgeThrown, readRetryAfter } from '../../../src/backends/api/http.js';
import { readQuotas } from '../../../src/backends/api/quota.js';
import { redact } from '../../../src/http/redact.js';

const KEY = 'sk-planted-0123456789abcdef';
const WHERE = { url: 'http://server/v1', model: 'model', keyFrom: 'MY_KEY', secrets: [KEY] };
const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);
const headers = (h: Record<string, string>) => (name: string) => h[name] ?? null;

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '1250', 'retry-after': '2' }, 1250],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('%j', (h, ms) => {
    expect(readRetryAfter(headers(h), NOW)).toBe(ms);
  });
});

describe('quota headers', () => {
  it('of OpenAI', () => {
    const h = {
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1m2.5s',
      'x-ratelimit-limit-tokens': '30000',
      'x-ratelimit-remaining-tokens': '29000',
      'x-ratelimit-reset-tokens': '120ms',
    };
    expect(readQuotas(headers(h), NOW)).toEqual([
      { unit: 'requests', limit: 500, remaining: 0, resetMs: 62_500 },
      { unit: 'tokens', limit: 30_000, remaining: 29_000, resetMs: 120 },
    ]);
  });
  it('of Anthropic', () => {
    const h = {
      'anthropic-ratelimit-input-tokens-remaining': '100',
      'anthropic-ratelimit-input-tokens-limit': '40000',
      'anthropic-ratelimit-input-tokens-reset': '2026-01-01T12:00:45Z',
    };
    expect(readQuotas(headers(h), NOW)).toEqual([{ unit: 'tokens', limit: 40_000, remaining: 100, resetMs: 45_000 }]);
  });
  it('that cannot be read count as absent', () => {
    expect(readQuotas(headers({ 'x-ratelimit-remaining-requests': 'many', 'x-ratelimit-reset-requests': '1s' }), NOW)).toEqual([]);
    expect(readQuotas(headers({ 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': 'tomorrow' }), NOW)).toEqual([]);
  });
});

describe('errors', () => {
  const judge = (status: number, body: unknown) =>
    judgeError({ status, header: () => null, text: typeof body === 'string' ? body : JSON.stringify(body) }, WHERE, NOW);

  it.each([
    [400, { error: { message: 'bad', code: 400 } }, 'http'],
    [400, { error: { message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens." } }, 'too long'],
    [413, 'too large', 'too long'],
    [400, { error: { message: 'filtered', code: 'content_filter' } }, 'refused'],
    [418, { detail: 'teapot' }, 'http'],
  ])('%d %j is a failure of one request: %s', (status, body, reason) => {
    expect(judge(status, body)).toMatchObject({ kind: 'failure', reason });
  });

  it.each([
    [429, true],
    [503, true],
    [529, true],
    [500, false],
    [502, false],
    [408, false],
  ])('%d passes; overload: %s', (status, overload) => {
    expect(judge(status, 'x')).toMatchObject({ kind: 'again', overload });
  });

  it('never show a key, whoever puts it there', () => {
    const messages = [
      judge(500, { error: { message: `your key ${KEY} broke it` } }),
      judge(400, `Authorization: Bearer ${KEY}`),
      judgeThrown(new TypeError('fetch failed', { cause: new Error(`proxy said ${KEY}`) }), WHERE),
    ].map((m) => JSON.stringify(m));
    expect(() => judge(401, { error: { message: `Incorrect API key provided: ${KEY}` } })).toThrow(
      /refuses the key \(HTTP 401: Incorrect API key provided: \[key\]\); a valid key must be in the environment variable MY_KEY/,
    );
    expect(messages.join()).not.toContain('0123456789');
    expect(redact('hf_abcdefghijklmnop and AIzaSyA1234567890', [])).toBe('[key] and [key]');
  });
});

describe('the connection', () => {
  it('has no limit of its own on silence: long generations are silent for minutes', () => {
    expect(API_LIMITS.silenceMs).toBe(0);
  });
});
