import { UserError } from '../errors.js';
import { pyEquals } from '../python/equal.js';
import { PythonRandom } from '../python/random.js';
import type { Doc, Task } from '../types.js';

/** Where a task's few-shot examples come from: examples in its own file, or a split. */
export type PoolSource = { readonly kind: 'samples'; readonly docs: readonly Doc[] } | { readonly kind: 'split'; readonly split: string };

/**
 * Returns the split whose documents are evaluated: `test_split`, else `validation_split`. The loader makes sure that one is named.
 */
export function evaluatedSplit(task: Task): string {
  const split = task.testSplit ?? task.validationSplit;
  if (split === null) throw new UserError(`${task.file}: test_split: missing; name the split to evaluate`);
  return split;
}

/**
 * Returns where few-shot examples are drawn from: `fewshot_split`, else examples in the task file, else the training, validation or evaluated split.
 */
export function poolSource(task: Task): PoolSource {
  if (task.fewshotSplit !== null) return { kind: 'split', split: task.fewshotSplit };
  if (task.fewshot.samples !== null) return { kind: 'samples', docs: task.fewshot.samples };
  return { kind: 'split', split: task.trainingSplit ?? task.validationSplit ?? evaluatedSplit(task) };
}

/**
 * Returns how many examples are drawn for `count` shots: one more where `fewshot_split` and `test_split` are the same, both absent included,
 * because the evaluated document may be among them.
 */
function drawnExamples(task: Task, count: number): number {
  return task.fewshotSplit === task.testSplit ? count + 1 : count;
}

/** Draws examples for one document after another, as the harness does: one generator per task, advanced once a document. */
export interface Sampler {
  /** Indices in the pool of the examples for the next document: equal documents left out, at most `count`. */
  next(doc: Doc): readonly number[];
  /** Advances past a document that is not prepared. */
  skip(): void;
}

/** The few-shot pool holds fewer documents than are drawn: the split is empty, cut short, or the task file asks for too many. */
export class TooFewDocumentsError extends UserError {
  override readonly name: string = 'TooFewDocumentsError';
  constructor(task: Task, drawn: number, count: number, found: number) {
    const there = found === 0 ? `no documents (${task.datasetPath}, ${task.datasetName} is empty)` : `only ${found} documents`;
    super(`${task.name}: ${drawn} few-shot examples are drawn for ${count} shots, but there are ${there} to draw from`);
  }
}

/**
 * Returns the sampler of a task over its pool. `twice` draws two times for each document and uses the second draw: the harness does so when
 * the examples of a chat prompt go into one user message.
 * Throws `TooFewDocumentsError` when the pool is smaller than what is drawn.
 */
export function makeSampler(task: Task, pool: readonly Doc[], count: number, twice: boolean): Sampler {
  const drawn = drawnExamples(task, count);
  if (drawn > pool.length) throw new TooFewDocumentsError(task, drawn, count, pool.length);
  const random = new PythonRandom(task.fewshot.seed);
  const first = Array.from({ length: drawn }, (_, i) => i);
  const draw = () => {
    if (task.fewshot.sampler === 'first_n') return first;
    if (twice) random.sampleIndices(pool.length, drawn);
    return random.sampleIndices(pool.length, drawn);
  };
  return {
    next: (doc) => {
      const kept: number[] = [];
      for (const index of draw()) {
        if (kept.length === count) break;
        const example = pool[index];
        if (example !== undefined && !pyEquals(example, doc)) kept.push(index);
      }
      return kept;
    },
    skip: () => {
      draw();
    },
  };
}
