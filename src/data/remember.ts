/** A data source that reads a split once where it is asked for several times in a row: to count, to draw examples from, to evaluate. */
import type { DataSource, Doc, Value } from '../types.js';

/** Splits that are held: the evaluated one and the one that examples come from. */
const HELD_SPLITS = 2;
/** Rough size of a split that is held, in characters and values; a larger one is read each time. */
const MAX_HELD = 32_000_000;

/**
 * Returns a source with the same rows as `source`. The rows of the last two splits that were read to their end are kept, unless they are large.
 */
export function rememberSplits(source: DataSource): DataSource {
  const held = new Map<string, readonly Doc[]>();
  return {
    description: source.description,
    split: async function* (datasetPath, datasetName, split, files) {
      const key = JSON.stringify([datasetPath, datasetName, split, files?.base, [...(files?.splits ?? [])]]);
      const known = held.get(key);
      if (known !== undefined) {
        held.delete(key);
        held.set(key, known);
        yield* known;
        return;
      }
      let rows: Doc[] | null = [];
      let size = 0;
      for await (const row of source.split(datasetPath, datasetName, split, files)) {
        if (rows !== null) {
          rows.push(row);
          size += sizeOf(row);
          if (size > MAX_HELD) rows = null;
        }
        yield row;
      }
      if (rows === null) return;
      held.set(key, rows);
      for (const [oldest] of held) if (held.size > HELD_SPLITS) held.delete(oldest);
    },
  };
}

function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  if (value === null || typeof value !== 'object') return 1;
  let size = 1;
  for (const part of Object.values(value)) size += sizeOf(part);
  return size;
}
