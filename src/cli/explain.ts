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
      const { explainWords } = await import('../library/explain.js');
      const { text, topic } = await explainWords({ word: words.join(' '), width: screenOf(process.stdout).width, ...flags });
      process.stdout.write(
        flags.json
          ? `${JSON.stringify(topic, null, 2)}
`
          : text,
      );
    });
