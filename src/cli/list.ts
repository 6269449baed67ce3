/** `eus-eval list`: arguments and printing only. */

import { UserError } from '../errors.js';
import { screenOf } from '../terminal/screen.js';
import { type AddCommand, HOOKS_OPTION, INCLUDE_OPTION, namesOrAll } from './arguments.js';
import { print, printJson } from './print.js';

/**
 * Adds `list`.
 */
export const addList: AddCommand = (program) =>
  program
    .command('list')
    .description('list the benchmarks: language, category, documents and prompt families')
    .argument('[tasks...]', 'benchmarks, groups, wildcards, eu, en, es, all or task files (default: all)')
    .option(...HOOKS_OPTION)
    .option(...INCLUDE_OPTION)
    .option('--json', 'print one JSON document', false)
    .action(async (names: string[], { json, hooks, includePath }: { json: boolean; hooks?: string; includePath?: string }) => {
      const { listBenchmarks, listTable } = await import('../library/list.js');
      const lines = await listBenchmarks({ tasks: namesOrAll(names), hooks, includePath });
      if (lines.length === 0) throw new UserError('no tasks');
      if (json) printJson(lines);
      else print(listTable(lines, screenOf(process.stdout)));
    });
