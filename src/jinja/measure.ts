import type { Statement } from './nodes.js';

/** Calls `visit` for each node of a tree, with its depth. */
function walk(value: unknown, depth: number, visit: (node: object, depth: number) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) walk(item, depth, visit);
    return;
  }
  if (!('kind' in value) && !('positional' in value) && !('operator' in value) && !('names' in value)) return;
  visit(value, depth);
  for (const part of Object.values(value)) walk(part, depth + 1, visit);
}

/** What a scope and the call of its statements cost, in nodes. */
const ENTRY = 20;

/**
 * Returns the number of nodes of statements: what running them once costs, loops and calls inside apart.
 */
export function costOf(body: readonly Statement[]): number {
  let nodes = 0;
  walk(body, 0, () => nodes++);
  return nodes + ENTRY;
}

/**
 * Returns how many nodes nest in statements at most.
 */
export function depthOf(body: readonly Statement[]): number {
  let deepest = 1;
  walk(body, 1, (_, depth) => {
    deepest = Math.max(deepest, depth);
  });
  return deepest;
}

/**
 * Returns which of the names the statements read.
 */
export function loadsOf(body: readonly Statement[], names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  walk(body, 0, (node) => {
    if ('kind' in node && node.kind === 'name' && 'name' in node && typeof node.name === 'string' && names.includes(node.name))
      found.add(node.name);
  });
  return found;
}
