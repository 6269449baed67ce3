/** Why tasks have no score, and what to do about it. */
import { unscoredTotal } from '../results/counts.js';
import type { TaskOutcome } from '../results/outcome.js';
import type { FailureReason } from '../types.js';

const NOT_A_NUMBER: FailureReason = 'not a number';

/** What a model whose log-probabilities are not numbers needs: asked again it says the same. */
export const NOT_A_NUMBER_ADVICE =
  "the model's output is not a number, and will not be when it is asked again; try --dtype float32, and check the weights";

/**
 * Returns one line for the tasks without a score, or null where there are none; `again` says how failed requests are asked again.
 */
export function noScoreLine(outcomes: readonly TaskOutcome[], maxErrorRate: number, again: string): string | null {
  if (outcomes.length === 0) return null;
  const names = outcomes.map(({ task }) => task.name).join(', ');
  const odd = outcomes.reduce((sum, { counts }) => sum + (counts.unscored[NOT_A_NUMBER] ?? 0), 0);
  const all = outcomes.reduce((sum, { counts }) => sum + unscoredTotal(counts), 0);
  const advice = [...(odd < all || all === 0 ? [again] : []), ...(odd > 0 ? [NOT_A_NUMBER_ADVICE] : [])];
  return `no score for ${names}: too many requests failed (more than ${maxErrorRate * 100} %, see --max-error-rate); ${advice.join('; ')}`;
}
