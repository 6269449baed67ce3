import type { Clock } from '../../src/backends/api/clock.js';

/** A clock that stands still while anything happens and jumps to the next sleeper when nothing does. */
export interface VirtualClock extends Clock {
  /** Requests that are on the wire right now: while there are any, time stands still. */
  readonly busy: Set<string>;
  /** Runs the clock until `done` settles; returns its value. Rejects when nothing is left that could ever happen for `patienceMs` real milliseconds. */
  drive<T>(done: Promise<T>, patienceMs?: number): Promise<T>;
}

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly resolve: () => void;
  cancelled: boolean;
}

/**
 * Returns a virtual clock that starts at 0.
 */
export function createVirtualClock(): VirtualClock {
  let time = 0;
  let order = 0;
  const heap: Sleeper[] = [];
  const before = (a: Sleeper, b: Sleeper): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(sleeper: Sleeper): void {
    let i = heap.push(sleeper) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(sleeper, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = sleeper;
  }

  function pop(): Sleeper | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && before(right, left)) child += 1;
      const least = heap[child];
      if (least === undefined || !before(least, last)) break;
      heap[i] = least;
      i = child;
    }
    heap[i] = last;
    return top;
  }

  const clock: VirtualClock = {
    busy: new Set(),
    now: () => time,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const sleeper: Sleeper = { at: time + Math.max(0, ms), order: order++, cancelled: false, resolve };
        push(sleeper);
        signal?.addEventListener(
          'abort',
          () => {
            sleeper.cancelled = true;
            resolve();
          },
          { once: true },
        );
      });
    },
    async drive(done, patienceMs = 20_000) {
      let settled = false;
      const watched = done.finally(() => {
        settled = true;
      });
      watched.catch(() => undefined);
      let idleSince: number | null = null;
      while (!settled) {
        // Two turns of the event loop let every promise and every finished I/O have its say.
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setImmediate(resolve));
        if (settled || clock.busy.size > 0) continue;
        let next = pop();
        while (next?.cancelled === true) next = pop();
        if (next === undefined) {
          // Loading a module or a file is no traffic, so a while of nothing is allowed.
          idleSince ??= Date.now();
          if (Date.now() - idleSince > patienceMs) throw new Error(`nothing can happen any more at virtual time ${time}`);
          continue;
        }
        idleSince = null;
        time = next.at;
        next.resolve();
      }
      return watched;
    },
  };
  return clock;
}

/**
 * Returns a generator of numbers in [0, 1) that is the same every time (mulberry32).
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
