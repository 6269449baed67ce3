import type { Value } from '../types.js';
import { fieldsOf } from './fields.js';
import { PyFloat } from './float.js';
import { isArray } from './json.js';

type Number_ = number | bigint;

/** The number that a value counts as in Python's comparisons (True is 1, 3.0 is 3), or null. */
function numeric(value: Value): Number_ | null {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof PyFloat ? value.value : null;
}

/**
 * Returns whether two values are equal as Python's `==` says: 3 == 3.0 == True + 2, the order of fields does not matter, NaN equals nothing.
 */
export function pyEquals(a: Value, b: Value): boolean {
  if (typeof a === 'string' || typeof b === 'string' || a === null || b === null) return a === b;
  const x = numeric(a);
  const y = numeric(b);
  // biome-ignore lint/suspicious/noDoubleEquals: 3 == 3n across number and bigint is meant
  if (x !== null || y !== null) return x !== null && y !== null && x == y;
  if (isArray(a) || isArray(b)) {
    return isArray(a) && isArray(b) && a.length === b.length && a.every((item, i) => pyEquals(item, b[i] ?? null));
  }
  return equalFields(a, b);
}

function equalFields(a: Value, b: Value): boolean {
  if (!isFields(a) || !isFields(b)) return false;
  const fields = fieldsOf(a);
  if (fields.length !== fieldsOf(b).length) return false;
  return fields.every((field) => Object.hasOwn(b, field) && pyEquals(a[field] ?? null, b[field] ?? null));
}

/**
 * Returns whether a value is an object with fields, Python's dict.
 */
export function isFields(value: Value): value is { readonly [field: string]: Value } {
  return typeof value === 'object' && value !== null && !isArray(value) && !(value instanceof PyFloat);
}
