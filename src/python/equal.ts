import { at } from '../at.js';
import type { Value } from '../types.js';
import { entriesOf, fieldOf } from './fields.js';
import { PyFloat } from './float.js';
import { isArray } from './json.js';
import { numberOf } from './number.js';

/**
 * Returns whether two values are equal as Python's `==` says: 3 == 3.0 == True + 2, the order of fields does not matter, NaN equals nothing.
 */
export function pyEquals(a: Value, b: Value): boolean {
  if (typeof a === 'string' || typeof b === 'string' || a === null || b === null) return a === b;
  const x = numberOf(a);
  const y = numberOf(b);
  // biome-ignore lint/suspicious/noDoubleEquals: 3 == 3n across number and bigint is meant
  if (x !== null || y !== null) return x !== null && y !== null && x == y;
  if (isArray(a) || isArray(b)) {
    return isArray(a) && isArray(b) && a.length === b.length && a.every((item, i) => pyEquals(item, at(b, i)));
  }
  if (!isFields(a) || !isFields(b) || Object.keys(a).length !== Object.keys(b).length) return false;
  return entriesOf(a).every(([field, value]) => {
    const other = fieldOf(b, field);
    return other !== undefined && pyEquals(value, other);
  });
}

/**
 * Returns whether a value is an object with fields, Python's dict.
 */
export function isFields(value: Value): value is { readonly [field: string]: Value } {
  return typeof value === 'object' && value !== null && !isArray(value) && !(value instanceof PyFloat);
}
