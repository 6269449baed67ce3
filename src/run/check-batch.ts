/** `--check-batch`: do answers computed together equal answers computed alone? */
import { argmax } from '../scoring/choices.js';
import type { Ask, Backend } from '../types.js';
import type { KeptAnswer } from './run.js';

/**
 * Asks each kept request again, alone, and returns one sentence with the largest difference of a log-probability and the number of
 * decisions (arg max or greedy flag) that changed.
 */
export async function checkBatch(backend: Backend, kept: readonly KeptAnswer[], signal: AbortSignal): Promise<string> {
  let largest = 0;
  let changed = 0;
  let compared = 0;
  for (const { request, response } of kept) {
    const alone = async function* (): AsyncIterable<Ask> {
      yield { id: 0, request };
    };
    for await (const { response: again } of backend.ask(alone(), signal)) {
      if (again.kind !== 'choices') continue;
      compared += 1;
      response.logprobs.forEach((x, i) => {
        largest = Math.max(largest, Math.abs(x - (again.logprobs[i] ?? Number.NaN)));
      });
      const same = argmax(response.logprobs) === argmax(again.logprobs) && response.greedy.every((g, i) => g === again.greedy[i]);
      if (!same) changed += 1;
    }
  }
  return `check-batch: ${compared} documents scored again one by one; largest difference ${largest.toExponential(2)} nats, ${changed} decisions changed`;
}
