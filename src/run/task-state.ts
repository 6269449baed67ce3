/** What a run keeps of one task while its documents come back in any order. Small numbers only; texts go to the sample file. */
import { UserError } from '../errors.js';
import { aggregateTask } from '../metrics/aggregate.js';
import { literalEval } from '../python/literal.js';
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
  /** How many documents are guessed right with which chance, by `right/choices`. */
  readonly guesses: Map<string, { readonly guess: Guess; documents: number }>;
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
    guesses: new Map(),
    taskHash: '',
    prompts: 'partial',
  };
}

/** A document that has its score, or will have none. */
export interface SettledDocument {
  /** Its place among the documents of this run, from 0. */
  readonly place: number;
  readonly response: Counted;
  /** Null for a generated answer and for one that is missing. */
  readonly guess: Guess | null;
  readonly scored: readonly Omit<Scored, 'filtered'>[];
}

/**
 * Counts a document and puts its scores where they belong.
 */
export function keepSettled(state: TaskState, { place, response, scored, guess }: SettledDocument): void {
  countResponse(state.counts, response);
  state.delivered += 1;
  countScored(state.counts, scored);
  if (guess !== null) {
    const key = `${guess.right}/${guess.choices}`;
    const known = state.guesses.get(key) ?? { guess, documents: 0 };
    known.documents += 1;
    state.guesses.set(key, known);
  }
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
    chance: chanceOf(state.guesses),
    scored,
    counts: state.counts,
    taskHash: state.taskHash,
    prompts: state.prompts,
  };
}

/** What picking a choice blindly has to do with: the choices of a document, and how many of them are right. */
export interface Guess {
  readonly choices: number;
  readonly right: number;
}

/**
 * Returns the choices behind filtered log-probabilities, and how many of them the target names; null where there are none, or more log-probabilities than choices. `target` is
 * a document's own, or what a sample file says of it.
 */
export function guessOf(task: Task, filtered: unknown, target: unknown): Guess | null {
  const twice = task.metrics.some(({ metric }) => metric === 'acc_mutual_info');
  if (task.outputType !== 'multiple_choice' || twice || !Array.isArray(filtered) || filtered.length === 0) return null;
  return { choices: filtered.length, right: Math.min(filtered.length, rightAnswers(target)) };
}

/** A list of several right answers is `[0, 2]` in a sample file. */
function rightAnswers(target: unknown): number {
  const list = typeof target === 'string' && /^\[.*\]$/s.test(target) ? listIn(target) : target;
  return Array.isArray(list) ? new Set(list.map(String)).size : 1;
}

function listIn(text: string): unknown {
  try {
    return literalEval(text);
  } catch (error) {
    if (error instanceof UserError) return text;
    throw error;
  }
}

/** The share of right answers that guessing reaches; null where answers are generated. */
function chanceOf(guesses: TaskState['guesses']): number | null {
  let [documents, hits] = [0, 0];
  // In an order that does not depend on that of the answers.
  for (const [, { guess, documents: n }] of [...guesses].sort(([a], [b]) => (a < b ? -1 : 1))) {
    documents += n;
    hits += (n * guess.right) / guess.choices;
  }
  return documents === 0 ? null : hits / documents;
}
