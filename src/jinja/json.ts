import { dumpsJson, type JsonForm, type JsonLayout, writeJson } from '../python/json.js';
import { isFloat, isInteger } from '../python/number.js';
import { compare } from './operators.js';
import { Dict, isList, Markup, type Runtime, type Special, Tuple, typeName, weightOf } from './values.js';
import { spend, TemplateError } from './work.js';

type Composite = readonly Runtime[] | Special;

/**
 * Returns the text that Python's `json.dumps` writes. Throws `TemplateError` for values that it refuses.
 */
export function dumps(value: Runtime, layout: JsonLayout, sortKeys: boolean): string {
  const between = layout.itemSeparator.length + layout.keySeparator.length;
  const formOf = (composite: Composite, inner: string): JsonForm<Composite> => {
    if (composite instanceof Markup) return composite.text;
    if (isList(composite) || composite instanceof Tuple) {
      const items = composite instanceof Tuple ? composite.items : composite;
      spend((inner.length + between) * items.length);
      return items;
    }
    if (!(composite instanceof Dict)) throw new TemplateError(`tojson does not work on ${typeName(composite)}`);
    spend((inner.length + between) * composite.size);
    const entries = sortKeys ? [...composite.entries()].sort(([a], [b]) => compare(a, b)) : composite.entries();
    return { pairs: entries.map(([key, item]) => [keyText(key), item] as const) };
  };
  spend(6 * weightOf(value));
  return writeJson(value, layout, formOf);
}

/** The text of a key: numbers, booleans and None as their values. */
function keyText(key: Runtime): string {
  if (typeof key === 'string') return key;
  if (key instanceof Markup) return key.text;
  if (key === null || typeof key === 'boolean' || isInteger(key) || isFloat(key)) return dumpsJson(key);
  throw new TemplateError(`tojson: a key cannot be ${typeName(key)}`);
}
