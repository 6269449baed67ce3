/**
 * The one way from documents to an outcome: a document is admitted (its answer is stored, or must be asked for), its answer is settled
 * (journal, score, sample), the run is finished. `run` feeds it from documents and a backend, `merge` from sample files. What to do about
 * failures is decided outside, by its counters.
 */
import { UserError } from '../errors.js';
import { aggregateGroup } from '../metrics/aggregate.js';
import { averagesOf } from '../results/averages.js';
import { addCounts, noCounts } from '../results/counts.js';
import type { PromptOrigin, RunOutcome, TaskOutcome } from '../results/outcome.js';
import type { SampleFile } from '../results/sample-file.js';
import { sampleLines } from '../results/samples.js';
import type { LanguageTeller } from '../scoring/answer-language.js';
import { scoreDocument } from '../scoring/score.js';
import { isGroup, nodesOf, type TaskNode, uniqueLeaves } from '../task-tree.js';
import type { FailureReason, FailureResponse, PreparedDoc, Response, Scored, ScoreTable, Task } from '../types.js';
import { guard } from './guard.js';
import type { Journal, StoredResponse } from './journal.js';
import { guessOf, keepSettled, newTaskState, outcomeOf, type SettledDocument, type TaskState } from './task-state.js';

/** Where an answer comes from. */
export type Origin = 'model' | 'journal';

/** A document on its way through the pipeline. */
export interface Item {
  readonly state: TaskState;
  /** Its place among the documents of this run, from 0. */
  readonly place: number;
  readonly prepared: PreparedDoc;
}

/** What policies look at. */
export interface Counters {
  /** Answers that the model gave, failures included, and failures among them. */
  answered: number;
  failed: number;
  /** Answers that the journal gave. */
  reused: number;
  /** One line per failed request, the first hundred; and how many more each task has. */
  readonly failures: string[];
  readonly unlisted: Map<string, number>;
  /** Why the last of them failed. */
  lastReason: FailureReason | null;
}

export interface PipelineOptions {
  readonly journal: Journal | null;
  /** Starts the sample file of a task; null keeps no samples. */
  readonly openSamples: ((task: Task) => SampleFile) | null;
  /** Share of unscored documents above which a task gets no score. */
  readonly maxErrorRate: number;
  /** Tells the languages of generated answers; absent: they are not told. */
  readonly languageOf?: LanguageTeller | null;
  readonly onSettled?: (item: Item, response: Response, origin: Origin) => void;
  readonly onFinished?: (outcome: TaskOutcome) => void;
}

export type Pipeline = ReturnType<typeof openPipeline>;

const LISTED_FAILURES = 100;
/** The lines of one filter stand together in a sample file, in the order of documents. */
const FILTER_STRIDE = 2 ** 32;

/**
 * Returns a pipeline through which nothing has gone yet.
 */
export function openPipeline(options: PipelineOptions) {
  const states = new Map<string, TaskState>();
  const outcomes = new Map<string, TaskOutcome>();
  const counters: Counters = { answered: 0, failed: 0, reused: 0, failures: [], unlisted: new Map(), lastReason: null };

  /** Starts a task; `original` is the number of documents of its whole split. */
  function begin(task: Task, original: number): TaskState {
    const state = newTaskState(task, options.openSamples?.(task) ?? null, original);
    states.set(task.name, state);
    return state;
  }

  /** Takes in the next document of a task. `stored` is its answer in the journal, or null: then it is to be asked. */
  function admit(state: TaskState, prepared: PreparedDoc): { readonly item: Item; readonly stored: StoredResponse | null } {
    return { item: { state, place: state.prepared++, prepared }, stored: options.journal?.get(prepared.request) ?? null };
  }

  /** Checks, stores and scores an answer. An answer of the model is in the journal before it counts. Rejects with `UserError` on a full disk. */
  async function settle(item: Item, answer: Response, origin: Origin): Promise<void> {
    const { state, place, prepared } = item;
    const checked = guard(prepared.request, answer);
    if (origin === 'journal') counters.reused += 1;
    else {
      counters.answered += 1;
      if (checked.kind === 'failure') counters.failed += 1;
      else await options.journal?.put(prepared.request, checked);
    }
    const { response, scored } = score(prepared, checked, options.languageOf ?? null);
    if (response.kind === 'failure') list(prepared, response);
    options.onSettled?.(item, response, origin);
    for (const [i, line] of sampleLines(prepared, response, scored).entries()) await keepLine(state, i, prepared.docId, line);
    const targets = typeof prepared.target === 'object' ? prepared.target : null;
    restore(state, { place, response, scored, guess: guessOf(state.task, scored[0]?.filtered, targets) });
  }

  function list({ task, docId }: PreparedDoc, { reason, message }: FailureResponse): void {
    counters.lastReason = reason;
    if (counters.failures.length < LISTED_FAILURES) counters.failures.push(`${task.name} document ${docId}: ${reason}: ${message}`);
    else counters.unlisted.set(task.name, (counters.unlisted.get(task.name) ?? 0) + 1);
  }

  /** Keeps the sample line of a document for the filter of that index. */
  async function keepLine(state: TaskState, filter: number, docId: number, line: string): Promise<void> {
    await state.samples?.add(filter * FILTER_STRIDE + docId, line);
  }

  /** Takes in a document that was scored before; its sample lines are kept with `keepLine`. */
  function restore(state: TaskState, document: SettledDocument): void {
    keepSettled(state, document);
    close(state);
  }

  /** Says that all documents of a task are in. */
  function end(state: TaskState, { taskHash, prompts }: { readonly taskHash: string; readonly prompts: PromptOrigin }): void {
    state.taskHash = taskHash;
    state.prompts = prompts;
    state.complete = true;
    close(state);
  }

  function close(state: TaskState): void {
    if (!state.complete || state.delivered < state.prepared || outcomes.has(state.task.name)) return;
    const outcome = outcomeOf(state, options.maxErrorRate);
    outcomes.set(state.task.name, outcome);
    state.values.clear();
    options.onFinished?.(outcome);
  }

  /** Returns the outcome of the trees `roots`; every task of them has ended and all its documents are settled. */
  function finish(roots: readonly TaskNode[], benchmarks: readonly TaskNode[]): RunOutcome {
    const left = uniqueLeaves(roots).find(({ name }) => !outcomes.has(name));
    if (left !== undefined) throw new Error(`the task ${left.name} is not finished`);
    const groups = new Map<string, ScoreTable>();
    for (const root of roots) aggregateTree(root, outcomes, groups);
    const run = { roots, tasks: outcomes, groups };
    const counts = [...outcomes.values()].reduce((sum, o) => addCounts(sum, o.counts), noCounts());
    return { ...run, averages: averagesOf(benchmarks, run), counts };
  }

  /** Returns sample files by task, to be published or discarded by the caller. */
  function samples(): ReadonlyMap<string, SampleFile | null> {
    return new Map([...states].map(([name, state]) => [name, state.samples]));
  }

  const seen: Readonly<Counters> = counters;
  return { begin, admit, settle, restore, keepLine, end, finish, samples, counters: seen };
}

/**
 * Scores one answer. A generated text on which a task's pattern runs wild cannot be scored; that is this document's failure, not the run's.
 */
function score(
  prepared: PreparedDoc,
  response: Response,
  languageOf: LanguageTeller | null,
): { response: Response; scored: readonly Scored[] } {
  if (response.kind === 'failure') return { response, scored: [] };
  try {
    return { response, scored: scoreDocument(prepared, response, languageOf) };
  } catch (error) {
    if (!(error instanceof UserError) || response.kind !== 'generate') throw error;
    return { response: { kind: 'failure', reason: 'malformed', message: error.message }, scored: [] };
  }
}

/**
 * Fills `groups` with the score of every group of a tree. A group with a task that has no table has none either: a mean over the rest would
 * be another quantity under the same name.
 */
function aggregateTree(root: TaskNode, outcomes: ReadonlyMap<string, TaskOutcome>, groups: Map<string, ScoreTable>): void {
  for (const { node } of nodesOf(root)) {
    if (!isGroup(node)) continue;
    const tasks = uniqueLeaves([node]);
    const tables = new Map(
      tasks.flatMap(({ name }): [string, ScoreTable][] => {
        const table = outcomes.get(name)?.table ?? null;
        return table === null ? [] : [[name, table]];
      }),
    );
    const table = tables.size < tasks.length ? null : aggregateGroup(node, tables);
    if (table !== null) groups.set(node.name, table);
  }
}
