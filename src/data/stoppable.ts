/** A data source that can be interrupted while it waits, e.g. for a hub that does not answer. */
import { untilStopped } from '../interrupt.js';
import type { DataSource } from '../types.js';

/**
 * Returns a source with the same rows as `source`, which throws `InterruptedError` when `signal` is aborted while a row is awaited.
 */
export function stoppable(source: DataSource, signal: AbortSignal): DataSource {
  return {
    description: source.description,
    split: async function* (datasetPath, datasetName, split, files) {
      const rows = source.split(datasetPath, datasetName, split, files)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await untilStopped(rows.next(), signal);
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        // A source that hangs would never say that it has ended.
        const ended = Promise.resolve(rows.return?.()).catch(() => undefined);
        if (!signal.aborted) await ended;
      }
    },
  };
}
