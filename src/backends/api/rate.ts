/**
 * How many requests a time one server takes, measured by its refusals (429, 503).
 *
 * Until something is refused nothing is held back. Between two refusals the server was used up at both ends, so what it let in meanwhile is what it
 * allows. That is put to a test with half of it: refusals that come as often all the same are chance (a flaky proxy, a key that others use too), and the
 * rate is free again; else the measured rate is kept, and higher ones are tried in small steps.
 */
export interface Rate {
  readonly known: boolean;
  /** True while refusals are taken for chance. */
  readonly chance: boolean;
  /** Milliseconds between two starts. */
  readonly gap: number;
  /** Time of the next start; `alone`: no sooner than the last one would have been refused. */
  notBefore(alone: boolean): number;
  started(now: number): void;
  /** A request sent at `sentAt` was refused, `fresh`: with news, and everything is held for `waitMs`. */
  refused(now: number, sentAt: number, fresh: boolean, waitMs: number): void;
}

/** Requests that make a measurement. */
const ENOUGH = 20;
/** Requests between two steps up: until the limit is met again, and behind that. */
const STEP_AFTER = { unmet: 20, met: 50 };
/** Part of the time between two steps up that a refusal may cost. */
const COST_SHARE = 0.04;
const LONGEST_COST_MS = 2000;
/** Share of refusals, and of time lost by them, that is borne: climbing has to meet the limit now and then. */
const BORNE = 0.03;
const BORNE_TIME = 0.08;
/** Share of the measured rate that is used. */
const BELOW = 0.97;
const SMALL_STEP = 0.02;
const LARGE_STEP = 0.32;
/** From this share of refusals on the rate is not a little too high but wrong. */
const MANY = 0.25;
/** From this share on refusals are no chance. */
const MOSTLY = 0.6;
/** How long refusals count as chance before that is tested again. */
const CHANCE_MS = 300_000;

type Mode =
  | { readonly kind: 'free' }
  /** Half of `allowed` requests per millisecond, of which a share was refused. */
  | { readonly kind: 'test'; readonly allowed: number; readonly share: number; readonly well: boolean }
  | { readonly kind: 'paced' }
  | { readonly kind: 'chance'; readonly share: number; readonly until: number };

/**
 * Returns the rate of one server. Times are milliseconds of the caller's clock.
 */
export function createRate(): Rate {
  let mode: Mode = { kind: 'free' };
  let perMs = Number.POSITIVE_INFINITY;
  let lastStart = Number.NEGATIVE_INFINITY;
  let refusalMs = 0;
  let lastWaitMs = 0;
  let met = false;
  let step = SMALL_STEP;
  let falls = 0;
  // The rate before the last step up.
  let good = 0;
  // What was sent since the last measurement (let in until it is refused), and since the last step up.
  let seen = { from: Number.NaN, letIn: 0, refused: 0, lostMs: 0, runs: 0, firstRefusal: 0 };
  let climb = { from: 0, starts: 0 };

  function go(to: Mode, rate: number, from: number): void {
    mode = to;
    perMs = rate;
    seen = { from, letIn: 0, refused: 0, lostMs: 0, runs: 0, firstRefusal: 0 };
    climb = { from, starts: 0 };
    good = rate;
  }

  /** Puts what was let in since the last measurement to the test. */
  function measure(now: number): void {
    const allowed = Math.max(1, seen.letIn) / Math.max(1, now - seen.from);
    go(
      {
        kind: 'test',
        allowed,
        share: seen.refused / (seen.letIn + seen.refused),
        well: seen.letIn >= ENOUGH * seen.runs && seen.lostMs < (now - seen.from) / 2,
      },
      allowed / 2,
      now,
    );
  }

  function tested(now: number, { allowed, share, well }: Extract<Mode, { kind: 'test' }>): void {
    const all = seen.letIn + seen.refused;
    if (all < Math.max(ENOUGH / 2, Math.min(4, 60 * share) / share) && seen.refused < 6) return;
    const nowShare = seen.refused / all;
    if (nowShare > Math.min(MOSTLY, 2 * share + 0.1)) {
      // The measurement held a burst, so half of it was still too much: measure from where the server was used up.
      met = false;
      step = LARGE_STEP / 2;
      go({ kind: 'free' }, perMs, seen.firstRefusal);
    } else if (nowShare > 0.2 * share && share < MOSTLY) {
      go({ kind: 'chance', share: Math.max(share, nowShare), until: now + CHANCE_MS }, Number.POSITIVE_INFINITY, now);
    } else {
      falls = 0;
      met = well;
      step = well ? SMALL_STEP : LARGE_STEP / 2;
      go({ kind: 'paced' }, BELOW * allowed, now);
    }
  }

  /** The server is used up again; what it let in since the last time is what it allows. */
  function usedUp(now: number): void {
    const all = seen.letIn + seen.refused;
    if (seen.letIn < ENOUGH && (all < ENOUGH || seen.letIn < 3)) return;
    const span = Math.max(1, now - seen.from);
    const share = seen.refused / all;
    const borne = seen.refused <= 1 + BORNE * all && seen.lostMs < BORNE_TIME * span;
    if (mode.kind === 'chance') {
      // Far more refusals than chance explains: the server has a limit after all.
      if (now > mode.until || (all >= 2 * ENOUGH && share > Math.min(MOSTLY, 1.6 * mode.share + 0.1))) measure(now);
      else if (all >= 4 * ENOUGH) go(mode, perMs, now);
    } else if (borne) {
      falls = 0;
      go(mode, perMs, now);
    } else if (mode.kind === 'free' || falls >= (share > MANY ? 2 : 4)) measure(now);
    else {
      falls += share > MANY ? 2 : 1;
      go(mode, share > MANY ? Math.max(0.5 * perMs, Math.min((BELOW * seen.letIn) / span, perMs)) : perMs, now);
      if (share <= MANY) return;
      met = false;
      step = LARGE_STEP / 4;
    }
  }

  function rise(now: number): void {
    const needed = met ? STEP_AFTER.met : STEP_AFTER.unmet;
    const ms = now - climb.from;
    if (climb.starts < needed || (met && ms < Math.min(lastWaitMs, LONGEST_COST_MS) / COST_SHARE)) return;
    // Only a rate that was used says anything about a higher one.
    good = perMs;
    if (climb.starts / ms > 0.8 * perMs) perMs *= 1 + step;
    step = Math.min(LARGE_STEP, step * 2);
    climb = { from: now, starts: 0 };
  }

  return {
    get known() {
      return mode.kind === 'paced' || mode.kind === 'test';
    },
    get chance() {
      return mode.kind === 'chance';
    },
    get gap() {
      return perMs === Number.POSITIVE_INFINITY ? 0 : 1 / perMs;
    },
    notBefore: (alone) => lastStart + Math.max(alone ? 2 * refusalMs : 0, 1 / perMs),
    started(now) {
      if (Number.isNaN(seen.from)) seen.from = now;
      lastStart = now;
      if (mode.kind === 'test') tested(now, mode);
      if (mode.kind === 'paced' || (mode.kind === 'free' && perMs !== Number.POSITIVE_INFINITY)) rise(now);
      seen.letIn += 1;
      climb.starts += 1;
    },
    refused(now, sentAt, fresh, waitMs) {
      refusalMs = refusalMs === 0 ? now - sentAt : refusalMs * 0.8 + (now - sentAt) * 0.2;
      if (sentAt < seen.from) return;
      seen.letIn -= 1;
      seen.refused += 1;
      if (seen.refused === 1) seen.firstRefusal = now;
      if (fresh && mode.kind === 'paced') {
        // One step too far; without a step in between, the rate before it was too high as well.
        perMs = good === perMs ? BELOW * perMs : good;
        good = perMs;
        met = true;
        step = SMALL_STEP;
        climb = { from: now, starts: 0 };
        lastWaitMs = waitMs;
      }
      // A test begins when the server lets in again.
      if (mode.kind === 'test' && seen.letIn === 0) seen = { ...seen, from: now, refused: 0 };
      if (mode.kind === 'test') tested(now, mode);
      else if (fresh && seen.letIn > 0) {
        seen.runs += 1;
        usedUp(now);
      }
      seen.lostMs += waitMs;
    },
  };
}
