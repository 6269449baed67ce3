import type { Value } from '../types.js';

/** The order of an object's fields where JavaScript's own would differ: it moves keys that look like array indices to the front. */
const FIELD_ORDER = Symbol('field order');

type Fields = { readonly [field: string]: Value };

/**
 * Returns the fields of an object in the order of the data set, which `Object.keys` does not always give.
 */
export function fieldsOf(fields: Fields): readonly string[] {
  const order: unknown = Reflect.get(fields, FIELD_ORDER);
  return Array.isArray(order) ? order : Object.keys(fields);
}

/**
 * Returns the fields of an object with their values, in the order of the data set.
 */
export function entriesOf(fields: Fields): readonly (readonly [string, Value])[] {
  return fieldsOf(fields).map((field) => [field, fields[field] ?? null] as const);
}

/**
 * Returns a field of a document, or undefined when it has none of that name (inherited names such as `constructor` do not count).
 */
export function fieldOf(fields: Fields, key: string): Value | undefined {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/**
 * Returns an object with the given fields in the given order, whatever their names.
 */
export function fromEntries(entries: Iterable<readonly [string, Value]>): Fields {
  const fields: Record<string, Value> = {};
  const order: string[] = [];
  for (const [key, value] of entries) {
    if (!Object.hasOwn(fields, key)) order.push(key);
    // An assignment to `__proto__` would change the object's prototype instead.
    if (key === '__proto__') Object.defineProperty(fields, key, { value, enumerable: true, writable: true, configurable: true });
    else fields[key] = value;
  }
  // The note is invisible to `Object.keys`, JSON and spreading.
  if (Object.keys(fields).some((key, i) => key !== order[i]))
    Object.defineProperty(fields, FIELD_ORDER, { value: order, enumerable: false });
  return fields;
}
