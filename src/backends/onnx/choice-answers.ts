/** From the numbers of scored sequences to a document's answer. */
import type { Answer, ChoicesResponse } from '../../types.js';
import { failure, type ScoreItem } from './requests.js';

/**
 * Returns the answer of a document whose sequences have these log-probabilities, one for each target token, and were or were not greedy. Numbers that are no numbers
 * make a failure.
 */
export function choicesAnswer(item: ScoreItem, logprobs: readonly Float64Array[], greedy: readonly boolean[]): Answer {
  const sums = logprobs.map((values) => values.reduce((sum, v) => sum + v, 0));
  if (!sums.every(Number.isFinite))
    return failure(item.id, 'not a number', `the model gave ${sums.find((v) => !Number.isFinite(v))} as a log-probability`);
  if (item.rolling === true) {
    const tokens = logprobs.reduce((sum, { length }) => sum + length, 0);
    return { id: item.id, response: { kind: 'rolling', logprob: sums.reduce((a, b) => a + b, 0), tokens } };
  }
  const response: ChoicesResponse = {
    kind: 'choices',
    logprobs: sums,
    greedy,
    ...(item.notes === undefined ? {} : { notes: item.notes }),
  };
  return { id: item.id, response };
}
