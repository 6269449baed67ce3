/** From the numbers of scored sequences to the answers of documents. */
import { at } from '../../at.js';
import type { Answer, ChoicesResponse } from '../../types.js';
import type { Counters } from './counters.js';
import type { RunResult } from './protocol.js';
import { failure, type ScoreItem } from './requests.js';
import type { Picked } from './scored-rows.js';
import type { Sequence } from './stack.js';

/** The numbers of some documents' sequences, which runs fill in. */
export interface Scores {
  readonly sequences: readonly Sequence[];
  /** Takes what a run gave for what was picked of it. `sequences`: the numbers of the run's sequences among all, where it did not have all of them. */
  take(picked: Picked, result: Pick<RunResult, 'logprobs' | 'greedy'>, sequences?: readonly number[]): void;
  /** The documents' answers, with their sequences counted; `failed`: messages about sequences that memory did not suffice for. */
  answers(counters: Counters, failed?: ReadonlyMap<number, string>): Answer[];
}

/** Returns the scores of documents of which nothing is known yet. */
export function newScores(items: readonly ScoreItem[]): Scores {
  const sequences = items.flatMap((item) => item.sequences);
  const logprobs = sequences.map(({ targets }) => new Float64Array(targets.length));
  const greedy = sequences.map(() => true);
  return {
    sequences,
    take({ pairs, wanted }, result, own) {
      for (const [k, { sequence, target }] of wanted.entries()) {
        const s = own === undefined ? sequence : at(own, sequence);
        at(logprobs, s)[target] = at(result.logprobs, k);
        if (at(result.greedy, at(pairs, 2 * k)) !== at(pairs, 2 * k + 1)) greedy[s] = false;
      }
    },
    answers(counters, failed = new Map()) {
      let from = 0;
      return items.map((item) => {
        const to = from + item.sequences.length;
        const message = [...failed].find(([s]) => s >= from && s < to)?.[1];
        const [first, last] = [from, to];
        from = to;
        if (message !== undefined) return failure(item.id, 'out of memory', message);
        for (const { ids } of item.sequences) counters.addSequence(ids);
        return choicesAnswer(item, logprobs.slice(first, last), greedy.slice(first, last));
      });
    },
  };
}

/** The answer of a document whose sequences have these log-probabilities, one for each target token, and were or were not greedy. Numbers that are no numbers make a failure. */
function choicesAnswer(item: ScoreItem, logprobs: readonly Float64Array[], greedy: readonly boolean[]): Answer {
  const sums = logprobs.map((values) => values.reduce((sum, v) => sum + v, 0));
  const bad = sums.find((sum) => !Number.isFinite(sum));
  if (bad !== undefined) return failure(item.id, 'not a number', `the model gave ${bad} as a log-probability`);
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
