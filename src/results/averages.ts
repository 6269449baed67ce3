/** The averages by language of a run, for its table and its results file. */
import { type LanguageAverage, languageAverages } from '../metrics/language-average.js';
import { isGroup } from '../task-tree.js';
import type { Group, ScoreTable, Task } from '../types.js';
import { LANGUAGE_WORDS } from './counts.js';
import type { RunOutcome } from './outcome.js';

/**
 * Returns the averages of the languages that have at least one score in this run. `benchmarks`: the built-in ones, all of them; a task file of
 * the user's own counts for none, even under a built-in name.
 */
export function averagesOf(
  benchmarks: readonly (Group | Task)[],
  run: Pick<RunOutcome, 'roots' | 'tasks' | 'groups'>,
): readonly LanguageAverage[] {
  const tables = new Map<string, ScoreTable>();
  for (const benchmark of benchmarks) {
    const root = run.roots.find(({ name, file }) => name === benchmark.name && file === benchmark.file);
    if (root === undefined) continue;
    const table = isGroup(root) ? run.groups.get(root.name) : run.tasks.get(root.name)?.table;
    if (table !== undefined && table !== null) tables.set(root.name, table);
  }
  return languageAverages(benchmarks, tables).filter(({ value }) => value !== null);
}

/**
 * Returns one line that names the averages of a run and over how many benchmarks they go; null where no language has at least two.
 */
export function describeAverages(averages: readonly LanguageAverage[]): string | null {
  const several = averages.filter(({ benchmarks }) => benchmarks.length > 1);
  if (several.length === 0) return null;
  const parts = several.flatMap(({ language, value, benchmarks, missing }) => {
    if (value === null) return [];
    const all = benchmarks.length + missing.length;
    const over = missing.length === 0 ? `all ${all} benchmarks` : `incomplete: ${benchmarks.length} of ${all} benchmarks`;
    return `${LANGUAGE_WORDS[language]} ${value.toFixed(4)} (${over})`;
  });
  return `Average without bias benchmarks: ${parts.join(', ')}`;
}
