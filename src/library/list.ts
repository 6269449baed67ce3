import { type ListLine, listLines } from '../tasks/list.js';
import { loadTasks, type TaskOptions } from './tasks.js';

export { listTable } from '../tasks/list.js';

/**
 * Returns benchmarks with what is known of them. Throws `UserError` as `loadTasks` does.
 */
export async function listBenchmarks(options: TaskOptions): Promise<readonly ListLine[]> {
  return listLines(await loadTasks(options));
}
