/** What a run of the local backend counted, for the `work` section of the results. */
import type { WorkReport } from '../../types.js';
import { newDistinctCounter } from './distinct.js';
import type { RunResult } from './protocol.js';

export interface Counters {
  /** One run of the model: tokens, rows of the output layer, what the session said, rows that only filled it up. */
  addRun(tokens: number, rows: number, run: Pick<RunResult, 'seconds' | 'moved'>, padding?: number): void;
  /** One sequence that was asked for, as a harness would run it by itself. */
  addSequence(ids: readonly number[]): void;
  addSeconds(phase: string, seconds: number): void;
  /** Runs that were repeated in smaller parts. */
  outOfMemory: number;
  report(details: Record<string, unknown>): WorkReport;
}

/**
 * Returns counters that stand at zero.
 */
export function newCounters(): Counters {
  const distinct = newDistinctCounter();
  const seconds: Record<string, number> = {};
  let naive = 0;
  let computed = 0;
  let paddingTokens = 0;
  let rows = 0;
  let runs = 0;
  let toCard = 0;
  let fromCard = 0;
  let mostKept = 0;
  const addSeconds = (phase: string, value: number): void => {
    seconds[phase] = (seconds[phase] ?? 0) + value;
  };
  const counters: Counters = {
    outOfMemory: 0,
    addSeconds,
    addRun(tokens, outputRows, run, padding = 0) {
      computed += tokens;
      paddingTokens += padding;
      rows += outputRows;
      runs++;
      toCard += run.moved?.toCard ?? 0;
      fromCard += run.moved?.fromCard ?? 0;
      mostKept = Math.max(mostKept, run.moved?.kept ?? 0);
      addSeconds('compute', run.seconds);
    },
    addSequence(ids) {
      naive += ids.length;
      distinct.add(ids);
    },
    report: (details) => ({
      naiveTokens: naive,
      distinctTokens: distinct.count(),
      computedTokens: computed,
      paddingTokens,
      outputRows: rows,
      runs,
      seconds: { ...seconds },
      details: {
        ...details,
        ...(toCard > 0 ? { bytesToCard: toCard, bytesFromCard: fromCard, mostBytesKeptOnCard: mostKept } : {}),
        ...(counters.outOfMemory > 0 ? { outOfMemory: counters.outOfMemory } : {}),
        ...(distinct.exact() ? {} : { distinctTokens: 'exact for the first four million, then against the neighbour only' }),
      },
    }),
  };
  return counters;
}
