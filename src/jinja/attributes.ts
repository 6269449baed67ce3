import { PyFloat } from '../python/float.js';
import { isInteger } from '../python/number.js';
import { codePointLength } from '../python/strings.js';
import { dictMethod, listMethod, numberAttribute } from './container-methods.js';
import type { Lookup } from './format.js';
import { stringMethod } from './string-methods.js';
import {
  Dict,
  isList,
  Markup,
  NativeFunction,
  orUndefined,
  Range,
  type Runtime,
  Special,
  Tuple,
  typeName,
  Undefined,
  View,
} from './values.js';
import { spend, TemplateError } from './work.js';

/** How names that do not exist and names of Python's insides are treated. */
export interface AttributeSettings {
  readonly strict: boolean;
  readonly sandbox: boolean;
}

/** What Python's sandbox gives for attributes that templates may not touch. */
function unsafe(value: Runtime, name: string, settings: AttributeSettings): Runtime {
  return new Undefined(`access to '${name}' of ${typeName(value)} is unsafe`, settings.strict);
}

/**
 * Returns `value.name`: Python looks for a method or attribute first, then for a field; undefined where there is neither. Throws `TemplateError` for
 * undefined owners and for Python's attributes that are not supported.
 */
export function getAttribute(value: Runtime, name: string, settings: AttributeSettings): Runtime {
  const own = attributeOf(value, name, settings);
  if (own !== undefined) return own;
  return orUndefined(itemOf(value, name), `${typeName(value)} has no attribute '${name}'`, settings.strict);
}

/**
 * Returns `value[key]`: an item or field first, then, for a text as the key, a method or attribute.
 */
export function getItem(value: Runtime, key: Runtime, settings: AttributeSettings): Runtime {
  if (value instanceof Undefined) throw new TemplateError(value.message);
  const item = itemOf(value, key);
  if (item !== undefined) return item;
  if (typeof key === 'string') {
    const own = attributeOf(value, key, settings);
    if (own !== undefined) return own;
  }
  const what = typeof key === 'string' ? `field '${key}'` : isInteger(key) ? `item ${key}` : `item of ${typeName(key)}`;
  return new Undefined(`${typeName(value)} has no ${what}`, settings.strict);
}

function attributeOf(value: Runtime, name: string, settings: AttributeSettings): Runtime | undefined {
  if (name.startsWith('_')) {
    if (value instanceof Undefined) throw new TemplateError(value.message);
    if (!(value instanceof Dict && value.has(name)) && /^__\w+__$/.test(name)) {
      if (settings.sandbox) return unsafe(value, name, settings);
      throw new TemplateError(`Python's '${name}' is not supported`);
    }
    return undefined;
  }
  if (typeof value === 'string') return stringMethod(value, name, sandboxed(settings.strict));
  if (value instanceof Markup) return markupMethod(value, name, settings.strict);
  if (isList(value) || value instanceof Tuple) {
    const own = value instanceof Tuple ? value.attribute(name) : undefined;
    return own === undefined ? listMethod(value, name) : own;
  }
  if (value instanceof Dict) return dictMethod(value, name);
  if (value instanceof Special) return value.attribute(name);
  if (value !== null) return numberAttribute(value, name);
  return undefined;
}

/** How the fields of `format` are looked up: always as in the sandbox. */
function sandboxed(strict: boolean): Lookup {
  const settings = { strict, sandbox: true };
  return { attribute: (value, name) => getAttribute(value, name, settings), item: (value, key) => getItem(value, key, settings) };
}

/** Methods of a text marked as safe give such texts; arguments would be escaped, so only calls without any are supported. */
function markupMethod(value: Markup, name: string, strict: boolean): Runtime | undefined {
  const method = stringMethod(value.text, name, sandboxed(strict));
  if (method === undefined) return undefined;
  return new NativeFunction(name, (args) => {
    if (args.positional.length + args.named.size > 0)
      throw new TemplateError(`'${name}' with arguments is not supported on a text marked as safe`);
    const result = method.call(args);
    if (isList(result)) return result.map((item) => (typeof item === 'string' ? new Markup(item) : item));
    return typeof result === 'string' ? new Markup(result) : result;
  });
}

/** `value[key]` in Python, undefined where that is an IndexError, KeyError or TypeError. */
function itemOf(value: Runtime, key: Runtime): Runtime | undefined {
  if (key instanceof Slice) return sliced(value, key);
  if (value instanceof Dict) return isKey(key) ? value.get(key) : undefined;
  const at = typeof key === 'boolean' ? Number(key) : key;
  if (!isInteger(at)) return undefined;
  const index = Number(at);
  if (typeof value === 'string') return characterAt(value, index);
  if (isList(value)) return value.at(index);
  if (value instanceof Tuple) return value.items.at(index);
  if (value instanceof Markup) {
    const character = characterAt(value.text, index);
    return character === undefined ? undefined : new Markup(character);
  }
  if (value instanceof Range) {
    const place = index < 0 ? index + value.length : index;
    return place >= 0 && place < value.length ? value.start + place * value.step : undefined;
  }
  return undefined;
}

function isKey(key: Runtime): boolean {
  return (
    key === null ||
    typeof key !== 'object' ||
    key instanceof PyFloat ||
    (key instanceof Tuple && key.items.every(isKey)) ||
    key instanceof Markup
  );
}

const PLAIN = /^\p{ASCII}*$/u;

function characterAt(text: string, index: number): string | undefined {
  spend(text.length >> 4);
  if (PLAIN.test(text)) return text.at(index);
  return Array.from(text).at(index);
}

/** `start:stop:step` inside brackets. */
export class Slice extends Special {
  readonly type = 'slice';

  constructor(
    readonly start: Runtime,
    readonly stop: Runtime,
    readonly step: Runtime,
  ) {
    super();
  }
}

function bound(value: Runtime): number | null {
  if (value === null) return null;
  const at = typeof value === 'boolean' ? Number(value) : value;
  if (!isInteger(at)) throw new TemplateError(`the bounds of a slice are integers or None, not ${typeName(value)}`);
  return Number(at);
}

/** `value[slice]`. Where Python raises a TypeError, so does Jinja: only for other keys does it give an undefined value instead. */
function sliced(value: Runtime, slice: Slice): Runtime {
  const items =
    typeof value === 'string'
      ? value
      : isList(value)
        ? value
        : value instanceof Tuple
          ? value.items
          : value instanceof Markup
            ? value.text
            : null;
  if (value instanceof Range) throw new TemplateError('a slice of a range is not supported; use |list first');
  if (items === null) throw new TemplateError(`${typeName(value)} has no slices`);
  const picked = pick(items, bound(slice.start), bound(slice.stop), bound(slice.step));
  if (value instanceof Tuple) return new Tuple(typeof picked === 'string' ? [picked] : picked);
  return value instanceof Markup && typeof picked === 'string' ? new Markup(picked) : picked;
}

function pick(
  value: string | readonly Runtime[],
  start: number | null,
  stop: number | null,
  step: number | null,
): string | readonly Runtime[] {
  const by = step ?? 1;
  if (by === 0) throw new TemplateError('a slice step of zero');
  spend(value.length);
  const simple = typeof value === 'string' && PLAIN.test(value);
  const items: readonly Runtime[] = typeof value === 'string' && !simple ? Array.from(value) : typeof value === 'string' ? [] : value;
  const length = typeof value === 'string' && simple ? value.length : items.length;
  const low = by > 0 ? 0 : -1;
  const high = by > 0 ? length : length - 1;
  const clip = (at: number | null, otherwise: number) =>
    at === null ? otherwise : Math.min(high, Math.max(low, at < 0 ? at + length : at));
  const begin = clip(start, by > 0 ? low : high);
  const end = clip(stop, by > 0 ? high : low);
  if (typeof value === 'string' && simple && by === 1) return value.slice(begin, Math.max(begin, end));
  const picked: Runtime[] = [];
  for (let i = begin; by > 0 ? i < end : i > end; i += by) picked.push((simple && typeof value === 'string' ? value[i] : items[i]) ?? null);
  return typeof value === 'string' ? picked.join('') : picked;
}

/**
 * Returns Python's `len(value)`. Throws `TemplateError` for what has none.
 */
export function lengthOf(value: Runtime): number {
  if (typeof value === 'string') {
    spend(value.length >> 2);
    return codePointLength(value);
  }
  if (isList(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof View) return value.dict.size;
  if (value instanceof Range) return value.length;
  if (value instanceof Markup) return codePointLength(value.text);
  if (value instanceof Undefined) {
    if (value.strict) throw new TemplateError(value.message);
    return 0;
  }
  if (value instanceof Special) {
    const own = value.attribute('length');
    if (value.type === 'LoopContext' && typeof own === 'number') return own;
  }
  throw new TemplateError(`${typeName(value)} has no length`);
}
