/** One run from options to results: opens what is needed, runs, stores, and always cleans up. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_OPEN_OPTIONS, type OpenOptions, openBackend } from '../backends/open.js';
import { openData } from '../data/open.js';
import { rememberSplits } from '../data/remember.js';
import { stoppable } from '../data/stoppable.js';
import { InterruptedError } from '../errors.js';
import { fileNameOf } from '../file-name.js';
import { makeFolder, removeEmpty } from '../folders.js';
import { progressLines } from '../hub/progress-lines.js';
import { interrupted } from '../interrupt.js';
import { packagePath } from '../package-files.js';
import { isLetterChoice, LETTER_INSTRUCTION } from '../prompts/api.js';
import { modelIdentityOf } from '../results/model-identity.js';
import type { RunFacts, RunOutcome, TaskOutcome } from '../results/outcome.js';
import { fail } from '../results/sample-file.js';
import { findSampleFile } from '../results/sample-name.js';
import { resultsContent } from '../results/write.js';
import type { TaskNode } from '../task-tree.js';
import { includedTasks } from '../tasks/include-path.js';
import { openRegistry } from '../tasks/open-registry.js';
import { withPromptVariants } from '../tasks/prompt-variants.js';
import { type Registry, selectTasks, type Wanted } from '../tasks/registry.js';
import { variationName, variationOf, varied } from '../tasks/vary.js';
import type { Backend, DataSource, Value } from '../types.js';
import { newBatchCheck } from './check-batch.js';
import type { Expected } from './events.js';
import { forecastRun } from './forecast.js';
import { headerLines } from './header.js';
import { type Journal, memoryJournal, openJournal } from './journal.js';
import { leaveOutMissing } from './missing-data.js';
import { noScoreLine } from './no-score.js';
import type { SessionOptions } from './options.js';
import { planRun, type RunPlan, shareOf } from './plan.js';
import { prepareTask } from './prepare-task.js';
import { claimFolder, folderSuffix, type ResultFolder } from './result-folder.js';
import { folderStore, memoryStore, type ResultStore } from './result-store.js';
import { executeRun, type RunInput } from './run.js';
import { settingsOf } from './settings.js';

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
  /** Why, and what to do about it; null where all have one. */
  readonly noScore: string | null;
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
  const wanted = await wantedTasks(options);
  const selected = await chosenTasks(wanted, options, registry);
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
    for (const line of headerLines({ backend, modelName: target.name, plan, expected, folder: target.folder, seconds }))
      open.onProgress(line);
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
      selected: wanted.map((one) => (typeof one === 'string' ? one : one.name)),
    };
    let result = await runOnce(context);
    for (let pass = 0; pass < options.retries && result.failures.length > 0; pass++) {
      const unscored = Object.values(result.outcome.counts.unscored).reduce((sum, n) => sum + n, 0);
      open.onProgress(`asking ${unscored} failed requests again`);
      result = await runOnce({ ...context, replaces: result.written });
    }
    return { ...result, remark: [...notes, ...renamed].join('; ') || null };
  } catch (error) {
    throw error instanceof InterruptedError ? interrupted(options.out !== undefined && options.journal) : error;
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
  const settings = variationOf(tasks);
  const seed = settings['--fewshot-seeds'];
  const changed = variationName(settings['--num-fewshot'] ?? null, seed === undefined ? null : Number(seed));
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
  if (typeof options.data === 'object') return options.data;
  return openData({ dir: dataFolderOf(options), offline, onProgress: progressLines(onProgress) });
}

/** The folder of a run, or of its shard; null for a run in memory. */
function baseFolder({ out, shard }: SessionOptions): string | null {
  if (out === undefined || shard === undefined) return out ?? null;
  return path.join(out, `shard-${shard.index + 1}-of-${shard.count}`);
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
    given: options.name !== undefined,
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
  if (options.fresh === true) journal.clear();
  return journal;
}

/** No model and no data: the tiny model on the made-up documents. */
function embeddedRun(options: SessionOptions): boolean {
  return options.data === undefined && options.model === null;
}

/**
 * Returns the folder of the documents: the user's, the embedded one, or null for the hub and for a source of the caller's own.
 */
export function dataFolderOf(options: SessionOptions): string | null {
  if (embeddedRun(options)) return packagePath('fixtures/data');
  return typeof options.data === 'string' ? options.data : null;
}

/**
 * Returns the tasks asked for, or the default: all, or a small selection of the embedded documents. Throws `UserError` for an include path that cannot be read.
 */
export async function wantedTasks(options: SessionOptions): Promise<readonly Wanted[]> {
  if (options.tasks === null) return embeddedRun(options) ? EMBEDDED_TASKS : ['all'];
  return includedTasks(options.tasks, options.includePath);
}

/**
 * Returns the trees of `wanted` with the variants of their prompts. Throws `UserError` for what is unknown.
 */
export async function chosenTasks(
  wanted: readonly Wanted[],
  { promptVariants, shots, fewshotSeed }: SessionOptions,
  registry: Registry,
): Promise<readonly TaskNode[]> {
  const nodes = varied(await selectTasks(wanted, registry), { shots, fewshotSeed: fewshotSeed ?? null });
  return withPromptVariants(nodes, promptVariants ?? null);
}

interface PassContext extends Omit<RunInput, 'openSamples' | 'onAnswer'> {
  readonly options: SessionOptions;
  readonly open: OpenOptions;
  readonly store: ResultStore;
  readonly modelName: string;
  readonly modelIdentity: string;
  readonly remark: string | null;
  readonly startedAt: number;
  /** The tasks as they were asked for. */
  readonly selected: readonly string[];
  /** Files of an earlier pass that this one makes obsolete. */
  readonly replaces?: readonly string[];
}

async function runOnce(context: PassContext): Promise<SessionResult & { readonly written: readonly string[] }> {
  const { options, plan, backend, store } = context;
  const { onProgress } = options;
  const pass = await store(options.samples === false ? null : options.samples);
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
      ...(check === null ? {} : { onAnswer: check.watch }),
    });
    end();
    // Before the check: its work is none of the run's.
    const content = resultsContent(outcome, factsOf(context, scoring, options.now()));
    const { files, lines } = await pass.publish(samples, content, options.now());
    for (const file of context.replaces ?? []) await rm(file, { force: true });
    const resultsFile = files.at(-1) ?? null;
    const without = [...outcome.tasks.values()].filter((o) => o.table === null && !isEmptyShare(plan, o));
    return {
      outcome,
      content,
      modelName: context.modelName,
      resultsFile,
      sampleLines: lines,
      failures: counters.failures,
      unlisted: unlistedLine(counters.unlisted, resultsFile),
      reused: counters.reused,
      remark: context.remark,
      checked: check === null ? null : await check.run(backend, options.signal),
      withoutScore: without.map(({ task }) => task.name),
      noScore: noScoreLine(without, options.maxErrorRate, 'give the same command again to ask only the failed ones', backend.source),
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

/** Where to find the failed requests that are too many to list (`and 12 more (in FILE)`); null where all are listed. */
function unlistedLine(unlisted: ReadonlyMap<string, number>, resultsFile: string | null): string | null {
  if (unlisted.size === 0) return null;
  const total = [...unlisted.values()].reduce((sum, n) => sum + n, 0);
  const files = resultsFile === null ? [] : [...unlisted.keys()].flatMap((task) => findSampleFile(resultsFile, task) ?? []);
  const [first, ...others] = files;
  if (first === undefined) return `and ${total} more (run without --no-samples to have them in a file)`;
  return `and ${total} more (in ${first}${others.length === 0 ? '' : ` and ${others.length} more sample files beside it`})`;
}

function factsOf(context: PassContext, scoring: Readonly<Record<string, unknown>>, endedAt: number): RunFacts {
  const { options, plan, backend, source, selected, remark, startedAt } = context;
  const work = backend.work();
  return {
    modelName: context.modelName,
    ownName: backend.modelName,
    modelIdentity: context.modelIdentity,
    modelSource: backend.source,
    modelFacts: backend.facts,
    identity: backend.identity,
    settings: settingsOf({ ...context, data: source.description, hooks: options.hooks, promptVariants: options.promptVariants }),
    family: plan.family,
    selected,
    chatTemplate: plan.family === 'plain' ? null : backend.chatTemplate,
    systemInstruction: plan.systemInstruction ?? (plan.family === 'api' && plan.tasks.some(isLetterChoice) ? LETTER_INSTRUCTION : null),
    fewshotAsMultiturn: plan.family !== 'plain' && plan.fewshotAsMultiturn,
    limit: plan.limit,
    shard: plan.shard,
    data: source.description,
    startedAt: startedAt / 1000,
    endedAt: endedAt / 1000,
    work: { ...work, details: { ...work.details, ...scoring } },
    remark,
  };
}
