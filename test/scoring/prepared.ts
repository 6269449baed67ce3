/** Tasks and documents with nothing in them but what scoring looks at. */
import { exampleDocument, metricOf } from '../../src/explain/example-task.js';
import type { Doc, PreparedDoc, Task } from '../../src/types.js';

export const metric = metricOf;

/** Returns a task with the given fields. */
export function taskOf(fields: Partial<Task>): Task {
  return exampleDocument({ name: 'made_up', alias: 'made_up', ...fields }, 0, null).task;
}

/** Returns a document to score. */
export function preparedOf(task: Task, doc: Doc, target: number | string, choices: readonly string[] | null): PreparedDoc {
  return exampleDocument(task, target, choices, doc);
}
