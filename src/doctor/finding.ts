/** One line of what `eus-eval doctor` finds. */

/** `not needed`: absent, and nothing that this machine can do asks for it. */
export type Status = 'ok' | 'missing' | 'wrong' | 'not needed';

export interface Finding {
  /** What was looked at, for example `Node.js`. */
  readonly name: string;
  readonly status: Status;
  /** What was found, in one line; never a secret. */
  readonly detail: string;
  /** What would mend it; null where nothing has to be. */
  readonly mend: string | null;
  /** No model runs on the CPU while this is not `ok`. */
  readonly essential: boolean;
}

/** A finding that is as it should be. */
export function ok(name: string, detail: string, essential = false): Finding {
  return { name, status: 'ok', detail, mend: null, essential };
}

/** A finding that something should be done about. */
export function fault(name: string, status: 'missing' | 'wrong', detail: string, mend: string, essential = false): Finding {
  return { name, status, detail, mend, essential };
}

/** A finding about something absent that nobody has to have here; `mend` says how to get it all the same. */
export function notNeeded(name: string, detail: string, mend: string | null = null): Finding {
  return { name, status: 'not needed', detail, mend, essential: false };
}
