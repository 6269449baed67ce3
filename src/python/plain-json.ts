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
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return plain(parseJson(text));
  }
  if (nestsDeeply(text) && !isFlatter(value, MAX_DEPTH)) throw new UserError(`not valid JSON: nested deeper than ${MAX_DEPTH}`);
  return value;
}

/** Whether lists and objects nest in a value at most so deep. */
function isFlatter(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return most > 0 && Object.values(value).every((below) => isFlatter(below, most - 1));
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
