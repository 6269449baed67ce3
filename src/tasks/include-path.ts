/** Names of tasks in a folder of one's own, as the harness's `--include_path` takes them. */
import { wildcard } from '../wildcard.js';
import { sourcesIn, type Wanted } from './registry.js';

/**
 * Returns words of `--tasks` with the names and tags of task files in `folder` replaced by those files; wildcards too. Words that the folder does not know, and tasks
 * that are loaded, stay as they are; without a folder all do. Throws `UserError` when it cannot be read.
 */
export async function includedTasks(wanted: readonly Wanted[], folder: string | undefined): Promise<readonly Wanted[]> {
  if (folder === undefined) return wanted;
  const files = await sourcesIn(folder);
  return wanted
    .flatMap((one): readonly Wanted[] => (typeof one === 'string' ? one.split(',').map((word) => word.trim()) : [one]))
    .filter((word) => word !== '')
    .flatMap((word): readonly Wanted[] => {
      if (typeof word !== 'string') return [word];
      const exact = files.get(word);
      if (exact !== undefined) return exact;
      const pattern = wildcard(word);
      const matches = [...files].flatMap(([name, found]) => (pattern?.test(name) ? found : []));
      return matches.length > 0 ? [...new Set(matches)] : [word];
    });
}
