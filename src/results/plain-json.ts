/** JSON of result files as plain JavaScript data. */

import { PyFloat } from '../python/float.js';
import { isArray, parseJson } from '../python/json.js';
import type { Value } from '../types.js';

/**
 * Returns the value of a JSON text with plain numbers. `NaN` and `Infinity`, which Python writes, are read too. A key `__proto__` is data like
 * any other and changes no prototype. Throws `UserError` with the position when the text is no JSON.
 */
export function parsePlainJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return plain(parseJson(text));
  }
}

function plain(value: Value): unknown {
  if (value instanceof PyFloat) return value.value;
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value;
  if (isArray(value)) return value.map(plain);
  // Object.fromEntries defines fields, it does not assign them: `__proto__` stays a field.
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, plain(v)]));
}
