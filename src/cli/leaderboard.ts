/** `eus-eval leaderboard`: arguments and printing only. */
import type { ArenaFit } from '../arena/fit.js';
import type { ArenaScores } from '../arena/scores.js';
import { list } from './arguments.js';
import type { AddCommand } from './commands.js';

interface LeaderboardFlags {
  tasks?: readonly string[];
  out: string;
  base?: string;
  names?: string;
  arena: readonly string[];
  mixed: boolean;
  title: string;
  pictures: boolean;
}

/**
 * Adds `leaderboard`.
 */
export const addLeaderboard: AddCommand = (program) =>
  program
    .command('leaderboard')
    .description("tables, CSV, JSON and one static page from result files, ours and the harness's")
    .argument('<dirs...>', 'folders of result files, searched recursively')
    .requiredOption('-o, --out <dir>', 'where leaderboard.md, .csv, .json and .html go')
    .option('-t, --tasks <names>', 'further tasks, by name or file, that get columns beside the 29 benchmarks', list)
    .option('--base <model>', 'show gains and losses against this model')
    .option('--names <file>', 'CSV folder,table_name,arena_name with the names to show')
    .option(
      '--arena <file>',
      'arena scores to show beside: JSON of arena fit, or CSV; may be repeated',
      (v, all: readonly string[]) => [...all, v],
      [],
    )
    .option('--mixed', 'publish columns that mix versions, fingerprints, shots or documents, each odd cell marked', false)
    .option('--title <text>', 'heading of the page', 'Basque, English and Spanish leaderboard')
    .option('--no-pictures', 'a page without pictures')
    .action(async (dirs: readonly string[], flags: LeaderboardFlags) => {
      const { builtinBenchmarks } = await import('../leaderboard/builtin.js');
      const { buildBoard } = await import('../leaderboard/board.js');
      const { readNames } = await import('../leaderboard/names.js');
      const { publish } = await import('../leaderboard/publish.js');
      const { readArenaScores, readFit } = await import('../arena/scores.js');
      const names = flags.names === undefined ? [] : await readNames(flags.names);
      const arenas: ArenaScores[] = [];
      const fits: ArenaFit[] = [];
      for (const file of flags.arena) {
        arenas.push(...(await readArenaScores(file)));
        const fit = await readFit(file);
        if (fit !== null) fits.push(fit);
      }
      const { benchmarks, records } = await builtinBenchmarks(flags.tasks ?? []);
      const board = await buildBoard({
        dirs,
        benchmarks,
        names,
        namesGiven: flags.names !== undefined,
        base: flags.base ?? null,
        mixed: flags.mixed,
        records,
      });
      const written = await publish(board, { out: flags.out, title: flags.title, fits, arenas, pictures: flags.pictures });
      for (const line of board.notes) process.stderr.write(`note: ${line.replace(/\p{Cc}+/gu, ' ')}\n`);
      process.stdout.write(`${written.join('\n')}\n`);
    });
