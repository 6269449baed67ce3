/** `eus-eval merge`: arguments and printing only. */
import { EXIT } from '../errors.js';
import { screenOf } from '../terminal/screen.js';
import { type AddCommand, folderName, HOOKS_OPTION, numberBetween } from './arguments.js';
import { note, print } from './print.js';

interface MergeFlags {
  hooks?: string;
  promptVariants?: string;
  out: string;
  maxErrorRate: number;
  json: boolean;
}

/**
 * Adds `merge`.
 */
export const addMerge: AddCommand = (program, exit) =>
  program
    .command('merge')
    .description('join the shards of a run into what one run would have written')
    .argument('<dirs...>', 'folders of the shards, or a folder above them')
    .requiredOption('-o, --out <dir>', 'where the joined results go', folderName)
    .option('--max-error-rate <share>', 'above this share of failures: no score, exit code 4', numberBetween(0, 1), 0.01)
    .option(...HOOKS_OPTION)
    .option('--prompt-variants <file>', 'the file that the shards were run with')
    .option('--json', 'print the results file instead of a table', false)
    .action(async (dirs: readonly string[], flags: MergeFlags) => {
      const { merge } = await import('../library/merge.js');
      const { countedLine } = await import('../results/counts.js');
      const { resultsTable } = await import('../results/table.js');
      const { json, outcome, resultsFile, noScore } = await merge({ shards: dirs, ...flags });
      print(flags.json ? json : resultsTable(outcome, screenOf(process.stdout)));
      note(countedLine(outcome.counts));
      note(`results: ${resultsFile}`);
      if (noScore === null) return;
      note(`eus-eval: ${noScore}`);
      exit(EXIT.cannotJudge);
    });
