import { createScheduler, type Outcome } from '../../../src/backends/api/scheduler.js';
import { createVirtualClock, seededRandom } from '../virtual-clock.js';

export interface Simulation {
  readonly requests: number;
  /** Requests that the server allows per minute. */
  readonly perMinute: number;
  /** Requests that a full token bucket holds; unused with a window. */
  readonly burst: number;
  /** The quota is full again at every full minute, instead of refilling steadily. */
  readonly window: boolean;
  /** What a refusal tells: whole seconds, as servers do. */
  readonly retryAfter: boolean;
  /** Every answer tells of the quota. */
  readonly headers: boolean;
  readonly latencyMs: readonly [number, number];
  readonly max: number;
}

/**
 * Runs the scheduler against a simulated server in virtual time.
 */
export async function simulate(
  s: Simulation,
): Promise<{ seconds: number; idealSeconds: number; answered: number; refused: number; mostInFlight: number }> {
  const clock = createVirtualClock();
  const chance = seededRandom(1);
  const scheduler = createScheduler({ servers: 1, clock, random: seededRandom(2), start: 4, max: s.max, maxTries: 10, timeoutMs: 600_000 });
  const perMs = s.perMinute / 60_000;
  let bucket = s.burst;
  let filledAt = 0;
  let minute = 0;
  let used = 0;
  let refused = 0;

  /** Whether a request is let in, and the time until the next would be. */
  function enter(now: number): { readonly allowed: boolean; readonly waitMs: number } {
    if (s.window) {
      if (Math.floor(now / 60_000) > minute) [minute, used] = [Math.floor(now / 60_000), 0];
      const allowed = used < s.perMinute;
      if (allowed) used += 1;
      return { allowed, waitMs: (minute + 1) * 60_000 - now };
    }
    bucket = Math.min(s.burst, bucket + (now - filledAt) * perMs);
    filledAt = now;
    const allowed = bucket >= 1;
    if (allowed) bucket -= 1;
    return { allowed, waitMs: (1 - bucket) / perMs };
  }

  async function attempt(): Promise<Outcome<number>> {
    const { allowed, waitMs } = enter(clock.now());
    const [limit, remaining, resetMs] = s.window
      ? [s.perMinute, s.perMinute - used, waitMs]
      : [s.burst, Math.floor(bucket), (s.burst - bucket) / perMs];
    const quotas = s.headers ? [{ unit: 'requests' as const, limit, remaining, resetMs }] : [];
    if (!allowed) {
      refused += 1;
      await clock.sleep(20);
      const retryAfterMs = s.retryAfter ? Math.ceil(waitMs / 1000) * 1000 : null;
      return { kind: 'again', reason: 'http', message: '429', overload: true, retryAfterMs, quotas };
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
      for await (const { value } of scheduler.run<number, number>(jobs(), work, new AbortController().signal)) answered += value;
    })(),
  );
  const idealSeconds = (s.requests - (s.window ? 0 : Math.min(s.burst, s.requests))) / (s.perMinute / 60);
  return { seconds: clock.now() / 1000, idealSeconds, answered, refused, mostInFlight: scheduler.counts.mostInFlight };
}
