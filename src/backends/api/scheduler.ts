import { setMaxListeners } from 'node:events';
import { UserError } from '../../errors.js';
import type { FailureReason } from '../../types.js';
import type { Clock } from './clock.js';
import { createPace, type Pace } from './pace.js';
import type { Quota } from './quota.js';

/**
 * Runs jobs against one or several servers: as many at a time as each is glad of, failed ones again after a while, a bounded number of times.
 * It pulls a job only when there is room for it, so an endless list of jobs takes no memory.
 */
export interface Scheduler {
  /**
   * Yields every job once with its result, in the order they end. Ends early only when `signal` is aborted: requests under way are cut off, finished ones still yielded.
   * Throws what `attempt` throws.
   */
  run<J, R>(jobs: AsyncIterable<J>, work: Work<J, R>, signal: AbortSignal): AsyncGenerator<Finished<J, R>>;
  /** Requests under way. */
  inFlight(): number;
  /** Counts for the result file. */
  readonly counts: Readonly<SchedulerCounts>;
}

export interface SchedulerCounts {
  attempts: number;
  retries: number;
  /** 429, 503, timeouts and the like. */
  overloads: number;
  timeouts: number;
  mostInFlight: number;
}

/** What a job's requests came to. */
export type Outcome<R> = { readonly kind: 'done'; readonly value: R; readonly quotas?: readonly Quota[]; readonly tokens?: number } | Again;

/** Not answered; worth another try. */
export interface Again {
  readonly kind: 'again';
  readonly reason: FailureReason;
  readonly message: string;
  /** The server has too much to do: everything slows down. */
  readonly overload: boolean;
  /** True where it turned the request away at once (429, 503), as servers with a limit per time do. */
  readonly refused?: boolean;
  readonly retryAfterMs: number | null;
  readonly quotas?: readonly Quota[];
  /** Tries after which it is given up, where that is fewer than usual. */
  readonly maxTries?: number;
  /** True for a try that does not count: the request itself was mended and goes out again at once. */
  readonly mended?: boolean;
  /** True where the server may have done (and charged for) the work all the same. */
  readonly maybePaid?: boolean;
}

/** What a try is told. */
export interface Attempt {
  /** Index of the server to ask. */
  readonly server: number;
  /** 1 for the first try. */
  readonly tries: number;
  readonly signal: AbortSignal;
}

export type Admission<R> = { readonly kind: 'go' } | { readonly kind: 'wait' } | { readonly kind: 'done'; readonly value: R };

export interface Work<J, R> {
  attempt(job: J, at: Attempt): Promise<Outcome<R>>;
  /** The result of a job that was given up. */
  giveUp(job: J, last: Again, tries: number): R;
  /** Asked before a job starts; `wait` is allowed only while others are under way. */
  admit?(job: J): Admission<R>;
}

export interface Finished<J, R> {
  readonly job: J;
  readonly value: R;
}

export interface SchedulerOptions {
  readonly servers: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Requests at once per server, in the beginning and at most. */
  readonly start: number;
  readonly max: number;
  readonly maxTries: number;
  readonly timeoutMs: number;
}

interface Waiting<J> {
  readonly job: J;
  readonly tries: number;
  readonly due: number;
  /** The server that failed last, to be avoided where there is another. */
  readonly avoid: number | null;
}

/**
 * Returns a scheduler over `servers` servers. See {@link Scheduler}.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const paces = Array.from({ length: options.servers }, () => createPace(options));
  const counts: SchedulerCounts = { attempts: 0, retries: 0, overloads: 0, timeouts: 0, mostInFlight: 0 };
  const inFlight = (): number => paces.reduce((sum, pace) => sum + pace.inFlight, 0);
  return { run: (jobs, work, signal) => runJobs(options, paces, counts, jobs, work, signal), inFlight, counts };
}

interface Trouble {
  /** Makes every further request pointless. */
  fatal: { readonly error: unknown } | null;
  /** The list of jobs broke off; what it gave before is finished. */
  source: { readonly error: unknown } | null;
}

async function* runJobs<J, R>(
  options: SchedulerOptions,
  paces: readonly Pace[],
  counts: SchedulerCounts,
  jobs: AsyncIterable<J>,
  work: Work<J, R>,
  signal: AbortSignal,
): AsyncGenerator<Finished<J, R>> {
  const { clock } = options;
  const source = jobs[Symbol.asyncIterator]();
  const ready: Finished<J, R>[] = [];
  const later: Waiting<J>[] = [];
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  let next: J | undefined;
  // Taken, but not admitted yet.
  let held: Waiting<J> | undefined;
  let pulling = false;
  let ended = false;
  let running = 0;
  let giveUpsInARow = 0;
  const trouble: Trouble = { fatal: null, source: null };
  let wake: () => void = () => undefined;
  let alarm = new AbortController();
  let alarmAt = Number.POSITIVE_INFINITY;

  function onAbort(): void {
    stop.abort();
    wake();
  }

  function pull(): void {
    if (pulling || ended || next !== undefined || stop.signal.aborted) return;
    pulling = true;
    source.next().then(
      (item) => {
        pulling = false;
        if (item.done === true) ended = true;
        else next = item.value;
        pump();
      },
      (error: unknown) => {
        pulling = false;
        ended = true;
        // What is under way is finished first.
        trouble.source = { error };
        pump();
      },
    );
  }

  /** Index of the freest server that may be asked now, or null. */
  function freeServer(now: number, avoid: number | null): number | null {
    let best: number | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const [i, pace] of paces.entries()) {
      if (pace.inFlight >= pace.limit || pace.notBefore() > now) continue;
      const load = (pace.inFlight + 1) / pace.limit + (i === avoid ? 1000 : 0);
      if (load < least) [best, least] = [i, load];
    }
    return best;
  }

  /** Starts what may start; sets the alarm for what may start later. */
  function pump(): void {
    pull();
    while (!stop.signal.aborted && trouble.fatal === null && ready.length <= 1000) {
      const now = clock.now();
      const dueIndex = later.findIndex((w) => w.due <= now);
      const due = dueIndex === -1 ? undefined : later[dueIndex];
      const server = freeServer(now, due?.avoid ?? null);
      if (server === null) break;
      const waiting = due ?? takeNext();
      if (waiting === undefined) break;
      const admission = work.admit?.(waiting.job) ?? { kind: 'go' };
      if (admission.kind === 'wait' && running > 0) {
        if (due === undefined) held = waiting;
        break;
      }
      if (due !== undefined) later.splice(dueIndex, 1);
      if (admission.kind === 'done') ready.push({ job: waiting.job, value: admission.value });
      else void start(waiting, server);
    }
    setAlarm();
    wake();
  }

  function takeNext(): Waiting<J> | undefined {
    // Jobs that wait for another try hold back new ones, or a broken server would let them pile up.
    if (held !== undefined) {
      const waiting = held;
      held = undefined;
      return waiting;
    }
    if (next === undefined || later.length > options.servers * options.max) return undefined;
    const job = next;
    next = undefined;
    pull();
    return { job, tries: 0, due: 0, avoid: null };
  }

  async function start(waiting: Waiting<J>, server: number): Promise<void> {
    const pace = paces[server];
    if (pace === undefined) throw new Error(`no server ${server}`);
    const sentAt = clock.now();
    const tries = waiting.tries + 1;
    running += 1;
    counts.attempts += 1;
    if (tries > 1) counts.retries += 1;
    pace.started(sentAt);
    counts.mostInFlight = Math.max(counts.mostInFlight, running);
    try {
      const outcome = await timed(clock, options.timeoutMs, stop.signal, (s) => work.attempt(waiting.job, { server, tries, signal: s }));
      const now = clock.now();
      if (outcome === null) {
        pace.released();
      } else if (outcome.kind === 'done') {
        giveUpsInARow = 0;
        pace.succeeded(now, sentAt, outcome.quotas ?? [], outcome.tokens ?? 0);
        ready.push({ job: waiting.job, value: outcome.value });
      } else if (outcome.mended === true) {
        pace.released();
        later.push({ ...waiting, due: now });
      } else {
        if (outcome.overload) counts.overloads += 1;
        if (outcome.reason === 'timeout') counts.timeouts += 1;
        const wait = pace.failed(now, sentAt, outcome);
        if (tries >= triesFor(outcome, options.maxTries)) {
          giveUpsInARow += 1;
          if (giveUpsInARow >= GIVE_UPS_IN_A_ROW) throw new UserError(lostServer(outcome));
          ready.push({ job: waiting.job, value: work.giveUp(waiting.job, outcome, tries) });
        } else later.push({ job: waiting.job, tries, due: now + wait, avoid: paces.length > 1 ? server : null });
      }
    } catch (error) {
      pace.released();
      if (!stop.signal.aborted) trouble.fatal ??= { error };
    }
    running -= 1;
    pump();
  }

  /**
   * Wakes the pump at the next moment when a waiting job or a held server may go on. Whatever waits has an alarm, even where the pump has only just
   * found that it may not start: the clock may have passed the moment meanwhile.
   */
  function setAlarm(): void {
    const now = clock.now();
    const mayTake = held !== undefined || (next !== undefined && later.length <= options.servers * options.max);
    const opening = Math.min(...paces.map((pace) => (pace.inFlight < pace.limit ? pace.notBefore() : Number.POSITIVE_INFINITY)));
    let at = mayTake ? now : Number.POSITIVE_INFINITY;
    for (const w of later) at = Math.min(at, w.due);
    at = Math.max(at, opening, now + 1);
    if (stop.signal.aborted || trouble.fatal !== null) at = Number.POSITIVE_INFINITY;
    if (at === alarmAt) return;
    alarm.abort();
    alarmAt = at;
    if (!Number.isFinite(at)) return;
    const own = new AbortController();
    alarm = own;
    void clock.sleep(at - now, own.signal).then(() => {
      if (own.signal.aborted) return;
      alarmAt = Number.POSITIVE_INFINITY;
      pump();
    });
  }

  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) stop.abort();
  try {
    for (;;) {
      pump();
      let item = ready.shift();
      while (item !== undefined) {
        yield item;
        item = ready.shift();
      }
      if (trouble.fatal !== null) throw trouble.fatal.error;
      if (stop.signal.aborted) return;
      if (ended && next === undefined && held === undefined && later.length === 0 && running === 0) {
        if (trouble.source !== null) throw trouble.source.error;
        return;
      }
      // Nothing can happen between the checks above and this line: every event comes from a later turn.
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop.abort();
    alarm.abort();
    signal.removeEventListener('abort', onAbort);
    await source.return?.(undefined);
  }
}

/** Requests given up one after the other, with no answer in between, after which nothing more is asked. */
const GIVE_UPS_IN_A_ROW = 25;
/** A quota may stay empty for a minute or more, so a refusal for lack of it may come more often than a real failure. */
const PATIENCE = 3;
/** A request that took all of its time is seldom quicker the next time. */
const TRIES_OF_TIMEOUTS = 4;

function triesFor(last: Again, maxTries: number): number {
  if (last.reason === 'timeout') return Math.min(maxTries, TRIES_OF_TIMEOUTS);
  return Math.min(last.overload ? maxTries * PATIENCE : maxTries, last.maxTries ?? Number.POSITIVE_INFINITY);
}

function lostServer(last: Again): string {
  return `the last ${GIVE_UPS_IN_A_ROW} requests all failed for good (${last.message}); finished work is kept, run again when the server is well`;
}

/**
 * Runs one try against the clock. Returns its outcome, a timeout as an overload, or null when `stop` was aborted meanwhile.
 * A try that does not heed its signal is left behind.
 */
async function timed<R>(
  clock: Clock,
  timeoutMs: number,
  stop: AbortSignal,
  attempt: (signal: AbortSignal) => Promise<Outcome<R>>,
): Promise<Outcome<R> | null> {
  const controller = new AbortController();
  const over = new AbortController();
  const cut = (): void => controller.abort();
  stop.addEventListener('abort', cut, { once: true });
  try {
    const stopped = new Promise<null>((resolve) => {
      if (stop.aborted) resolve(null);
      else stop.addEventListener('abort', () => resolve(null), { once: true, signal: over.signal });
    });
    const late = clock.sleep(timeoutMs, over.signal).then((): Outcome<R> | null => {
      if (over.signal.aborted) return null;
      const message = `no answer within ${timeoutMs / 1000} s`;
      return { kind: 'again', reason: 'timeout', message, overload: true, retryAfterMs: null };
    });
    return await Promise.race([attempt(controller.signal), late, stopped]);
  } finally {
    over.abort();
    controller.abort();
    stop.removeEventListener('abort', cut);
  }
}
