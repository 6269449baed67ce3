import { isFields } from '../python/equal.js';
import { fieldOf, fieldsOf, fromEntries } from '../python/fields.js';
import { PyFloat } from '../python/float.js';
import { dumpsJson, isArray } from '../python/json.js';
import { toFloat, toInteger } from '../python/number.js';
import { codePointLength, strip } from '../python/strings.js';
import type { Value } from '../types.js';
import { type Arguments, argument, capitalize, DICT_METHODS, joinTexts, replaceText, STRING_METHODS } from './jinja-methods.js';
import { BINARY, compare, contains, equals } from './jinja-operators.js';
import {
  asIndex,
  asText,
  isFloat,
  isInteger,
  iterate,
  orUndefined,
  plain,
  type Runtime,
  spend,
  TemplateError,
  toText,
  truth,
  typeName,
  Undefined,
  weightOf,
} from './jinja-values.js';

type Filter = (value: Runtime, args: Arguments) => Runtime;

/** The text methods behind filters of the same name; a filter first turns its operand into text. */
function viaText(name: string): Filter {
  return (value, args) => {
    const text = toText(value);
    spend(text.length);
    return STRING_METHODS[name]?.(text, args) ?? '';
  };
}

function lengthOf(value: Runtime): number {
  const v = plain(value);
  if (typeof v === 'string') {
    spend(v.length);
    return codePointLength(v);
  }
  if (isArray(v)) return v.length;
  if (isFields(v)) return fieldsOf(v).length;
  throw new TemplateError(`${typeName(v)} has no length`);
}

function toInt(value: Runtime, args: Arguments): Runtime {
  const fallback = argument(args, 0, 'default') ?? 0;
  const v = plain(value);
  if (typeof v === 'boolean') return Number(v);
  if (isInteger(v)) return v;
  const number = isFloat(v) ? Number(v) : isWhole(v) ? null : floatOf(v);
  if (number === null) return toInteger(BigInt(strip(String(v)).replace(/^\+|_/g, '')));
  return Number.isFinite(number) ? toInteger(BigInt(Math.trunc(number))) : fallback;
}

/** A text that Python's int() reads: it takes no more than 4300 digits. */
function isWhole(value: Value): boolean {
  return typeof value === 'string' && /^[+-]?\d+(_\d+)*$/.test(strip(value)) && strip(value).length <= 4300;
}

/** The float that a text holds, NaN when it holds none. */
function floatOf(value: Value): number {
  return typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(strip(value)) ? Number(strip(value)) : Number.NaN;
}

function round(value: Runtime, args: Arguments): Value {
  const precision = asIndex(argument(args, 0, 'precision') ?? 0, 'precision');
  const method = asText(argument(args, 1, 'method') ?? 'common', 'method');
  const scale = 10 ** precision;
  const x = Number(plain(value));
  if (Number.isNaN(x) && !isFloat(value)) throw new TemplateError(`round does not work on ${typeName(value)}`);
  if (method === 'ceil') return toFloat(Math.ceil(x * scale) / scale);
  if (method === 'floor') return toFloat(Math.floor(x * scale) / scale);
  if (method !== 'common') throw new TemplateError('round: method must be common, ceil or floor');
  if (isInteger(value) && precision >= 0) return value;
  // Python rounds halves of whole numbers to even; with digits the exact decimal value decides, as toFixed does.
  if (precision === 0) return toFloat(Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
  if (precision < 0 || precision > 100) throw new TemplateError('round: precision must be 0 to 100');
  return toFloat(Number(x.toFixed(precision)));
}

function attribute(item: Value, path: Runtime): Runtime {
  const parts = typeof path === 'string' ? path.split('.') : [asIndex(path, 'attribute')];
  let value: Value = item;
  for (const part of parts) {
    const next = isArray(value) ? value.at(Number(part)) : isFields(value) ? fieldOf(value, String(part)) : undefined;
    if (next === undefined) return new Undefined(`no attribute '${part}'`);
    value = next;
  }
  return value;
}

/** Sorting and comparing of filters ignores case unless told otherwise. */
function caseless(value: Value, args: Arguments, position: number): Value {
  if (typeof value !== 'string' || truth(argument(args, position, 'case_sensitive') ?? false)) return value;
  spend(value.length);
  return value.toLowerCase();
}

function sortItems(value: Runtime, args: Arguments): Value {
  const path = argument(args, 2, 'attribute');
  const key = (item: Value) => caseless(path === undefined ? item : plain(attribute(item, path)), args, 1);
  const sign = truth(argument(args, 0, 'reverse') ?? false) ? -1 : 1;
  return [...iterate(value)].sort((a, b) => sign * compare(key(a), key(b)));
}

function extreme(value: Runtime, args: Arguments, sign: 1 | -1): Runtime {
  const items = iterate(value);
  const path = argument(args, 1, 'attribute');
  const key = (item: Value) => caseless(path === undefined ? item : plain(attribute(item, path)), args, 0);
  if (items.length === 0) return new Undefined('an empty list has no smallest or largest item');
  return items.reduce((best, item) => (sign * compare(key(item), key(best)) < 0 ? item : best));
}

function map(value: Runtime, args: Arguments): Value {
  const path = args.named.get('attribute');
  if (path !== undefined) {
    const fallback = args.named.get('default');
    return iterate(value).map((item) => {
      const found = attribute(item, path);
      return plain(found instanceof Undefined && fallback !== undefined ? fallback : found);
    });
  }
  const name = asText(argument(args, 0), "the filter's name");
  const rest = { positional: args.positional.slice(1), named: args.named };
  return iterate(value).map((item) => plain(filterNamed(name)(item, rest)));
}

/** `select`, `reject`, `selectattr`, `rejectattr`. */
function choose(keep: boolean, byAttribute: boolean): Filter {
  return (value, args) => {
    const offset = byAttribute ? 1 : 0;
    const test = args.positional[offset] === undefined ? null : testNamed(asText(args.positional[offset], "the test's name"));
    const rest = args.positional.slice(offset + 1);
    return iterate(value).filter((item) => {
      const operand = byAttribute ? attribute(item, args.positional[0] ?? '') : item;
      return (test === null ? truth(operand) : test(operand, rest)) === keep;
    });
  };
}

/** Jinja's filters, as far as prompts use them. */
export const FILTERS: Readonly<Record<string, Filter>> = {
  safe: (value) => value,
  string: toText,
  trim: (value, args) =>
    strip(toText(value), argument(args, 0, 'chars') === undefined ? undefined : asText(argument(args, 0, 'chars'), 'chars')),
  lower: viaText('lower'),
  upper: viaText('upper'),
  capitalize: (value) => capitalize(toText(value)),
  // Unlike str.title, the filter starts a word only after white space, hyphens and opening brackets.
  title: (value) =>
    toText(value)
      .split(/([-\s({[<]+)/u)
      .map(capitalize)
      .join(''),
  replace: (value, args) =>
    replaceText(
      toText(value),
      toText(argument(args, 0, 'old') ?? ''),
      toText(argument(args, 1, 'new') ?? ''),
      asIndex(argument(args, 2, 'count') ?? -1, 'count'),
    ),
  length: lengthOf,
  count: lengthOf,
  join: (value, args) => {
    const path = argument(args, 1, 'attribute');
    const texts = iterate(value).map((item) => toText(path === undefined ? item : attribute(item, path)));
    return joinTexts(texts, toText(argument(args, 0, 'd') ?? ''));
  },
  list: (value) => [...iterate(value)],
  first: (value) => orUndefined(iterate(value)[0], 'an empty list has no first item'),
  last: (value) => orUndefined(iterate(value).at(-1), 'an empty list has no last item'),
  reverse: (value) => (typeof value === 'string' ? Array.from(value).reverse().join('') : [...iterate(value)].reverse()),
  sort: sortItems,
  unique: (value, args) => {
    const kept: Value[] = [];
    for (const item of iterate(value)) {
      const own = caseless(item, args, 0);
      if (!kept.some((x) => equals(caseless(x, args, 0), own))) kept.push(item);
    }
    return kept;
  },
  min: (value, args) => extreme(value, args, 1),
  max: (value, args) => extreme(value, args, -1),
  map,
  select: choose(true, false),
  reject: choose(false, false),
  selectattr: choose(true, true),
  rejectattr: choose(false, true),
  int: toInt,
  float: (value, args) => {
    const v = plain(value);
    const number =
      typeof v === 'string' ? floatOf(v) : v === null || typeof v === 'object' ? (v instanceof PyFloat ? v.value : Number.NaN) : Number(v);
    return Number.isNaN(number) && typeof v !== 'number' ? (argument(args, 0, 'default') ?? new PyFloat(0)) : toFloat(number);
  },
  abs: (value) => {
    const v = plain(value);
    if (v instanceof PyFloat) return new PyFloat(Math.abs(v.value));
    if (typeof v === 'bigint') return v < 0n ? -v : v;
    if (typeof v !== 'number') throw new TemplateError(`abs does not work on ${typeName(v)}`);
    return Math.abs(v);
  },
  round,
  default: withDefault,
  d: withDefault,
  items: (value, args) => (value instanceof Undefined ? [] : asItems(value, args)),
  sum: (value, args) => {
    const path = argument(args, 0, 'attribute') ?? null;
    const items = iterate(value).map((item) => (path === null ? item : plain(attribute(item, path))));
    return items.reduce((total, item) => BINARY['+'](total, item), plain(argument(args, 1, 'start') ?? 0));
  },
  tojson: (value) => {
    spend(6 * weightOf(plain(value)));
    return dumpsJson(sorted(plain(value))).replace(/[^ -~]|[<>&']/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  },
};

/** The value with the fields of all objects in alphabetical order, as Jinja's tojson writes them. */
function sorted(value: Value): Value {
  if (isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  return fromEntries([...fieldsOf(value)].sort((a, b) => compare(a, b)).map((key) => [key, sorted(value[key] ?? null)] as const));
}

function withDefault(value: Runtime, args: Arguments): Runtime {
  const fallback = argument(args, 0, 'default_value') ?? '';
  if (value instanceof Undefined) return fallback;
  return truth(argument(args, 1, 'boolean') ?? false) && !truth(value) ? fallback : value;
}

function asItems(value: Runtime, args: Arguments): Value {
  const v = plain(value);
  if (!isFields(v)) throw new TemplateError(`items works on objects, not on ${typeName(v)}`);
  return DICT_METHODS.items?.(v, args) ?? [];
}

/**
 * Returns the filter of a name. Throws `TemplateError` with the names there are.
 */
export function filterNamed(name: string): Filter {
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter === undefined) throw new TemplateError(`no filter '${name}' here; there are ${Object.keys(FILTERS).join(', ')}`);
  return filter;
}

type Test = (value: Runtime, args: readonly Runtime[]) => boolean;

const second = (args: readonly Runtime[]): Value => plain(args[0] ?? null);

/** Jinja's tests, as far as prompts use them. */
export const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  true: (value) => value === true,
  false: (value) => value === false,
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  integer: isInteger,
  float: isFloat,
  number: (value) => isInteger(value) || isFloat(value) || typeof value === 'boolean',
  sequence: (value) =>
    typeof value === 'string' || (value !== null && typeof value === 'object' && !(value instanceof Undefined) && !isFloat(value)),
  iterable: (value) =>
    typeof value === 'string' || (value !== null && typeof value === 'object' && !(value instanceof Undefined) && !isFloat(value)),
  mapping: (value) => !(value instanceof Undefined) && isFields(plain(value)),
  odd: (value) => Math.abs(asIndex(value, 'the number')) % 2 === 1,
  even: (value) => asIndex(value, 'the number') % 2 === 0,
  lower: (value) => STRING_METHODS.islower?.(toText(value), { positional: [], named: new Map() }) === true,
  upper: (value) => STRING_METHODS.isupper?.(toText(value), { positional: [], named: new Map() }) === true,
  eq: (value, args) => equals(plain(value), second(args)),
  equalto: (value, args) => equals(plain(value), second(args)),
  ne: (value, args) => !equals(plain(value), second(args)),
  gt: (value, args) => compare(plain(value), second(args)) > 0,
  ge: (value, args) => compare(plain(value), second(args)) >= 0,
  lt: (value, args) => compare(plain(value), second(args)) < 0,
  le: (value, args) => compare(plain(value), second(args)) <= 0,
  in: (value, args) => contains(second(args), plain(value)),
};

/**
 * Returns the test of a name (`is NAME`). Throws `TemplateError` with the names there are.
 */
export function testNamed(name: string): Test {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (test === undefined) throw new TemplateError(`no test '${name}' here; there are ${Object.keys(TESTS).join(', ')}`);
  return test;
}
