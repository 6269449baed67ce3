import { createLimiter, type Outcome } from '../../../src/backends/api/limiter.js';
import { createVirtualClock, seededRandom } from '../virtual-clock.js';

export interface Simulation {
  readonly requests: number;
  /** Requests that the server allows per minute. */
  readonly perMinute: number;
  /** A token bucket that refills steadily, a quota that is full again at every full minute, or at most so many in any minute. */
  readonly shape: 'bucket' | 'minute' | 'sliding';
  /** Requests that a full token bucket holds; unused with the others. */
  readonly burst: number;
  /** What a refusal tells: whole seconds, as servers do. */
  readonly retryAfter: boolean;
  /** Every answer tells of the quota. */
  readonly headers: boolean;
  readonly latencyMs: readonly [number, number];
  readonly max: number;
  /** Of the latencies and of the jitter. */
  readonly seed?: number;
}

export interface Simulated {
  readonly seconds: number;
  readonly idealSeconds: number;
  readonly answered: number;
  readonly refused: number;
  readonly mostInFlight: number;
  /** Share of what the server allows (and so many at once can reach) that was let in from `seconds` after the start to the last one let in. */
  shareAfter(seconds: number): number;
  /** Refusals from `seconds` after the start on. */
  refusedAfter(seconds: number): number;
}

/**
 * Runs the limiter against a simulated server in virtual time.
 */
export async function simulate(s: Simulation): Promise<Simulated> {
  const clock = createVirtualClock();
  const chance = seededRandom(s.seed ?? 1);
  const limiter = createLimiter({
    servers: 1,
    clock,
    random: seededRandom((s.seed ?? 1) + 1),
    start: 4,
    max: s.max,
    maxTries: 10,
    timeoutMs: 600_000,
  });
  const perMs = s.perMinute / 60_000;
  let bucket = s.burst;
  let filledAt = 0;
  let minute = 0;
  let used = 0;
  const refusals: number[] = [];
  const letIn: number[] = [];

  /** Whether a request is let in, and the time until the next would be. */
  function enter(now: number): { readonly allowed: boolean; readonly waitMs: number } {
    if (s.shape === 'minute') {
      if (Math.floor(now / 60_000) > minute) [minute, used] = [Math.floor(now / 60_000), 0];
      const allowed = used < s.perMinute;
      if (allowed) used += 1;
      return { allowed, waitMs: (minute + 1) * 60_000 - now };
    }
    if (s.shape === 'sliding') {
      const oldest = letIn[letIn.length - s.perMinute];
      const allowed = oldest === undefined || oldest <= now - 60_000;
      return { allowed, waitMs: allowed ? 0 : (oldest ?? 0) + 60_000 - now };
    }
    bucket = Math.min(s.burst, bucket + (now - filledAt) * perMs);
    filledAt = now;
    const allowed = bucket >= 1;
    if (allowed) bucket -= 1;
    return { allowed, waitMs: (1 - bucket) / perMs };
  }

  async function attempt(): Promise<Outcome<number>> {
    const { allowed, waitMs } = enter(clock.now());
    (allowed ? letIn : refusals).push(clock.now());
    const [limit, remaining, resetMs] =
      s.shape === 'minute' ? [s.perMinute, s.perMinute - used, waitMs] : [s.burst, Math.floor(bucket), (s.burst - bucket) / perMs];
    const quotas = s.headers ? [{ unit: 'requests' as const, limit, remaining, resetMs }] : [];
    if (!allowed) {
      await clock.sleep(20);
      const retryAfterMs = s.retryAfter ? Math.ceil(waitMs / 1000) * 1000 : null;
      return { kind: 'again', reason: 'http', message: '429', overload: true, refused: true, retryAfterMs, quotas };
    }
    const [least, most] = s.latencyMs;
    await clock.sleep(least + (most - least) * chance());
    return { kind: 'done', value: 1, quotas };
  }

  async function* jobs(): AsyncGenerator<number> {
    for (let i = 0; i < s.requests; i++) yield i;
  }
  let answered = 0;
  await clock.drive(
    (async () => {
      const work = { attempt, giveUp: () => 0 };
      for await (const { value } of limiter.run<number, number>(jobs(), work, new AbortController().signal)) answered += value;
    })(),
  );
  const idealSeconds = (s.requests - (s.shape === 'bucket' ? Math.min(s.burst, s.requests) : 0)) / (s.perMinute / 60);
  const [least, most] = s.latencyMs;
  const possible = Math.min(perMs, s.max / ((least + most) / 2));
  return {
    seconds: clock.now() / 1000,
    idealSeconds,
    answered,
    refused: refusals.length,
    mostInFlight: limiter.counts.mostInFlight,
    shareAfter(seconds) {
      const after = letIn.filter((at) => at >= seconds * 1000);
      return after.length / (((letIn.at(-1) ?? 0) - seconds * 1000) * possible);
    },
    refusedAfter: (seconds) => refusals.filter((at) => at >= seconds * 1000).length,
  };
}
