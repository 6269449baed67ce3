import { PyFloat } from '../python/float.js';
import { pyRepr } from '../python/strings.js';
import {
  checkStrict,
  Dict,
  isList,
  Markup,
  Namespace,
  Range,
  type Runtime,
  Special,
  Tuple,
  typeName,
  Undefined,
  View,
  weightOf,
} from './values.js';
import { spend, TemplateError } from './work.js';

/** Special values that know how they print. */
export interface Printable {
  readonly printed: string;
}

function isPrintable(value: object): value is Printable {
  return 'printed' in value && typeof value.printed === 'string';
}

/**
 * Returns the text that `{{ value }}` prints, Python's `str(value)`. Throws `TemplateError` for undefined names of the strict kind and for values whose
 * text holds an address in memory.
 */
export function toText(value: Runtime): string {
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) {
    checkStrict(value);
    return '';
  }
  return toRepr(value);
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
    if (isPrintable(value)) return value.printed;
    return value.items.length === 1 ? `(${value.items.map(repr).join()},)` : `(${value.items.map(repr).join(', ')})`;
  }
  if (value instanceof Dict) {
    const fields = value.entries().map(([key, item]) => `${repr(key)}: ${repr(item)}`);
    return `{${fields.join(', ')}}`;
  }
  if (value instanceof View) return `${value.type}([${value.items().map(repr).join(', ')}])`;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Markup) return `Markup(${pyRepr(value.text)})`;
  if (value instanceof Range) return `range(${value.start}, ${value.stop}${value.step === 1 ? '' : `, ${value.step}`})`;
  if (value instanceof Special && isPrintable(value)) return value.printed;
  if (value instanceof Namespace) throw new TemplateError('a namespace cannot be printed');
  throw new TemplateError(`${typeName(value)} cannot be printed`);
}
