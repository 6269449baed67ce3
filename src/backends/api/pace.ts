import { createQuotaGate, type Quota } from './quota.js';

/**
 * When one server gets its next request.
 *
 * What it says (`Retry-After`, quota headers) holds. Where it only refuses (429, 503), three things are told apart by what it lets in:
 * - *Used up*: the last requests were all refused. Nothing starts but a single request now and then; once that is answered, all goes on.
 *   What was let in between two such moments is what the server allows, and is the rate from then on if refusals were many.
 * - *A limit*: a share is refused, and at a lower rate it is not. The lower rate is kept, and raised in steps that shrink where it is refused again.
 * - *Chance* (a flaky proxy, a key that others use too): at a lower rate the same share is refused. Nothing is held back.
 *
 * Requests at once double each round while that brings more answers, and halve where the server stops answering in time.
 */
export interface Pace {
  readonly inFlight: number;
  /** Share of the requests at once that the next one would take up, for choosing among servers. */
  readonly load: number;
  /** Time from which a request may start; infinite where only the end of another one can tell. */
  opens(): number;
  start(now: number): Ticket;
  /** A request was answered. `tokens` is its size, for token quotas. */
  answered(ticket: Ticket, now: number, quotas: readonly Quota[], tokens: number): void;
  /** A request failed on try `tries`. Returns the milliseconds after which it may be tried again. */
  failed(ticket: Ticket, now: number, failure: Failure, tries: number): number;
  /** A request ended without telling anything about the server (aborted, or mended and sent again). */
  released(ticket: Ticket): void;
}

/** A request under way: the how manyth it is, and the outage that it probes. */
interface Ticket {
  readonly serial: number;
  readonly sentAt: number;
  readonly outage: Outage | null;
}

/** What a failure says of the server. */
export interface Failure {
  /** It has too much to do. */
  readonly overload?: boolean;
  /** It turned the request away at once, as servers with a limit per time do. */
  readonly refused?: boolean;
  /** The wait that it asks for. */
  readonly retryAfterMs?: number | null;
  readonly quotas?: readonly Quota[];
}

export interface PaceOptions {
  /** Requests at once in the beginning, and at most. */
  readonly start: number;
  readonly max: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Some requests sent one after the other at one rate, from serial number `first` on; `until` is null while it lasts. */
interface Window {
  readonly size: number;
  first: number;
  from: number;
  until: number | null;
  sent: number;
  refused: number;
}

/** The server is used up, after it let in `letIn` requests since `from`. */
interface Outage {
  readonly since: number;
  readonly from: number;
  readonly letIn: number;
  probes: number;
}

type Mode = 'free' | 'test' | 'paced';

/** The longest wait that a server may ask for: daily quotas are asked again every two minutes, and nonsense stops nobody for years. */
export const LONGEST_TOLD_MS = 120_000;
/** Waits before a failed request is tried again: the first, the longest, and the longest after a refusal. */
const WAIT_MS = { first: 500, longest: 20_000, refused: 500 } as const;
/** An outage up to this long may come from a quota per minute. */
const MINUTE_MS = 90_000;
/** Failures in a row, of any kind, after which a server counts as overloaded. */
const FAILURES_IN_A_ROW = 10;
/** Requests sent one after the other and all refused, after which a server counts as used up. */
const USED_UP = { free: 8, paced: 3, most: 25 } as const;
const UNLIKELY = Math.log(1e-4);
/** Waits before a used-up server is asked again: the first, and the longest of a short outage and of any. */
const PROBE_MS = { first: 500, short: 10_000, longest: 30_000 } as const;
/** Requests in a window, and in one at a rate known to be near the limit. */
const WINDOW = { free: 40, paced: 10, near: 50, enough: 20, test: 120 } as const;
/** Shares of refusals that are borne: while nothing is held back, and between two moments at which the server was used up. */
const BORNE = { free: 0.13, usedUp: 0.05, paced: 0.03 } as const;
/** From this share on refusals are no chance. */
const MOSTLY = 0.75;
/** Share of the measured rate that tells a limit from chance, and that is used where it is a limit. */
const RATE = { test: 0.7, used: 0.97, floor: 0.8 } as const;
const STEP = { first: 0.25, least: 0.02, most: 0.5 } as const;
/** A window near the limit is enough when it has lasted this long, and lasts until trying a higher rate costs at most this share of the time. */
const NEAR = { longMs: 30_000, costShare: 0.04 } as const;
/** Requests after which chance is put to the test again; doubles. */
const TEST_AGAIN = 500;
/** Timers are late by some milliseconds; starts closer than this make up for it. */
const TIMER_MS = 20;
/** A round (as many answers as may be under way) must bring this much more answers per second for the doubling to go on. */
const GAIN = 1.1;

/** Returns the pace of one server. Times are in milliseconds of the caller's clock. */
export function createPace(options: PaceOptions): Pace {
  const gate = createQuotaGate();
  const open = new Set<Ticket>();
  let serial = 0;
  let lastAnswered = 0;
  let refusedSerials: number[] = [];
  let refusalMs = 0;
  let hold = Number.NEGATIVE_INFINITY;
  let outage: Outage | null = null;
  // Since the server was used up the last time, or since the first request: the serial number before it, and refusals.
  let period = { after: 0, from: 0, refused: 0 };
  // Requests let in per millisecond, as a mean that forgets within a minute.
  let mean = { at: 0, rate: 0 };
  // The rate of starts per millisecond and how it came about.
  let mode: Mode = 'free';
  let rate = Number.POSITIVE_INFINITY;
  let due = Number.NEGATIVE_INFINITY;
  let window = newWindow(WINDOW.free);
  let tested = 0;
  let step: number = STEP.first;
  let lastStep = 0;
  let near = false;
  let costMs = 0;
  // Since the first step back of several in a row.
  let falls: { readonly from: number; readonly sent: number; readonly refused: number } | null = null;
  let chance = { share: 0, until: 0, again: TEST_AGAIN };
  // Requests at once.
  let cap = Math.max(1, Math.min(options.start, options.max));
  let doubling = true;
  let halvedAt = Number.NEGATIVE_INFINITY;
  let failuresInARow = 0;
  let round = { ...NEW_ROUND };

  const floored = (perMs: number): number => Math.max(perMs, RATE.floor * mean.rate);
  const inWindow = ({ serial: s }: Ticket): boolean => s >= window.first && s < window.first + window.sent;
  const probe = (): Ticket | undefined => (outage === null ? undefined : [...open].find((ticket) => ticket.outage === outage));

  /** Counts a request sent (1) or refused (-1). */
  function count(more: 1 | -1, now: number): void {
    mean = { at: now, rate: mean.rate * Math.exp((mean.at - now) / 60_000) + more / 60_000 };
  }

  function go(to: Mode, perMs: number, size: number = near ? WINDOW.near : WINDOW.paced): void {
    [mode, rate, window] = [to, perMs, newWindow(size)];
  }

  /** Halves what lies between what is let in and chance: about as many requests as make six refusals by chance. */
  function test(share: number, goodput: number): void {
    tested = share;
    const size = Math.max(WINDOW.enough, Math.min(WINDOW.test, Math.ceil(9 / share)));
    go('test', floored(RATE.test * Math.min(goodput, rate)), size);
  }

  function pace(perMs: number, known: boolean): void {
    [step, lastStep, near] = [known ? STEP.least : STEP.first, 0, known];
    go('paced', floored(perMs));
  }

  /** Draws conclusions from a window once the fate of its requests is known. */
  function judge(now: number): void {
    const { sent, refused, from, until } = window;
    if (until === null || (now < until + 2 * refusalMs && [...open].some(inWindow))) return;
    const share = refused / sent;
    const goodput = Math.max(1, sent - refused) / Math.max(1, until - from);
    if (mode === 'paced') {
      // Only a rate that was used says anything about a higher one.
      lastStep = sent / Math.max(1, until - from) > 0.8 * rate ? step : 0;
      [step, falls] = [Math.min(STEP.most, 1.5 * step), null];
      go('paced', rate * (1 + lastStep));
    } else if (mode === 'free') {
      const known = serial < chance.until && share < Math.min(MOSTLY, 1.6 * chance.share + BORNE.free);
      if (share <= BORNE.free || known) go('free', rate, WINDOW.free);
      else test(share, goodput);
    } else if (share > Math.min(MOSTLY, 2 * tested + 0.1)) test(share, goodput);
    else if (share <= 0.2 * tested) {
      pace((rate * RATE.used) / RATE.test, falls !== null);
      falls = null;
    } else if (tested > MOSTLY) test(share, goodput);
    else {
      chance = { share: Math.max(share, tested), until: serial + chance.again, again: 2 * chance.again };
      go('free', Number.POSITIVE_INFINITY, WINDOW.free);
    }
  }

  /** A request of the present window was refused at a rate that should have been kept to: one step back, and more where that does not help. */
  function fall(now: number, heldMs: number): void {
    costMs = heldMs;
    const back = (rate / (1 + lastStep)) * (falls !== null ? 0.9 : lastStep === 0 ? 0.98 : 1);
    const { from, sent, refused } = falls ?? { from: now, sent: -window.sent, refused: -1 };
    falls = { from: from + costMs, sent: sent + window.sent, refused: refused + 1 };
    [step, lastStep, near] = [Math.max(STEP.least, lastStep / 4), 0, true];
    const share = falls.refused / Math.max(1, falls.sent);
    if (falls.sent < WINDOW.enough || share < BORNE.paced) go('paced', floored(back));
    else test(share, (falls.sent - falls.refused) / Math.max(1, now - falls.from));
  }

  /** The server is used up, or says how long to wait. `late` requests are under way that it will refuse, too. */
  function usedUp(now: number, told: number | null, late: number): void {
    if (outage === null) {
      const { after, from, refused } = period;
      const letIn = serial - after - refused - late;
      const few = refused + late <= BORNE.usedUp * (serial - after);
      const allowed = letIn / Math.max(1, now - from);
      const measured = letIn >= WINDOW.paced || refused >= WINDOW.enough;
      if (after > 0 && measured && letIn > 0 && !few && allowed < rate) pace(RATE.used * allowed, letIn >= 2 * WINDOW.enough);
      if (told === null) window = newWindow(window.size);
      if (after === 0 || measured) period = { after: serial, from: now, refused: 0 };
      outage = { since: now, from, letIn, probes: 0 };
      if (mode === 'free') [cap, doubling, round] = [Math.min(cap, options.start), true, { ...NEW_ROUND }];
    }
    const longest = Math.min(PROBE_MS.longest, Math.max(PROBE_MS.short, (now - outage.since) / 4));
    const wait = told ?? Math.min(longest, PROBE_MS.first * 2 ** outage.probes) * (0.75 + 0.5 * options.random());
    hold = Math.max(hold, now + wait);
  }

  /** The server lets in again. What it let in until it was used up, it allows in the whole time up to now, if it counts by the minute. */
  function recover(now: number, { since, from, letIn }: Outage): void {
    const perMinute = now - since > (now - from) / 2 && now - since < MINUTE_MS;
    if (mode === 'free' && perMinute && letIn >= WINDOW.enough) pace(RATE.used * (letIn / (now - from)), true);
    outage = null;
    window = newWindow(window.size);
  }

  function refused(ticket: Ticket, now: number, told: number | null, tries: number): number {
    refusalMs = refusalMs === 0 ? now - ticket.sentAt : refusalMs * 0.8 + (now - ticket.sentAt) * 0.2;
    count(-1, now);
    if (ticket.serial > period.after) period.refused += 1;
    if (inWindow(ticket)) {
      window.refused += 1;
      if (mode === 'paced') fall(now, told ?? 0);
    }
    refusedSerials = [...refusedSerials, ticket.serial].slice(-USED_UP.most);
    if (outage !== null && ticket.outage === outage) {
      outage.probes += 1;
      usedUp(now, told, 0);
    } else {
      // A request that was sent before this one and is still under way was let in, it seems.
      const letIn = [...open].reduce((last, { serial: s }) => (s < ticket.serial ? Math.max(last, s) : last), lastAnswered);
      const streak = refusedSerials.filter((s) => s > letIn).length;
      // So many refusals in a row would come from chance once in ten thousand times, going by the others.
      const others = (period.refused - streak + 1) / (serial - period.after - streak + 2);
      const all = streak >= Math.max(USED_UP[mode === 'paced' ? 'paced' : 'free'], Math.min(USED_UP.most, UNLIKELY / Math.log(others)));
      if (mode !== 'free' && told !== null) hold = Math.max(hold, now + told);
      else if ((told !== null && told > 0) || (all && outage === null))
        usedUp(now, told, [...open].filter((other) => other.serial > letIn).length);
    }
    return Math.max(told ?? 0, (0.5 + 0.5 * options.random()) * Math.min(WAIT_MS.refused, 50 * 2 ** Math.min(tries, 10)));
  }

  /** One more answer: room for one more at once, where the room there was is used. */
  function widen(now: number): void {
    if (open.size + 2 < Math.floor(cap)) return;
    // Where the rate is known, it alone holds back.
    cap = Math.min(options.max, cap + (doubling || (mode !== 'free' && halvedAt === Number.NEGATIVE_INFINITY) ? 1 : 1 / cap));
    if (round.answers === 0) round.since = now;
    round.answers += 1;
    if (!doubling || round.answers < cap || now <= round.since) return;
    const reached = round.answers / (now - round.since);
    const flat = reached < round.rate * GAIN ? round.flat + 1 : 0;
    if (flat >= 2) doubling = false;
    round = { since: now, answers: 0, rate: Math.max(reached, round.rate), flat };
  }

  return {
    get inFlight() {
      return open.size;
    },
    get load() {
      return (open.size + 1) / cap;
    },
    opens() {
      if (open.size >= Math.floor(cap)) return Number.POSITIVE_INFINITY;
      // A request that is not refused as quickly as others were is let in.
      const probed = probe();
      return Math.max(hold, gate.notBefore(), due, probed === undefined ? 0 : probed.sentAt + 3 * refusalMs + TIMER_MS);
    },
    start(now) {
      const gap = 1 / rate;
      due = gap === 0 ? now : Math.max(due + gap, now + gap - (gap < TIMER_MS ? TIMER_MS : 0));
      if (outage !== null && probe() !== undefined) recover(now, outage);
      judge(now);
      serial += 1;
      if (serial === 1) period.from = now;
      count(1, now);
      if (outage === null && window.until === null) {
        if (window.sent === 0) [window.first, window.from] = [serial, now];
        window.sent += 1;
        const lasted = now - window.from;
        const enough = window.sent >= window.size || (near && window.sent >= WINDOW.paced && lasted > NEAR.longMs);
        if (enough && lasted >= (near ? Math.min(2000, costMs) / NEAR.costShare : 0)) window.until = now;
      }
      const ticket = { serial, sentAt: now, outage };
      open.add(ticket);
      gate.started(now);
      return ticket;
    },
    answered(ticket, now, quotas, tokens) {
      open.delete(ticket);
      failuresInARow = 0;
      lastAnswered = Math.max(lastAnswered, ticket.serial);
      if (outage !== null && ticket.outage === outage) recover(now, outage);
      widen(now);
      judge(now);
      gate.heard(now, ticket.sentAt, quotas, tokens, 0);
    },
    failed(ticket, now, { overload = false, refused: turnedAway = false, retryAfterMs = null, quotas = [] }, tries) {
      open.delete(ticket);
      failuresInARow += 1;
      const told = retryAfterMs === null ? null : Math.min(LONGEST_TOLD_MS, retryAfterMs) * (1 + 0.05 * options.random());
      const refusals = ticket.outage === outage ? 1 + (outage?.probes ?? 0) : 1;
      gate.heard(now, ticket.sentAt, quotas, 0, overload ? refusals : 0);
      if (turnedAway) {
        const wait = refused(ticket, now, told, tries);
        judge(now);
        return wait;
      }
      const slow = overload || failuresInARow >= FAILURES_IN_A_ROW;
      const times = slow ? Math.min(failuresInARow, tries + 2) : tries;
      // Full jitter (any moment up to an exponentially growing bound) keeps failed requests from coming back as one wave.
      const wait = told ?? options.random() * Math.min(WAIT_MS.longest, WAIT_MS.first * 2 ** Math.min(times - 1, 15));
      if (!slow) return wait;
      hold = Math.max(hold, now + wait);
      // Requests sent before the last halving tell nothing new: one wave of failures halves once.
      if (ticket.sentAt >= halvedAt) [cap, halvedAt, doubling] = [Math.max(1, cap / 2), now, false];
      return wait;
    },
    released: (ticket) => void open.delete(ticket),
  };
}

/** Answers of the present round, since when, the most per second of any round, and how many rounds in a row have brought no more. */
const NEW_ROUND = { since: 0, answers: 0, rate: 0, flat: 0 };

function newWindow(size: number): Window {
  return { size, first: 0, from: 0, until: null, sent: 0, refused: 0 };
}
