/** One run from options to files: opens what is needed, runs, writes, and always cleans up. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { type OpenOptions, openBackend } from '../backends/open.js';
import { openData } from '../data/open.js';
import { rememberSplits } from '../data/remember.js';
import { stoppable } from '../data/stoppable.js';
import { systemCode, UserError } from '../errors.js';
import { fileNameOf } from '../file-name.js';
import { makeFolder, removeEmpty } from '../folders.js';
import { progressLines } from '../hub/progress-lines.js';
import { packagePath } from '../package-files.js';
import { isLetterChoice, LETTER_INSTRUCTION } from '../prompts/api.js';
import { modelIdentityOf } from '../results/model-identity.js';
import type { RunFacts, RunOutcome, TaskOutcome } from '../results/outcome.js';
import { publishFiles } from '../results/publish.js';
import { fail, openSampleFile } from '../results/sample-file.js';
import type { SamplesForm } from '../results/sample-name.js';
import { resultsContent } from '../results/write.js';
import { openRegistry } from '../tasks/open-registry.js';
import { type Registry, selectTasks } from '../tasks/registry.js';
import type { Backend, DataSource, PromptFamily, Value } from '../types.js';
import { newBatchCheck } from './check-batch.js';
import { headerLines } from './header.js';
import { type Journal, memoryJournal, openJournal } from './journal.js';
import { leaveOutMissing } from './missing-data.js';
import { planRun, type RunPlan, type Shard, shareOf } from './plan.js';
import { prepareTask } from './prepare-task.js';
import type { Expected, Progress } from './progress.js';
import { claimFolder, familySuffix, type ResultFolder } from './result-folder.js';
import { executeRun } from './run.js';
import { settingsOf } from './settings.js';

export interface SessionOptions {
  /** Null: the embedded tiny model on the embedded documents. */
  readonly model: string | null;
  /** What results and leaderboards call the model; null: what the backend calls it. */
  readonly name: string | null;
  readonly tasks: readonly string[] | null;
  readonly family: PromptFamily | null;
  readonly systemInstruction: string | null;
  readonly fewshotAsMultiturn: boolean;
  readonly limit: number | null;
  readonly shard: Shard | null;
  /** What ends a thought before the answer; `none`: the whole text is the answer; null: `</think>`, where there is one. */
  readonly thinking?: string | null;
  /** A JavaScript module whose functions answer the Python functions of task files. */
  readonly hooks?: string | null;
  readonly data: string | null;
  readonly out: string;
  readonly fresh: boolean;
  readonly journal: boolean;
  /** How sample files are written; null writes none. */
  readonly samples: SamplesForm | null;
  readonly maxErrorRate: number;
  /** Extra passes over the requests that failed. */
  readonly retries: number;
  /** Documents to score again one by one; 0 for none. */
  readonly checkBatch: number;
  readonly open: OpenOptions;
  readonly makeProgress: (status: () => string) => Progress;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

export interface SessionResult {
  readonly outcome: RunOutcome;
  readonly content: Readonly<Record<string, Value>>;
  readonly resultsFile: string;
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
 * Runs benchmarks on a model and writes `results_<time>.json` and `samples_<task>_<time>.jsonl` under `<out>/<model>/`. Files appear
 * complete or not at all; finished answers stay in the journal whatever happens.
 *
 * Throws `UserError` and its kinds (see `errors.ts`).
 */
export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const registry = await openRegistry(options.hooks ?? null);
  const selected = await selectTasks(wantedTasks(options), registry);
  const dataFolder = dataFolderOf(options);
  const source = rememberSplits(
    stoppable(
      await openData({ dir: dataFolder, offline: options.open.offline, onProgress: progressLines(options.open.onProgress) }),
      options.signal,
    ),
  );
  const present = leaveOutMissing(selected, dataFolder);
  const base = options.shard === null ? options.out : path.join(options.out, `shard-${options.shard.index + 1}-of-${options.shard.count}`);
  const made = await makeFolder(base).catch(fail(base));
  const startedAt = options.now();
  let backend: Backend | null = null;
  let journal: Journal | null = null;
  let target: ResultFolder | null = null;
  try {
    if (options.model !== null && !options.model.startsWith('fake:')) options.open.onProgress(`opening ${options.model}`);
    backend = await openBackend(options.model, options.open);
    const plan = planRun(present.roots, backend, { ...options, maxNewTokens: options.open.maxNewTokens });
    const modelIdentity = modelIdentityOf(backend.identity, backend.chatTemplate);
    target = await claimFolder(base, {
      name: options.name ?? backend.modelName,
      given: options.name !== null,
      suffix: familySuffix(plan.family, backend.source),
      model: { modelIdentity, identity: backend.identity },
    });
    journal = await openJournalOf(options, base, backend);
    const notes = [options.model === null ? EMBEDDED_REMARK : null, ...present.notes].filter((note) => note !== null);
    const renamed =
      target.name === (options.name ?? backend.modelName)
        ? []
        : [`another model has results as ${backend.modelName} here; this one's are called ${target.name} (--name gives another name)`];
    for (const note of [...notes, ...renamed]) options.open.onProgress(note);
    const expected = await countAhead(plan, source, dataFolder !== null);
    const header = { backend, modelName: target.name, plan, expected, folder: target.folder };
    for (const line of headerLines(header)) options.open.onProgress(line);
    const context: PassContext = {
      options,
      plan,
      backend,
      source,
      journal,
      folder: target.folder,
      modelName: target.name,
      modelIdentity,
      remark: notes.length === 0 ? null : notes.join('; '),
      startedAt,
      benchmarks: registry.benchmarks,
    };
    let result = await runOnce(context);
    for (let pass = 0; pass < options.retries && result.failures.length > 0; pass++) {
      const unscored = Object.values(result.outcome.counts.unscored).reduce((sum, n) => sum + n, 0);
      options.open.onProgress(`asking ${unscored} failed requests again`);
      result = await runOnce({ ...context, replaces: result.written });
    }
    return { ...result, remark: [...notes, ...renamed].join('; ') || null };
  } finally {
    await journal?.close();
    await backend?.close();
    // What was refused before anything was asked leaves no folder behind.
    await target?.abandon();
    await removeEmpty(made);
  }
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
async function openJournalOf(options: SessionOptions, base: string, backend: Backend): Promise<Journal | null> {
  if (!options.journal) return options.retries > 0 ? memoryJournal() : null;
  const store = path.join(base, '.journal', fileNameOf(backend.modelName));
  await makeFolder(store).catch(fail(store));
  const journal = openJournal(store, backend.identity);
  if (journal.damaged > 0)
    options.open.onProgress(`journal ${store}: ${journal.damaged} damaged records are left out; what they answered is asked again`);
  if (options.fresh) journal.clear();
  return journal;
}

/** No model and no data: the tiny model on the made-up documents. */
function embeddedRun(options: SessionOptions): boolean {
  return options.data === null && options.model === null;
}

/**
 * Returns the folder of the documents: the user's, the embedded one, or null for the hub.
 */
export function dataFolderOf(options: SessionOptions): string | null {
  return embeddedRun(options) ? packagePath('fixtures/data') : options.data;
}

/**
 * Returns the tasks asked for, or the default: all, or a small selection of the embedded documents.
 */
export function wantedTasks(options: SessionOptions): readonly string[] {
  return options.tasks ?? (embeddedRun(options) ? EMBEDDED_TASKS : ['all']);
}

interface PassContext {
  readonly options: SessionOptions;
  readonly plan: RunPlan;
  readonly backend: Backend;
  readonly source: DataSource;
  readonly journal: Journal | null;
  readonly folder: string;
  readonly modelName: string;
  readonly modelIdentity: string;
  readonly remark: string | null;
  readonly startedAt: number;
  readonly benchmarks: Registry['benchmarks'];
  /** Files of an earlier pass that this one makes obsolete. */
  readonly replaces?: readonly string[];
}

async function runOnce(context: PassContext): Promise<SessionResult & { readonly written: readonly string[] }> {
  const { options, plan, backend, folder } = context;
  const form = options.samples;
  const partial = await makePartialFolder(folder);
  const progress = options.makeProgress(() => backend.status());
  const check = options.checkBatch > 0 ? newBatchCheck(options.checkBatch, plan.tasks.length) : null;
  try {
    const { outcome, samples, counters, scoring } = await executeRun({
      ...context,
      openSamples: form === null ? null : (task) => openSampleFile(path.join(partial, `${task.name}.jsonl`), form),
      progress,
      maxErrorRate: options.maxErrorRate,
      signal: options.signal,
      ...(check === null ? {} : { onAnswer: check.watch }),
    });
    progress.stop();
    // Before the check: its work is none of the run's.
    const content = resultsContent(outcome, factsOf(context, scoring, options.now()));
    const written = await publishFiles(folder, partial, samples, content, options.now());
    for (const file of context.replaces ?? []) await rm(file, { force: true });
    return {
      outcome,
      content,
      resultsFile: written.at(-1) ?? folder,
      failures: counters.failures,
      unlisted: unlistedLine(counters.unlisted, written),
      reused: counters.reused,
      remark: context.remark,
      checked: check === null ? null : await check.run(backend, options.signal),
      withoutScore: [...outcome.tasks.values()].filter((o) => o.table === null && !isEmptyShare(plan, o)).map((o) => o.task.name),
      written,
    };
  } finally {
    progress.stop();
    await rm(partial, { recursive: true, force: true });
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
  const selected = wantedTasks(options);
  const work = backend.work();
  return {
    modelName: context.modelName,
    ownName: backend.modelName,
    modelIdentity: context.modelIdentity,
    modelSource: backend.source,
    modelFacts: backend.facts,
    identity: backend.identity,
    settings: settingsOf(plan, backend, options.open, selected, source.description, options.hooks ?? null),
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

/**
 * Makes the folder for unfinished files and removes those that killed runs on this machine have left.
 */
async function makePartialFolder(folder: string): Promise<string> {
  const mine = `.partial-${fileNameOf(hostname())}-`;
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(mine) ? Number(name.slice(mine.length).split('-')[0]) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) await rm(path.join(folder, name), { recursive: true, force: true });
  }
  for (let i = 0; ; i++) {
    const partial = path.join(folder, `${mine}${process.pid}-${i}`);
    const made = await mkdir(partial).then(
      () => true,
      (error: unknown) => {
        if (existsSync(partial)) return false;
        return fail(partial)(error);
      },
    );
    if (made) return partial;
    if (i > 1000) throw new UserError(`${folder}: too many unfinished runs; remove the folders that begin with .partial-`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be asked, but it is there.
    return systemCode(error) === 'EPERM';
  }
}
