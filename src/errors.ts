/** The kinds of error, each with its exit code (the contract of the command line). */

/** Exit codes: what a pipeline may rely on. */
export const EXIT = { ok: 0, internal: 1, user: 2, regression: 3, cannotJudge: 4, interrupted: 130 } as const;

/**
 * Something the user can mend. The message is one line: what, where, what would be valid. Printed without a stack; exit code 2.
 */
export class UserError extends Error {
  readonly exitCode: number = EXIT.user;
  override readonly name: string = 'UserError';
  constructor(message: string, options?: ErrorOptions) {
    super(oneLine(message), options);
  }
}

/** Characters of a message; of a longer one, which quotes something huge from a file, the middle is left out. */
const MOST = 2000;

/**
 * Messages quote names from files that strangers wrote: no line break, no control character that a terminal obeys, no character that turns the
 * direction of writing, and no end without limit.
 */
function oneLine(message: string): string {
  const cut = message.length <= MOST ? message : `${message.slice(0, MOST - 500)} [...] ${message.slice(-400)}`;
  return cut
    .replace(/\s*[\n\r\u2028\u2029]\s*/g, ' ')
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .trim();
}

/** A data set, configuration or split that is not there; exit code 2. `verify` reports it for its task and goes on. */
export class MissingDataError extends UserError {
  override readonly name: string = 'MissingDataError';
}

/** Too many requests failed, or too little is known, to judge; exit code 4. */
export class CannotJudgeError extends UserError {
  override readonly exitCode: number = EXIT.cannotJudge;
  override readonly name: string = 'CannotJudgeError';
}

/** Stopped by the user; finished work is kept; exit code 130. */
export class InterruptedError extends UserError {
  override readonly exitCode: number = EXIT.interrupted;
  override readonly name: string = 'InterruptedError';
}

/**
 * Returns the message of anything thrown, on one line.
 */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/**
 * Returns the `code` of a Node system error (`ENOENT`, `ENOSPC`, ...) or null.
 */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
