/** No number leaves a run unchecked: what does not fit its request becomes a named failure, never 0.0 and never silence. */
import type { FailureReason, FailureResponse, Request, Response } from '../types.js';

/** What a run counts besides scores; all zero in a healthy run. */
export interface Counts {
  unscored: Partial<Record<FailureReason, number>>;
  /** Documents whose prompt was cut on the left, and the tokens cut. */
  truncatedPrompts: number;
  truncatedTokens: number;
  doubledBos: number;
  /** API answers without any letter of the document. */
  unparsable: number;
  /** Documents whose target is none of their choices: wrong whatever the model says. */
  goldOutOfRange: number;
}

/**
 * Returns counts with nothing counted.
 */
export function noCounts(): Counts {
  return { unscored: {}, truncatedPrompts: 0, truncatedTokens: 0, doubledBos: 0, unparsable: 0, goldOutOfRange: 0 };
}

/**
 * Returns the sum of two counts.
 */
export function addCounts(a: Counts, b: Counts): Counts {
  const unscored = { ...a.unscored };
  for (const [reason, n] of entriesOf(b.unscored)) unscored[reason] = (unscored[reason] ?? 0) + n;
  return {
    unscored,
    truncatedPrompts: a.truncatedPrompts + b.truncatedPrompts,
    truncatedTokens: a.truncatedTokens + b.truncatedTokens,
    doubledBos: a.doubledBos + b.doubledBos,
    unparsable: a.unparsable + b.unparsable,
    goldOutOfRange: a.goldOutOfRange + b.goldOutOfRange,
  };
}

/**
 * Returns the number of unscored documents.
 */
export function unscoredTotal(counts: Counts): number {
  return entriesOf(counts.unscored).reduce((sum, [, n]) => sum + n, 0);
}

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

/**
 * Adds one response's oddities to the counts.
 */
export function countResponse(counts: Counts, response: Response): void {
  if (response.kind === 'failure') {
    counts.unscored[response.reason] = (counts.unscored[response.reason] ?? 0) + 1;
    return;
  }
  const cut = response.notes?.truncatedTokens ?? 0;
  if (cut > 0) {
    counts.truncatedPrompts += 1;
    counts.truncatedTokens += cut;
  }
  if (response.notes?.doubledBos === true) counts.doubledBos += 1;
}

/**
 * Returns one sentence with every count that is not zero, or null when there is nothing to say.
 */
export function describeCounts(counts: Counts): string | null {
  const parts = entriesOf(counts.unscored).map(([reason, n]) => `${n} unscored (${reason})`);
  if (counts.truncatedPrompts > 0)
    parts.push(`${counts.truncatedPrompts} prompts cut on the left by ${counts.truncatedTokens} tokens in all`);
  if (counts.doubledBos > 0) parts.push(`${counts.doubledBos} prompts with a doubled BOS`);
  if (counts.unparsable > 0) parts.push(`${counts.unparsable} answers without a letter (counted as wrong)`);
  if (counts.goldOutOfRange > 0) parts.push(`${counts.goldOutOfRange} documents whose target is none of their choices (counted as wrong)`);
  return parts.length === 0 ? null : parts.join('; ');
}

function entriesOf(unscored: Counts['unscored']): [FailureReason, number][] {
  const reasons: readonly FailureReason[] = [
    'http',
    'timeout',
    'refused',
    'malformed',
    'not a number',
    'empty continuation',
    'too long',
    'out of memory',
    'budget',
    'internal',
  ];
  return reasons.flatMap((reason): [FailureReason, number][] => {
    const n = unscored[reason];
    return n === undefined || n === 0 ? [] : [[reason, n]];
  });
}

function malformed(message: string): FailureResponse {
  return { kind: 'failure', reason: 'malformed', message };
}
