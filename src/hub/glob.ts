import { at } from '../at.js';

/**
 * Returns true when `path` fits a pattern of a data set card: `*` (within a folder), `**` (across folders), `?`, and lists like `[0-9]`.
 * Patterns are bounded: at most 20 stars, or nothing fits.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  if ((pattern.match(/\*/g)?.length ?? 0) > 20 || pattern.length > 1000 || path.length > 1000) return false;
  return matchParts(pattern.replace(/^\.?\//, '').split('/'), path.split('/'));
}

function matchParts(pattern: readonly string[], path: readonly string[]): boolean {
  // reachable[j]: the pattern so far can end before part j of the path. A table, so no pattern takes exponential time.
  let reachable = path.map(() => false).concat(false);
  reachable[0] = true;
  for (const part of pattern) {
    const next = reachable.map(() => false);
    for (const [j, here] of reachable.entries()) {
      if (!here) continue;
      if (part === '**') next.fill(true, j);
      else if (j < path.length && matchPart(part, at(path, j))) next[j + 1] = true;
    }
    reachable = next;
  }
  return at(reachable, path.length);
}

function matchPart(pattern: string, text: string): boolean {
  let reachable = new Set([0]);
  for (let i = 0; i < pattern.length; i++) {
    const next = new Set<number>();
    const char = pattern.charAt(i);
    const close = char === '[' ? pattern.indexOf(']', i + 2) : -1;
    const list = close > 0 ? pattern.slice(i + 1, close) : null;
    // From the first place that can be reached, a star reaches all that follow.
    if (char === '*') for (let k = Math.min(...reachable); k <= text.length; k++) next.add(k);
    for (const place of char === '*' ? [] : reachable) {
      if (place < text.length && (list !== null ? inList(list, text.charAt(place)) : char === '?' || char === text[place]))
        next.add(place + 1);
    }
    if (close > 0) i = close;
    reachable = next;
  }
  return reachable.has(text.length);
}

function inList(list: string, char: string): boolean {
  const negated = /^[!^]/.test(list);
  const items = negated ? list.slice(1) : list;
  for (let i = 0; i < items.length; i++) {
    const isRange = items[i + 1] === '-' && i + 2 < items.length;
    if (char >= items.charAt(i) && char <= items.charAt(isRange ? i + 2 : i)) return !negated;
    if (isRange) i += 2;
  }
  return negated;
}
