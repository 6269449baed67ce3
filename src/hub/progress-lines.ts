import type { Progress } from './progress.js';

/** Milliseconds between lines about the same file. */
const INTERVAL = 10_000;

/**
 * Returns a listener that says how downloads go, in lines: when a file begins, every ten seconds, and when it is complete.
 */
export function progressLines(say: (line: string) => void, now: () => number = Date.now): (progress: Progress) => void {
  const said = new Map<string, number>();
  return ({ what, doneBytes, totalBytes }) => {
    const complete = totalBytes !== null && doneBytes >= totalBytes;
    const last = said.get(what);
    if (!complete && last !== undefined && now() - last < INTERVAL) return;
    if (complete && last === Number.POSITIVE_INFINITY) return;
    said.set(what, complete ? Number.POSITIVE_INFINITY : now());
    const of = totalBytes === null ? '' : ` of ${megabytes(totalBytes)}`;
    say(`${what}: ${megabytes(doneBytes)}${complete ? ', complete' : of}`);
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
