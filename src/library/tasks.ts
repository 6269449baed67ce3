import { listOf, refuseAborted } from '../options.js';
import type { TaskOptions } from '../run/task-options.js';
import { leavesOf, type TaskNode } from '../task-tree.js';
import { includedTasks } from '../tasks/include-path.js';
import { openDescriptions, openRegistry } from '../tasks/open-registry.js';
import { selectTasks } from '../tasks/registry.js';
import type { Task } from '../types.js';

/**
 * Returns tasks and groups of tasks, in order and without repetitions; `evaluate` takes them. Throws `UserError` with the nearest name for what is unknown, and
 * for a task file that is broken.
 */
export async function loadTasks(options: TaskOptions = {}): Promise<readonly TaskNode[]> {
  const { tasks = 'all', includePath, hooks, metrics, signal } = options;
  refuseAborted(signal);
  return selectTasks(await includedTasks(listOf(tasks), includePath), await openRegistry(hooks ?? null, metrics));
}

/**
 * Returns the same to be described or shown: functions of theirs that are not there are an error only where one is called. Throws as `loadTasks`.
 */
export async function describedTasks({ tasks = 'all', includePath, hooks, metrics }: TaskOptions): Promise<readonly TaskNode[]> {
  return selectTasks(await includedTasks(listOf(tasks), includePath), await openDescriptions(hooks ?? null, metrics));
}

/**
 * Returns the single tasks among them, in order.
 */
export async function loadLeaves({ tasks, includePath, hooks }: TaskOptions): Promise<readonly Task[]> {
  return (await loadTasks({ tasks, includePath, hooks })).flatMap(leavesOf);
}
