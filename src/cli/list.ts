/** `eus-eval list`: arguments and printing only. */
import { UserError } from '../errors.js';
import type { Group, PromptFamily, Task } from '../types.js';
import type { AddCommand } from './commands.js';

/** One benchmark; the names are those of the JSON. */
interface ListLine {
  readonly benchmark: string;
  readonly language: string | null;
  readonly category: string | null;
  readonly documents: number | null;
  readonly headline_metric: string;
  readonly prompts: readonly PromptFamily[];
  /** Single tasks of a group; empty for a benchmark that is one task. */
  readonly subtasks: readonly string[];
  /** Groups between the benchmark and its single tasks, each with its members; `--tasks` takes them too. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly shots: number | null;
}

/**
 * Adds `list`.
 */
export const addList: AddCommand = (program) =>
  program
    .command('list')
    .description('list the benchmarks: language, category, documents and prompt families')
    .argument('[tasks...]', 'benchmarks, groups, wildcards, eu, en, es, all or task files (default: all)')
    .option('--json', 'print one JSON document', false)
    .action(async (names: string[], flags: { json: boolean }) => {
      const { loadRegistry, selectTasks } = await import('../tasks/registry.js');
      const { isGroup, leavesOf } = await import('../tasks/tree.js');
      const { hasApiForm } = await import('../prompts/api.js');
      const entries = await selectTasks(names.length === 0 ? ['all'] : names, await loadRegistry());
      const lines = entries.map((entry): ListLine => {
        const tasks = leavesOf(entry);
        return {
          benchmark: entry.name,
          language: entry.meta.language,
          category: entry.meta.category,
          documents: entry.meta.documents ?? sum(tasks),
          headline_metric: entry.meta.headlineMetric,
          prompts: tasks.every(hasApiForm) ? ['plain', 'chat', 'api'] : ['plain', 'chat'],
          subtasks: isGroup(entry) ? tasks.map((task) => task.name) : [],
          groups: isGroup(entry) ? groupsBelow(entry) : {},
          shots: tasks[0]?.fewshot.count ?? null,
        };
      });
      if (lines.length === 0) throw new UserError('no tasks');
      process.stdout.write(flags.json ? `${JSON.stringify(lines, null, 2)}\n` : `${await table(lines)}\n`);
    });

function sum(tasks: readonly Task[]): number | null {
  let total = 0;
  for (const task of tasks) {
    if (task.meta.documents === null) return null;
    total += task.meta.documents;
  }
  return total;
}

function groupsBelow(group: Group): Record<string, readonly string[]> {
  const groups: Record<string, readonly string[]> = {};
  for (const child of group.children) {
    if (!('children' in child)) continue;
    groups[child.name] = child.children.map((x) => x.name);
    Object.assign(groups, groupsBelow(child));
  }
  return groups;
}

async function table(lines: readonly ListLine[]): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const printed = new Table({
    head: ['benchmark', 'language', 'category', 'documents', 'tasks', 'metric', 'prompts'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'left', 'left'],
    style: { head: [], border: [] },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: ' ',
    },
  });
  for (const line of lines) {
    const tasks = line.subtasks.length === 0 ? 1 : line.subtasks.length;
    printed.push([
      line.benchmark,
      line.language ?? '-',
      line.category ?? '-',
      line.documents === null ? '-' : line.documents.toLocaleString('en-US'),
      String(tasks),
      line.headline_metric,
      line.prompts.join(', '),
    ]);
  }
  const documents = lines.reduce((total, line) => total + (line.documents ?? 0), 0);
  const tasks = lines.reduce((total, line) => total + Math.max(1, line.subtasks.length), 0);
  return `${printed.toString().replace(/[ \t]+$/gm, '')}\n\n${counted(lines.length, 'benchmark')}, ${counted(tasks, 'task')}, ${counted(documents, 'document')}`;
}

function counted(n: number, what: string): string {
  return `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
}
