import { at } from '../at.js';
import { PyFloat } from '../python/float.js';
import { isInteger } from '../python/number.js';
import { dictMethod, listMethod, numberAttribute } from './container-methods.js';
import type { Lookup } from './format.js';
import { stringMethod } from './string-methods.js';
import {
  charactersOf,
  Dict,
  indexOf,
  isList,
  Markup,
  markedAs,
  NativeFunction,
  orUndefined,
  present,
  Range,
  type Runtime,
  Special,
  Tuple,
  textOf,
  typeName,
  Undefined,
  weightOf,
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
  const item = itemOf(present(value), key);
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
    present(value);
    if (!(value instanceof Dict && value.has(name)) && /^__\w+__$/.test(name)) {
      if (settings.sandbox) return unsafe(value, name, settings);
      throw new TemplateError(`Python's '${name}' is not supported`);
    }
    return undefined;
  }
  if (value === null) return undefined;
  if (typeof value === 'string') return stringMethod(value, name, sandboxed(settings.strict));
  if (value instanceof Markup) return markupMethod(value, name, settings.strict);
  if (value instanceof Dict) return dictMethod(value, name);
  const own = value instanceof Special ? value.attribute(name) : undefined;
  if (own !== undefined || (value instanceof Special && !(value instanceof Tuple))) return own;
  return isList(value) || value instanceof Tuple ? listMethod(value, name) : numberAttribute(value, name);
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
  const index = indexOf(key);
  if (index === null) return undefined;
  const text = textOf(value);
  if (text !== null) {
    const character = characterAt(text, index);
    return character === undefined ? undefined : markedAs(value, character);
  }
  if (isList(value)) return value.at(index);
  if (value instanceof Tuple) return value.items.at(index);
  if (!(value instanceof Range)) return undefined;
  const place = index < 0 ? index + value.size : index;
  return place >= 0 && place < value.size ? value.start + place * value.step : undefined;
}

function isKey(key: Runtime): boolean {
  if (key instanceof Tuple) spend(weightOf(key));
  return isHashable(key);
}

function isHashable(key: Runtime): boolean {
  if (key === null || typeof key !== 'object' || key instanceof PyFloat || key instanceof Markup) return true;
  return key instanceof Tuple && key.items.every(isHashable);
}

/** The character at a place in code points, counted from the end where that is negative; only what stands between is looked at. */
function characterAt(text: string, index: number): string | undefined {
  spend(Math.min(Math.abs(index), text.length) / 16);
  let unit = index < 0 ? text.length : 0;
  for (let n = index; n > 0 && unit < text.length; n--) unit += isPair(text, unit) ? 2 : 1;
  for (let n = index; n < 0 && unit >= 0; n++) unit -= isPair(text, unit - 2) ? 2 : 1;
  const point = text.codePointAt(unit);
  return point === undefined ? undefined : String.fromCodePoint(point);
}

function isPair(text: string, unit: number): boolean {
  return (text.codePointAt(unit) ?? 0) > 0xffff;
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
  return indexOf(value) ?? refuse(`the bounds of a slice are integers or None, not ${typeName(value)}`);
}

function refuse(message: string): never {
  throw new TemplateError(message);
}

/** `value[slice]`. Where Python raises a TypeError, so does Jinja: only for other keys does it give an undefined value instead. */
function sliced(value: Runtime, slice: Slice): Runtime {
  const text = textOf(value);
  if (text !== null) return markedAs(value, pick(charactersOf(text), slice).join(''));
  if (value instanceof Range) throw new TemplateError('a slice of a range is not supported; use |list first');
  const items = value instanceof Tuple ? value.items : isList(value) ? value : refuse(`${typeName(value)} has no slices`);
  spend(items.length);
  const picked = pick(items, slice);
  return value instanceof Tuple ? new Tuple(picked) : picked;
}

function pick<T>(items: readonly T[], { start, stop, step }: Slice): readonly T[] {
  const by = bound(step) ?? 1;
  if (by === 0) throw new TemplateError('a slice step of zero');
  const { length } = items;
  const [low, high] = by > 0 ? [0, length] : [-1, length - 1];
  const clip = (place: number | null, otherwise: number) =>
    place === null ? otherwise : Math.min(high, Math.max(low, place < 0 ? place + length : place));
  const begin = clip(bound(start), by > 0 ? low : high);
  const end = clip(bound(stop), by > 0 ? high : low);
  if (by === 1) return items.slice(begin, Math.max(begin, end));
  const picked: T[] = [];
  for (let i = begin; by > 0 ? i < end : i > end; i += by) picked.push(at(items, i));
  return picked;
}
