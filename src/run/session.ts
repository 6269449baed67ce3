/** One run from options to results: opens what is needed, runs, stores, and always cleans up. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_OPEN_OPTIONS, type ModelOptions, type OpenOptions, openBackend } from '../backends/open.js';
import { openData } from '../data/open.js';
import { rememberSplits } from '../data/remember.js';
import { stoppable } from '../data/stoppable.js';
import { UserError } from '../errors.js';
import { fileNameOf } from '../file-name.js';
import { makeFolder, removeEmpty } from '../folders.js';
import type { HookModule } from '../hooks/user-module.js';
import { progressLines } from '../hub/progress-lines.js';
import type { Metric } from '../metrics/define.js';
import { packagePath } from '../package-files.js';
import { isLetterChoice, LETTER_INSTRUCTION } from '../prompts/api.js';
import { modelIdentityOf } from '../results/model-identity.js';
import type { RunFacts, RunOutcome, TaskOutcome } from '../results/outcome.js';
import { fail } from '../results/sample-file.js';
import type { SamplesForm } from '../results/sample-name.js';
import { resultsContent } from '../results/write.js';
import type { TaskNode } from '../task-tree.js';
import { openRegistry } from '../tasks/open-registry.js';
import { withPromptVariants } from '../tasks/prompt-variants.js';
import { type Registry, selectTasks, type Wanted } from '../tasks/registry.js';
import { type Shots, variationSuffix, varied } from '../tasks/vary.js';
import type { Backend, DataSource, PromptFamily, Value } from '../types.js';
import { newBatchCheck } from './check-batch.js';
import type { Expected, OnProgress } from './events.js';
import { forecastRun } from './forecast.js';
import { headerLines } from './header.js';
import { type Journal, memoryJournal, openJournal } from './journal.js';
import { leaveOutMissing } from './missing-data.js';
import { planRun, type RunPlan, type Shard, shareOf } from './plan.js';
import { prepareTask } from './prepare-task.js';
import { claimFolder, folderSuffix, type ResultFolder } from './result-folder.js';
import { folderStore, memoryStore, type ResultStore } from './result-store.js';
import { executeRun } from './run.js';
import { settingsOf } from './settings.js';

export interface SessionOptions {
  /** A reference, or a backend that is open and stays open; null: the embedded tiny model, without `data` on the embedded documents. */
  readonly model: string | Backend | null;
  /** What results and leaderboards call the model; null: what the backend calls it. */
  readonly name: string | null;
  readonly tasks: readonly Wanted[] | null;
  readonly family: PromptFamily | null;
  readonly systemInstruction: string | null;
  readonly fewshotAsMultiturn: boolean;
  readonly limit: number | null;
  readonly shard: Shard | null;
  /** Other numbers of few-shot examples than the tasks say. */
  readonly shots?: Shots | null;
  /** Another seed of their draws. */
  readonly fewshotSeed?: number | null;
  /** What ends a thought before the answer; `none`: the whole text is the answer; null: `</think>`, where there is one. */
  readonly thinking?: string | null;
  /** What answers the Python functions of task files: a JavaScript module, or functions by name. */
  readonly hooks?: HookModule | null;
  /** A YAML file with other wordings of prompts; those of task files are taken anyway. */
  readonly promptVariants?: string | null;
  /** Metrics beside the built-in ones, which task files given by path can name. */
  readonly metrics?: readonly Metric[];
  /** A folder with documents, or a source of them; null: the hub. */
  readonly data: string | DataSource | null;
  /** Folder for results; null keeps them in memory. */
  readonly out: string | null;
  readonly fresh: boolean;
  readonly journal: boolean;
  /** How samples are kept; null keeps none. */
  readonly samples: SamplesForm | null;
  readonly maxErrorRate: number;
  /** Extra passes over the requests that failed. */
  readonly retries: number;
  /** Documents to score again one by one; 0 for none. */
  readonly checkBatch: number;
  /** Say at the start how long a local model will take, for which a second is measured. */
  readonly forecast?: boolean;
  /** How a model given by its reference is opened. */
  readonly open: ModelOptions;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

export interface SessionResult {
  readonly outcome: RunOutcome;
  readonly content: Readonly<Record<string, Value>>;
  /** What the results call the model. */
  readonly modelName: string;
  /** Null for results that are only in memory. */
  readonly resultsFile: string | null;
  /** Lines of the samples by task, each with its line end; empty where they are in files. */
  readonly sampleLines: ReadonlyMap<string, Buffer>;
  readonly failures: readonly string[];
  /** What to say of failed requests beyond those listed; null where there are none. */
  readonly unlisted: string | null;
  readonly reused: number;
  readonly remark: string | null;
  /** What scoring a sample one by one found, or null when it was not asked for. */
  readonly checked: string | null;
  /** Tasks without a headline number. */
  readonly withoutScore: readonly string[];
}

/** Of data sets on the hub, those of so many tasks are read for a forecast before the first document is asked. */
const FEW_TASKS = 4;

/** Tasks of the embedded default: one of each kind, small enough for some seconds. */
const EMBEDDED_TASKS = [
  'eus_trivia',
  'eus_reading',
  'eus_exams_eu_opeosakiauxeu',
  'belebele_eus_Latn',
  'xstorycloze_eu',
  'piqa_eu',
  'basqbbq_MSE_ambig',
  'mgsm_native_cot_eu',
];
const EMBEDDED_REMARK = 'a tiny model with random weights: its scores only show that the installation works';

/**
 * Runs benchmarks on a model and writes `results_<time>.json` and `samples_<task>_<time>.jsonl` under `<out>/<model>/`, or returns them only. Files appear
 * complete or not at all; finished answers stay in the journal whatever happens.
 *
 * Throws `UserError` and its kinds (see `errors.ts`).
 */
export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const open = openOptionsOf(options);
  const registry = await openRegistry(options.hooks ?? null, options.metrics);
  const selected = await chosenTasks(options, registry);
  const dataFolder = dataFolderOf(options);
  const source = rememberSplits(stoppable(await sourceOf(options, open), options.signal));
  const present = leaveOutMissing(selected, dataFolder);
  const base = baseFolder(options);
  const made = base === null ? [] : await makeFolder(base).catch(fail(base));
  const startedAt = options.now();
  let backend: Backend | null = null;
  let journal: Journal | null = null;
  let target: Target | null = null;
  try {
    if (typeof options.model === 'string' && !options.model.startsWith('fake:')) open.onProgress(`opening ${options.model}`);
    backend = isBackend(options.model) ? options.model : await openBackend(options.model, open);
    const plan = planRun(present.roots, backend, { ...options, maxNewTokens: open.maxNewTokens });
    const modelIdentity = modelIdentityOf(backend.identity, backend.chatTemplate);
    target = await targetOf(options, base, backend, plan, modelIdentity);
    journal = await openJournalOf(options, base, backend, open);
    const notes = [options.model === null ? EMBEDDED_REMARK : null, ...present.notes, variationNote(plan)].filter((note) => note !== null);
    const renamed =
      target.name === (options.name ?? backend.modelName)
        ? []
        : [`another model has results as ${backend.modelName} here; this one's are called ${target.name} (--name gives another name)`];
    for (const note of [...notes, ...renamed]) open.onProgress(note);
    const expected = await countAhead(plan, source, dataFolder !== null);
    const { forecast } = backend;
    const local = dataFolder !== null || expected.length <= FEW_TASKS;
    const seconds =
      options.forecast === true && forecast !== undefined && local
        ? await forecastRun(forecast, plan, expected, source, options.now)
        : null;
    const header = { backend, modelName: target.name, plan, expected, folder: target.folder, seconds };
    for (const line of headerLines(header)) open.onProgress(line);
    if (seconds !== null) options.onProgress({ kind: 'forecast', seconds });
    const context: PassContext = {
      options,
      open,
      plan,
      backend,
      source,
      journal,
      store: target.store,
      modelName: target.name,
      modelIdentity,
      remark: notes.length === 0 ? null : notes.join('; '),
      startedAt,
      benchmarks: registry.benchmarks,
    };
    let result = await runOnce(context);
    for (let pass = 0; pass < options.retries && result.failures.length > 0; pass++) {
      const unscored = Object.values(result.outcome.counts.unscored).reduce((sum, n) => sum + n, 0);
      open.onProgress(`asking ${unscored} failed requests again`);
      result = await runOnce({ ...context, replaces: result.written });
    }
    return { ...result, remark: [...notes, ...renamed].join('; ') || null };
  } finally {
    await journal?.close();
    if (!isBackend(options.model)) await backend?.close();
    // What was refused before anything was asked leaves no folder behind.
    await target?.abandon();
    await removeEmpty(made);
  }
}

/** Numbers under other prompts must not pass for the paper's. */
function variationNote({ tasks }: RunPlan): string | null {
  const changed = variationSuffix(tasks).replaceAll('__', ', ');
  return changed === '' ? null : `other few-shot examples than the tasks say (${changed}): not to be compared with the paper's numbers`;
}

function isBackend(model: SessionOptions['model']): model is Backend {
  return typeof model === 'object' && model !== null;
}

/** The options of the backend, with what it says going to the listener of the run. */
function openOptionsOf({ open, signal, onProgress }: SessionOptions): OpenOptions {
  return {
    ...DEFAULT_OPEN_OPTIONS,
    ...open,
    signal,
    onProgress: (text) => onProgress({ kind: 'message', text }),
    onWarning: (text) => onProgress({ kind: 'warning', text }),
  };
}

async function sourceOf(options: SessionOptions, { offline, onProgress }: OpenOptions): Promise<DataSource> {
  if (options.data !== null && typeof options.data === 'object') return options.data;
  return openData({ dir: dataFolderOf(options), offline, onProgress: progressLines(onProgress) });
}

/** The folder of a run, or of its shard; null for a run in memory. */
function baseFolder({ out, shard }: SessionOptions): string | null {
  return out === null || shard === null ? out : path.join(out, `shard-${shard.index + 1}-of-${shard.count}`);
}

/** Where results go, and what they call the model. */
interface Target extends Omit<ResultFolder, 'folder'> {
  readonly folder: string | null;
  readonly store: ResultStore;
}

async function targetOf(
  options: SessionOptions,
  base: string | null,
  backend: Backend,
  plan: RunPlan,
  modelIdentity: string,
): Promise<Target> {
  const name = options.name ?? backend.modelName;
  if (base === null) return { name, folder: null, store: memoryStore(), abandon: async () => {} };
  const claimed = await claimFolder(base, {
    name,
    given: options.name !== null,
    suffix: folderSuffix(plan.family, backend.source, plan.tasks),
    model: { modelIdentity, identity: backend.identity },
  });
  return { ...claimed, store: folderStore(claimed.folder) };
}

/**
 * Returns the documents of each task: counted where they lie in a folder, else as many as the benchmark is known to have. What cannot be read is reported
 * when its task comes, so that the others are still done.
 */
async function countAhead(plan: RunPlan, source: DataSource, local: boolean): Promise<readonly Expected[]> {
  let expected: readonly Expected[] = [];
  for (const task of plan.tasks) {
    const counted = local ? await prepareTask(plan, task, source).catch(() => null) : null;
    const known = shareOf(Math.min(task.meta.documents ?? 0, plan.limit ?? Number.POSITIVE_INFINITY), plan.shard);
    expected = plan.expectDocuments(task, counted?.count ?? known);
  }
  return expected;
}

/** The journal of a run; without one, the passes of this command still remember their answers. */
async function openJournalOf(options: SessionOptions, base: string | null, backend: Backend, open: OpenOptions): Promise<Journal | null> {
  if (!options.journal || base === null) return options.retries > 0 ? memoryJournal() : null;
  const store = path.join(base, '.journal', fileNameOf(backend.modelName));
  await makeFolder(store).catch(fail(store));
  const journal = openJournal(store, backend.identity);
  if (journal.damaged > 0)
    open.onProgress(`journal ${store}: ${journal.damaged} damaged records are left out; what they answered is asked again`);
  if (options.fresh) journal.clear();
  return journal;
}

/** No model and no data: the tiny model on the made-up documents. */
function embeddedRun(options: SessionOptions): boolean {
  return options.data === null && options.model === null;
}

/**
 * Returns the folder of the documents: the user's, the embedded one, or null for the hub and for a source of the caller's own.
 */
export function dataFolderOf(options: SessionOptions): string | null {
  if (embeddedRun(options)) return packagePath('fixtures/data');
  return typeof options.data === 'string' ? options.data : null;
}

/**
 * Returns the tasks asked for, or the default: all, or a small selection of the embedded documents.
 */
export function wantedTasks(options: SessionOptions): readonly Wanted[] {
  return options.tasks ?? (embeddedRun(options) ? EMBEDDED_TASKS : ['all']);
}

/**
 * Returns the tasks of a run with the variants of their prompts. Throws `UserError` for what is unknown, and for variants of a file in a shard: merging knows only those of task files.
 */
export async function chosenTasks(options: SessionOptions, registry: Registry): Promise<readonly TaskNode[]> {
  const file = options.promptVariants ?? null;
  if (file !== null && options.shard !== null)
    throw new UserError('--prompt-variants does not go with --shard; write prompt_variants into the task file instead');
  return withPromptVariants(varied(await selectTasks(wantedTasks(options), registry), options), file);
}

interface PassContext {
  readonly options: SessionOptions;
  readonly open: OpenOptions;
  readonly plan: RunPlan;
  readonly backend: Backend;
  readonly source: DataSource;
  readonly journal: Journal | null;
  readonly store: ResultStore;
  readonly modelName: string;
  readonly modelIdentity: string;
  readonly remark: string | null;
  readonly startedAt: number;
  readonly benchmarks: Registry['benchmarks'];
  /** Files of an earlier pass that this one makes obsolete. */
  readonly replaces?: readonly string[];
}

async function runOnce(context: PassContext): Promise<SessionResult & { readonly written: readonly string[] }> {
  const { options, plan, backend, store } = context;
  const { onProgress } = options;
  const pass = await store(options.samples);
  const check = options.checkBatch > 0 ? newBatchCheck(options.checkBatch, plan.tasks.length) : null;
  onProgress({ kind: 'started', status: () => backend.status() });
  let ended = false;
  const end = (): void => {
    if (!ended) onProgress({ kind: 'ended' });
    ended = true;
  };
  try {
    const { outcome, samples, counters, scoring } = await executeRun({
      ...context,
      openSamples: pass.openSamples,
      onProgress,
      maxErrorRate: options.maxErrorRate,
      signal: options.signal,
      ...(check === null ? {} : { onAnswer: check.watch }),
    });
    end();
    // Before the check: its work is none of the run's.
    const content = resultsContent(outcome, factsOf(context, scoring, options.now()));
    const { files, lines } = await pass.publish(samples, content, options.now());
    for (const file of context.replaces ?? []) await rm(file, { force: true });
    return {
      outcome,
      content,
      modelName: context.modelName,
      resultsFile: files.at(-1) ?? null,
      sampleLines: lines,
      failures: counters.failures,
      unlisted: unlistedLine(counters.unlisted, files),
      reused: counters.reused,
      remark: context.remark,
      checked: check === null ? null : await check.run(backend, options.signal),
      withoutScore: [...outcome.tasks.values()].filter((o) => o.table === null && !isEmptyShare(plan, o)).map((o) => o.task.name),
      written: files,
    };
  } finally {
    end();
    await pass.end();
  }
}

/** More shards than documents: a share of nothing is done. */
function isEmptyShare(plan: RunPlan, { effective, original }: TaskOutcome): boolean {
  return plan.shard !== null && effective === 0 && original > 0;
}

/**
 * Returns where to find the failed requests that are too many to list (`and 12 more (in FILE)`), or null where all are listed. `written` are the run's files.
 */
export function unlistedLine(unlisted: ReadonlyMap<string, number>, written: readonly string[]): string | null {
  if (unlisted.size === 0) return null;
  const total = [...unlisted.values()].reduce((sum, n) => sum + n, 0);
  const files = [...unlisted.keys()].flatMap(
    (task) => written.find((file) => path.basename(file).replace(/_\d{4}-[^_]*$/, '') === `samples_${task}`) ?? [],
  );
  const [first] = files;
  const where =
    first === undefined
      ? 'run without --no-samples to have them in a file'
      : files.length === 1
        ? `in ${first}`
        : `in ${first} and ${files.length - 1} more sample files beside it`;
  return `and ${total} more (${where})`;
}

function factsOf(context: PassContext, scoring: Readonly<Record<string, unknown>>, endedAt: number): RunFacts {
  const { options, plan, backend, source, remark, startedAt } = context;
  const selected = wantedTasks(options).map((wanted) => (typeof wanted === 'string' ? wanted : wanted.name));
  const work = backend.work();
  return {
    modelName: context.modelName,
    ownName: backend.modelName,
    modelIdentity: context.modelIdentity,
    modelSource: backend.source,
    modelFacts: backend.facts,
    identity: backend.identity,
    settings: settingsOf(plan, backend, context.open, selected, source.description, options.hooks ?? null),
    family: plan.family,
    selected,
    chatTemplate: plan.family === 'plain' ? null : backend.chatTemplate,
    systemInstruction: plan.systemInstruction ?? (plan.family === 'api' && plan.tasks.some(isLetterChoice) ? LETTER_INSTRUCTION : null),
    fewshotAsMultiturn: plan.family !== 'plain' && plan.fewshotAsMultiturn,
    limit: options.limit,
    shard: options.shard,
    data: source.description,
    startedAt: startedAt / 1000,
    endedAt: endedAt / 1000,
    work: { ...work, details: { ...work.details, ...scoring } },
    remark,
  };
}
