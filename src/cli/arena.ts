/** `eus-eval arena`: arguments and printing only. */

import path from 'node:path';
import { Option } from 'commander';
import type { Question } from '../arena/battles.js';
import type { ArenaScores } from '../arena/scores.js';
import { UserError } from '../errors.js';
import { screenOf } from '../terminal/screen.js';
import { addArenaServe } from './arena-serve.js';
import { addArenaSimulate } from './arena-simulate.js';
import type { AddCommand } from './arguments.js';
import { numberBetween, wholeNumber } from './arguments.js';

interface FitFlags {
  question: Question;
  rounds: number;
  seed: number;
  level: number;
  largestGroup: boolean;
  json: boolean;
  out?: string;
}

interface CorrelateFlags {
  arena: readonly string[];
  results: readonly string[];
  names?: string;
  question?: string;
  bias: boolean;
  allSizes: boolean;
  perBenchmark: boolean;
  mixed: boolean;
  json: boolean;
  out?: string;
}

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
      const { fitArena } = await import('../library/arena.js');
      const { fitCsv, fitTable } = await import('../arena/report.js');
      const fit = await fitArena({ battles: file, ...flags });
      if (fit.skipped > 0) note(`${fit.skipped} battles without a vote on the question '${fit.question}'`);
      if (fit.left_out.length > 0) note(`left out, no common scale with the others: ${fit.left_out.join(', ')}`);
      if (fit.redrawn > 0) note(`${fit.redrawn} resamples drawn again: they had no common scale; the intervals are a little too narrow`);
      const json = `${JSON.stringify(fit, null, 1)}\n`;
      await writeOut(flags.out, `arena-${fit.question}`, json, fitCsv(fit));
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
      const { readArenaScores } = await import('../arena/scores.js');
      const { correlations } = await import('../leaderboard/correlate.js');
      const { correlationCsv, correlationTable } = await import('../leaderboard/correlation-report.js');
      const { PAPER_NAMES } = await import('../leaderboard/paper-names.js');
      const { readNames } = await import('../leaderboard/names.js');
      const { buildBoard } = await import('../leaderboard/board.js');
      const { builtinBenchmarks } = await import('../leaderboard/builtin.js');
      const read: ArenaScores[] = [];
      for (const file of flags.arena) read.push(...(await readArenaScores(file)));
      const arenas = flags.question === undefined ? read : read.filter((a) => a.question === flags.question);
      if (arenas.length === 0)
        throw new UserError(`no arena scores on the question '${flags.question}'; given: ${read.map((a) => a.question).join(', ')}`);
      const twice = arenas.find((a, i) => arenas.findIndex((b) => b.question === a.question) !== i);
      if (twice !== undefined) throw new UserError(`--arena: two files with scores on the question '${twice.question}'; give one each`);
      const { benchmarks, records } = await builtinBenchmarks();
      const names = flags.names === undefined ? PAPER_NAMES : await readNames(flags.names);
      const board = await buildBoard({ dirs: flags.results, benchmarks, names, base: null, mixed: flags.mixed, records });
      const { rows, leftOut } = correlations(board, arenas, {
        withBias: flags.bias,
        allSizes: flags.allSizes,
        perBenchmark: flags.perBenchmark,
      });
      if (rows.every((r) => r.n === 0))
        throw new UserError('no model has both arena and benchmark scores; say which belong together with --names FILE');
      for (const line of leftOut) note(`left out: ${line}`);
      if (flags.out !== undefined) {
        const { correlationPictures } = await import('../leaderboard/correlation-pictures.js');
        const { writeFiles } = await import('../leaderboard/write-files.js');
        const pictures = correlationPictures(board, arenas, flags);
        const files = pictures.map(({ name, svg }): [string, string] => [`correlation-${name}.svg`, svg]);
        const written = await writeFiles(
          flags.out,
          new Map([['correlations.json', `${JSON.stringify(rows, null, 1)}\n`], ['correlations.csv', correlationCsv(rows)], ...files]),
        );
        note(`wrote ${written.join(', ')}`);
      }
      process.stdout.write(flags.json ? `${JSON.stringify(rows, null, 1)}\n` : `${correlationTable(rows, screenOf(process.stdout))}\n`);
    });
  addArenaServe(arena);
  addArenaSimulate(arena);
  return arena;
};

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function writeOut(out: string | undefined, name: string, json: string, csv: string): Promise<void> {
  if (out === undefined) return;
  const { writeFiles } = await import('../leaderboard/write-files.js');
  const { dir, base, ext } = { dir: path.dirname(out), base: path.basename(out), ext: path.extname(out) };
  const written =
    ext === '.json' || ext === '.csv'
      ? await writeFiles(dir, new Map([[base, ext === '.json' ? json : csv]]))
      : await writeFiles(
          out,
          new Map([
            [`${name}.json`, json],
            [`${name}.csv`, csv],
          ]),
        );
  note(`wrote ${written.join(', ')}`);
}
