import { stat } from 'node:fs/promises';
import { messageOf, UserError } from '../errors.js';
import { type DatasetFinder, ensureSplit } from './dataset-files.js';

/** Splits brought at the same time. */
const AT_ONCE = 4;

export interface WantedSplit {
  readonly dataset: string;
  readonly configuration: string;
  readonly split: string;
}

export interface FetchedSplit extends WantedSplit {
  readonly files: number;
  readonly bytes: number;
  readonly commit: string;
  /** `refs/convert/parquet`, or `main` for a data set without a conversion. */
  readonly revision: string;
}

interface FailedSplit extends WantedSplit {
  /** One line: what is wrong and what to do. */
  readonly message: string;
}

export interface Fetched {
  readonly splits: readonly FetchedSplit[];
  readonly failures: readonly FailedSplit[];
}

/**
 * Brings splits into the cache, each once, four at a time, and returns what came and what could not be had, in the order asked for; one failure does not
 * stop the others. `onDone` is called after each. Throws only for faults of this program.
 */
export async function fetchSplits(finder: DatasetFinder, wanted: readonly WantedSplit[], onDone: () => void): Promise<Fetched> {
  const results: (FetchedSplit | FailedSplit)[] = [];
  // One list for all that work on it.
  const entries = wanted.entries();
  const work = async (): Promise<void> => {
    for (const [i, one] of entries) {
      results[i] = await fetchSplit(finder, one);
      onDone();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return {
    splits: results.filter((one): one is FetchedSplit => 'commit' in one),
    failures: results.filter((one): one is FailedSplit => 'message' in one),
  };
}

async function fetchSplit(finder: DatasetFinder, wanted: WantedSplit): Promise<FetchedSplit | FailedSplit> {
  try {
    const { paths, commit, revision } = await ensureSplit(finder, wanted.dataset, wanted.configuration, wanted.split);
    const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
    return { ...wanted, files: paths.length, bytes: sizes.reduce((sum, size) => sum + size, 0), commit, revision };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...wanted, message: messageOf(error) };
  }
}
