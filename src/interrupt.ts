/** Waiting for what does not know of Ctrl-C: a download, a question to a hub that never answers. */
import { InterruptedError } from './errors.js';

/**
 * Returns the error of work that was stopped; `kept` says whether a journal holds its answers.
 */
export function interrupted(kept: boolean): InterruptedError {
  return new InterruptedError(
    kept
      ? 'interrupted; finished answers are kept, give the same command again to go on'
      : 'interrupted; no answers are kept: this run has no journal (one needs a folder for results, without --no-journal)',
  );
}

/**
 * Returns what `work` gives. Throws `InterruptedError` as soon as `signal` is aborted; the work is then left behind, and what it gives or throws later is not
 * heard. For work alone that may be left behind: a child process or an open file would need its own end.
 */
export async function untilStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const over = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new InterruptedError('interrupted'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    over.abort();
  }
}
