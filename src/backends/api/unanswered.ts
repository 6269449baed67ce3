/** Requests without an answer that can be used: what is thrown for one, and what becomes of it. */
import type { FailureReason, FailureResponse } from '../../types.js';
import type { Again, Outcome } from './limiter.js';

/** Thrown where a request has no answer that can be used: it is worth another try, or it is a failure for good. */
export class Unanswered extends Error {
  override readonly name: string = 'Unanswered';
  constructor(readonly outcome: Again | FailureResponse) {
    super(outcome.message);
  }
}

/** The error of a request that is a failure for good. */
export function failed(reason: FailureReason, message: string): Unanswered {
  return new Unanswered({ kind: 'failure', reason, message });
}

/** The error of an answer that does not fit the request; chance may mend it once or twice, patience does not. */
export function malformed(message: string): Unanswered {
  return new Unanswered({ kind: 'again', reason: 'malformed', message, maxTries: 3, maybePaid: true });
}

/** The error of a request that was mended: it goes out again at once, and the try does not count. */
export function mended(message: string): Unanswered {
  return new Unanswered({ kind: 'again', reason: 'http', message, mended: true });
}

/** The error of a stop string that ended a thought: the same is to be asked without stop strings. */
export function stoppedThought(): Unanswered {
  const message = 'a stop string ended the thought before the answer';
  return new Unanswered({ kind: 'again', reason: 'malformed', message, mended: true, maybePaid: true });
}

/** What a thrown `Unanswered` means to the limiter. Throws every other error again. */
export function outcomeOf(error: unknown): Outcome<FailureResponse> {
  if (!(error instanceof Unanswered)) throw error;
  return error.outcome.kind === 'again' ? error.outcome : { kind: 'done', value: error.outcome };
}

/** The failure of a request that was tried in vain. */
export function givenUp(last: Again, tries: number): FailureResponse {
  return { kind: 'failure', reason: last.reason, message: `${last.message}; given up after ${tries} ${tries === 1 ? 'try' : 'tries'}` };
}
