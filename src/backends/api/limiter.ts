import { setMaxListeners } from 'node:events';
import { UserError } from '../../errors.js';
import type { FailureReason } from '../../types.js';
import { type Clock, steadyReading, within } from './clock.js';
import { createPace, LONGEST_TOLD_MS, type Pace } from './pace.js';
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
  /** Requests under way. */
  inFlight(): number;
  /** Counts for the result file. */
  readonly counts: Readonly<LimiterCounts>;
}

export interface LimiterCounts {
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
  /** True where nothing was reached that could have answered (wrong name or port, TLS): waiting seldom mends that. */
  readonly unreachable?: boolean;
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

export interface LimiterOptions {
  readonly servers: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Requests at once per server, in the beginning and at most. */
  readonly start: number;
  readonly max: number;
  readonly maxTries: number;
  readonly timeoutMs: number;
  /** Told one line when a server asks for a wait that is cut short, and when nothing was answered for a while. */
  readonly say?: (line: string) => void;
}

interface Waiting<J> {
  readonly job: J;
  readonly tries: number;
  readonly due: number;
  /** The server that failed last, to be avoided where there is another. */
  readonly avoid: number | null;
}

/**
 * Returns a limiter over `servers` servers. See {@link Limiter}.
 */
export function createLimiter(options: LimiterOptions): Limiter {
  const paces = Array.from({ length: options.servers }, () => createPace(options));
  const counts: LimiterCounts = { attempts: 0, retries: 0, overloads: 0, timeouts: 0, mostInFlight: 0 };
  const shared: Shared = {
    options,
    paces,
    counts,
    now: steadyReading(options.clock),
    answered: false,
    saidLong: false,
    unansweredAt: PATIENCE_UNREACHED_MS,
    failures: 0,
  };
  const inFlight = (): number => paces.reduce((sum, pace) => sum + pace.inFlight, 0);
  return { run: (jobs, work, signal) => runJobs(shared, jobs, work, signal), inFlight, counts };
}

/** A preferred server may have so many times its even share of the requests under way. */
const CROWDED = 1.25;

/** What several runs of one limiter have in common. */
interface Shared {
  readonly options: LimiterOptions;
  readonly paces: readonly Pace[];
  readonly counts: LimiterCounts;
  readonly now: () => number;
  /** Some request was answered: the address is right. */
  answered: boolean;
  saidLong: boolean;
  /** When it is said next that nothing was answered so far; requests that failed so far. */
  unansweredAt: number;
  failures: number;
}

/** What may happen next: a start now, a start at a later time, or nothing before something else happens. */
type Next<J> =
  | { readonly kind: 'start'; readonly waiting: Waiting<J>; readonly server: number }
  | { readonly kind: 'later'; readonly at: number }
  | { readonly kind: 'event' };

async function* runJobs<J, R>(
  shared: Shared,
  jobs: AsyncIterable<J>,
  work: Work<J, R>,
  signal: AbortSignal,
): AsyncGenerator<Finished<J, R>> {
  const { options, paces, counts, now: read } = shared;
  const source = jobs[Symbol.asyncIterator]();
  const ready: Finished<J, R>[] = [];
  const retries: Waiting<J>[] = [];
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const begun = read();
  let fresh: Waiting<J> | null = null;
  let pulling = false;
  let ended = false;
  let running = 0;
  let giveUpsInARow = 0;
  let unread = 0;
  let brokenInARow = 0;
  /** Makes every further request pointless. */
  let fatal: { readonly error: unknown } | null = null;
  /** The list of jobs broke off; what it gave before is finished. */
  let broken: { readonly error: unknown } | null = null;
  let wake: () => void = () => undefined;
  let timer: { readonly at: number; readonly off: AbortController } | null = null;

  function pull(): void {
    if (pulling || ended || fresh !== null || stop.signal.aborted) return;
    pulling = true;
    source.next().then(
      (item) => {
        pulling = false;
        if (item.done === true) ended = true;
        else fresh = { job: item.value, tries: 0, due: Number.NEGATIVE_INFINITY, avoid: null };
        pump();
      },
      (error: unknown) => {
        pulling = false;
        ended = true;
        // What is under way is finished first.
        broken = { error };
        pump();
      },
    );
  }

  /** The job to start next: the first failed one whose time has come, else a new one, else the failed one whose time comes first. */
  function candidate(now: number): Waiting<J> | null {
    const due = retries.find((w) => w.due <= now);
    if (due !== undefined) return due;
    // Jobs that wait for another try hold back new ones, or a broken server would let them pile up.
    if (fresh !== null && retries.length <= options.servers * options.max) return fresh;
    return retries.reduce<Waiting<J> | null>((first, w) => (first === null || w.due < first.due ? w : first), null);
  }

  function choose(now: number): Next<J> {
    const waiting = candidate(now);
    if (waiting === null) return { kind: 'event' };
    const preferred = work.prefers?.(waiting.job) ?? null;
    const share = CROWDED * ((running + 1) / paces.length) + 2;
    let best: number | null = null;
    let least = Number.POSITIVE_INFINITY;
    let opens = Number.POSITIVE_INFINITY;
    for (const [server, pace] of paces.entries()) {
      if (preferred?.firm === true && server !== preferred.server && waiting.avoid !== preferred.server) continue;
      const from = Math.max(waiting.due, pace.opens());
      opens = Math.min(opens, from);
      const load = pace.load + (server === waiting.avoid ? 1000 : 0) - (server === preferred?.server && pace.inFlight < share ? 500 : 0);
      if (from <= now && load < least) [best, least] = [server, load];
    }
    if (best !== null) return { kind: 'start', waiting, server: best };
    // Without room at any server, requests are under way, and the end of one comes back here.
    return Number.isFinite(opens) ? { kind: 'later', at: opens } : { kind: 'event' };
  }

  function take(waiting: Waiting<J>): void {
    if (waiting === fresh) fresh = null;
    else retries.splice(retries.indexOf(waiting), 1);
    pull();
  }

  /** Starts what may start and sets the one timer for what may start later. One reading of the clock serves both. */
  function pump(): void {
    pull();
    let at: number | null = null;
    let now = read();
    while (!stop.signal.aborted && fatal === null && ready.length <= 1000) {
      now = read();
      const next = choose(now);
      if (next.kind === 'later') at = next.at;
      if (next.kind !== 'start') break;
      const admission = work.admit?.(next.waiting.job) ?? { kind: 'go' };
      if (admission.kind === 'wait' && running > 0) break;
      take(next.waiting);
      if (admission.kind === 'done') ready.push({ job: next.waiting.job, value: admission.value });
      else void start(next.waiting, next.server);
    }
    setTimer(at, now);
    wake();
  }

  function setTimer(at: number | null, now: number): void {
    if (timer !== null && timer.at === at) return;
    timer?.off.abort();
    timer = null;
    if (at === null) return;
    const own = { at, off: new AbortController() };
    timer = own;
    void options.clock.sleep(at - now, own.off.signal).then(() => {
      if (timer !== own) return;
      timer = null;
      pump();
    });
  }

  async function start(waiting: Waiting<J>, server: number): Promise<void> {
    const pace = paces[server];
    if (pace === undefined) throw new Error(`no server ${server}`);
    const tries = waiting.tries + 1;
    running += 1;
    counts.attempts += 1;
    if (tries > 1) counts.retries += 1;
    const ticket = pace.start(read());
    counts.mostInFlight = Math.max(counts.mostInFlight, running);
    try {
      const attempt = (cut: AbortSignal): Promise<Outcome<R>> => work.attempt(waiting.job, { server, tries, signal: cut });
      const outcome = await timed(options.clock, options.timeoutMs, stop.signal, attempt).catch((error: unknown) => {
        pace.released(ticket);
        throw error;
      });
      const now = read();
      if (outcome?.kind === 'done') {
        giveUpsInARow = 0;
        shared.answered = true;
        pace.answered(ticket, now, outcome.quotas ?? [], outcome.tokens ?? 0);
        ready.push({ job: waiting.job, value: outcome.value });
      } else if (outcome === null || outcome.mended === true) {
        pace.released(ticket);
        if (outcome !== null) retries.push({ ...waiting, due: now });
      } else {
        retry(waiting, outcome, tries, now, pace.failed(ticket, now, outcome, tries), server);
      }
    } catch (error) {
      if (!stop.signal.aborted) fatal ??= { error };
    }
    running -= 1;
    pump();
  }

  /** Says, at growing intervals, what is waited for where nothing was answered so far. */
  function sayUnanswered(now: number, more = ''): void {
    const waited = now - begun;
    if (shared.answered || waited < shared.unansweredAt) return;
    shared.unansweredAt = 4 * waited;
    const limit = `each may take ${Math.round(options.timeoutMs / 1000)} s (--timeout)`;
    options.say?.(
      `nothing was answered for ${Math.round(waited / 1000)} s: ${running} requests under way (${limit}), ${shared.failures} failed and are tried again${more}`,
    );
  }

  /** Puts a failed job back, or gives it up. Throws `UserError` where further requests are pointless. */
  function retry(waiting: Waiting<J>, outcome: Again, tries: number, now: number, wait: number, server: number): void {
    if (outcome.overload) counts.overloads += 1;
    if (outcome.reason === 'timeout') counts.timeouts += 1;
    if ((outcome.retryAfterMs ?? 0) > LONGEST_TOLD_MS && !shared.saidLong) {
      shared.saidLong = true;
      options.say?.(
        `the server asks for a wait of ${spell(outcome.retryAfterMs ?? 0)}; it is asked again every ${LONGEST_TOLD_MS / 1000} s`,
      );
    }
    shared.failures += 1;
    if (!shared.answered) {
      const late = now - begun > PATIENCE_UNREACHED_MS;
      if (outcome.unreachable === true && (tries >= TRIES_UNREACHED || late)) throw new UserError(outcome.message);
      if (outcome.reason === 'malformed') {
        unread += 1;
        if (unread >= UNREAD || (unread >= 3 && late)) throw new UserError(`no answer could be read (${outcome.message})`);
      }
      // A server that is busy, or that takes all of its time, may come round; one that breaks every request does not.
      brokenInARow = outcome.overload ? 0 : brokenInARow + 1;
      if (late && brokenInARow >= BROKEN)
        throw new UserError(
          `nothing was answered: ${shared.failures} requests failed in ${Math.round((now - begun) / 1000)} s (${outcome.message})`,
        );
      sayUnanswered(now, `; the last failure: ${outcome.message}`);
    }
    if (tries < triesFor(outcome, options.maxTries)) {
      retries.push({ job: waiting.job, tries, due: now + wait, avoid: paces.length > 1 ? server : null });
      return;
    }
    giveUpsInARow += 1;
    if (giveUpsInARow >= GIVE_UPS_IN_A_ROW) throw new UserError(lostServer(outcome));
    ready.push({ job: waiting.job, value: work.giveUp(waiting.job, outcome, tries) });
  }

  function onAbort(): void {
    stop.abort();
    wake();
  }

  /** A server that takes requests and is silent wakes nobody. */
  async function watch(): Promise<void> {
    while (!shared.answered && !stop.signal.aborted) {
      await options.clock.sleep(Math.max(1000, shared.unansweredAt - (read() - begun)), stop.signal);
      if (!stop.signal.aborted && running > 0) sayUnanswered(read());
    }
  }

  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) stop.abort();
  void watch();
  try {
    for (;;) {
      pump();
      for (let item = ready.shift(); item !== undefined; item = ready.shift()) yield item;
      if (fatal !== null) throw thrown(fatal);
      if (stop.signal.aborted) return;
      if (ended && fresh === null && retries.length === 0 && running === 0) {
        if (broken !== null) throw thrown(broken);
        return;
      }
      if (running === 0 && timer === null && !pulling) throw new Error('the limiter waits for nothing');
      // Nothing can happen between the checks above and this line: every event comes from a later turn.
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop.abort();
    setTimer(null, 0);
    signal.removeEventListener('abort', onAbort);
    await source.return?.(undefined);
  }
}

/** What was caught, as it was; the checker of types does not see that a closure has set it. */
function thrown(caught: { readonly error: unknown }): unknown {
  return caught.error;
}

/** Requests given up one after the other, with no answer in between, after which nothing more is asked. */
const GIVE_UPS_IN_A_ROW = 25;
/** Answers that could not be read, with none that could since the start, after which the address is wrong: it answers with web pages. */
const UNREAD = 6;
/** Requests in a row that broke, with nothing ever answered, after which it is no passing fault. */
const BROKEN = 8;
/** Where nothing was ever reached, a job is tried this often, and for this long. */
const TRIES_UNREACHED = 4;
const PATIENCE_UNREACHED_MS = 10_000;
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

/** A wait in words, e.g. `5 minutes`, `3,650 days`. */
function spell(ms: number): string {
  const minutes = ms / 60_000;
  const [amount, unit] = minutes < 120 ? [minutes, 'minutes'] : minutes < 48 * 60 ? [minutes / 60, 'hours'] : [minutes / 1440, 'days'];
  return `${Math.round(amount).toLocaleString('en')} ${unit}`;
}

/** Runs one try against the clock. Returns its outcome, a timeout as an overload, or null when `stop` was aborted meanwhile. */
async function timed<R>(
  clock: Clock,
  timeoutMs: number,
  stop: AbortSignal,
  attempt: (signal: AbortSignal) => Promise<Outcome<R>>,
): Promise<Outcome<R> | null> {
  const outcome = await within(clock, timeoutMs, stop, attempt);
  if (outcome === 'stopped') return null;
  if (outcome !== 'late') return outcome;
  return { kind: 'again', reason: 'timeout', message: `no answer within ${timeoutMs / 1000} s`, overload: true, retryAfterMs: null };
}
