import { isFields } from '../python/equal.js';
import { entriesOf, fromEntries } from '../python/fields.js';
import { PyFloat } from '../python/float.js';
import { isArray } from '../python/json.js';
import type { Value } from '../types.js';
import { Dict, isList, Markup, present, type Runtime, Special, Tuple, typeName, weightOf } from './values.js';
import { spend, TemplateError } from './work.js';

/** Documents are rendered by several templates: what stands for a list or object of one is made once. */
const converted = new WeakMap<object, Runtime>();

/**
 * Returns the value of a document as templates work with it: objects become dicts.
 */
export function fromValue(value: Value): Runtime {
  if (value === null || typeof value !== 'object' || value instanceof PyFloat) return value;
  const known = converted.get(value);
  if (known !== undefined) return known;
  let made: Runtime;
  if (isArray(value)) made = value.map(fromValue);
  else if (isFields(value)) made = new Dict(entriesOf(value).map(([key, field]) => [key, fromValue(field)] as const));
  else throw new TemplateError('a value of an unknown kind');
  converted.set(value, made);
  return made;
}

/**
 * Returns the name of the type of a document's value, for messages.
 */
export function typeOf(value: Value): string {
  return typeName(fromValue(value));
}

/**
 * Returns a template's value as that of a document: tuples become lists. Throws `TemplateError` for undefined names, functions, generators and objects
 * whose keys are no texts.
 */
export function toValue(value: Runtime): Value {
  spend(weightOf(value));
  return convert(value);
}

function convert(value: Runtime): Value {
  present(value);
  if (value instanceof Markup) return value.text;
  if (value instanceof Tuple) return value.items.map(convert);
  if (value instanceof Dict) {
    return fromEntries(
      value.entries().map(([key, item]) => {
        if (typeof key !== 'string') throw new TemplateError('an object whose keys are no texts');
        return [key, convert(item)] as const;
      }),
    );
  }
  if (isList(value)) return value.map(convert);
  if (value instanceof Special) throw new TemplateError(`${typeName(value)} is no plain value`);
  return value;
}
