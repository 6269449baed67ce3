import { type CST, Parser } from 'yaml';
import { UserError } from './errors.js';

/** Collections inside collections that are still read; real files have a handful. */
const MAX_DEPTH = 100;

/**
 * Throws `UserError` when a YAML text nests deeper than `MAX_DEPTH`. Must be called before the text is composed: the composer calls itself for each level, and
 * a file of a few thousand brackets would use up the stack, which may end the whole process. The first pass over the text, used here, keeps its own stack.
 */
export function refuseDeepYaml(text: string): void {
  // Each collection has at least one of these signs, and most texts have fewer than could nest too deep: they need no pass of their own.
  if ((text.match(/[-?:[{]/g)?.length ?? 0) <= MAX_DEPTH) return;
  const open: (readonly [CST.Token, number])[] = [];
  const add = (token: CST.Token | null | undefined, depth: number): void => {
    if (depth > MAX_DEPTH) throw new UserError(`nested deeper than ${MAX_DEPTH}`);
    if (token != null) open.push([token, depth]);
  };
  for (const token of new Parser().parse(text)) add(token, 0);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next;
    if (token.type === 'document') add(token.value, depth);
    if (!('items' in token)) continue;
    for (const item of token.items) {
      add(item.key, depth + 1);
      add(item.value, depth + 1);
    }
  }
}
