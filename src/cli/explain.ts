/** `eus-eval explain`: arguments and printing only. */
import { screenOf } from '../terminal/screen.js';
import { type AddCommand, HOOKS_OPTION, INCLUDE_OPTION, list } from './arguments.js';
import { printJson } from './print.js';

interface ExplainFlags {
  hooks?: string;
  includePath?: string;
  results?: readonly string[];
  json: boolean;
}

/**
 * Adds `explain`.
 */
export const addExplain: AddCommand = (program) =>
  program
    .command('explain')
    .description('what a metric, statistic or benchmark means: definition, formula, source and a worked example')
    .argument('[name...]', 'a metric, statistic, word of a table, benchmark, task or task file; without it the list of all')
    .option(...HOOKS_OPTION)
    .option(...INCLUDE_OPTION)
    .option('--results <dirs>', 'folders of results: a task whose file is not at hand is explained as they record it', list)
    .option('--json', 'print one JSON document', false)
    .action(async (words: readonly string[], flags: ExplainFlags) => {
      const { explainWords } = await import('../library/explain.js');
      const { text, topic } = await explainWords({ ...flags, word: words.join(' '), width: screenOf(process.stdout).width });
      if (flags.json) printJson(topic);
      else process.stdout.write(text);
    });
