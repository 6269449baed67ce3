import { isFields } from '../python/equal.js';
import { fieldOf, fieldsOf } from '../python/fields.js';
import { isArray } from '../python/json.js';
import { codePointLength, isSpace, lstrip, rstrip, splitSpace, strip } from '../python/strings.js';
import type { Value } from '../types.js';
import { equals, spendSearch } from './jinja-operators.js';
import { asIndex, asText, asTuple, iterate, plain, type Runtime, spend, TemplateError, toText, typeName } from './jinja-values.js';

/** Arguments of a call: positional ones and those with a name. */
export interface Arguments {
  readonly positional: readonly Runtime[];
  readonly named: ReadonlyMap<string, Runtime>;
}

/**
 * Returns the argument at a position or with a name, or undefined when it is not given.
 */
export function argument(args: Arguments, position: number, name?: string): Runtime | undefined {
  if (position < args.positional.length) return args.positional[position];
  return name === undefined ? undefined : args.named.get(name);
}

type StringMethod = (text: string, args: Arguments) => Value;

/** `chars` of the strip methods: None and nothing mean white space. */
function stripped(strip_: (text: string, chars?: string) => string): StringMethod {
  return (text, args) => {
    const chars = argument(args, 0) ?? null;
    return chars === null ? strip_(text) : strip_(text, asText(chars, 'the characters to strip'));
  };
}

function affix(args: Arguments): readonly string[] {
  const value = argument(args, 0);
  return value !== undefined && isList(value) ? value.map((x) => asText(x, 'each prefix')) : [asText(value, 'the prefix')];
}

function isList(value: Runtime): value is readonly Value[] {
  return Array.isArray(value);
}

/** Position in code points, or -1. */
function find(text: string, args: Arguments, from: 'indexOf' | 'lastIndexOf'): number {
  if (args.positional.length !== 1) throw new TemplateError('find and index take one argument here');
  const wanted = asText(argument(args, 0), 'the text to find');
  spendSearch(text, wanted);
  const at = text[from](wanted);
  return at < 0 ? -1 : codePointLength(text.slice(0, at));
}

function found(position: number): number {
  if (position < 0) throw new TemplateError('substring not found');
  return position;
}

function split(text: string, args: Arguments): string[] {
  const separator = argument(args, 0, 'sep') ?? null;
  const most = asIndex(argument(args, 1, 'maxsplit') ?? -1, 'maxsplit');
  if (separator === null) return splitSpace(text, most);
  const by = asText(separator, 'the separator');
  if (by === '') throw new TemplateError('split: empty separator');
  spendSearch(text, by);
  const parts = text.split(by);
  return most < 0 || parts.length <= most + 1 ? parts : [...parts.slice(0, most), parts.slice(most).join(by)];
}

/**
 * Returns the text with `old` replaced, at most `count` times when that is not negative; an empty `old` matches around every character.
 */
export function replaceText(text: string, old: string, by: string, count: number): string {
  spendSearch(text, old);
  const parts = old === '' ? ['', ...Array.from(text), ''] : text.split(old);
  spend(parts.length * by.length);
  if (count < 0 || count >= parts.length - 1) return parts.join(by);
  let out = parts[0] ?? '';
  for (let i = 1; i < parts.length; i++) out += (i <= count ? by : old) + (parts[i] ?? '');
  return out;
}

/**
 * Returns the text with its first character in upper case and the rest in lower case, as `str.capitalize`.
 */
export function capitalize(text: string): string {
  const [first = ''] = text;
  const upper = first.toUpperCase();
  const head = codePointLength(upper) > 1 ? upper.charAt(0) + upper.slice(1).toLowerCase() : upper;
  return head + text.slice(first.length).toLowerCase();
}

function title(text: string): string {
  return text.replace(/\p{L}+/gu, capitalize);
}

function pad(text: string, args: Arguments, side: 'left' | 'right'): string {
  const missing = asIndex(argument(args, 0) ?? 0, 'the width') - codePointLength(text);
  const fill = argument(args, 1) === undefined ? ' ' : asText(argument(args, 1), 'the fill character');
  if (missing > 100_000) throw new TemplateError('a width above 100000');
  spend(text.length + Math.max(0, missing) * fill.length);
  const padding = fill.repeat(Math.max(0, missing));
  return side === 'left' ? padding + text : text + padding;
}

/** `'{} and {0} and {name}'.format(...)`; conversions and format specifications are refused. */
function format(text: string, args: Arguments): string {
  let next = 0;
  return text.replace(/\{\{|\}\}|\{([^{}]*)\}/g, (whole: string, name: string | undefined) => {
    if (name === undefined) return whole.charAt(0);
    const value = /^\d*$/.test(name) ? args.positional[name === '' ? next++ : Number(name)] : args.named.get(name);
    if (value === undefined) throw new TemplateError(`format: no argument for {${name}}`);
    const printed = toText(value);
    spend(printed.length);
    return printed;
  });
}

/** What `str.splitlines` splits at. */
const LINE_ENDS = '\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029';
const LINE_BREAK = new RegExp(`\\r\\n|[${LINE_ENDS}]`);

/**
 * Returns texts with a separator between them; counts the work.
 */
export function joinTexts(texts: readonly string[], by: string): string {
  spend(texts.reduce((n, text) => n + text.length + by.length, 0));
  return texts.join(by);
}

/** Methods of Python's str that templates may call. */
export const STRING_METHODS: Readonly<Record<string, StringMethod>> = {
  strip: stripped(strip),
  lstrip: stripped(lstrip),
  rstrip: stripped(rstrip),
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  capitalize,
  title,
  split,
  splitlines: (text) => {
    const lines = text.split(LINE_BREAK);
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  },
  replace: (text, args) =>
    replaceText(
      text,
      asText(argument(args, 0), 'what to replace'),
      asText(argument(args, 1), 'the replacement'),
      asIndex(argument(args, 2, 'count') ?? -1, 'count'),
    ),
  startswith: (text, args) => affix(args).some((x) => text.startsWith(x)),
  endswith: (text, args) => affix(args).some((x) => text.endsWith(x)),
  removeprefix: (text, args) => affix(args).reduce((t, x) => (t.startsWith(x) ? t.slice(x.length) : t), text),
  removesuffix: (text, args) => affix(args).reduce((t, x) => (x !== '' && t.endsWith(x) ? t.slice(0, -x.length) : t), text),
  find: (text, args) => find(text, args, 'indexOf'),
  rfind: (text, args) => find(text, args, 'lastIndexOf'),
  index: (text, args) => found(find(text, args, 'indexOf')),
  rindex: (text, args) => found(find(text, args, 'lastIndexOf')),
  count: (text, args) => {
    const part = asText(argument(args, 0), 'what to count');
    spendSearch(text, part);
    return part === '' ? codePointLength(text) + 1 : text.split(part).length - 1;
  },
  join: (text, args) =>
    joinTexts(
      iterate(argument(args, 0) ?? null).map((x) => asText(x, 'each item to join')),
      text,
    ),
  format,
  isdigit: (text) => /^\p{Nd}+$/u.test(text),
  isnumeric: (text) => /^\p{N}+$/u.test(text),
  isalpha: (text) => /^\p{L}+$/u.test(text),
  isalnum: (text) => /^[\p{L}\p{N}]+$/u.test(text),
  isspace: isSpace,
  islower: (text) => text === text.toLowerCase() && text !== text.toUpperCase(),
  isupper: (text) => text === text.toUpperCase() && text !== text.toLowerCase(),
  ljust: (text, args) => pad(text, args, 'right'),
  rjust: (text, args) => pad(text, args, 'left'),
  zfill: (text, args) => {
    const sign = /^[-+]/.exec(text)?.[0] ?? '';
    const width = asIndex(argument(args, 0) ?? 0, 'the width') - sign.length;
    return sign + pad(text.slice(sign.length), { positional: [width, '0'], named: args.named }, 'left');
  },
};

type ListMethod = (list: readonly Value[], args: Arguments) => Value;

/** Methods of Python's list that do not change it. */
export const LIST_METHODS: Readonly<Record<string, ListMethod>> = {
  index: (list, args) => {
    const item = plain(argument(args, 0) ?? null);
    const at = list.findIndex((x) => equals(x, item));
    if (at < 0) throw new TemplateError(`${typeof item === 'string' ? `'${item}'` : toText(item)} is not in the list`);
    return at;
  },
  count: (list, args) => {
    const item = plain(argument(args, 0) ?? null);
    return list.filter((x) => equals(x, item)).length;
  },
};

type FieldMethod = (fields: { readonly [field: string]: Value }, args: Arguments) => Value;

/** Methods of Python's dict that do not change it. */
export const DICT_METHODS: Readonly<Record<string, FieldMethod>> = {
  items: (fields) => fieldsOf(fields).map((key) => asTuple([key, fields[key] ?? null])),
  keys: (fields) => [...fieldsOf(fields)],
  values: (fields) => fieldsOf(fields).map((key) => fields[key] ?? null),
  get: (fields, args) => fieldOf(fields, asText(argument(args, 0), 'the field')) ?? plain(argument(args, 1) ?? null),
};

/** Names that Python finds on a dict before it looks among its fields, so that `doc.items` is never a field. */
const DICT_ATTRIBUTES = new Set(['items', 'keys', 'values', 'get', 'pop', 'popitem', 'copy', 'update', 'clear', 'setdefault', 'fromkeys']);

/**
 * Returns whether `value.name` is a method in Python, so that a field of that name is only reached as `value['name']`.
 */
export function isDictMethod(name: string): boolean {
  return DICT_ATTRIBUTES.has(name);
}

/**
 * Returns the result of `value.name(...)`. Throws `TemplateError` for a method that there is not, naming those there are.
 */
export function callMethod(value: Runtime, name: string, args: Arguments): Value {
  const v = plain(value);
  if (typeof v === 'string' || isArray(v)) spend(v.length);
  if (typeof v === 'string') return pick(STRING_METHODS, name, 'a text')(v, args);
  if (isArray(v)) return pick(LIST_METHODS, name, 'a list')(v, args);
  if (isFields(v)) return pick(DICT_METHODS, name, 'an object')(v, args);
  throw new TemplateError(`${typeName(v)} has no method ${name}`);
}

function pick<T>(methods: Readonly<Record<string, T>>, name: string, owner: string): T {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) throw new TemplateError(`${owner} has no method '${name}' here; there are ${Object.keys(methods).join(', ')}`);
  return method;
}
