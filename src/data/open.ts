import type { DataSource } from '../types.js';
import { withDataFiles } from './data-files.js';
import { openFolder } from './folder.js';
import type { OpenDataOptions } from './hub.js';

/**
 * Returns the source of documents: a local folder, or the hub with its cache.
 * Throws `UserError` when the folder does not exist or the hub's settings are not valid.
 */
export async function openData(options: OpenDataOptions): Promise<DataSource> {
  if (options.dir !== null) return withDataFiles(await openFolder(options.dir));
  const { openHub } = await import('./hub.js');
  return withDataFiles(await openHub(options));
}
