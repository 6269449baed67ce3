/** No number leaves a run unchecked: what does not fit its request becomes a named failure, never 0.0 and never silence. */
import { isObject } from '../is-object.js';
import type { FailureResponse, Request, Response, RollingResponse } from '../types.js';

/** Rounding can lift the log-probability of something certain a little above 0. */
const POSITIVE = 1e-3;

/**
 * Returns the response if it answers the request, else a failure that names what is wrong with it.
 */
export function guard(request: Request, response: Response): Response {
  // Backends of callers without types can give anything.
  const given: unknown = response;
  if (!isObject(given)) return malformed(`the backend answered ${given === null ? 'null' : typeof given}, which is no response`);
  if (response.kind === 'failure')
    return typeof response.reason === 'string' ? response : malformed('the backend failed for a reason that is no text');
  if (response.kind !== request.kind) return malformed(`the backend answered '${response.kind}' to a request of kind '${request.kind}'`);
  if (response.kind === 'rolling') return checkRolling(response);
  if (request.kind !== 'choices' || response.kind !== 'choices') return response;
  const wanted = request.continuations.length;
  if (response.logprobs.length !== wanted || response.greedy.length !== wanted) {
    return malformed(`${response.logprobs.length} scores and ${response.greedy.length} greedy flags for ${wanted} continuations`);
  }
  if (!response.greedy.every((flag) => typeof flag === 'boolean')) return malformed('a greedy flag is neither true nor false');
  const odd = response.logprobs.findIndex((x) => !Number.isFinite(x));
  if (odd >= 0)
    return { kind: 'failure', reason: 'not a number', message: `the score of continuation ${odd} is ${response.logprobs[odd]}` };
  const positive = response.logprobs.findIndex((x) => x > POSITIVE);
  if (positive >= 0) return malformed(`the log-probability of continuation ${positive} is ${response.logprobs[positive]}, above 0`);
  // A typed array keeps numbers only, also where it is mapped to texts, and is no list in a journal.
  return Array.isArray(response.logprobs) ? response : { ...response, logprobs: Array.from(response.logprobs) };
}

function checkRolling(response: RollingResponse): Response {
  const { logprob } = response;
  if (!Number.isFinite(logprob)) return { kind: 'failure', reason: 'not a number', message: `the score of the text is ${logprob}` };
  return logprob > POSITIVE ? malformed(`the log-probability of the text is ${logprob}, above 0`) : response;
}

function malformed(message: string): FailureResponse {
  return { kind: 'failure', reason: 'malformed', message };
}
