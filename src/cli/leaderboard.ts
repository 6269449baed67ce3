/** `eus-eval leaderboard`: arguments and printing only. */
import { Option } from 'commander';
import { PAGE_LANGUAGES, type PageLanguage } from '../page/words.js';
import { type AddCommand, list } from './arguments.js';
import { note, print } from './print.js';

interface LeaderboardFlags {
  tasks?: readonly string[];
  out: string;
  base?: string;
  names?: string;
  arena: readonly string[];
  mixed: boolean;
  title?: string;
  lang?: PageLanguage;
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
    .option('--names <file>', 'CSV folder,table_name,arena_name with the names to show; also released, family, link, paper')
    .option(
      '--arena <file>',
      'arena scores to show beside: JSON of arena fit, or CSV; may be repeated',
      (v, all: readonly string[]) => [...all, v],
      [],
    )
    .option('--mixed', 'publish columns that mix versions, fingerprints, shots or documents, each odd cell marked', false)
    .option('--title <text>', 'heading of the page')
    .addOption(new Option('--lang <language>', "language of the page at first (default: the browser's)").choices(PAGE_LANGUAGES))
    .option('--no-pictures', 'a page without charts')
    .action(async (dirs: readonly string[], flags: LeaderboardFlags) => {
      const { leaderboard } = await import('../library/leaderboard.js');
      const board = await leaderboard({ results: dirs, ...flags });
      for (const remark of board.remarks) note(`note: ${remark.replace(/\p{Cc}+/gu, ' ')}`);
      print(board.files.join('\n'));
    });
