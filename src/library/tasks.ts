import type { HookModule } from '../hooks/user-module.js';
import type { Metric } from '../metrics/define.js';
import type { TaskNode } from '../task-tree.js';
import { openRegistry } from '../tasks/open-registry.js';
import { selectTasks } from '../tasks/registry.js';
import { listOf, type OneOrMore, type Optional, refuseAborted } from './options.js';

export type TaskOptions = Optional<{
  /** Benchmarks, groups, tasks, wildcards, `eu`, `en`, `es`, `all` (the default), or paths of task files. */
  tasks: OneOrMore<string>;
  /** What answers the Python functions of task files: a JavaScript module, or functions by name. */
  hooks: HookModule;
  /** Metrics that task files can name beside the built-in ones. */
  metrics: readonly Metric[];
  signal: AbortSignal;
}>;

/**
 * Returns tasks and groups of tasks, in order and without repetitions; `evaluate` takes them. Throws `UserError` with the nearest name for what is unknown, and
 * for a task file that is broken.
 */
export async function loadTasks({ tasks = 'all', hooks, metrics, signal }: TaskOptions = {}): Promise<readonly TaskNode[]> {
  refuseAborted(signal);
  return selectTasks(listOf(tasks), await openRegistry(hooks ?? null, metrics));
}
