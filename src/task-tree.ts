/** Trees of groups and tasks: what is below what. Everything that walks such a tree does it here. */
import type { Group, Task } from './types.js';

export type TaskNode = Group | Task;

/**
 * Tells a group from a task.
 */
export function isGroup(node: TaskNode): node is Group {
  return 'children' in node;
}

/**
 * Returns the tasks below a node (a task is below itself), in order; one that several groups hold is there as often.
 */
export function leavesOf(node: TaskNode): Task[] {
  return isGroup(node) ? node.children.flatMap(leavesOf) : [node];
}

/**
 * Returns the tasks below the nodes in order, each name once.
 */
export function uniqueLeaves(nodes: readonly TaskNode[]): Task[] {
  const byName = new Map<string, Task>();
  for (const task of nodes.flatMap(leavesOf)) if (!byName.has(task.name)) byName.set(task.name, task);
  return [...byName.values()];
}

/** A node and how many groups are above it. */
interface PlacedNode {
  readonly node: TaskNode;
  readonly depth: number;
}

/**
 * Returns a node and everything below it, a group before what is in it: the order in which the harness prints them.
 */
export function nodesOf(node: TaskNode, depth = 0): PlacedNode[] {
  return [{ node, depth }, ...(isGroup(node) ? node.children.flatMap((child) => nodesOf(child, depth + 1)) : [])];
}

/**
 * Returns the tree with only the tasks that `keep` wants and without groups that have none left, or null where nothing is left.
 */
export function pruneTree(node: TaskNode, keep: (task: Task) => boolean): TaskNode | null {
  if (!isGroup(node)) return keep(node) ? node : null;
  const children = node.children.flatMap((child) => pruneTree(child, keep) ?? []);
  return children.length === 0 ? null : { ...node, children };
}

/**
 * Returns the tree with every task as `change` returns it.
 */
export function mapTasks(node: TaskNode, change: (task: Task) => Task): TaskNode {
  return isGroup(node) ? { ...node, children: node.children.map((child) => mapTasks(child, change)) } : change(node);
}
