/** `eus-eval explain`: arguments and printing only. */
import type { AddCommand } from './commands.js';

/**
 * Adds `explain`.
 */
export const addExplain: AddCommand = (program) =>
  program
    .command('explain')
    .description('what a metric, statistic or benchmark means: definition, formula, source and a worked example')
    .argument('[name...]', 'a metric, statistic, benchmark or task; without it the list of all')
    .option('--json', 'print one JSON document', false)
    .action(async (words: readonly string[], flags: { json: boolean }) => {
      const [{ explain, explanationOf, topicList }, { loadRegistry }] = await Promise.all([
        import('../explain/explain.js'),
        import('../tasks/registry.js'),
      ]);
      const word = words.join(' ');
      const registry = await loadRegistry();
      const text = word === '' ? topicList(registry.benchmarks) : explain(word, registry.entries);
      process.stdout.write(flags.json ? `${JSON.stringify(explanationOf(word) ?? { name: word, text }, null, 2)}\n` : text);
    });
