/** The benchmarks as `list` shows them. */

import { at } from '../at.js';
import { packagePath } from '../package-files.js';
import { hasApiForm } from '../prompts/api.js';
import { isGroup, leavesOf, nodesOf } from '../task-tree.js';
import type { Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import type { Group, PromptFamily, Task } from '../types.js';

/** One benchmark; the names are those of the JSON. */
export interface ListLine {
  readonly benchmark: string;
  readonly language: string | null;
  readonly category: string | null;
  readonly documents: number | null;
  /** Whether only a task file of the user's own says how many documents there are; those of the built-in benchmarks are counted. */
  readonly documents_claimed: boolean;
  readonly headline_metric: string;
  readonly prompts: readonly PromptFamily[];
  /** Single tasks of a group; empty for a benchmark that is one task. */
  readonly subtasks: readonly string[];
  /** Groups between the benchmark and its single tasks, each with its members; `--tasks` takes them too. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly shots: number;
}

/**
 * Returns one line for each benchmark, group or task.
 */
export function listLines(entries: readonly (Group | Task)[]): ListLine[] {
  return entries.map((entry) => {
    const tasks = leavesOf(entry);
    const documents = entry.meta.documents ?? sum(tasks);
    return {
      benchmark: entry.name,
      language: entry.meta.language,
      category: entry.meta.category,
      documents,
      documents_claimed: documents !== null && !entry.file.startsWith(packagePath('tasks')),
      headline_metric: entry.meta.headlineMetric,
      prompts: tasks.every(hasApiForm) ? ['plain', 'chat', 'api'] : ['plain', 'chat'],
      subtasks: isGroup(entry) ? tasks.map((task) => task.name) : [],
      groups: groupsBelow(entry),
      shots: at(tasks, 0).fewshot.count,
    };
  });
}

function sum(tasks: readonly Task[]): number | null {
  return tasks.reduce<number | null>(
    (total, { meta: { documents } }) => (total === null || documents === null ? null : total + documents),
    0,
  );
}

function groupsBelow(entry: Group | Task): Record<string, readonly string[]> {
  const groups = nodesOf(entry).flatMap(({ node, depth }) => (depth > 0 && isGroup(node) ? [node] : []));
  return Object.fromEntries(groups.map(({ name, children }) => [name, children.map((child) => child.name)]));
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
      line.documents === null ? '-' : `${line.documents.toLocaleString('en-US')}${line.documents_claimed ? ' (claimed)' : ''}`,
      String(line.subtasks.length === 0 ? 1 : line.subtasks.length),
      line.headline_metric,
      line.prompts.join(', '),
    ]),
    screen,
  );
  const documents = lines.reduce((total, line) => total + (line.documents ?? 0), 0);
  const tasks = lines.reduce((total, line) => total + Math.max(1, line.subtasks.length), 0);
  const claimed = lines.some((line) => line.documents_claimed) ? ' (claimed: as a task file says, not counted)' : '';
  return `${printed}\n\n${counted(lines.length, 'benchmark')}, ${counted(tasks, 'task')}, ${counted(documents, 'document')}${claimed}`;
}

function counted(n: number, what: string): string {
  return `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
}
