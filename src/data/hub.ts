import { UserError } from '../errors.js';
import { datasetFinder, ensureSplit } from '../hub/dataset-files.js';
import type { Progress } from '../hub/progress.js';
import { type HubSettings, hubSettings } from '../hub/settings.js';
import type { DataSource } from '../types.js';
import { formatOf, readFiles } from './read-file.js';

export interface OpenDataOptions {
  /** A folder with `REPO/CONFIGURATION/SPLIT.jsonl`; null: the hub. */
  readonly dir: string | null;
  /** No network access: what the cache lacks is an error. */
  readonly offline: boolean;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Returns a data source over the hub and its cache (settings.ts). Files come when their split is read; nothing is asked before.
 * Throws `UserError` when the hub's settings are not valid.
 */
export function openHub(options: OpenDataOptions, settings: HubSettings = hubSettings(options.offline)): DataSource {
  const finder = datasetFinder(settings, options.onProgress);
  return {
    description: settings.offline ? 'hub cache (offline)' : `hub ${settings.endpoint}`,
    async *split(datasetPath, datasetName, split) {
      const { paths } = await ensureSplit(finder, datasetPath, datasetName, split);
      const files = paths.map((path) => {
        const format = formatOf(path);
        if (format === null) throw new UserError(`${path} is no data file`);
        return { path, format };
      });
      yield* readFiles(files);
    },
  };
}
