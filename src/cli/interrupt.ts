/** Ctrl-C: the first stops cleanly, the second at once. */
import { EXIT } from '../errors.js';
import { note } from './print.js';

/**
 * Returns what `work` returns, whose signal SIGINT and SIGTERM abort. `kept` says whether finished answers are on disk, `say` shows lines.
 */
export async function interruptible<T>(kept: boolean, work: (signal: AbortSignal) => Promise<T>, say = note): Promise<T> {
  const stop = new AbortController();
  const handler = (): void => {
    if (stop.signal.aborted) endAtOnce();
    const erase = process.stderr.isTTY === true ? '\r\u001b[K' : '';
    say(`${erase}stopping; finished answers are ${kept ? 'kept' : 'not kept'} (once more to stop at once)`);
    stop.abort();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  try {
    return await work(stop.signal);
  } finally {
    // A system call that does not come back can keep the process alive behind the end of the run, so a second signal is still heard.
    if (!stop.signal.aborted) {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    }
  }
}

/**
 * Ends the process with 130 at once. `process.exit` waits for system calls under way, which a dead network disk never answers, and pulls threads out of native
 * code, which aborts; the signal itself, with nobody to handle it, does neither, and a shell sees 130 all the same.
 */
function endAtOnce(): void {
  if (process.getActiveResourcesInfo().some((name) => /req|port|worker/i.test(name))) {
    process.removeAllListeners('SIGINT');
    process.kill(process.pid, 'SIGINT');
  }
  process.exit(EXIT.interrupted);
}
