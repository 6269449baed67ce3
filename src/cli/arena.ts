/** `eus-eval arena`: arguments and printing only. */
import { Option } from 'commander';
import type { ArenaOptions } from '../library/arena.js';
import type { CorrelateOptions } from '../library/correlate.js';
import { screenOf } from '../terminal/screen.js';
import { addArenaServe } from './arena-serve.js';
import { addArenaSimulate } from './arena-simulate.js';
import type { AddCommand } from './arguments.js';
import { numberBetween, wholeNumber } from './arguments.js';
import { note } from './print.js';

type FitFlags = Omit<ArenaOptions, 'battles' | 'signal'> & { readonly json: boolean; readonly out?: string };
type CorrelateFlags = CorrelateOptions & { readonly json: boolean };

const repeat = (value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value];

/**
 * Adds `arena fit` and `arena correlate`.
 */
export const addArena: AddCommand = (program) => {
  const arena = program
    .command('arena')
    .description('let people compare models, rank the models from the votes, and correlate the ranking with benchmarks');
  arena
    .command('fit')
    .description('Bradley-Terry scores (mean 1000) with bootstrap intervals from a CSV of battles')
    .argument('<battles>', 'CSV: model_a,model_b,winner, or model_a,model_b,wins_a,wins_b,ties')
    .addOption(new Option('--question <question>', 'which vote').choices(['global', 'content', 'language']).default('global'))
    .option('--rounds <n>', 'bootstrap rounds', wholeNumber(0), 100)
    .option('--seed <n>', 'seed of the bootstrap', wholeNumber(0), 1234)
    .option('--level <p>', 'confidence level of the intervals', numberBetween(0.01, 0.999), 0.9)
    .option('--largest-group', 'leave out models that cannot be compared with the others', false)
    .option('--json', 'print JSON, which leaderboard and correlate read', false)
    .option('-o, --out <dir>', 'write arena-<question>.json and .csv there; a name that ends in .json or .csv is that file')
    .action(async (file: string, flags: FitFlags) => {
      const { fitArena, writeFit } = await import('../library/arena.js');
      const { fitTable } = await import('../arena/report.js');
      const fit = await fitArena({ battles: file, ...flags });
      if (fit.skipped > 0) note(`${fit.skipped} battles without a vote on the question '${fit.question}'`);
      if (fit.left_out.length > 0) note(`left out, no common scale with the others: ${fit.left_out.join(', ')}`);
      if (fit.redrawn > 0) note(`${fit.redrawn} resamples drawn again: they had no common scale; the intervals are a little too narrow`);
      const json = `${JSON.stringify(fit, null, 1)}\n`;
      if (flags.out !== undefined) note(`wrote ${(await writeFit(fit, flags.out)).join(', ')}`);
      process.stdout.write(flags.json ? json : `${fitTable(fit, screenOf(process.stdout))}\n`);
    });
  arena
    .command('correlate')
    .description('Spearman correlation of arena scores with benchmark averages')
    .requiredOption('--arena <file>', 'JSON of arena fit, or CSV with model,global,content,language; may be repeated', repeat)
    .requiredOption('--results <dir>', 'folder of result files; may be repeated', repeat)
    .option('--names <file>', "CSV folder,table_name,arena_name (default: the paper's models)")
    .addOption(new Option('--question <question>', 'only this one').choices(['global', 'content', 'language']))
    .option('--no-bias', "averages without the bias benchmark (the paper's figure has it in)")
    .option('--all-sizes', 'include every size, not only the most common one', false)
    .option('--per-benchmark', 'also each benchmark separately', false)
    .option('--mixed', 'allow columns that mix versions or fingerprints', false)
    .option('--json', 'print JSON', false)
    .option('-o, --out <dir>', 'write correlations.json, .csv and a plot there')
    .action(async (flags: CorrelateFlags) => {
      const { correlate } = await import('../library/correlate.js');
      const { correlationTable } = await import('../leaderboard/correlation-report.js');
      const { rows, leftOut, files } = await correlate(flags);
      for (const line of leftOut) note(`left out: ${line}`);
      if (files.length > 0) note(`wrote ${files.join(', ')}`);
      process.stdout.write(flags.json ? `${JSON.stringify(rows, null, 1)}\n` : `${correlationTable(rows, screenOf(process.stdout))}\n`);
    });
  addArenaServe(arena);
  addArenaSimulate(arena);
  return arena;
};
