import { describe, expect, it } from 'vitest';
import { type Admission, type Again, type Attempt, createLimiter, type Outcome, type Work } from '../../../src/backends/api/limiter.js';
import { createVirtualClock, seededRandom } from '../virtual-clock.js';
import { type Simulation, simulate } from './simulated-server.js';

async function* numbers(n: number, pulled: { count: number } = { count: 0 }): AsyncGenerator<number> {
  for (let i = 0; i < n; i++) {
    pulled.count += 1;
    yield i;
  }
}

function setUp(options: { max?: number; servers?: number; timeoutMs?: number; maxTries?: number } = {}) {
  const clock = createVirtualClock();
  const settings = { servers: 1, clock, random: seededRandom(5), start: 4, max: 16, maxTries: 5, timeoutMs: 10_000, ...options };
  return { clock, limiter: createLimiter(settings) };
}

const ok = <R>(value: R): Outcome<R> => ({ kind: 'done', value });
const again = (overload = false): Again => ({ kind: 'again', reason: 'http', message: 'no', overload, retryAfterMs: null });
const giveUp = (): number => -1;

/** Virtual seconds for `n` requests of which a share is refused by chance, whatever the rate. */
async function secondsByChance(share: number, n: number, seed: number): Promise<number> {
  const clock = createVirtualClock();
  const limiter = createLimiter({
    servers: 1,
    clock,
    random: seededRandom(seed + 1000),
    start: 4,
    max: 64,
    maxTries: 20,
    timeoutMs: 600_000,
  });
  const chance = seededRandom(seed);
  let end = 0;
  async function attempt(job: number): Promise<Outcome<number>> {
    const refused = chance() < share;
    await clock.sleep(refused ? 20 : 500);
    return refused ? { ...again(true), refused: true } : ok(job);
  }
  const run = async (): Promise<void> => {
    for await (const _ of limiter.run<number, number>(numbers(n), { attempt, giveUp }, new AbortController().signal)) end = clock.now();
  };
  await clock.drive(run());
  return end / 1000;
}

describe('throughput against a limit per minute', () => {
  // A bucket of a few requests, a whole minute's bucket, a window that opens every minute; with and without what servers may tell.
  const servers: Pick<Simulation, 'burst' | 'shape'>[] = [
    { burst: 10, shape: 'bucket' },
    { burst: 500, shape: 'bucket' },
    { burst: 0, shape: 'minute' },
  ];
  const said = [
    { retryAfter: false, headers: false },
    { retryAfter: true, headers: false },
    { retryAfter: false, headers: true },
    { retryAfter: true, headers: true },
  ];
  it.each(servers.flatMap((s) => said.map((t) => ({ ...s, ...t }))))('is above 85 %%: %o', async (server) => {
    const result = await simulate({ requests: 2000, perMinute: 500, latencyMs: [500, 700], max: 64, ...server });
    expect(result.answered).toBe(2000);
    // A window lets its last quota go at once, so it may even be a little quicker than its mean.
    expect(result.idealSeconds / result.seconds).toBeGreaterThan(0.85);
    expect(result.refused).toBeLessThan(150);
  });

  // Only refusals tell of the limit, and after three minutes it is known.
  const shapes = [
    { shape: 'bucket', burst: 1 },
    { shape: 'bucket', burst: 10 },
    { shape: 'minute', burst: 0 },
    { shape: 'sliding', burst: 0 },
  ] as const;
  const latencies = [
    [80, 120],
    [500, 700],
    [1800, 2200],
  ] as const;
  const paces = [
    ...[60, 500].flatMap((perMinute) => latencies.map((latencyMs) => ({ perMinute, latencyMs }))),
    { perMinute: 3000, latencyMs: latencies[1] },
  ];
  it.each(shapes.flatMap((s) => paces.flatMap((p) => [true, false].map((retryAfter) => ({ ...s, ...p, retryAfter })))))(
    'is above 80 %% once the limit is learnt, with few refusals: %o',
    async (server) => {
      const requests = server.perMinute * (server.perMinute > 1000 ? 5 : 9);
      const result = await simulate({ requests, headers: false, max: 64, ...server });
      expect(result.answered).toBe(requests);
      expect(result.shareAfter(180)).toBeGreaterThan(0.8);
      expect(result.refusedAfter(180)).toBeLessThan(0.12 * requests);
      expect(result.refused).toBeLessThan(0.15 * requests);
    },
  );

  it('finds the limit again when it is lowered and raised', async () => {
    const { clock, limiter } = setUp({ max: 64, maxTries: 10 });
    // A bucket of one: 600 a minute, 120 from minute 5 to 10, 600 again.
    const perMs = (now: number): number => (now > 300_000 && now < 600_000 ? 0.002 : 0.01);
    let last = Number.NEGATIVE_INFINITY;
    const letIn: number[] = [];
    async function attempt(job: number): Promise<Outcome<number>> {
      const now = clock.now();
      const allowed = (now - last) * perMs(now) >= 1 - 1e-9;
      if (allowed) letIn.push(now);
      if (allowed) last = now;
      await clock.sleep(allowed ? 500 : 20);
      return allowed ? ok(job) : { ...again(true), refused: true };
    }
    await clock.drive(collect(limiter.run(numbers(6500), { attempt, giveUp }, new AbortController().signal), []));
    const inMinutes = (from: number, to: number): number => letIn.filter((at) => at >= from * 60_000 && at < to * 60_000).length;
    expect(inMinutes(3, 5)).toBeGreaterThan(0.9 * 1200);
    expect(inMinutes(7, 10)).toBeGreaterThan(0.85 * 360);
    expect(inMinutes(13, 14)).toBeGreaterThan(0.85 * 600);
  });

  it.each([
    [0.01, 3000, 1],
    [0.1, 3000, 1],
    [0.15, 1000, 10],
    [0.3, 200, 20],
    [0.3, 1000, 20],
    [0.45, 1000, 10],
  ])('keeps at least 60 %% of what is let in where a share of %d is refused by chance (%d requests, %d seeds)', async (share, n, seeds) => {
    // The same run where nothing is refused lets in all that it sends; of that, this share is let in.
    const letIn = (n / (await secondsByChance(0, n, 1))) * (1 - share);
    const ratios = [];
    for (let seed = 1; seed <= seeds; seed++) ratios.push([n / (await secondsByChance(share, n, seed)) / letIn, seed]);
    expect(ratios.filter(([ratio = 0]) => ratio < 0.6)).toEqual([]);
  });

  it.each([2, 8, 20])('keeps at least 70 %% of what a server lets in that takes %d requests at once', async (most) => {
    for (let seed = 1; seed <= 2; seed++) {
      const { clock, limiter } = setUp({ max: 64, maxTries: 20 });
      const chance = seededRandom(seed);
      let taken = 0;
      async function attempt(job: number): Promise<Outcome<number>> {
        if (taken >= most) {
          await clock.sleep(20);
          return { ...again(true), refused: true };
        }
        taken += 1;
        await clock.sleep(350 + 300 * chance());
        taken -= 1;
        return ok(job);
      }
      await clock.drive(collect(limiter.run(numbers(most * 200), { attempt, giveUp }, new AbortController().signal), []));
      expect((200 * 0.5) / (clock.now() / 1000)).toBeGreaterThan(0.7);
    }
  });

  it('reaches the most allowed at once where nothing is refused', async () => {
    const result = await simulate({
      requests: 3200,
      perMinute: 1e9,
      burst: 1e9,
      latencyMs: [500, 500],
      max: 32,
      shape: 'bucket',
      retryAfter: false,
      headers: false,
    });
    expect(result.refused).toBe(0);
    // 100 rounds of 32 at half a second, and a few rounds to get there.
    expect(result.seconds).toBeLessThan(55);
  });

  it('shares the load of several servers and leaves one that is down', async () => {
    const { clock, limiter } = setUp({ servers: 3, maxTries: 10 });
    const asked = [0, 0, 0];
    async function attempt(job: number, at: Attempt): Promise<Outcome<number>> {
      asked[at.server] = (asked[at.server] ?? 0) + 1;
      await clock.sleep(at.server === 2 ? 1 : 100);
      return at.server === 2 ? again(true) : ok(job);
    }
    const values: number[] = [];
    await clock.drive(collect(limiter.run(numbers(1000), { attempt, giveUp }, new AbortController().signal), values));
    expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(asked[0]).toBeGreaterThan(400);
    expect(asked[1]).toBeGreaterThan(400);
    expect(asked[2]).toBeLessThan(30);
  });
});

async function collect<J>(finished: AsyncIterable<{ job: J; value: number }>, values: number[]): Promise<void> {
  for await (const { value } of finished) values.push(value);
}

describe('jobs', () => {
  it('are pulled only as there is room', async () => {
    const { clock, limiter } = setUp();
    const pulled = { count: 0 };
    let worst = 0;
    let ended = 0;
    async function attempt(job: number): Promise<Outcome<number>> {
      worst = Math.max(worst, pulled.count - ended);
      await clock.sleep(10 + (job % 7));
      ended += 1;
      return ok(job);
    }
    await clock.drive(collect(limiter.run(numbers(2000, pulled), { attempt, giveUp }, new AbortController().signal), []));
    expect(worst).toBeLessThanOrEqual(18);
  });

  it('that fail are tried again a bounded number of times and then given up', async () => {
    const { clock, limiter } = setUp({ maxTries: 5 });
    const tries = new Map<number, number>();
    async function attempt(job: number, at: Attempt): Promise<Outcome<number>> {
      expect(at.tries).toBe((tries.get(job) ?? 0) + 1);
      tries.set(job, at.tries);
      return job % 10 === 0 ? again() : ok(job);
    }
    const values: number[] = [];
    await clock.drive(collect(limiter.run(numbers(50), { attempt, giveUp }, new AbortController().signal), values));
    expect(values.filter((v) => v === -1)).toHaveLength(5);
    expect([...tries].filter(([job]) => job % 10 === 0).map(([, n]) => n)).toEqual([5, 5, 5, 5, 5]);
  });

  it('wait at least as long as Retry-After says, and so do all others', async () => {
    const { clock, limiter } = setUp();
    const starts: number[] = [];
    async function attempt(job: number): Promise<Outcome<number>> {
      starts.push(clock.now());
      if (starts.length > 1) return ok(job);
      return { kind: 'again', reason: 'http', message: '429', overload: true, retryAfterMs: 7000 };
    }
    await clock.drive(collect(limiter.run(numbers(3), { attempt, giveUp }, new AbortController().signal), []));
    expect(starts.filter((at) => at > 0 && at < 7000)).toEqual([]);
    expect(starts.at(-1)).toBeGreaterThanOrEqual(7000);
  });

  it.each([1, 2, 3])('go on when more of them wait for another try than may run at once (%d)', async (max) => {
    const { clock, limiter } = setUp({ max, maxTries: 10 });
    let sent = 0;
    const attempt = async (job: number): Promise<Outcome<number>> => (sent++ < 3 * max ? again() : ok(job));
    const values: number[] = [];
    await clock.drive(collect(limiter.run(numbers(30), { attempt, giveUp }, new AbortController().signal), values));
    expect(values).toHaveLength(30);
  });

  it('that never answer end at the time limit, though they do not heed their signal', async () => {
    const { clock, limiter } = setUp({ timeoutMs: 1000 });
    const lost: string[] = [];
    const work: Work<number, number> = {
      attempt: async () => new Promise(() => undefined),
      giveUp(_job, last) {
        lost.push(`${last.reason}: ${last.message}`);
        return -1;
      },
    };
    await clock.drive(collect(limiter.run(numbers(2), work, new AbortController().signal), []));
    expect(lost).toEqual(['timeout: no answer within 1 s', 'timeout: no answer within 1 s']);
  });

  it('end with one error when nothing is answered any more', async () => {
    const { clock, limiter } = setUp({ maxTries: 2 });
    const attempt = async (job: number): Promise<Outcome<number>> => (job === 0 ? ok(job) : again());
    const run = collect(limiter.run(numbers(1000), { attempt, giveUp }, new AbortController().signal), []);
    await expect(clock.drive(run)).rejects.toThrow(/the last 25 requests all failed for good \(no\)/);
  });

  it('that cannot be reached for a while go on where the servers answered before', async () => {
    for (const before of [true, false]) {
      const { clock, limiter } = setUp({ maxTries: 10 });
      if (before) limiter.reached();
      const lost: Again = {
        kind: 'again',
        reason: 'http',
        message: 'cannot be reached',
        overload: false,
        retryAfterMs: null,
        unreachable: true,
      };
      const attempt = async (job: number): Promise<Outcome<number>> => (clock.now() < 15_000 ? lost : ok(job));
      const values: number[] = [];
      const run = clock.drive(collect(limiter.run(numbers(5), { attempt, giveUp }, new AbortController().signal), values));
      if (before) await run;
      else await expect(run).rejects.toThrow('cannot be reached');
      expect(values).toHaveLength(before ? 5 : 0);
    }
  });

  it('end within 20 s with one line where every request breaks and nothing was ever answered', async () => {
    const { clock, limiter } = setUp({ maxTries: 10 });
    const run = collect(limiter.run(numbers(1000), { attempt: async () => again(), giveUp }, new AbortController().signal), []);
    await expect(clock.drive(run)).rejects.toThrow(/^nothing was answered: \d+ requests failed in 1\d s \(no\)$/);
    expect(clock.now()).toBeLessThan(20_000);
  });

  it('that a server takes and leaves without a word are said, at growing intervals', async () => {
    const lines: string[] = [];
    const clock = createVirtualClock();
    const settings = { servers: 1, clock, random: seededRandom(5), start: 4, max: 16, maxTries: 5, timeoutMs: 600_000 };
    const limiter = createLimiter({ ...settings, say: (line) => lines.push(`${clock.now() / 1000}: ${line}`) });
    const attempt = (_job: number, at: Attempt): Promise<Outcome<number>> =>
      new Promise((resolve) => at.signal.addEventListener('abort', () => resolve(again())));
    await clock.drive(collect(limiter.run(numbers(2), { attempt, giveUp }, new AbortController().signal), []));
    expect(lines[0]).toMatch(/^10: nothing was answered for 10 s: 2 requests under way \(each may take 600 s \(--timeout\)\), 0 failed/);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.length).toBeLessThan(10);
  });

  it('stop at once on abort: requests are cut off, finished ones still come', async () => {
    const { clock, limiter } = setUp();
    const controller = new AbortController();
    let cut = 0;
    let started = 0;
    async function attempt(job: number, at: Attempt): Promise<Outcome<number>> {
      started += 1;
      if (job === 30) controller.abort();
      await clock.sleep(100, at.signal);
      if (at.signal.aborted) cut += 1;
      return ok(job);
    }
    const values: number[] = [];
    await clock.drive(collect(limiter.run(numbers(1000), { attempt, giveUp }, controller.signal), values));
    const after = started;
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toBe(after);
    expect(new Set(values).size).toBe(values.length);
    expect(values.length + cut).toBe(started);
    expect(cut).toBeGreaterThan(0);
    expect(values.length).toBeGreaterThan(10);
    expect(limiter.inFlight()).toBe(0);
  });

  it('throw what their source throws, after what is finished', async () => {
    const { clock, limiter } = setUp();
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      yield 2;
      throw new Error('row 3 is broken');
    }
    const values: number[] = [];
    const run = collect(limiter.run(broken(), { attempt: async (job) => ok(job), giveUp }, new AbortController().signal), values);
    await expect(clock.drive(run)).rejects.toThrow('row 3 is broken');
    expect(values).toEqual([1, 2]);
  });

  it('wait for admission while others are under way', async () => {
    const { clock, limiter } = setUp();
    let room = 2;
    const admit = (job: number): Admission<number> =>
      job >= 8 ? { kind: 'done', value: -2 } : room > 0 ? { kind: 'go' } : { kind: 'wait' };
    async function attempt(job: number): Promise<Outcome<number>> {
      room -= 1;
      expect(room).toBeGreaterThanOrEqual(0);
      await clock.sleep(50);
      room += 1;
      return ok(job);
    }
    const values: number[] = [];
    await clock.drive(collect(limiter.run(numbers(10), { attempt, giveUp, admit }, new AbortController().signal), values));
    expect(values.sort((a, b) => a - b)).toEqual([-2, -2, 0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
