/**
 * How many requests a minute one server takes, learnt from its refusals (429, 503).
 *
 * Until the first refusal nothing is held back. From then on starts are spread evenly. Between two refusals the server was used up at both ends, so what it
 * let in meanwhile is what it allows; a rate a little below that is kept, and higher ones are tried in steps: a step that goes well is doubled, one that is
 * refused is taken back and made smaller. How long a rate is kept before the next step depends on what a refusal costs. Refusals that come as often at half
 * the rate are taken for chance: they hold back for as long as they say, and the rate stays.
 */
export interface Rate {
  /** Clock time before which no request may start. */
  notBefore(): number;
  started(now: number): void;
  /** The server refused a request sent at `sentAt`. Returns the milliseconds until requests may go out again. */
  refused(now: number, sentAt: number, retryAfterMs: number | null): number;
  /** True once something was refused. */
  readonly known: boolean;
}

/** Bounds of the first wait behind a refusal that names none; it doubles with every refusal that follows without an answer in between. */
const FIRST_WAIT_MS = 500;
const LEAST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 20_000;
/** Limits are mostly given per minute, so that is how long starts are remembered. */
const MEMORY_MS = 60_000;
/** Share of the measured rate that is used. */
const BELOW = 0.97;
/** The smallest and the largest step up. */
const SMALL_STEP = 0.01;
const LARGE_STEP = 0.32;
/** The first step where little is known of the rate. */
const BLIND_STEP = 0.16;
/** Starts that make a measurement. */
const ENOUGH = 20;
/** Starts before the next step, and the part of that time that a refusal may cost: at first, and once the rate is known well. */
const WHILE_BLIND = { starts: ENOUGH, costShare: 0.2 };
const WHEN_KNOWN = { starts: 50, costShare: 0.04 };
const LONGEST_COST_MS = 2_000;
/** Refusals are isolated where they are fewer than this part of the last starts. */
const ISOLATED = 0.25;
/** Part of a minute's starts that no refusal goes below. */
const FLOOR = 0.4;
/** How long isolated refusals are not taken for a limit, once a halved rate brought as many. */
const DEAF_MS = 300_000;
/** The best minute counts half after this time. */
const FADING_MS = 600_000;

/**
 * Returns the rate of one server. Times are milliseconds of the caller's clock; `random` is uniform in [0, 1).
 */
export function createRate(random: () => number): Rate {
  // Times of the starts of the last minute that were not refused, in order, from `head` on.
  let sent: number[] = [];
  let head = 0;
  let begun = Number.NaN;
  let lastStart = Number.NEGATIVE_INFINITY;
  let hold = Number.NEGATIVE_INFINITY;
  // Starts per millisecond; infinite until something was refused.
  let rate = Number.POSITIVE_INFINITY;
  // The last rate that went well; 0 where none is known.
  let good = 0;
  let step = BLIND_STEP;
  let patience = 1;
  let since = 0;
  let starts = 0;
  let cost = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  let usedUpAt = Number.NaN;
  let inARow = 0;
  let refusals: number[] = [];
  // Most starts per millisecond let in over a minute, and when that was looked at.
  let best = 0;
  let bestAt = 0;
  let deafUntil = Number.NEGATIVE_INFINITY;
  let refusalMs = 0;

  const gap = (): number => (rate === Number.POSITIVE_INFINITY ? 0 : 1 / rate);

  /** Requests let in after `from` and before `to`. */
  function letIn(from: number, to: number): number {
    return Math.max(0, firstFrom(sent, to, head) - Math.max(head, firstFrom(sent, from, head, true)));
  }

  /** True while one request alone is out behind a refusal, to see whether the server lets in again. */
  const scouting = (): boolean => inARow > 0 && lastStart >= toldAt && letIn(toldAt, Number.POSITIVE_INFINITY) === 1;

  function forget(now: number): void {
    while (head < sent.length && (sent[head] ?? 0) < now - MEMORY_MS) head += 1;
    if (head < 10_000) return;
    sent = sent.slice(head);
    head = 0;
  }

  /** Goes to a rate and begins to watch how it does. */
  function go(to: number, now: number): void {
    rate = to;
    since = now;
    starts = 0;
  }

  function climb(now: number): void {
    const needed = step < BLIND_STEP ? WHEN_KNOWN : WHILE_BLIND;
    const least = Math.max(needed.starts * gap(), Math.min(cost, LONGEST_COST_MS) / needed.costShare) * patience;
    if (starts < needed.starts || now - since < least) return;
    good = rate;
    go(rate * (1 + step), now);
    step = Math.min(step * 2, LARGE_STEP);
    patience = 1;
  }

  /** Updates the best minute; an older one fades. */
  function look(now: number): void {
    best = Math.max(letIn(now - MEMORY_MS, now) / MEMORY_MS, best * 0.5 ** ((now - bestAt) / FADING_MS));
    bestAt = now;
  }

  /** True where few of the last starts were refused: somebody else's doing, or chance. */
  function isolated(): boolean {
    const from = sent[Math.max(head, sent.length - 2 * ENOUGH)] ?? 0;
    refusals = refusals.filter((at) => at >= from);
    return refusals.length < ISOLATED * (refusals.length + Math.min(2 * ENOUGH, sent.length - head));
  }

  /** The rate after a refusal of a request sent at `sentAt`, with the server used up at `from` before. */
  function fall(now: number, sentAt: number, from: number): void {
    const span = Math.max(sentAt - from, 1);
    const count = letIn(from, sentAt);
    look(now);
    const alone = isolated();
    if (alone && now < deafUntil) return;
    deafUntil = Number.NEGATIVE_INFINITY;
    // A minute lets in at most twice its limit, be it a full bucket first or the borders of two windows; this is a little below half.
    const least = FLOOR * (alone ? best : letIn(now - MEMORY_MS, now) / MEMORY_MS);
    if (alone && rate <= 1.2 * least) {
      // Half the rate is refused as well, so the refusals have nothing to do with it (a key that others use too, a flaky proxy).
      deafUntil = now + DEAF_MS;
      go(best * (1 + LARGE_STEP), now);
      return;
    }
    if (!Number.isFinite(rate)) go(Math.max(least, (0.5 * (count + 1)) / span), now);
    else if (good > 0 && good < rate) {
      // One step too far.
      step = Math.max(SMALL_STEP, (rate / good - 1) / 4);
      if (step === SMALL_STEP) patience = 2;
      go(good, now);
    } else {
      const measured = count >= ENOUGH;
      const most = (good > 0 || measured ? 0.95 : 0.7) * rate;
      const allowed = (BELOW * (count + (measured ? 0 : 1))) / span;
      step = measured ? SMALL_STEP : BLIND_STEP;
      go(Math.max(least, good > 0 ? 0.5 * rate : 0, Math.min(allowed, most)), now);
      good = 0;
    }
  }

  return {
    get known() {
      return Number.isFinite(rate);
    },
    notBefore: () => Math.max(hold, lastStart + (scouting() ? Math.max(gap(), 2 * refusalMs) : gap())),
    started(now) {
      if (Number.isNaN(begun)) begun = now;
      // Only starts that the rate held back say anything about it.
      if (now - lastStart <= 1.25 * gap()) starts += 1;
      lastStart = now;
      forget(now);
      sent.push(now);
      if (Number.isFinite(rate)) climb(now);
    },
    refused(now, sentAt, retryAfterMs) {
      const place = firstFrom(sent, sentAt, head);
      if (sent[place] === sentAt) sent.splice(place, 1);
      refusalMs = refusalMs === 0 ? now - sentAt : refusalMs * 0.8 + (now - sentAt) * 0.2;
      refusals.push(sentAt);
      const told = retryAfterMs === null ? 0 : retryAfterMs * (1 + 0.05 * random());
      // Requests sent before the last refusal came back tell nothing new.
      if (sentAt >= toldAt) {
        const newRun = inARow === 0 || letIn(toldAt, sentAt) > 0;
        inARow = newRun ? 1 : inARow + 1;
        if (newRun) {
          fall(now, sentAt, Number.isNaN(usedUpAt) ? begun : Math.max(usedUpAt, now - MEMORY_MS));
          usedUpAt = sentAt;
          cost = 0;
        }
        toldAt = now;
        // Full jitter: any moment up to a bound that doubles.
        const first = Math.min(FIRST_WAIT_MS, Math.max(LEAST_WAIT_MS, gap()));
        const wait = retryAfterMs === null ? random() * Math.min(LONGEST_WAIT_MS, first * 2 ** Math.min(inARow - 1, 15)) : told;
        cost += wait;
        hold = Math.max(hold, now + wait);
        since = Math.max(since, hold);
      } else hold = Math.max(hold, now + told);
      return Math.max(hold - now, told);
    },
  };
}

/** Index of the first time at or (with `behind`) after `time` in an ordered list, from `low` on; its length where there is none. */
function firstFrom(times: readonly number[], time: number, low: number, behind = false): number {
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = times[middle] ?? 0;
    if (at < time || (behind && at === time)) low = middle + 1;
    else high = middle;
  }
  return low;
}
