import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/backends/api/clock.js';
import { type Again, type Attempt, createLimiter, type Outcome } from '../../../src/backends/api/limiter.js';
import { createVirtualClock, seededRandom } from '../virtual-clock.js';

/** Number of scenarios; FAULT_SCENARIOS=n and FAULT_SEED=n set another number and the first seed. */
const SCENARIOS = Number(process.env.FAULT_SCENARIOS ?? 300);
const FIRST_SEED = Number(process.env.FAULT_SEED ?? 1);

/** What a seed makes: a server's latencies and faults, the limiter's settings, and a clock that jumps. */
function scenario(seed: number) {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  return {
    random,
    documents: 1 + below(40),
    servers: 1 + below(2),
    max: 1 + below(6),
    maxTries: 1 + below(4),
    timeoutMs: [500, 5_000, 600_000][below(3)] ?? 500,
    latency: [0, 1, 40, 3000][below(4)] ?? 0,
    // Shares of each kind of outcome.
    faults: {
      refused: random() * 0.6,
      failed: random() * 0.6,
      malformed: random() * 0.2,
      mended: random() * 0.2,
      hang: random() < 0.2 ? 0.1 : 0,
    },
    told: [null, 0, 3, 50_000, 315_360_000_000][below(5)] ?? null,
    quota: below(3) === 0,
    wholeMs: below(2) === 0,
    jumps: below(3) === 0,
    budget: below(4) === 0,
  };
}

/** Runs one scenario in virtual time and checks what must hold of every one. */
async function runScenario(seed: number): Promise<void> {
  const s = scenario(seed);
  const { random } = s;
  const virtual = createVirtualClock();
  let offset = 0;
  // A clock that may stand still for a while, tick in whole milliseconds, pass a moment between two readings, and jump by a day either way.
  const clock: Clock = {
    now() {
      if (s.jumps && random() < 0.01) offset += (random() - 0.5) * 2 * 86_400_000;
      offset += random() < 0.2 ? 1 : 0;
      const now = virtual.now() + offset;
      return s.wholeMs ? Math.floor(now) : now;
    },
    sleep: virtual.sleep,
  };
  const limiter = createLimiter({ servers: s.servers, clock, random, start: 4, max: s.max, maxTries: s.maxTries, timeoutMs: s.timeoutMs });
  // A request that was cut off is not open any more, whenever its promise settles.
  const open = new Map<number, AbortSignal>();
  const mended = new Map<number, number>();
  const again = (more: Partial<Again>): Again => ({
    kind: 'again',
    reason: 'http',
    message: 'no',
    overload: false,
    retryAfterMs: null,
    ...more,
  });

  async function attempt(job: number, at: Attempt): Promise<Outcome<number>> {
    if (open.get(job)?.aborted === false) throw new Error(`document ${job} is asked twice at once`);
    open.set(job, at.signal);
    try {
      if (random() < s.faults.hang) return await new Promise((resolve) => at.signal.addEventListener('abort', () => resolve(again({}))));
      await virtual.sleep(s.latency * random(), at.signal);
      if (at.signal.aborted) return again({});
      const { refused, failed, malformed, mended: mend } = s.faults;
      const quotas = s.quota
        ? [{ unit: 'requests' as const, limit: 10, remaining: Math.floor(random() * 3), resetMs: random() * 5000 }]
        : [];
      if (random() < mend && (mended.get(job) ?? 0) < 3) {
        mended.set(job, (mended.get(job) ?? 0) + 1);
        return again({ mended: true });
      }
      if (random() < malformed) return again({ reason: 'malformed', maxTries: 3 });
      if (random() < refused) return again({ overload: true, refused: true, retryAfterMs: s.told, quotas });
      if (random() < failed) return again({ overload: random() < 0.3, retryAfterMs: random() < 0.1 ? s.told : null });
      return { kind: 'done', value: job, quotas, tokens: 10 };
    } finally {
      if (open.get(job) === at.signal) open.delete(job);
    }
  }
  async function* jobs(): AsyncGenerator<number> {
    for (let i = 0; i < s.documents; i++) {
      if (random() < 0.2) await virtual.sleep(1000 * random());
      yield i;
    }
  }
  const ended = new Set<number>();
  const admit = (): { kind: 'go' } | { kind: 'wait' } => ({ kind: s.budget && random() < 0.5 ? 'wait' : 'go' });
  const run = async (): Promise<void> => {
    for await (const { job } of limiter.run<number, number>(
      jobs(),
      { attempt, giveUp: (job) => job, admit },
      new AbortController().signal,
    )) {
      if (ended.has(job)) throw new Error(`document ${job} ended twice`);
      ended.add(job);
    }
  };
  const given: unknown = await virtual.drive(run(), 200).then(
    () => null,
    (error: unknown) => error,
  );
  // A server that answers nothing any more may end the run with a line, but nothing else may.
  if (given !== null && !/requests all failed for good|no answer could be read|nothing was answered/.test(String(given))) throw given;
  if (given === null && ended.size !== s.documents) throw new Error(`${ended.size} of ${s.documents} documents ended`);
  if (limiter.inFlight() !== 0) throw new Error(`${limiter.inFlight()} requests are still counted`);
}

describe('the limiter under random faults, latencies, quotas and clock jumps', () => {
  it(`ends every document once and never stalls, in ${SCENARIOS} scenarios`, { timeout: 300_000 }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCENARIOS; seed++) {
      try {
        await runScenario(seed);
      } catch (error) {
        expect.fail(`FAULT_SEED=${seed} FAULT_SCENARIOS=1: ${String(error)}`);
      }
    }
  });
});
