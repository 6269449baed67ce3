/** No number leaves a run unchecked: what does not fit its request becomes a named failure, never 0.0 and never silence. */
import type { FailureResponse, Request, Response } from '../types.js';

/**
 * Returns the response if it answers the request, else a failure that names what is wrong with it.
 */
export function guard(request: Request, response: Response): Response {
  if (response.kind === 'failure') return response;
  if (response.kind !== request.kind) return malformed(`the backend answered '${response.kind}' to a request of kind '${request.kind}'`);
  if (request.kind === 'generate' || response.kind === 'generate') return response;
  const wanted = request.continuations.length;
  if (response.logprobs.length !== wanted || response.greedy.length !== wanted) {
    return malformed(`${response.logprobs.length} scores and ${response.greedy.length} greedy flags for ${wanted} continuations`);
  }
  const odd = response.logprobs.findIndex((x) => !Number.isFinite(x));
  if (odd >= 0)
    return { kind: 'failure', reason: 'not a number', message: `the score of continuation ${odd} is ${response.logprobs[odd]}` };
  const positive = response.logprobs.findIndex((x) => x > 1e-3);
  if (positive >= 0) return malformed(`the log-probability of continuation ${positive} is ${response.logprobs[positive]}, above 0`);
  return response;
}

function malformed(message: string): FailureResponse {
  return { kind: 'failure', reason: 'malformed', message };
}
