/** Feeds the pipeline from documents and a backend: documents -> prompts -> requests -> backend -> responses -> pipeline. */

import { CannotJudgeError, InterruptedError } from '../errors.js';
import { isLetterChoice } from '../prompts/api.js';
import type { RunOutcome, TaskOutcome } from '../results/outcome.js';
import type { SampleFile } from '../results/sample-file.js';
import { scoreText } from '../results/score-key.js';
import { openLanguageTeller } from '../scoring/answer-language.js';
import type { TaskNode } from '../task-tree.js';
import type { Ask, Backend, DataSource, Response, Task } from '../types.js';
import type { Journal } from './journal.js';
import { isServer, NOT_A_NUMBER_ADVICE } from './no-score.js';
import type { SessionOptions } from './options.js';
import { type Counters, type Item, type Origin, openPipeline } from './pipeline.js';
import type { RunPlan } from './plan.js';
import { prepareTask } from './prepare-task.js';
import { createScoringWays } from './scoring-ways.js';

export interface RunInput {
  readonly options: Pick<SessionOptions, 'onProgress' | 'maxErrorRate' | 'signal'>;
  readonly plan: RunPlan;
  readonly backend: Backend;
  readonly source: DataSource;
  readonly journal: Journal | null;
  /** Starts the sample file of a task; null keeps no samples. */
  readonly openSamples: ((task: Task) => SampleFile) | null;
  /** All built-in benchmarks, for the averages by language. */
  readonly benchmarks: readonly TaskNode[];
  /** Called with every answered document; `documents` are those of its task in this run. */
  readonly onAnswer?: (item: Item, response: Response, documents: number) => void;
}

export interface RunResult {
  readonly outcome: RunOutcome;
  /** Unfinished sample files by task, to be finished or discarded by the caller. */
  readonly samples: ReadonlyMap<string, SampleFile | null>;
  readonly counters: Counters;
  /** Details of the work: which way choices were scored on a server, by task. */
  readonly scoring: Readonly<Record<string, unknown>>;
}

/** A run whose first answers all failed stops here: a wrong URL or key should not cost a day. */
const HOPELESS = 50;
/** Answers that may wait for the journal before more are taken. */
const MAX_STORING = 1024;

/**
 * Runs a plan to its end. Every answer is in the journal before it is scored and reported. All tasks form one stream of requests, so
 * that a backend never idles between two of them.
 *
 * Throws `InterruptedError` when `signal` is aborted (finished answers are in the journal), `UserError` for what the user can mend,
 * `CannotJudgeError` when the first requests all fail and nothing was ever answered.
 */
export async function executeRun(input: RunInput): Promise<RunResult> {
  const { plan, backend, options } = input;
  const { onProgress, signal } = options;
  // Who has answered before is no wrong address: what is asked again may be just the requests that always fail.
  const answeredBefore = (input.journal?.size ?? 0) > 0;
  const counts = new Map<string, number>();
  const documents = { finished: 0, total: 0 };
  const scoringWays = createScoringWays();
  const writes = plan.tasks.some((task) => task.outputType === 'generate_until' && !isLetterChoice(task));
  const pipeline = openPipeline({
    journal: input.journal,
    openSamples: input.openSamples,
    maxErrorRate: options.maxErrorRate,
    languageOf: writes ? await openLanguageTeller() : null,
    onSettled: (item, response, origin: Origin) => {
      documents.finished += 1;
      onProgress({ kind: 'document', task: item.state.task.name, asked: origin === 'model', ...documents });
      scoringWays.add(item.state.task.name, response);
      input.onAnswer?.(item, response, counts.get(item.state.task.name) ?? 0);
    },
    onFinished: (outcome) => onProgress({ kind: 'task', outcome, text: describeOutcome(outcome) }),
  });
  const { counters } = pipeline;
  const open = new Map<number, Item>();

  const requests = async function* (): AsyncIterable<Ask> {
    let nextId = 0;
    for (const task of plan.tasks) {
      const prepared = await prepareTask(plan, task, input.source);
      const state = pipeline.begin(task, prepared.original);
      counts.set(task.name, prepared.count);
      const tasks = plan.expectDocuments(task, prepared.count);
      documents.total = tasks.reduce((sum, one) => sum + one.documents, 0);
      onProgress({ kind: 'expected', tasks });
      for await (const document of prepared.documents) {
        if (signal.aborted) return;
        const { item, stored } = pipeline.admit(state, document);
        if (stored !== null) await pipeline.settle(item, stored, 'journal');
        else {
          open.set(nextId, item);
          yield { id: nextId++, request: document.request };
        }
      }
      pipeline.end(state, { taskHash: prepared.taskHash(), prompts: prepared.promptStatus() });
    }
  };

  const storing = newWorkers(MAX_STORING);
  try {
    for await (const { id, response } of backend.ask(requests(), signal)) {
      const item = open.get(id);
      if (item === undefined) throw new Error(`the backend answered request ${id}, which is not open`);
      open.delete(id);
      await storing.add(pipeline.settle(item, response, 'model'));
      if (!answeredBefore && counters.answered >= HOPELESS && counters.failed === counters.answered)
        throw new CannotJudgeError(hopeless(counters, backend.source));
    }
  } finally {
    await storing.end();
  }
  storing.check();
  if (signal.aborted) throw new InterruptedError('interrupted');
  for (const item of open.values())
    await pipeline.settle(item, { kind: 'failure', reason: 'internal', message: 'the backend ended without an answer' }, 'model');
  return { outcome: pipeline.finish(plan.roots, input.benchmarks), samples: pipeline.samples(), counters, scoring: scoringWays.details() };
}

/** Where the last answer was not a number, asking again is no way out. */
function hopeless({ failed, failures, lastReason }: Counters, source: string): string {
  const line = `the first ${failed} requests all failed; the last one: ${failures.at(-1)}`;
  return lastReason === 'not a number' && !isServer(source) ? `${line}; ${NOT_A_NUMBER_ADVICE}` : line;
}

/** Work that goes on beside the next answers: storing one must not hold up the next. What fails stops the run at the next answer. */
function newWorkers(most: number): { add(work: Promise<void>): Promise<void>; check(): void; end(): Promise<void> } {
  const active = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  const check = (): void => {
    if (failure !== null) throw failure.error;
  };
  return {
    add: async (work) => {
      const tracked = work.catch((error: unknown) => {
        failure ??= { error };
      });
      active.add(tracked);
      void tracked.then(() => active.delete(tracked));
      while (active.size >= most) await Promise.race(active);
      check();
    },
    check,
    end: async () => void (await Promise.all(active)),
  };
}

/** One line for a finished task: its headline metric, or why there is none. */
function describeOutcome(outcome: TaskOutcome): string {
  const { task, table } = outcome;
  const documents =
    outcome.scored < outcome.effective ? `${outcome.scored} of ${outcome.effective} documents scored` : `${outcome.scored} documents`;
  const cut = outcome.counts.cutAnswers === 0 ? '' : `, ${outcome.counts.cutAnswers} cut at the limit of new tokens`;
  if (table === null) return `${task.name}: no score, ${documents}`;
  const wanted = task.meta.headlineMetric.includes(',') ? task.meta.headlineMetric : `${task.meta.headlineMetric},none`;
  const estimates = Object.entries(table.estimates);
  const shown = estimates.find(([key]) => key === wanted) ?? estimates[0];
  if (shown === undefined) return `${task.name}: ${documents}`;
  const [key, estimate] = shown;
  return `${task.name}: ${key.replace(/,none$/, '')} ${scoreText(estimate)} (${documents}${cut})`;
}
