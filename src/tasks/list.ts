/** The benchmarks as `list` shows them. */
import { hasApiForm } from '../prompts/api.js';
import { isGroup, leavesOf } from '../task-tree.js';
import type { Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import type { Group, PromptFamily, Task } from '../types.js';

/** One benchmark; the names are those of the JSON. */
export interface ListLine {
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
 * Returns one line for each benchmark, group or task.
 */
export function listLines(entries: readonly (Group | Task)[]): ListLine[] {
  return entries.map((entry) => {
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
}

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

/**
 * Returns the lines as a table for a screen, and how many they are.
 */
export function listTable(lines: readonly ListLine[], screen: Screen): string {
  const printed = table(
    [
      { title: 'Benchmark' },
      { title: 'Language' },
      { title: 'Category', spare: 1 },
      { title: 'Documents', right: true },
      { title: 'Tasks', right: true, spare: 2 },
      { title: 'Metric', spare: 3 },
      { title: 'Prompts', spare: 4 },
    ],
    lines.map((line) => [
      line.benchmark,
      line.language ?? '-',
      line.category ?? '-',
      line.documents === null ? '-' : line.documents.toLocaleString('en-US'),
      String(line.subtasks.length === 0 ? 1 : line.subtasks.length),
      line.headline_metric,
      line.prompts.join(', '),
    ]),
    screen,
  );
  const documents = lines.reduce((total, line) => total + (line.documents ?? 0), 0);
  const tasks = lines.reduce((total, line) => total + Math.max(1, line.subtasks.length), 0);
  return `${printed}\n\n${counted(lines.length, 'benchmark')}, ${counted(tasks, 'task')}, ${counted(documents, 'document')}`;
}

function counted(n: number, what: string): string {
  return `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
}
