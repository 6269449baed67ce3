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
      const { selectTasks } = await import('../tasks/registry.js');
      const { openRegistry } = await import('../tasks/open-registry.js');
      const { listLines, listTable } = await import('../tasks/list.js');
      const entries = await selectTasks(names.length === 0 ? ['all'] : names, await openRegistry(flags.hooks ?? null));
      const lines = listLines(entries);
      if (lines.length === 0) throw new UserError('no tasks');
      process.stdout.write(flags.json ? `${JSON.stringify(lines, null, 2)}\n` : `${listTable(lines, screenOf(process.stdout))}\n`);
    });
