/** `eus-eval list`: arguments and printing only. */

import { UserError } from '../errors.js';
import { screenOf } from '../terminal/screen.js';
import type { AddCommand } from './arguments.js';
import { HOOKS_OPTION } from './arguments.js';

/**
 * Adds `list`.
 */
export const addList: AddCommand = (program) =>
  program
    .command('list')
    .description('list the benchmarks: language, category, documents and prompt families')
    .argument('[tasks...]', 'benchmarks, groups, wildcards, eu, en, es, all or task files (default: all)')
    .option(...HOOKS_OPTION)
    .option('--json', 'print one JSON document', false)
    .action(async (names: string[], flags: { json: boolean; hooks?: string }) => {
      const { listBenchmarks, listTable } = await import('../library/list.js');
      const lines = await listBenchmarks({ tasks: names.length === 0 ? 'all' : names, hooks: flags.hooks });
      if (lines.length === 0) throw new UserError('no tasks');
      process.stdout.write(flags.json ? `${JSON.stringify(lines, null, 2)}\n` : `${listTable(lines, screenOf(process.stdout))}\n`);
    });
