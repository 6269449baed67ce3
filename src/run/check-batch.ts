/** `--check-batch`: do answers computed together equal answers computed alone? */
import { at } from '../at.js';
import { argmax } from '../metrics/choices.js';
import type { Ask, Backend, ChoicesRequest, ChoicesResponse, PreparedDoc, Response } from '../types.js';

interface KeptAnswer {
  readonly request: ChoicesRequest;
  readonly response: ChoicesResponse;
}

/** A document that was asked, and its place among those of its task in this run. */
interface Asked {
  readonly place: number;
  readonly prepared: Pick<PreparedDoc, 'request'>;
}

export interface BatchCheck {
  /** Keeps an answer where it is one of those to ask again; `documents` are those of its task in this run. */
  watch(asked: Asked, response: Response, documents: number): void;
  /**
   * Asks each kept request again, alone, and returns one sentence with the largest difference of a log-probability, the number of decisions
   * (arg max or greedy flag) that changed, and how many could not be compared.
   */
  run(backend: Pick<Backend, 'ask'>, signal: AbortSignal): Promise<string>;
}

/**
 * Returns a check of `wanted` documents, spread evenly over a run's `tasks` and over the documents of each.
 */
export function newBatchCheck(wanted: number, tasks: number): BatchCheck {
  const kept: KeptAnswer[] = [];
  const perTask = Math.ceil(wanted / Math.max(1, tasks));
  return {
    watch: ({ place, prepared: { request } }, response, documents) => {
      const stride = Math.max(1, Math.floor(documents / perTask));
      if (kept.length >= wanted || place % stride !== 0 || place >= stride * perTask) return;
      if (request.kind === 'choices' && response.kind === 'choices') kept.push({ request, response });
    },
    run: async (backend, signal) => {
      let largest = 0;
      let changed = 0;
      let compared = 0;
      let failure: string | null = null;
      for (const { request, response } of kept) {
        for await (const { response: again } of backend.ask(alone(request), signal)) {
          if (again.kind !== 'choices') {
            failure ??= again.kind === 'failure' ? `${again.reason}: ${again.message}` : 'no scores came back';
            continue;
          }
          compared += 1;
          response.logprobs.forEach((x, i) => {
            const difference = Math.abs(x - at(again.logprobs, i));
            // A score that is not a number is as far off as can be.
            largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
          });
          const same = argmax(response.logprobs) === argmax(again.logprobs) && response.greedy.every((g, i) => g === again.greedy[i]);
          if (!same) changed += 1;
        }
      }
      if (kept.length === 0) return 'check-batch: nothing to compare; only multiple-choice documents that were scored in this run are';
      const found = compared === 0 ? '' : `; largest difference ${largest.toExponential(2)} nats, ${changed} decisions changed`;
      const failed = kept.length - compared;
      return `check-batch: ${compared} documents scored again one by one${found}${failed === 0 ? '' : `; ${failed} failed (${failure ?? 'no answer'})`}`;
    },
  };
}

async function* alone(request: ChoicesRequest): AsyncIterable<Ask> {
  yield { id: 0, request };
}
