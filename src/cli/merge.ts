/** `eus-eval merge`: arguments and printing only. */
import { EXIT } from '../errors.js';
import { screenOf } from '../terminal/screen.js';
import type { AddCommand } from './arguments.js';
import { folderName, HOOKS_OPTION, numberBetween } from './arguments.js';

interface MergeFlags {
  hooks?: string;
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
    .option('--json', 'print the results file instead of a table', false)
    .action(async (dirs: readonly string[], flags: MergeFlags) => {
      const { merge } = await import('../library/merge.js');
      const { resultsTable } = await import('../results/table.js');
      const merged = await merge({ shards: dirs, ...flags });
      process.stdout.write(flags.json ? `${merged.json}\n` : `${resultsTable(merged.outcome, screenOf(process.stdout))}\n`);
      process.stderr.write(`results: ${merged.resultsFile}\n`);
      const without = [...merged.outcome.tasks.values()].filter((o) => o.table === null).map((o) => o.task.name);
      if (without.length > 0) {
        process.stderr.write(`eus-eval: no score for ${without.join(', ')}: too many requests failed; run those shards again\n`);
        exit(EXIT.cannotJudge);
      }
    });
