/** When a run against a server is given up, and what is said while nothing was answered: a policy over the limiter's failures. */
import { UserError } from '../../errors.js';
import type { FailureReason } from '../../types.js';
import type { Clock } from './clock.js';
import { type Failure, LONGEST_TOLD_MS } from './pace.js';

export interface FailedRequest extends Failure {
  readonly reason: FailureReason;
  readonly message: string;
  /** True where nothing was reached that could have answered (wrong name or port, TLS): waiting seldom mends that. */
  readonly unreachable?: boolean;
}

/** When further requests are pointless, and what is said while nothing was answered. */
export interface Patience {
  /** The servers answered something else before. */
  reached(): void;
  answered(): void;
  /** Throws `UserError` where the failure, on try `tries`, is one too many. */
  failed(last: FailedRequest, tries: number, givenUp: boolean): void;
  /** Says, at growing intervals, what is waited for until anything is answered: a server that takes requests and is silent wakes nobody. */
  watch(stop: AbortSignal): Promise<void>;
}

/** Requests given up one after the other, with no answer in between, after which nothing more is asked. */
const GIVE_UPS_IN_A_ROW = 25;
/**
 * Where nothing was ever answered: after this time it is said, and it is no passing fault that nothing can be reached, that so many requests in a
 * row broke, or that so many answers could not be read; before it, that so many could not be read, or that a job was tried so often in vain.
 */
const UNANSWERED = { ms: 10_000, broken: 8, unread: 3, unreadEarly: 6, unreached: 4 } as const;

interface PatienceOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly say?: (line: string) => void;
}

/**
 * Returns the policy over the failures of one limiter; `read`: its clock in milliseconds, `inFlight`: its requests under way, `say`: told each line.
 */
export function createPatience({ clock, timeoutMs, say }: PatienceOptions, read: () => number, inFlight: () => number): Patience {
  const seen = { answers: 0, failures: 0, broken: 0, unread: 0, givenUp: 0, long: 0 };
  let reached = false;
  let begun: number | null = null;
  let sayAt = UNANSWERED.ms;
  const waited = (): number => read() - (begun ?? read());
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

  function tell(more: string): void {
    const ms = waited();
    if (seen.answers > 0 || ms < sayAt) return;
    sayAt = 4 * ms;
    const flight = `${inFlight()} requests under way (each may take ${seconds(timeoutMs)} (--timeout))`;
    say?.(`nothing was answered for ${seconds(ms)}: ${flight}, ${seen.failures} failed and are tried again${more}`);
  }

  /** Why a failure while nothing was ever answered is one too many; null where it is not. */
  function hopeless(last: FailedRequest, tries: number): string | null {
    const late = waited() > UNANSWERED.ms;
    if (last.unreachable === true && reached) return null;
    if (last.unreachable === true && (late || tries >= UNANSWERED.unreached)) return last.message;
    if (last.reason === 'malformed') seen.unread += 1;
    const unread = last.reason === 'malformed' && seen.unread >= (late ? UNANSWERED.unread : UNANSWERED.unreadEarly);
    if (unread) return `no answer could be read (${last.message})`;
    // A server that is busy, or that takes all of its time, may come round; one that breaks every request does not.
    seen.broken = last.overload === true ? 0 : seen.broken + 1;
    if (!late || seen.broken < UNANSWERED.broken) return null;
    return `nothing was answered: ${seen.failures} requests failed in ${seconds(waited())} (${last.message})`;
  }

  return {
    reached() {
      reached = true;
    },
    answered() {
      seen.answers += 1;
      seen.givenUp = 0;
    },
    failed(last, tries, givenUp) {
      seen.failures += 1;
      const told = last.retryAfterMs ?? 0;
      if (told > LONGEST_TOLD_MS) seen.long += 1;
      if (told > LONGEST_TOLD_MS && seen.long === 1)
        say?.(`the server asks for a wait of ${spell(told)}; it is asked again every ${seconds(LONGEST_TOLD_MS)}`);
      const why = seen.answers > 0 ? null : hopeless(last, tries);
      if (why !== null) throw new UserError(why);
      tell(`; the last failure: ${last.message}`);
      if (givenUp) seen.givenUp += 1;
      if (seen.givenUp < GIVE_UPS_IN_A_ROW) return;
      const lost = `the last ${GIVE_UPS_IN_A_ROW} requests all failed for good (${last.message})`;
      throw new UserError(`${lost}; finished work is kept, run again when the server is well`);
    },
    async watch(stop) {
      begun ??= read();
      while (seen.answers === 0 && !stop.aborted) {
        await clock.sleep(Math.max(1000, sayAt - waited()), stop);
        if (!stop.aborted && inFlight() > 0) tell('');
      }
    },
  };
}

/** A wait in words, e.g. `5 minutes`, `3,650 days`. */
function spell(ms: number): string {
  const minutes = ms / 60_000;
  const [amount, unit] = minutes < 120 ? [minutes, 'minutes'] : minutes < 48 * 60 ? [minutes / 60, 'hours'] : [minutes / 1440, 'days'];
  return `${Math.round(amount).toLocaleString('en')} ${unit}`;
}
