import type { FailureResponse } from '../../types.js';
import type { Again } from './limiter.js';

/**
 * Returns the failure of a request that was tried in vain.
 */
export function asFailure(last: Again, tries: number): FailureResponse {
  return { kind: 'failure', reason: last.reason, message: `${last.message}; given up after ${tries} ${tries === 1 ? 'try' : 'tries'}` };
}
