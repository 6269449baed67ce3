import { getAttribute, getItem } from './attributes.js';
import type { Declared, Environment, Filter, Test } from './environment.js';
import { iterate, lengthOf, listOf, truth } from './iterate.js';
import { arithmetic, compare, equals } from './operators.js';
import { toText } from './print.js';
import { joinTexts } from './string-methods.js';
import { KINDS } from './text-case.js';
import {
  type Arguments,
  asIndex,
  asText,
  bind,
  charactersOf,
  checkStrict,
  Dict,
  type Given,
  isList,
  keyOf,
  Lazy,
  markedAs,
  orUndefined,
  present,
  Range,
  type Runtime,
  Tuple,
  textOf,
  typeName,
  Undefined,
  View,
} from './values.js';
import { spend, TemplateError } from './work.js';

/** Finds filters and tests for `map` and `select`, which take their names. */
export interface Finder {
  readonly filter: (name: string) => Filter;
  readonly test: (name: string) => Test;
}

/** Sorting and comparing of filters ignores case unless told otherwise. */
function caseless(value: Runtime): Runtime {
  if (typeof value !== 'string') return value;
  spend(value.length);
  return value.toLowerCase();
}

type Getter = (item: Runtime) => Runtime;

/** A function that follows a path such as `a.b.0` from an item. */
function getter(path: Runtime, environment: Environment, fallback: Runtime = null): Getter {
  if (typeof path === 'string') spend(path.length);
  const parts: Runtime[] = path === null ? [] : typeof path === 'string' ? path.split('.').map(pathPart) : [path];
  return (item) => {
    spend(4 * parts.length);
    let value = item;
    for (const part of parts) {
      value = getItem(value, part, environment);
      if (fallback !== null && value instanceof Undefined) value = fallback;
    }
    return value;
  };
}

function pathPart(part: string): Runtime {
  return KINDS.isdigit?.(part) === true && /^\d+$/.test(part) ? Number(part) : part;
}

/** `getter` with the case of texts ignored. */
function keyGetter(path: Runtime, caseSensitive: Runtime, environment: Environment): Getter {
  const get = getter(path, environment);
  return truth(caseSensitive) ? get : (item) => caseless(get(item));
}

function sorted<T>(items: readonly T[], key: (item: T) => Runtime, reverse: boolean): readonly T[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  spend(items.length * Math.log2(items.length + 2));
  keyed.sort((a, b) => (reverse ? compare(b.key, a.key) : compare(a.key, b.key)));
  return keyed.map(({ item }) => item);
}

function sort(value: Runtime, [reverse = false, caseSensitive = false, attribute = null]: Given, environment: Environment): Runtime {
  if (typeof attribute === 'string') spend(attribute.length);
  const paths = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const getters = paths.map((path) => keyGetter(path, caseSensitive, environment));
  return sorted(listOf(value), (item) => getters.map((get) => get(item)), truth(reverse));
}

function dictsort(value: Runtime, [caseSensitive = false, by = 'key', reverse = false]: Given): Runtime {
  present(value);
  if (!(value instanceof Dict)) throw new TemplateError(`dictsort works on objects, not on ${typeName(value)}`);
  if (by !== 'key' && by !== 'value') throw new TemplateError("dictsort: by must be 'key' or 'value'");
  const fold = truth(caseSensitive) ? (part: Runtime) => part : caseless;
  const pairs = sorted(value.entries(), ([key, item]) => fold(by === 'key' ? key : item), truth(reverse));
  return pairs.map((pair) => new Tuple(pair));
}

/** `min` (sign 1) and `max` (sign -1). */
function extreme(sign: 1 | -1): Declared<Runtime> {
  const run = (value: Runtime, [caseSensitive = false, attribute = null]: Given, environment: Environment): Runtime => {
    const key = keyGetter(attribute, caseSensitive, environment);
    let best: { readonly item: Runtime; readonly key: Runtime } | null = null;
    for (const item of listOf(value)) {
      const own = key(item);
      if (best === null || sign * compare(own, best.key) < 0) best = { item, key: own };
    }
    return orUndefined(best?.item, 'No aggregated item, sequence was empty.', environment.strict);
  };
  return ['case_sensitive attribute', run];
}

function unique(value: Runtime, [caseSensitive = false, attribute = null]: Given, environment: Environment): Runtime {
  const key = keyGetter(attribute, caseSensitive, environment);
  return lazily(function* () {
    const seen = new Set<string>();
    for (const item of iterate(value)) {
      const before = seen.size;
      seen.add(keyOf(key(item)));
      if (seen.size > before) yield item;
    }
  });
}

function lazily(generate: () => Generator<Runtime>): Lazy {
  return new Lazy(generate());
}

function map(finder: Finder): Declared<Runtime> {
  const run: Declared<Runtime>[1] = (value, _, environment, args) =>
    lazily(function* () {
      if (!truth(value)) return;
      const apply = mapping(args, environment, finder);
      for (const item of counted(value)) yield apply(item);
    });
  return [null, run];
}

/** The items of a value; counts the work. */
function* counted(value: Runtime): Generator<Runtime> {
  for (const item of iterate(value)) {
    spend(1);
    yield item;
  }
}

function mapping(args: Arguments, environment: Environment, finder: Finder): Getter {
  const attribute = args.named.get('attribute');
  if (args.positional.length === 0 && attribute !== undefined) {
    const [path = null, fallback = null] = bind('map', args, 'attribute default');
    return getter(path, environment, fallback);
  }
  const [name, ...positional] = args.positional;
  if (name === undefined) throw new TemplateError("map wants a filter's name or attribute=...");
  const filter = finder.filter(asText(name, "the filter's name"));
  return (item) => filter(item, { positional, named: args.named }, environment);
}

/** `select`, `reject`, `selectattr`, `rejectattr`. */
function choose(finder: Finder, keep: boolean, byAttribute: boolean): Declared<Runtime> {
  const run: Declared<Runtime>[1] = (value, _, environment, args) =>
    lazily(function* () {
      if (!truth(value)) return;
      const offset = byAttribute ? 1 : 0;
      const [path = null] = args.positional;
      if (byAttribute && args.positional.length === 0) throw new TemplateError("selectattr and rejectattr want an attribute's name");
      const get = byAttribute ? getter(path, environment) : (item: Runtime) => item;
      const name = args.positional[offset];
      const test = name === undefined ? truth : finder.test(asText(name, "the test's name"));
      const rest: Arguments = { positional: args.positional.slice(offset + 1), named: args.named };
      for (const item of counted(value)) if (test(get(item), rest, environment) === keep) yield item;
    });
  return [null, run];
}

/** What `groupby` gives for each group: a tuple whose items also have names. */
class Group extends Tuple {
  override attribute(name: string): Runtime | undefined {
    if (name === 'grouper') return this.items[0];
    return name === 'list' ? this.items[1] : undefined;
  }
}

function groupby(value: Runtime, [attribute = null, fallback = null, caseSensitive = false]: Given, environment: Environment): Runtime {
  const get = getter(attribute, environment, fallback);
  const key: Getter = truth(caseSensitive) ? get : (item) => caseless(get(item));
  const groups: { readonly key: Runtime; readonly first: Runtime; readonly items: Runtime[] }[] = [];
  for (const item of sorted(listOf(value), key, false)) {
    const own = key(item);
    const last = groups.at(-1);
    if (last !== undefined && equals(last.key, own)) last.items.push(item);
    else groups.push({ key: own, first: item, items: [item] });
  }
  return groups.map((group) => new Group([get(group.first), group.items]));
}

function batch(value: Runtime, [count, fill = null]: Given): Runtime {
  const size = asIndex(count, 'linecount');
  return lazily(function* () {
    let row: Runtime[] = [];
    for (const item of iterate(value)) {
      if (row.length === size) {
        yield row;
        row = [];
      }
      row.push(item);
    }
    if (row.length > 0) yield fill === null ? row : [...row, ...filling(fill, size - row.length)];
  });
}

function filling(fill: Runtime, count: number): Runtime[] {
  spend(Math.max(0, count));
  return Array.from({ length: Math.max(0, count) }, () => fill);
}

function slice(value: Runtime, [count, fill = null]: Given): Runtime {
  const slices = asIndex(count, 'slices');
  return lazily(function* () {
    const items = listOf(value);
    if (slices === 0) throw new TemplateError('slice: division by zero');
    const size = Math.floor(items.length / slices);
    const longer = items.length - size * slices;
    let start = 0;
    for (let i = 0; i < slices; i++) {
      spend(1);
      const end = start + size + (i < longer ? 1 : 0);
      const row = items.slice(start, end);
      start = end;
      yield fill !== null && i >= longer ? [...row, fill] : row;
    }
  });
}

function reverse(value: Runtime): Runtime {
  const text = textOf(value);
  if (text !== null) return markedAs(value, [...charactersOf(text)].reverse().join(''));
  const items = [...listOf(value)].reverse();
  return value instanceof Lazy || value instanceof Undefined ? items : new Lazy(items[Symbol.iterator]());
}

function last(value: Runtime, _: Given, environment: Environment): Runtime {
  checkStrict(value);
  if (value instanceof Lazy) throw new TemplateError('last does not work on what map, select and their like give; use |list');
  present(value);
  return orUndefined(listOf(value).at(-1), 'No last item, sequence was empty.', environment.strict);
}

function first(value: Runtime, _: Given, environment: Environment): Runtime {
  const { done, value: item } = iterate(value)[Symbol.iterator]().next();
  return done === true ? new Undefined('No first item, sequence was empty.', environment.strict) : item;
}

function join(value: Runtime, [by = '', attribute = null]: Given, environment: Environment): Runtime {
  const get = getter(attribute, environment);
  return joinTexts(
    Array.from(iterate(value), (item) => toText(get(item))),
    toText(by),
  );
}

function items(value: Runtime): Runtime {
  return lazily(function* () {
    if (value instanceof Undefined) return;
    if (!(value instanceof Dict)) throw new TemplateError(`items works on objects, not on ${typeName(value)}`);
    yield* iterate(new View('items', value));
  });
}

function sum(value: Runtime, [attribute = null, start = 0]: Given, environment: Environment): Runtime {
  if (typeof start === 'string') throw new TemplateError('sum does not work on texts; use |join');
  const get = getter(attribute, environment);
  let total: Runtime = start;
  for (const item of iterate(value)) total = arithmetic('+', total, get(item));
  return total;
}

function withDefault(value: Runtime, [fallback = '', boolean = false]: Given): Runtime {
  return value instanceof Undefined || (truth(boolean) && !truth(value)) ? fallback : value;
}

/**
 * Returns the filters of lists and objects.
 */
export function sequenceFilters(finder: Finder): Readonly<Record<string, Declared<Runtime>>> {
  return {
    length: ['', lengthOf],
    count: ['', lengthOf],
    list: ['', (value) => [...listOf(value)]],
    first: ['', first],
    last: ['', last],
    join: ['d attribute', join],
    reverse: ['', reverse],
    sort: ['reverse case_sensitive attribute', sort],
    dictsort: ['case_sensitive by reverse', dictsort],
    unique: ['case_sensitive attribute', unique],
    min: extreme(1),
    max: extreme(-1),
    map: map(finder),
    select: choose(finder, true, false),
    reject: choose(finder, false, false),
    selectattr: choose(finder, true, true),
    rejectattr: choose(finder, false, true),
    groupby: ['attribute! default case_sensitive', groupby],
    batch: ['linecount! fill_with', batch],
    slice: ['slices! fill_with', slice],
    items: ['', items],
    sum: ['attribute start', sum],
    default: ['default_value boolean', withDefault],
    d: ['default_value boolean', withDefault],
    attr: ['name!', attributeNamed],
  };
}

/** An attribute that is no field. */
function attributeNamed(value: Runtime, [name]: Given, environment: Environment): Runtime {
  const wanted = asText(name, "the attribute's name");
  const owner = present(value);
  return getAttribute(owner instanceof Dict && owner.has(wanted) ? new Dict([]) : owner, wanted, environment);
}

/** Whether a value has a length and items by number or key, Jinja's `is sequence`. */
export function isSequence(value: Runtime): boolean {
  if (value instanceof Undefined) return !value.strict;
  return textOf(value) !== null || isList(value) || value instanceof Tuple || value instanceof Dict || value instanceof Range;
}
