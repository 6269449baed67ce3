import { fileNameOf } from '../file-name.js';
import { hearingWaits } from '../hub/waits.js';
import { dumpsJsonIndented } from '../python/json.js';
import { parsePlainJson } from '../python/plain-json.js';
import { resultFileOf } from '../results/read.js';
import { type EvaluateOptions, sessionOptions } from '../run/options.js';
import { runSession, type SessionResult } from '../run/session.js';
import type { ScoreTable } from '../types.js';
import { type Results, readResultsFile, resultsOf } from './results.js';

/** What an evaluation found. `path` of results that were not written says so. */
export interface Evaluation extends Results, Omit<SessionResult, 'content' | 'sampleLines' | 'remark'> {
  /** Scores of tasks and groups by name; a task of which too many requests failed has none. */
  readonly scores: ReadonlyMap<string, ScoreTable>;
  /** Text of the results file. */
  readonly json: string;
  /** What to know of the numbers; null when there is nothing. */
  readonly note: string | null;
}

/**
 * Evaluates a model on benchmarks: everything `eus-eval run` does. Throws `UserError` for what the caller can mend, `InterruptedError` when `signal` is aborted
 * (finished answers are in the journal of `out`), `CannotJudgeError` when the first 50 requests all fail; fewer leave tasks without a score (`noScore`).
 */
export async function evaluate(options: EvaluateOptions = {}): Promise<Evaluation> {
  const session = sessionOptions(options);
  const message = (text: string): void => session.onProgress({ kind: 'message', text });
  const { content, sampleLines, remark, ...result } = await hearingWaits(message, () => runSession(session));
  const json = dumpsJsonIndented(content);
  const { outcome } = result;
  const tables = [...outcome.tasks.values()].flatMap(({ table }) => table ?? []);
  return {
    ...result,
    ...(await resultsIn(result, json, sampleLines)),
    scores: new Map([...tables, ...outcome.groups.values()].map((table) => [table.name, table])),
    json,
    note: remark,
  };
}

/** The results as a reader of files finds them, so that those of memory are the same. */
async function resultsIn(
  { resultsFile, modelName }: Pick<SessionResult, 'resultsFile' | 'modelName'>,
  json: string,
  lines: SessionResult['sampleLines'],
): Promise<Results> {
  if (resultsFile !== null) return readResultsFile(resultsFile);
  const file = resultFileOf(parsePlainJson(json), `results of ${modelName} in memory`);
  return resultsOf({ ...file, folder: fileNameOf(modelName) }, (task) => bytesOf(lines.get(task)));
}

function bytesOf(lines: Buffer | undefined): AsyncIterable<Buffer> | null {
  if (lines === undefined) return null;
  return {
    async *[Symbol.asyncIterator]() {
      yield lines;
    },
  };
}
