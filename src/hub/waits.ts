/** Who hears what the hub is waited for: whoever began the work, however many are under way in the process. */
import { AsyncLocalStorage } from 'node:async_hooks';

const listeners = new AsyncLocalStorage<(line: string) => void>();

/**
 * Returns what `work` returns; `hear` is told, in one line each, what it and all that it begins wait for. The innermost listener hears.
 */
export function hearingWaits<T>(hear: (line: string) => void, work: () => T): T {
  return listeners.run(hear, work);
}

/**
 * Tells what is waited for, in one line.
 */
export function tellWait(line: string): void {
  listeners.getStore()?.(line);
}
