import { explain, explanationOf, topicList } from '../explain/explain.js';
import { recordedEntry } from '../explain/recorded.js';
import type { TaskOptions } from '../run/task-options.js';
import { includedTasks } from '../tasks/include-path.js';
import { openDescriptions } from '../tasks/open-registry.js';
import { selectTasks } from '../tasks/registry.js';

export interface ExplainOptions extends Pick<TaskOptions, 'hooks' | 'includePath'> {
  /** A metric, statistic, benchmark, task or task file; empty for the list of all. */
  readonly word: string;
  /** Columns of the text. */
  readonly width: number;
  /** Folders of results whose tasks can be named, too. */
  readonly results?: readonly string[];
}

/**
 * Returns what a word means, as text and as an object. Throws `UserError` with the nearest name for what is unknown.
 */
export async function explainWords({
  word,
  width,
  hooks,
  includePath,
  results,
}: ExplainOptions): Promise<{ readonly text: string; readonly topic: unknown }> {
  const registry = await openDescriptions(hooks ?? null);
  const included = await includedTasks([word], includePath);
  const own = includePath !== undefined && included[0] !== word ? included : /\.ya?ml$/.test(word) ? [word] : [];
  const more = registry.entries.has(word) || word === '' ? null : await registry.more();
  const recorded = results === undefined ? null : await recordedEntry(results, word, registry.vocabulary);
  const entries = new Map([
    ...registry.entries,
    ...(more?.entries ?? []),
    ...(own.length === 0 ? [] : await selectTasks(own, registry)).map((entry) => [word, entry] as const),
    ...(recorded === null ? [] : [[word, recorded] as const]),
  ]);
  const text = word === '' ? topicList(registry.benchmarks, width) : explain(word, entries, width);
  return { text, topic: explanationOf(word) ?? { name: word, text } };
}
