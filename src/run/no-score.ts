/** Why tasks have no score, and what to do about it. */
import { unscoredTotal } from '../results/counts.js';
import type { TaskOutcome } from '../results/outcome.js';
import type { FailureReason } from '../types.js';

const NOT_A_NUMBER: FailureReason = 'not a number';

/** What a model whose log-probabilities are not numbers needs: asked again it says the same. */
export const NOT_A_NUMBER_ADVICE =
  "the model's output is not a number, and will not be when it is asked again; try --dtype float32, and check the weights";

/** Backends that ask a server. */
const SERVERS: readonly string[] = ['completions', 'openai', 'anthropic'];

/**
 * Returns whether a backend of this `source` asks a server: what it answers may be a number the next time, and its precision is not ours to choose.
 */
export function isServer(source: string): boolean {
  return SERVERS.includes(source);
}

/**
 * Returns one line for the tasks without a score, or null where there are none; `again` says how failed requests are asked again. `source` is that of the backend.
 */
export function noScoreLine(outcomes: readonly TaskOutcome[], maxErrorRate: number, again: string, source: string): string | null {
  const empty = outcomes.filter(({ effective }) => effective === 0);
  const failed = outcomes.filter(({ effective }) => effective > 0);
  const lines = [
    ...(empty.length === 0
      ? []
      : [`no score for ${namesOf(empty)}: no document is left to ask (its split is empty, or its process_docs drops all)`]),
    ...(failed.length === 0 ? [] : [failedLine(failed, maxErrorRate, again, source)]),
  ];
  return lines.length === 0 ? null : lines.join('; ');
}

function namesOf(outcomes: readonly TaskOutcome[]): string {
  return outcomes.map(({ task }) => task.name).join(', ');
}

function failedLine(outcomes: readonly TaskOutcome[], maxErrorRate: number, again: string, source: string): string {
  const odd = isServer(source) ? 0 : outcomes.reduce((sum, { counts }) => sum + (counts.unscored[NOT_A_NUMBER] ?? 0), 0);
  const all = outcomes.reduce((sum, { counts }) => sum + unscoredTotal(counts), 0);
  const advice = [...(odd < all || all === 0 ? [again] : []), ...(odd > 0 ? [NOT_A_NUMBER_ADVICE] : [])];
  return `no score for ${namesOf(outcomes)}: too many requests failed (more than ${maxErrorRate * 100} %, see --max-error-rate); ${advice.join('; ')}`;
}
