/** The options of a run: what a caller may give, its check, and the defaults. */
import { type ModelOptions as AllModelOptions, DEFAULT_OPEN_OPTIONS, MODEL_CHECKS } from '../backends/options.js';
import type { HookModule } from '../hooks/user-module.js';
import { isObject } from '../is-object.js';
import type { Metric } from '../metrics/define.js';
import {
  type Check,
  type Checks,
  FUNCTION,
  listOf,
  NAME,
  needed,
  numberFrom,
  type OneOrMore,
  type Optional,
  oneOf,
  orNull,
  recordOf,
  SWITCH,
  TEXT,
  wholeFrom,
} from '../options.js';
import type { SamplesForm } from '../results/sample-name.js';
import type { Wanted } from '../tasks/registry.js';
import { MAX_SHOTS, parseShots, type Shots } from '../tasks/vary.js';
import type { Backend, DataSource, PromptFamily } from '../types.js';
import type { OnProgress } from './events.js';
import { TASK_CHECKS } from './task-options.js';

/** One of `count` parts of the documents, from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** How a model is opened; what its kind of backend would ignore is refused. */
export type ModelOptions = Optional<AllModelOptions>;

export type EvaluateOptions = Optional<{
  /** A folder, a hub name or `BACKEND:NAME`; or a backend that is open (`openModel`, or one of your own) and stays open. Without it: the tiny bundled model. */
  model: string | Backend;
  /** How a model given by name is opened. */
  modelOptions: ModelOptions;
  /** What results and leaderboards call the model; its own name without it. */
  name: string;
  /** As `loadTasks` takes them, or what it returned. Without it: all, or on the bundled model and documents a small selection. */
  tasks: OneOrMore<Wanted>;
  /** A folder of task files whose names `tasks` can take. */
  includePath: string;
  /** `plain`, `chat` or `api`; the backend's own without it. */
  prompt: PromptFamily;
  systemInstruction: string;
  /** Few-shot examples of chat prompts as turns of their own (the default), or in one message. */
  fewshotAsMultiturn: boolean;
  /** What ends a thought before the answer, `none` for nothing; `</think>` without it. */
  thinking: string;
  /** Only the first documents of each task. */
  limit: number;
  /**
   * Few-shot examples of all tasks, or of tasks and groups by name, instead of what their files say; such results are kept apart from others. Words are `N` and
   * `TASK=N`.
   */
  numFewshot: number | readonly string[] | { readonly all?: number | null; readonly tasks?: Readonly<Record<string, number>> };
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

const isFolderOrSource = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') || (isObject(value) && typeof value.split === 'function');
export const DATA: Check = { expected: 'a folder, or a source of documents', fits: isFolderOrSource };

const SHOTS = wholeFrom(0, MAX_SHOTS);
const NUM_FEWSHOT: Check = {
  expected: `a number from 0 to ${MAX_SHOTS}, or { all, tasks } with such numbers`,
  fits: (value) => SHOTS.fits(value) || isObject(value) || (Array.isArray(value) && value.every((word) => typeof word === 'string')),
  fields: { all: orNull(SHOTS), tasks: recordOf(`numbers from 0 to ${MAX_SHOTS} by task or group`, SHOTS) },
};
const SHARD: Check = {
  expected: 'an index below a count: { index: 0, count: 8 }',
  fits: (value) => isObject(value) && typeof value.index === 'number' && typeof value.count === 'number' && value.index < value.count,
  fields: { index: needed(wholeFrom(0)), count: needed(wholeFrom(1)) },
};

export const MODEL_OPTIONS_CHECK: Check = { expected: 'an object of options', fits: isObject, fields: MODEL_CHECKS };

function isBackend(value: unknown): boolean {
  return isObject(value) && typeof value.ask === 'function' && NAME.fits(value.modelName) && value.kinds instanceof Set;
}

export const EVALUATE_CHECKS: Checks<EvaluateOptions> = {
  ...TASK_CHECKS,
  model: {
    expected: 'a folder, a name, or an open backend with modelName, ask and a Set of kinds',
    fits: (value) => value === null || NAME.fits(value) || isBackend(value),
  },
  modelOptions: MODEL_OPTIONS_CHECK,
  name: { expected: 'a name on one line', fits: (value) => NAME.fits(value) && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(String(value)) },
  prompt: oneOf('plain', 'chat', 'api'),
  systemInstruction: TEXT,
  fewshotAsMultiturn: SWITCH,
  thinking: NAME,
  limit: wholeFrom(1),
  numFewshot: NUM_FEWSHOT,
  fewshotSeed: wholeFrom(0),
  shard: SHARD,
  promptVariants: NAME,
  data: DATA,
  out: NAME,
  journal: SWITCH,
  fresh: SWITCH,
  samples: oneOf('full', 'compact', false),
  maxErrorRate: numberFrom(0, 1),
  retries: wholeFrom(0),
  checkBatch: wholeFrom(0),
  forecast: SWITCH,
  onProgress: FUNCTION,
};

/** The options of a run with their defaults; what has none and was not given is undefined. */
export type SessionOptions = ReturnType<typeof sessionOptions>;

/**
 * Returns the options of a run with their defaults. Throws `UserError` for options that cannot be meant.
 */
export function sessionOptions(options: EvaluateOptions) {
  const {
    modelOptions = {},
    numFewshot,
    model = null,
    tasks,
    onProgress = () => {},
    signal = new AbortController().signal,
    ...rest
  } = options;
  const { fewshotAsMultiturn = true, journal = true, samples = 'full', maxErrorRate = 0.01, retries = 0, checkBatch = 0 } = options;
  return {
    ...rest,
    model,
    tasks: tasks === undefined ? null : listOf(tasks),
    shots: numFewshot === undefined ? null : shotsOf(numFewshot),
    open: modelOptionsOf(modelOptions),
    fewshotAsMultiturn,
    journal,
    samples,
    maxErrorRate,
    retries,
    checkBatch,
    onProgress,
    signal,
    now: Date.now,
  };
}

/**
 * Returns the options of a model with their defaults, those of the command line.
 */
export function modelOptionsOf(given: ModelOptions): AllModelOptions {
  const { onProgress: _, ...defaults } = DEFAULT_OPEN_OPTIONS;
  return { ...defaults, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** Checked as those of the command line are. */
function shotsOf(given: NonNullable<EvaluateOptions['numFewshot']>): Shots {
  if (isWords(given)) return parseShots(given);
  const { all = null, tasks = {} } = typeof given === 'number' ? { all: given } : given;
  return parseShots([...(all === null ? [] : [String(all)]), ...Object.entries(tasks).map(([task, count]) => `${task}=${count}`)]);
}

function isWords(given: NonNullable<EvaluateOptions['numFewshot']>): given is readonly string[] {
  return Array.isArray(given);
}
