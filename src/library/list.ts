import type { TaskOptions } from '../run/task-options.js';
import { type ListLine, listLines } from '../tasks/list.js';
import { describedTasks } from './tasks.js';

export { listTable } from '../tasks/list.js';

/**
 * Returns benchmarks with what is known of them: without names all, and those of the folder `includePath`. Throws `UserError` as `loadTasks` does.
 */
export async function listBenchmarks(options: TaskOptions): Promise<readonly ListLine[]> {
  const all = options.includePath === undefined ? ['all'] : ['all', '*'];
  return listLines(await describedTasks({ ...options, tasks: options.tasks ?? all }));
}
