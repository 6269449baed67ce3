/** `eus-eval explain`: arguments and printing only. */
import { screenOf } from '../terminal/screen.js';
import type { AddCommand } from './arguments.js';
import { HOOKS_OPTION, list } from './arguments.js';

/**
 * Adds `explain`.
 */
export const addExplain: AddCommand = (program) =>
  program
    .command('explain')
    .description('what a metric, statistic or benchmark means: definition, formula, source and a worked example')
    .argument('[name...]', 'a metric, statistic, word of a table, benchmark, task or task file; without it the list of all')
    .option(...HOOKS_OPTION)
    .option('--results <dirs>', 'folders of results: a task whose file is not at hand is explained as they record it', list)
    .option('--json', 'print one JSON document', false)
    .action(async (words: readonly string[], flags: { json: boolean; hooks?: string; results?: readonly string[] }) => {
      const [{ explain, explanationOf, topicList }, { selectTasks }, { openRegistry }] = await Promise.all([
        import('../explain/explain.js'),
        import('../tasks/registry.js'),
        import('../tasks/open-registry.js'),
      ]);
      const word = words.join(' ');
      const { width } = screenOf(process.stdout);
      const registry = await openRegistry(flags.hooks ?? null);
      const own = /\.ya?ml$/.test(word) ? await selectTasks([word], registry) : [];
      const more = registry.entries.has(word) || word === '' ? null : await registry.more?.();
      const { recordedEntry } = await import('../explain/recorded.js');
      const recorded = flags.results === undefined ? null : await recordedEntry(flags.results, word, registry.vocabulary);
      const entries = new Map([
        ...registry.entries,
        ...(more?.entries ?? []),
        ...own.map((entry) => [word, entry] as const),
        ...(recorded === null ? [] : [[word, recorded] as const]),
      ]);
      const text = word === '' ? topicList(registry.benchmarks, width) : explain(word, entries, width);
      process.stdout.write(flags.json ? `${JSON.stringify(explanationOf(word) ?? { name: word, text }, null, 2)}\n` : text);
    });
