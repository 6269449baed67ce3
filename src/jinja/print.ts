import { PyFloat } from '../python/float.js';
import { pyRepr } from '../python/strings.js';
import { checkStrict, Dict, isList, Namespace, type Runtime, Tuple, textOf, typeName, Undefined, View, weightOf } from './values.js';
import { spend, TemplateError } from './work.js';

/**
 * Returns the text that `{{ value }}` prints, Python's `str(value)`. Throws `TemplateError` for undefined names of the strict kind and for values whose
 * text holds an address in memory.
 */
export function toText(value: Runtime): string {
  const text = textOf(value);
  if (text !== null) return text;
  if (!(value instanceof Undefined)) return toRepr(value);
  checkStrict(value);
  return '';
}

/**
 * Returns Python's `repr(value)`; see `toText`.
 */
export function toRepr(value: Runtime): string {
  spend(weightOf(value));
  return repr(value);
}

function repr(value: Runtime): string {
  if (value === null || typeof value !== 'object' || value instanceof PyFloat) return pyRepr(value);
  if (isList(value)) return `[${value.map(repr).join(', ')}]`;
  if (value instanceof Tuple) {
    return value.items.length === 1 ? `(${value.items.map(repr).join()},)` : `(${value.items.map(repr).join(', ')})`;
  }
  if (value instanceof Dict) {
    const fields = value.entries().map(([key, item]) => `${repr(key)}: ${repr(item)}`);
    return `{${fields.join(', ')}}`;
  }
  if (value instanceof View) return `${value.type}([${value.items().map(repr).join(', ')}])`;
  if (value.printed !== null) return value.printed;
  if (value instanceof Namespace) throw new TemplateError('a namespace cannot be printed');
  throw new TemplateError(`${typeName(value)} cannot be printed`);
}
