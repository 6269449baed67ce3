/** What a model on the CPU will need, before it is asked: memory from the plan, time from the tokens of the requests and a second's measurement. */
import type { Forecast, WorkCounter, Workload } from '../../forecast.js';
import type { Request } from '../../types.js';
import { newDistinctCounter } from './distinct.js';
import { type HostMemory, roomWords, sizeWords } from './host-memory.js';
import { type HostModel, runTokens } from './prepare-host.js';
import { encodeRequest, type RequestContext } from './requests.js';
import { measureSpeed, type Speed } from './speed.js';

export interface ForecastParts {
  readonly host: HostModel;
  readonly context: RequestContext;
  readonly threads: number;
  readonly batchTokens: number | undefined;
  /** Texts generated together. */
  readonly documents: number;
}

/** Models of fewer numbers take no time worth measuring. */
const WORTH_MEASURING = 30e6;
/** What a core does at least: seconds for a number, 384 rows and 16. */
const ASSUMED: Speed = { run: 384 * 1e-10, step: 16 * 4e-10 };
/** Attention is computed at about half the speed of the large products. */
const ATTENTION_FACTOR = 2;
/**
 * Between which factors of the products' time a whole run is taken to lie: norms, activations, runs that are not full, keys and values that are copied, and other programs. Chosen, not fitted.
 */
const LOW = 1;
const HIGH = 1.8;
/** Texts end before the limit of new tokens; a tenth of it is rare. */
const SHORTEST_TEXT = 0.1;

/**
 * Returns the forecast. Nothing is measured before a time is asked for, and then once.
 */
export function newForecast({ host, context, threads, batchTokens, documents }: ForecastParts): Forecast {
  const { model, storage, need, room } = host;
  let measured: Promise<Speed> | null = null;

  const speed = (): Promise<Speed> => {
    const { size, numbers } = model;
    if (size === null || numbers === null || numbers.token + numbers.output < WORTH_MEASURING) return Promise.resolve(ASSUMED);
    measured ??= measureSpeed({
      inputs: size.hidden,
      outputs: Math.max(size.intermediate, size.hidden),
      runRows: runTokens(storage, batchTokens),
      stepRows: documents,
      threads,
      stored: storage === 'as stored' && model.stored !== 'float32' ? 'bfloat16' : 'float32',
    });
    return measured;
  };

  return {
    parameters: model.parameters,
    memory: need === null ? null : { ...need, available: room.bytes, line: memoryLine(need, roomWords(room)) },
    newCounter: () => newWorkCounter(context),
    async seconds(work) {
      const { size, numbers } = model;
      if (size === null || numbers === null) return null;
      const { run, step } = await speed();
      const perToken = run / runTokens(storage, batchTokens);
      const seen = ATTENTION_FACTOR * 2 * size.layers * size.heads * size.headDim;
      const scoring = perToken * (work.tokens * numbers.token + work.rows * numbers.output + work.attended * seen);
      const generating = (step * work.newTokens * (numbers.token + numbers.output)) / documents;
      return { low: LOW * (scoring + SHORTEST_TEXT * generating), high: HIGH * (scoring + generating) };
    },
  };
}

function memoryLine(need: HostMemory, room: string): string {
  const parts = [
    ...(need.weights > need.mapped ? [`weights ${sizeWords(need.weights)}`] : []),
    ...(need.mapped > 0 ? [`weights as they are stored ${sizeWords(need.mapped)}`] : []),
    `cache ${sizeWords(need.cache)}`,
    `working space ${sizeWords(need.working)}`,
  ];
  return `about ${sizeWords(need.total)} (${parts.join(', ')}); ${room}`;
}

/** Counts what requests make the model compute. Requests that fail without the model count nothing. */
function newWorkCounter(context: RequestContext): WorkCounter {
  const distinct = newDistinctCounter();
  let attended = 0;
  let rows = 0;
  let newTokens = 0;
  let id = 0;
  const count = (ids: readonly number[]): void => {
    const before = distinct.count();
    distinct.add(ids);
    const own = distinct.count() - before;
    // What is its own lies at the end.
    attended += own * (ids.length - own / 2);
  };
  return {
    async add(request: Request) {
      const item = await encodeRequest({ id: id++, request }, context);
      if ('response' in item) return;
      if (item.kind === 'generate') {
        count(item.ids);
        newTokens += item.maxNewTokens;
        rows += 1;
        // On average half of the new tokens are there.
        attended += item.maxNewTokens * (item.ids.length + item.maxNewTokens / 2);
        return;
      }
      for (const { ids, targets } of item.sequences) {
        count(ids);
        rows += targets.length;
      }
    },
    total: (): Workload => ({ tokens: distinct.count(), attended, rows, newTokens }),
  };
}
