import { fileNameOf } from '../file-name.js';
import type { HookModule } from '../hooks/user-module.js';
import { hearingWaits } from '../hub/waits.js';
import type { Metric } from '../metrics/define.js';
import { dumpsJsonIndented } from '../python/json.js';
import { parsePlainJson } from '../python/plain-json.js';
import { resultFileOf } from '../results/read.js';
import type { SamplesForm } from '../results/sample-name.js';
import type { OnProgress } from '../run/events.js';
import type { Shard } from '../run/plan.js';
import { runSession, type SessionOptions, type SessionResult } from '../run/session.js';
import type { Wanted } from '../tasks/registry.js';
import { parseShots, type Shots } from '../tasks/vary.js';
import type { Backend, DataSource, PromptFamily, ScoreTable } from '../types.js';
import { checkEvaluateOptions } from './check-evaluate.js';
import { type ModelOptions, modelOptionsOf } from './model.js';
import { listOf, type OneOrMore, type Optional } from './options.js';
import { type Results, readResultsFile, resultsOf } from './results.js';

export type EvaluateOptions = Optional<{
  /** A folder, a hub name or `BACKEND:NAME`; or a backend that is open (`openModel`, or one of your own) and stays open. Without it: the tiny bundled model. */
  model: string | Backend;
  /** How a model given by name is opened. */
  modelOptions: ModelOptions;
  /** What results and leaderboards call the model; its own name without it. */
  name: string;
  /** As `loadTasks` takes them, or what it returned. */
  tasks: OneOrMore<Wanted>;
  /** `plain`, `chat` or `api`; the backend's own without it. */
  prompt: PromptFamily;
  systemInstruction: string;
  /** Few-shot examples of chat prompts as turns of their own (the default), or in one message. */
  fewshotAsMultiturn: boolean;
  /** What ends a thought before the answer, `none` for nothing; `</think>` without it. */
  thinking: string;
  /** Only the first documents of each task. */
  limit: number;
  /** Few-shot examples of all tasks, or of tasks and groups by name, instead of what their files say; such results are kept apart from others. */
  numFewshot: number | { readonly all?: number | null; readonly tasks?: Readonly<Record<string, number>> };
  /** Seed of the draws of few-shot examples; 1234 without it. */
  fewshotSeed: number;
  /** Only a part of the documents; `index` counts from 0. */
  shard: Shard;
  /** What answers the Python functions of task files: a JavaScript module, or functions by name. */
  hooks: HookModule;
  /** A YAML file with other wordings of prompts: TASK, VARIANT, then fields of a task file. Those of task files are taken anyway. */
  promptVariants: string;
  /** Metrics that task files can name beside the built-in ones. */
  metrics: readonly Metric[];
  /** A folder with `REPO/CONFIGURATION/SPLIT.jsonl`, or a source of documents; the hub without it. */
  data: string | DataSource;
  /** Folder for results; nothing is written without it. */
  out: string;
  /** Keep answers in `out`, so that a run that ends early goes on where it was (the default). */
  journal: boolean;
  /** Forget the answers of earlier runs. */
  fresh: boolean;
  /** How samples are kept (`full` without it; in memory always), or false for none. */
  samples: SamplesForm | false;
  /** Share of requests that may fail before a task has no score; 0.01 without it. */
  maxErrorRate: number;
  /** Further passes over requests that failed. */
  retries: number;
  /** Documents that are scored once more one by one, and compared. */
  checkBatch: number;
  /** Measure for a second at the start and say how long a local model will take (event `forecast`); false without it. */
  forecast: boolean;
  signal: AbortSignal;
  onProgress: OnProgress;
}>;

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
 * (finished answers are in the journal of `out`), `CannotJudgeError` when every request fails.
 */
export async function evaluate(options: EvaluateOptions = {}): Promise<Evaluation> {
  const session = sessionOptions(options);
  const message = (text: string): void => session.onProgress({ kind: 'message', text });
  return evaluationOf(await hearingWaits(message, () => runSession(session)));
}

/**
 * Returns the options of a run with everything that was left out. Throws `UserError` for options that cannot be meant.
 */
export function sessionOptions(options: EvaluateOptions): SessionOptions {
  checkEvaluateOptions(options);
  return {
    model: options.model ?? null,
    name: options.name ?? null,
    tasks: options.tasks === undefined ? null : listOf(options.tasks),
    family: options.prompt ?? null,
    systemInstruction: options.systemInstruction ?? null,
    fewshotAsMultiturn: options.fewshotAsMultiturn ?? true,
    limit: options.limit ?? null,
    shots: options.numFewshot === undefined ? null : shotsOf(options.numFewshot),
    fewshotSeed: options.fewshotSeed ?? null,
    shard: options.shard ?? null,
    thinking: options.thinking ?? null,
    hooks: options.hooks ?? null,
    promptVariants: options.promptVariants ?? null,
    metrics: options.metrics ?? [],
    data: options.data ?? null,
    out: options.out ?? null,
    fresh: options.fresh ?? false,
    journal: options.journal ?? true,
    samples: options.samples === false ? null : (options.samples ?? 'full'),
    maxErrorRate: options.maxErrorRate ?? 0.01,
    retries: options.retries ?? 0,
    checkBatch: options.checkBatch ?? 0,
    forecast: options.forecast ?? false,
    open: modelOptionsOf(options.modelOptions ?? {}),
    onProgress: options.onProgress ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
    now: Date.now,
  };
}

function shotsOf(given: NonNullable<EvaluateOptions['numFewshot']>): Shots {
  const { all = null, tasks = {} } = typeof given === 'number' ? { all: given } : given;
  // Checked as those of the command line are.
  return parseShots([...(all === null ? [] : [String(all)]), ...Object.entries(tasks).map(([task, count]) => `${task}=${count}`)]);
}

async function evaluationOf({ content, sampleLines, remark, ...result }: SessionResult): Promise<Evaluation> {
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
