/** Names of tasks in a folder of one's own, as the harness's `--include_path` takes them. */
import { wildcard } from '../wildcard.js';
import { sourcesIn } from './registry.js';

/**
 * Returns words of `--tasks` with the names and tags of task files in `folder` replaced by those files; wildcards too. Words that the folder does not know stay as they are. Throws `UserError` when it
 * cannot be read.
 */
export async function includedTasks(words: readonly string[], folder: string): Promise<readonly string[]> {
  const files = await sourcesIn(folder);
  return words
    .flatMap((word) => word.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .flatMap((word) => {
      const exact = files.get(word);
      if (exact !== undefined) return exact;
      const pattern = wildcard(word);
      const matches = [...files].flatMap(([name, found]) => (pattern?.test(name) ? found : []));
      return matches.length > 0 ? [...new Set(matches)] : [word];
    });
}
