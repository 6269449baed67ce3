/** Subtasks of a group without data are left out and said to be; a task asked for by name is never left out silently. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { isGroup, leavesOf, pruneTree, type TaskNode } from '../task-tree.js';
import type { Task } from '../types.js';

export interface Present {
  readonly roots: readonly TaskNode[];
  /** One line per group that is incomplete. */
  readonly notes: readonly string[];
}

/**
 * Returns the trees without the subtasks whose data set configuration is not in `folder` (null: data come from the hub, where all are).
 * A group of which nothing is there, and a single task, stay as they are: reading them then fails with a message that says what is missing.
 */
export function leaveOutMissing(roots: readonly TaskNode[], folder: string | null): Present {
  if (folder === null) return { roots, notes: [] };
  const has = (task: Task): boolean => task.dataFiles !== null || existsSync(path.join(folder, task.datasetPath, task.datasetName));
  const notes: string[] = [];
  const pruned = roots.map((root) => {
    if (!isGroup(root)) return root;
    const all = leavesOf(root);
    const missing = all.filter((task) => !has(task));
    if (missing.length === 0 || missing.length === all.length) return root;
    notes.push(
      `${root.name}: ${missing.length} of ${all.length} subtasks have no data in the given folder and are left out; its score is over the other ${all.length - missing.length}`,
    );
    return pruneTree(root, has) ?? root;
  });
  return { roots: pruned, notes };
}
