/** What a run keeps of one task while its documents come back in any order. Small numbers only; texts go to the sample file. */
import { aggregateTask } from '../metrics/aggregate.js';
import { type Counted, type Counts, countResponse, countScored, noCounts, unscoredTotal } from '../results/counts.js';
import type { PromptOrigin, TaskOutcome } from '../results/outcome.js';
import type { SampleFile } from '../results/sample-file.js';
import type { MetricValue, Scored, Task } from '../types.js';

export interface TaskState {
  readonly task: Task;
  readonly samples: SampleFile | null;
  readonly counts: Counts;
  /** Per filter and metric one value per document, at the place of the document; holes are unscored. */
  readonly values: Map<string, Map<string, (MetricValue | undefined)[]>>;
  /** Documents of the whole split. */
  readonly original: number;
  /** Documents prepared so far, and documents that came back. */
  prepared: number;
  delivered: number;
  /** True when all documents have been prepared. */
  complete: boolean;
  /** How many documents have how many choices. */
  readonly choices: Map<number, number>;
  taskHash: string;
  prompts: PromptOrigin;
}

/**
 * Returns the state of a task of which nothing has been asked yet.
 */
export function newTaskState(task: Task, samples: SampleFile | null, original: number): TaskState {
  return {
    task,
    samples,
    counts: noCounts(),
    values: new Map(task.filters.map((f) => [f.name, new Map()])),
    original,
    prepared: 0,
    delivered: 0,
    complete: false,
    choices: new Map(),
    taskHash: '',
    prompts: 'partial',
  };
}

/** A document that has its score, or will have none. */
export interface SettledDocument {
  /** Its place among the documents of this run, from 0. */
  readonly place: number;
  readonly response: Counted;
  /** Number of its choices; null for a generated answer and for one that is missing. */
  readonly choices: number | null;
  readonly scored: readonly Omit<Scored, 'filtered'>[];
}

/**
 * Counts a document and puts its scores where they belong.
 */
export function keepSettled(state: TaskState, { place, response, scored, choices }: SettledDocument): void {
  countResponse(state.counts, response);
  state.delivered += 1;
  countScored(state.counts, scored);
  if (choices !== null) state.choices.set(choices, (state.choices.get(choices) ?? 0) + 1);
  for (const { filter, metrics } of scored) {
    const byMetric = state.values.get(filter) ?? new Map<string, (MetricValue | undefined)[]>();
    state.values.set(filter, byMetric);
    for (const { metric } of state.task.metrics) {
      const value = metrics[metric];
      if (value === undefined) continue;
      const column = byMetric.get(metric) ?? [];
      byMetric.set(metric, column);
      column[place] = value;
    }
  }
}

/**
 * Returns the outcome of a task whose documents have all come back. A task of which more than `maxErrorRate` (a share) is unscored,
 * or nothing is scored, has no table.
 */
export function outcomeOf(state: TaskState, maxErrorRate: number): TaskOutcome {
  const unscored = unscoredTotal(state.counts);
  const scored = state.delivered - unscored;
  const rows = new Map(
    [...state.values].map(([filter, columns]): [string, Map<string, MetricValue[]>] => [
      filter,
      // Holes are dropped in document order, so that sums do not depend on the order of answers.
      new Map([...columns].map(([metric, column]) => [metric, [...column].filter((v) => v !== undefined)])),
    ]),
  );
  const judged = scored > 0 && unscored <= maxErrorRate * state.delivered;
  return {
    task: state.task,
    table: judged ? aggregateTask(state.task, rows, scored) : null,
    original: state.original,
    effective: state.delivered,
    chance: chanceOf(state.choices),
    scored,
    counts: state.counts,
    taskHash: state.taskHash,
    prompts: state.prompts,
  };
}

/**
 * Returns the number of choices behind filtered log-probabilities; null where there are none, or more of them than choices.
 */
export function choicesIn(task: Task, filtered: unknown): number | null {
  const twice = task.metrics.some(({ metric }) => metric === 'acc_mutual_info');
  return task.outputType !== 'multiple_choice' || twice || !Array.isArray(filtered) || filtered.length === 0 ? null : filtered.length;
}

/** The share of right answers that guessing reaches; null where answers are generated. */
function chanceOf(choices: ReadonlyMap<number, number>): number | null {
  let [documents, hits] = [0, 0];
  for (const [k, n] of [...choices].sort(([a], [b]) => a - b)) {
    documents += n;
    hits += n / k;
  }
  return documents === 0 ? null : hits / documents;
}
