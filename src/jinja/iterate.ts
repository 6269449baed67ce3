import { checkStrict, Dict, isList, Lazy, Markup, Range, type Runtime, Special, Tuple, typeName, Undefined, View } from './values.js';
import { spend, TemplateError } from './work.js';

/**
 * Returns what a `for` loop walks over: items of a list, characters of a text, keys of an object; nothing for an undefined name that is not strict.
 * Throws `TemplateError` for anything else.
 */
export function iterate(value: Runtime): Iterable<Runtime> {
  return value instanceof Lazy ? { [Symbol.iterator]: () => value.iterator } : items(value);
}

/**
 * Returns the items that `iterate` walks over as a list.
 */
export function listOf(value: Runtime): readonly Runtime[] {
  if (!(value instanceof Lazy)) return items(value);
  const all: Runtime[] = [];
  for (const item of iterate(value)) {
    spend(1);
    all.push(item);
  }
  return all;
}

function items(value: Runtime): readonly Runtime[] {
  if (isList(value)) {
    spend(value.length);
    return value;
  }
  if (value instanceof Tuple) return value.items;
  if (typeof value === 'string' || value instanceof Markup) {
    const text = typeof value === 'string' ? value : value.text;
    spend(text.length);
    return Array.from(text);
  }
  if (value instanceof Dict) {
    spend(value.size);
    return value.keys();
  }
  if (value instanceof View) {
    spend(value.dict.size);
    return value.items();
  }
  if (value instanceof Range) return value.items();
  if (value instanceof Undefined) {
    checkStrict(value);
    return [];
  }
  if (value instanceof Special && hasIterator(value)) return value.iterated();
  throw new TemplateError(`${typeName(value)} is not iterable`);
}

/** Special values of other files that can be walked over. */
export interface Walkable {
  iterated(): readonly Runtime[];
}

function hasIterator(value: object): value is Walkable {
  return 'iterated' in value && typeof value.iterated === 'function';
}

/**
 * Returns whether `iterate` would take the value.
 */
export function isIterable(value: Runtime): boolean {
  checkStrict(value);
  if (typeof value === 'string' || isList(value)) return true;
  if (!(value instanceof Special)) return false;
  return (
    value instanceof Tuple ||
    value instanceof Markup ||
    value instanceof Dict ||
    value instanceof View ||
    value instanceof Range ||
    value instanceof Undefined ||
    value instanceof Lazy ||
    hasIterator(value)
  );
}

/**
 * Returns whether a value counts as true: not None, zero, empty or undefined. Throws `TemplateError` for undefined names of the strict kind.
 */
export function truth(value: Runtime): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null) return false;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'object') return Boolean(value);
  if (isList(value)) return value.length > 0;
  if (!(value instanceof Special)) return value.value !== 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof View) return value.dict.size > 0;
  if (value instanceof Range) return value.length > 0;
  if (value instanceof Markup) return value.text !== '';
  if (value instanceof Undefined) {
    checkStrict(value);
    return false;
  }
  return true;
}
