import { codePointLength } from '../python/strings.js';
import { charactersOf, checkStrict, isList, Lazy, Markup, type Runtime, Special, typeName } from './values.js';
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
  if (typeof value === 'string') return charactersOf(value);
  const walked = value instanceof Special ? value.walked() : null;
  if (walked === null) throw new TemplateError(`${typeName(value)} is not iterable`);
  return walked;
}

/**
 * Returns whether a value can be walked over, Jinja's `is iterable`.
 */
export function isIterable(value: Runtime): boolean {
  checkStrict(value);
  if (typeof value === 'string' || isList(value)) return true;
  return value instanceof Lazy || (value instanceof Special && value.size !== null);
}

/**
 * Returns Python's `len(value)`. Throws `TemplateError` for what has none.
 */
export function lengthOf(value: Runtime): number {
  if (isList(value)) return value.length;
  if (typeof value === 'string') {
    spend(value.length >> 2);
    return codePointLength(value);
  }
  const size = value instanceof Special ? value.size : null;
  if (size === null) throw new TemplateError(`${typeName(value)} has no length`);
  return size;
}

/**
 * Returns whether a value counts as true: not None, zero, empty or undefined. Throws `TemplateError` for undefined names of the strict kind.
 */
export function truth(value: Runtime): boolean {
  if (typeof value !== 'object') return Boolean(value);
  if (value === null) return false;
  if (isList(value)) return value.length > 0;
  if (value instanceof Markup) return value.text !== '';
  return value instanceof Special ? value.size !== 0 : value.value !== 0;
}
