import type { Progress } from '../hub/progress.js';
import type { DataSource } from '../types.js';
import { withDataFiles } from './data-files.js';
import { openFolder } from './folder.js';

export interface OpenDataOptions {
  /** A folder with `REPO/CONFIGURATION/SPLIT.jsonl`; null: the hub. */
  readonly dir: string | null;
  /** No network access: what the cache lacks is an error. */
  readonly offline: boolean;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Returns the source of documents: a local folder, or the hub with its cache.
 * Throws `UserError` when the folder does not exist or the hub's settings are not valid.
 */
export async function openData(options: OpenDataOptions): Promise<DataSource> {
  if (options.dir !== null) return withDataFiles(await openFolder(options.dir));
  const { openHub } = await import('./hub.js');
  return withDataFiles(await openHub(options));
}
