/** The straight line of a run: documents -> prompts -> requests -> backend -> responses -> scores -> metrics. */

import { CannotJudgeError, InterruptedError, UserError } from '../errors.js';
import { aggregateGroup } from '../metrics/aggregate.js';
import { averagesOf } from '../results/averages.js';
import type { RunOutcome, TaskOutcome } from '../results/outcome.js';
import { openSampleFile } from '../results/sample-file.js';
import { sampleLines } from '../results/samples.js';
import { isGroup } from '../results/write.js';
import { scoreDocument } from '../scoring/score.js';
import type {
  Ask,
  Backend,
  ChoicesRequest,
  ChoicesResponse,
  DataSource,
  Group,
  PreparedDoc,
  Response,
  Scored,
  ScoreTable,
  Task,
} from '../types.js';
import { addCounts, countResponse, guard, noCounts } from './guard.js';
import type { Journal } from './journal.js';
import type { RunPlan } from './plan.js';
import { prepareTask } from './prepare-task.js';
import type { Progress } from './progress.js';
import { keepScores, newTaskState, outcomeOf, type TaskState } from './task-state.js';

export interface RunInput {
  readonly plan: RunPlan;
  readonly backend: Backend;
  readonly source: DataSource;
  readonly journal: Journal | null;
  /** Path of the unfinished sample file of a task; null keeps no samples. */
  readonly partialSamples: ((task: Task) => string) | null;
  readonly progress: Progress;
  /** All built-in benchmarks, for the averages by language. */
  readonly benchmarks: readonly (Group | Task)[];
  /** Share of unscored requests from which a task gets no headline number. */
  readonly maxErrorRate: number;
  /** Answered multiple-choice requests to hand back, spread over the tasks, for `--check-batch`. */
  readonly keepAnswers: number;
  readonly signal: AbortSignal;
}

export interface RunResult {
  readonly outcome: RunOutcome;
  /** Unfinished sample files by task, to be finished or discarded by the caller. */
  readonly samples: ReadonlyMap<string, TaskState['samples']>;
  /** One line per failed request, the first hundred. */
  readonly failures: readonly string[];
  /** Failed requests that `failures` does not list, by task. */
  readonly unlisted: ReadonlyMap<string, number>;
  /** Answers that came from the journal. */
  readonly reused: number;
  readonly kept: readonly KeptAnswer[];
}

export interface KeptAnswer {
  readonly request: ChoicesRequest;
  readonly response: ChoicesResponse;
}

/** A run whose first answers all failed stops here: a wrong URL or key should not cost a day. */
const HOPELESS = 50;
/** Answers that may wait for the journal before more are taken. */
const MAX_STORING = 1024;
const LISTED_FAILURES = 100;

interface Pending {
  readonly state: TaskState;
  readonly place: number;
  readonly prepared: PreparedDoc;
}

/**
 * Runs a plan to its end. Every answer is in the journal before it is scored and reported. All tasks form one stream of requests, so
 * that a backend never idles between two of them.
 *
 * Throws `InterruptedError` when `signal` is aborted (finished answers are in the journal), `UserError` for what the user can mend,
 * `CannotJudgeError` when the first requests all fail.
 */
export async function executeRun(input: RunInput): Promise<RunResult> {
  const { plan, backend, journal, progress } = input;
  const states = new Map<string, TaskState>();
  const outcomes = new Map<string, TaskOutcome>();
  const pending = new Map<number, Pending>();
  const failures: string[] = [];
  const unlisted = new Map<string, number>();
  const kept: KeptAnswer[] = [];
  const keepPerTask = Math.ceil(input.keepAnswers / Math.max(1, plan.tasks.length));
  let nextId = 0;
  let answered = 0;
  let failed = 0;
  let reused = 0;

  const deliver = async ({ state, place, prepared }: Pending, answer: Response, asked: boolean): Promise<void> => {
    const { response, scored } = score(prepared, answer);
    countResponse(state.counts, response);
    keepScores(state, place, scored);
    if (response.kind === 'failure') {
      failed += 1;
      if (failures.length < LISTED_FAILURES)
        failures.push(`${prepared.task.name} document ${prepared.docId}: ${response.reason}: ${response.message}`);
      else unlisted.set(prepared.task.name, (unlisted.get(prepared.task.name) ?? 0) + 1);
    }
    if (place < keepPerTask && response.kind === 'choices' && prepared.request.kind === 'choices')
      kept.push({ request: prepared.request, response });
    const lines = sampleLines(prepared, response, scored);
    state.delivered += 1;
    progress.done(state.task.name, asked);
    for (const [i, line] of lines.entries()) await state.samples?.add(i * 2 ** 32 + prepared.docId, line);
    finishTask(state);
  };

  const finishTask = (state: TaskState): void => {
    if (!state.complete || state.delivered < state.prepared || outcomes.has(state.task.name)) return;
    const outcome = outcomeOf(state, input.maxErrorRate);
    outcomes.set(state.task.name, outcome);
    state.values.clear();
    progress.line(describeOutcome(outcome));
  };

  const requests = async function* (): AsyncIterable<Ask> {
    for (const task of plan.tasks) {
      const state = newTaskState(task, input.partialSamples === null ? null : openSampleFile(input.partialSamples(task)));
      states.set(task.name, state);
      const prepared = await prepareTask(plan, task, input.source);
      state.original = prepared.original;
      progress.total(plan.expectDocuments(task, prepared.count));
      for await (const document of prepared.documents) {
        if (input.signal.aborted) return;
        const item: Pending = { state, place: state.prepared, prepared: document };
        state.prepared += 1;
        const stored = journal?.get(document.request) ?? null;
        if (stored === null) {
          pending.set(nextId, item);
          yield { id: nextId++, request: document.request };
        } else {
          reused += 1;
          await deliver(item, guard(document.request, stored), false);
        }
      }
      state.taskHash = prepared.taskHash();
      state.prompts = prepared.promptStatus();
      state.complete = true;
      finishTask(state);
    }
  };

  // Storing an answer must not hold up the next; what goes wrong while storing stops the run at the next answer.
  const storing = new Set<Promise<void>>();
  let storeFailure: unknown = null;
  const keep = (work: Promise<void>): void => {
    const tracked = work.catch((error: unknown) => {
      storeFailure ??= error;
    });
    storing.add(tracked);
    void tracked.then(() => storing.delete(tracked));
  };

  try {
    for await (const { id, response } of backend.ask(requests(), input.signal)) {
      const item = pending.get(id);
      if (item === undefined) throw new Error(`the backend answered request ${id}, which is not open`);
      pending.delete(id);
      answered += 1;
      const checked = guard(item.prepared.request, response);
      if (checked.kind === 'failure' || journal === null) keep(deliver(item, checked, true));
      else keep(journal.put(item.prepared.request, checked).then(() => deliver(item, checked, true)));
      while (storing.size >= MAX_STORING) await Promise.race(storing);
      if (storeFailure !== null) throw storeFailure;
      if (answered >= HOPELESS && failed === answered) {
        throw new CannotJudgeError(`the first ${failed} requests all failed; the last one: ${failures.at(-1)}`);
      }
    }
  } finally {
    await Promise.all(storing);
  }
  if (storeFailure !== null) throw storeFailure;
  if (input.signal.aborted) throw new InterruptedError('interrupted; finished answers are kept, give the same command again to go on');
  for (const item of pending.values()) {
    await deliver(item, { kind: 'failure', reason: 'internal', message: 'the backend ended without an answer' }, true);
  }
  const groups = new Map<string, ScoreTable>();
  for (const root of plan.roots) aggregateTree(root, outcomes, groups);
  return {
    outcome: {
      roots: plan.roots,
      tasks: outcomes,
      groups,
      averages: averagesOf(input.benchmarks, { roots: plan.roots, tasks: outcomes, groups }),
      counts: [...outcomes.values()].reduce((sum, o) => addCounts(sum, o.counts), noCounts()),
    },
    samples: new Map([...states].map(([name, state]) => [name, state.samples])),
    failures,
    unlisted,
    reused,
    kept: kept.slice(0, input.keepAnswers),
  };
}

/**
 * Scores one answer. A generated text on which a task's pattern runs wild cannot be scored; that is this document's failure, not the run's.
 */
function score(prepared: PreparedDoc, response: Response): { response: Response; scored: readonly Scored[] } {
  if (response.kind === 'failure') return { response, scored: [] };
  try {
    return { response, scored: scoreDocument(prepared, response) };
  } catch (error) {
    if (!(error instanceof UserError) || response.kind !== 'generate') throw error;
    return { response: { kind: 'failure', reason: 'malformed', message: error.message }, scored: [] };
  }
}

/**
 * Fills `groups` with the score of every group of a tree, children first. A group with a task that has no table has none either:
 * a mean over the rest would be another quantity under the same name.
 */
export function aggregateTree(node: Group | Task, outcomes: ReadonlyMap<string, TaskOutcome>, groups: Map<string, ScoreTable>): void {
  if (!isGroup(node)) return;
  for (const child of node.children) aggregateTree(child, outcomes, groups);
  const leaves = leafNames(node);
  const tables = new Map<string, ScoreTable>();
  for (const name of leaves) {
    const table = outcomes.get(name)?.table;
    if (table === undefined || table === null) return;
    tables.set(name, table);
  }
  const table = aggregateGroup(node, tables);
  if (table !== null) groups.set(node.name, table);
}

function leafNames(node: Group | Task): string[] {
  return isGroup(node) ? node.children.flatMap(leafNames) : [node.name];
}

/** One line for a finished task: its headline metric, or why there is none. */
function describeOutcome(outcome: TaskOutcome): string {
  const { task, table } = outcome;
  const documents =
    outcome.scored < outcome.effective ? `${outcome.scored} of ${outcome.effective} documents scored` : `${outcome.scored} documents`;
  if (table === null) return `${task.name}: no score, ${documents}`;
  const wanted = task.meta.headlineMetric.includes(',') ? task.meta.headlineMetric : `${task.meta.headlineMetric},none`;
  const [key, estimate] = Object.entries(table.estimates).find(([k]) => k === wanted) ?? Object.entries(table.estimates)[0] ?? [];
  if (key === undefined || estimate === undefined) return `${task.name}: ${documents}`;
  const stderr = estimate.stderr === null ? '' : ` ± ${estimate.stderr.toFixed(4)}`;
  return `${task.name}: ${key.replace(/,none$/, '')} ${estimate.value.toFixed(4)}${stderr} (${documents})`;
}
