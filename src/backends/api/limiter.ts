import { setMaxListeners } from 'node:events';
import { type Clock, steadyReading, within } from './clock.js';
import { createPace, type Pace, type PaceOptions } from './pace.js';
import { createPatience, type FailedRequest, type Patience } from './patience.js';
import type { Quota } from './quota.js';

/**
 * Runs jobs against one or several servers: as many at a time as each takes, failed ones again after a while, a bounded number of times.
 * It pulls a job only when there is room for it, so an endless list of jobs takes no memory.
 *
 * Its invariant: what waits has a timer or a request under way that wakes it; every job ends exactly once; no job is asked twice at the same time.
 */
export interface Limiter {
  /**
   * Yields every job once with its result, in the order they end. Ends early only when `signal` is aborted: requests under way are cut off, finished ones still yielded.
   * Throws what `attempt` throws.
   */
  run<J, R>(jobs: AsyncIterable<J>, work: Work<J, R>, signal: AbortSignal): AsyncGenerator<Finished<J, R>>;
  /** Told that the servers answered something else: that one cannot be reached is then a passing fault. */
  reached(): void;
  /** Requests under way. */
  inFlight(): number;
  /** Counts for the result file. */
  readonly counts: Readonly<LimiterCounts>;
}

interface LimiterCounts {
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
export interface Again extends FailedRequest {
  readonly kind: 'again';
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
  /** The server that is best asked as long as it has no more to do than its share; `firm`: the only one, unless it failed. */
  prefers?(job: J): { readonly server: number; readonly firm: boolean } | null;
  /** The result of a job that was given up. */
  giveUp(job: J, last: Again, tries: number): R;
  /** Asked before a job starts; `wait` is allowed only while others are under way. */
  admit?(job: J): Admission<R>;
}

export interface Finished<J, R> {
  readonly job: J;
  readonly value: R;
}

interface LimiterOptions extends PaceOptions {
  readonly servers: number;
  readonly clock: Clock;
  readonly maxTries: number;
  readonly timeoutMs: number;
  /** Told one line when a server asks for a wait that is cut short, and when nothing was answered for a while. */
  readonly say?: (line: string) => void;
}

/** Returns a limiter over `servers` servers. See {@link Limiter}. */
export function createLimiter(options: LimiterOptions): Limiter {
  const paces = Array.from({ length: options.servers }, () => createPace(options));
  const counts: LimiterCounts = { attempts: 0, retries: 0, overloads: 0, timeouts: 0, mostInFlight: 0 };
  const inFlight = (): number => paces.reduce((sum, pace) => sum + pace.inFlight, 0);
  const read = steadyReading(options.clock);
  const shared = { options, paces, counts, read, patience: createPatience(options, read, inFlight) };
  return { run: (jobs, work, signal) => runJobs(shared, jobs, work, signal), reached: shared.patience.reached, inFlight, counts };
}

/** What several runs of one limiter have in common. */
interface Shared {
  readonly options: LimiterOptions;
  readonly paces: readonly Pace[];
  readonly counts: LimiterCounts;
  readonly read: () => number;
  readonly patience: Patience;
}

interface Waiting<J> {
  readonly job: J;
  readonly tries: number;
  readonly due: number;
  /** The server that failed last, to be avoided where there is another. */
  readonly avoid: number | null;
}

/** The job to start next, where, and from when on; infinite where all servers are full, so that the end of a request tells. */
interface Next<J> {
  readonly waiting: Waiting<J>;
  readonly server: number;
  readonly pace: Pace;
  readonly at: number;
}

/** A preferred server may have so many times its even share of the requests under way. */
const CROWDED = 1.25;

async function* runJobs<J, R>(
  { options, paces, counts, read, patience }: Shared,
  jobs: AsyncIterable<J>,
  work: Work<J, R>,
  signal: AbortSignal,
): AsyncGenerator<Finished<J, R>> {
  const { clock, timeoutMs } = options;
  const tooLate: Again = { kind: 'again', reason: 'timeout', message: `no answer within ${timeoutMs / 1000} s`, overload: true };
  const source = jobs[Symbol.asyncIterator]();
  const ready: Finished<J, R>[] = [];
  const retries: Waiting<J>[] = [];
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  // Errors that make every further request pointless, and errors of the list of jobs: what it gave before them is finished first.
  const fatal: unknown[] = [];
  const broken: unknown[] = [];
  let fresh: Waiting<J> | null = null;
  let pulling = false;
  let ended = false;
  let running = 0;
  let wake: () => void = () => undefined;
  let timer = { at: Number.POSITIVE_INFINITY, off: new AbortController() };

  async function pull(): Promise<void> {
    if (pulling || ended || fresh !== null || stop.signal.aborted) return;
    pulling = true;
    try {
      const item = await source.next();
      if (item.done === true) ended = true;
      else fresh = { job: item.value, tries: 0, due: Number.NEGATIVE_INFINITY, avoid: null };
    } catch (error) {
      ended = true;
      broken.push(error);
    }
    pulling = false;
    pump();
  }

  /** The job to start next: the first failed one whose time has come, else a new one, else the failed one whose time comes first. */
  function candidate(now: number): Waiting<J> | null {
    const due = retries.find((w) => w.due <= now);
    if (due !== undefined) return due;
    // Jobs that wait for another try hold back new ones, or a broken server would let them pile up.
    if (fresh !== null && retries.length <= options.servers * options.max) return fresh;
    return retries.reduce<Waiting<J> | null>((first, w) => (first === null || w.due < first.due ? w : first), null);
  }

  /** Chooses the server that may be asked first, and of several that may be asked now the one with the least to do. */
  function choose(now: number): Next<J> | null {
    const waiting = candidate(now);
    if (waiting === null) return null;
    const preferred = work.prefers?.(waiting.job) ?? null;
    const share = CROWDED * ((running + 1) / paces.length) + 2;
    let best: Next<J> | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const [server, pace] of paces.entries()) {
      if (preferred?.firm === true && server !== preferred.server && waiting.avoid !== preferred.server) continue;
      const at = Math.max(now, waiting.due, pace.opens());
      const load = pace.load + (server === waiting.avoid ? 1000 : 0) - (server === preferred?.server && pace.inFlight < share ? 500 : 0);
      if (best !== null && (at > best.at || (at === best.at && load >= least))) continue;
      [best, least] = [{ waiting, server, pace, at }, load];
    }
    return best;
  }

  /** Starts what may start and sets the one timer for what may start later. One reading of the clock serves both. */
  function pump(): void {
    void pull();
    let at = Number.POSITIVE_INFINITY;
    let now = read();
    while (!stop.signal.aborted && fatal.length === 0 && ready.length <= 1000) {
      now = read();
      const next = choose(now);
      if (next === null) break;
      const { waiting } = next;
      if (next.at > now) {
        at = next.at;
        break;
      }
      const admission = work.admit?.(waiting.job) ?? { kind: 'go' };
      if (admission.kind === 'wait' && running > 0) break;
      if (waiting === fresh) fresh = null;
      else retries.splice(retries.indexOf(waiting), 1);
      void pull();
      if (admission.kind === 'done') ready.push({ job: waiting.job, value: admission.value });
      else void start(next);
    }
    setTimer(at, now);
    wake();
  }

  /** Infinite: no timer. */
  function setTimer(at: number, now: number): void {
    if (timer.at === at) return;
    timer.off.abort();
    const own = { at, off: new AbortController() };
    timer = own;
    if (!Number.isFinite(at)) return;
    void clock.sleep(at - now, own.off.signal).then(() => {
      if (timer !== own) return;
      timer = { ...own, at: Number.POSITIVE_INFINITY };
      pump();
    });
  }

  async function start({ waiting, server, pace }: Next<J>): Promise<void> {
    const { job } = waiting;
    const tries = waiting.tries + 1;
    running += 1;
    counts.attempts += 1;
    if (tries > 1) counts.retries += 1;
    counts.mostInFlight = Math.max(counts.mostInFlight, running);
    const ticket = pace.start(read());
    try {
      const came = await within(clock, timeoutMs, stop.signal, (cut) => work.attempt(job, { server, tries, signal: cut }));
      const outcome = came === 'late' ? tooLate : came;
      const now = read();
      if (outcome === 'stopped') return;
      if (outcome.kind === 'done') {
        patience.answered();
        pace.answered(ticket, now, outcome.quotas ?? [], outcome.tokens ?? 0);
        ready.push({ job, value: outcome.value });
      } else if (outcome.mended === true) retries.push({ ...waiting, due: now });
      else {
        if (outcome.overload === true) counts.overloads += 1;
        if (outcome.reason === 'timeout') counts.timeouts += 1;
        const due = now + pace.failed(ticket, now, outcome, tries);
        const givenUp = tries >= triesFor(outcome, options.maxTries);
        patience.failed(outcome, tries, givenUp);
        if (givenUp) ready.push({ job, value: work.giveUp(job, outcome, tries) });
        else retries.push({ job, tries, due, avoid: paces.length > 1 ? server : null });
      }
    } catch (error) {
      if (!stop.signal.aborted) fatal.push(error);
    } finally {
      pace.released(ticket);
      running -= 1;
      pump();
    }
  }

  function onAbort(): void {
    stop.abort();
    wake();
  }

  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) stop.abort();
  void patience.watch(stop.signal);
  try {
    for (;;) {
      pump();
      for (let item = ready.shift(); item !== undefined; item = ready.shift()) yield item;
      if (fatal.length > 0) throw fatal[0];
      if (stop.signal.aborted) return;
      if (ended && fresh === null && retries.length === 0 && running === 0) {
        if (broken.length > 0) throw broken[0];
        return;
      }
      if (running === 0 && timer.at === Number.POSITIVE_INFINITY && !pulling) throw new Error('the limiter waits for nothing');
      // Nothing can happen between the checks above and this line: every event comes from a later turn.
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop.abort();
    timer.off.abort();
    signal.removeEventListener('abort', onAbort);
    await source.return?.(undefined);
  }
}

/** A quota may stay empty for a minute or more, so a refusal for lack of it may come so many times as often as a real failure. */
const TRIES_OF_OVERLOADS = 3;
/** A request that took all of its time is seldom quicker the next time. */
const TRIES_OF_TIMEOUTS = 4;

function triesFor(last: Again, maxTries: number): number {
  if (last.reason === 'timeout') return Math.min(maxTries, TRIES_OF_TIMEOUTS);
  return Math.min(last.overload === true ? maxTries * TRIES_OF_OVERLOADS : maxTries, last.maxTries ?? Number.POSITIVE_INFINITY);
}
