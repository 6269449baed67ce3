/** Time and chance as values, so that tests run hours of waiting in milliseconds and always the same way. */

export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` is aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock, which nobody can set: a corrected wall clock must not stop a run. A pending sleep keeps the process alive. */
export const systemClock: Clock = { now: () => performance.now(), sleep: systemSleep };

/** setTimeout holds its delay in 31 bits; a longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

function systemSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(Math.max(0, ms), LONGEST_TIMER));
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Returns a reading of `clock` that never goes back: where the clock does, the reading stands still for a moment and then runs on. */
export function steadyReading(clock: Clock): () => number {
  let last = clock.now();
  let reading = last;
  return () => {
    const now = clock.now();
    reading += Math.max(0, now - last);
    last = now;
    return reading;
  };
}

/**
 * Runs something against the clock. Returns its value, `late` after `ms` milliseconds, or `stopped` when `stop` is aborted meanwhile; the signal it was
 * given is aborted then. What does not heed its signal is left behind. Throws what it throws.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  stop: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T | 'late' | 'stopped'> {
  const own = new AbortController();
  let cut: () => void = () => undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    cut = () => {
      resolve('stopped');
      own.abort();
    };
  });
  stop.addEventListener('abort', cut, { once: true });
  if (stop.aborted) cut();
  try {
    // A sleep that is cut short comes after the rest of the race.
    const late = clock.sleep(ms, own.signal).then((): 'late' => 'late');
    return await Promise.race([stopped, run(own.signal), late]);
  } finally {
    own.abort();
    stop.removeEventListener('abort', cut);
  }
}
