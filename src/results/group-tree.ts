/** Groups of result files: which names lie below which. */

type Groups = ReadonlyMap<string, readonly string[]>;

/**
 * Returns the tasks below a group, however deep, each once; a name that is no group is its own only leaf.
 */
export function leavesOf(name: string, groups: Groups): string[] {
  return treeOf(name, groups).filter((one) => (groups.get(one) ?? []).length === 0);
}

/**
 * Returns a name with everything below it, each once and parents first: groups of a stranger's file may hold each other, or one another many times.
 */
export function treeOf(name: string, groups: Groups): string[] {
  const seen = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(groups.get(next) ?? []).toReversed());
  }
  return [...seen];
}
