/** JSON of result files as plain JavaScript data. */

import { UserError } from '../errors.js';
import type { Value } from '../types.js';
import { PyFloat } from './float.js';
import { isArray, MAX_DEPTH, nestsDeeply, parseJson } from './json.js';

/**
 * Returns the value of a JSON text with plain numbers. `NaN` and `Infinity`, which Python writes, are read too. A key `__proto__` is data like
 * any other and changes no prototype. Throws `UserError` with the position when the text is no JSON or nests deeper than `MAX_DEPTH`: JSON.parse reads
 * any depth, but what looks at the value later calls itself for each level.
 */
export function parsePlainJson(text: string): unknown {
  if (nestsDeeply(text) && depthOf(text) > MAX_DEPTH) throw new UserError(`not valid JSON: nested deeper than ${MAX_DEPTH}`);
  try {
    return JSON.parse(text);
  } catch {
    return plain(parseJson(text));
  }
}

/** How deep the brackets outside of strings nest. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i + 1);
    else if (c === 0x5b || c === 0x7b) most = Math.max(most, ++depth);
    else if (c === 0x5d || c === 0x7d) depth--;
  }
  return most;
}

/** Index of the quote that ends a string whose characters begin at `from`, or the end of the text. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/**
 * Throws `UserError` naming the place when an object anywhere in a value has a key `__proto__`: no task or metric is called so, and whoever writes it
 * wants to change more than a number.
 */
export function refuseProto(value: unknown, where = ''): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__')) throw new UserError(`${where}__proto__: no name of a field, task or metric`);
  for (const [key, below] of Object.entries(value)) if (typeof below === 'object') refuseProto(below, `${where}${key}.`);
}

function plain(value: Value): unknown {
  if (value instanceof PyFloat) return value.value;
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value;
  if (isArray(value)) return value.map(plain);
  // Object.fromEntries defines fields, it does not assign them: `__proto__` stays a field.
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, plain(v)]));
}
