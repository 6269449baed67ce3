/** Which models have a common scale. */
import { at } from '../at.js';
import type { Pair } from './battles.js';

/** A model in the graph of "won against, or tied with"; `beats` is used up as the search goes on. */
interface Place {
  readonly model: number;
  readonly beats: Place[];
  order: number;
  lowest: number;
  grouped: boolean;
}

/**
 * Returns the groups of models within which each can be compared with each: the strongly connected components of "won against, or tied with", largest
 * first. Scores exist exactly when there is one group (Ford 1957): a model that never lost has no finite score.
 */
export function components(models: number, pairs: readonly Pair[]): number[][] {
  const places = Array.from({ length: models }, (_, model): Place => ({ model, beats: [], order: -1, lowest: -1, grouped: false }));
  for (const { a, b, winsA, winsB, ties } of pairs) {
    const [first, second] = [at(places, a), at(places, b)];
    if (winsA + ties > 0) first.beats.push(second);
    if (winsB + ties > 0) second.beats.push(first);
  }
  return strongComponents(places)
    .map((group) => group.map((place) => place.model).sort((x, y) => x - y))
    .sort((x, y) => y.length - x.length || at(x, 0) - at(y, 0));
}

/** Tarjan's algorithm (1972) with a stack of its own: one visit of every edge, however long the chains are. */
function strongComponents(places: readonly Place[]): Place[][] {
  const groups: Place[][] = [];
  const stack: Place[] = [];
  let seen = 0;
  for (const root of places) {
    const path = root.order < 0 ? [root] : [];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      if (top.order < 0) {
        top.order = top.lowest = seen++;
        stack.push(top);
      }
      const to = top.beats.pop();
      if (to === undefined) {
        path.pop();
        const before = path.at(-1);
        if (before !== undefined) before.lowest = Math.min(before.lowest, top.lowest);
        if (top.lowest < top.order) continue;
        const group = stack.splice(stack.lastIndexOf(top));
        for (const member of group) member.grouped = true;
        groups.push(group);
      } else if (to.order < 0) path.push(to);
      else if (!to.grouped) top.lowest = Math.min(top.lowest, to.order);
    }
  }
  return groups;
}
