import type { SchemaElement, SchemaTree } from 'hyparquet';
import { at } from '../at.js';
import { fromEntries } from '../python/fields.js';
import { toFloat, toInteger } from '../python/number.js';
import type { Doc, Value } from '../types.js';

/** Turns what hyparquet gives for a column of one type into a value. */
export type Convert = (value: unknown) => Value;

/** A column of a kind that cannot be a document's field; the message names column and type. */
export class UnreadableColumn extends Error {}

const MILLIS_A_DAY = 86_400_000;
/** Days from 1970-01-01 of 0001-01-01 and 9999-12-31, the range of Python's dates. */
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;

/**
 * Returns the conversion of a column by its schema: the values are those that Python's `datasets` gives. Nulls stay null on every level;
 * integers are exact; floats stay floats; dates and timestamps without a time zone become the text of Python's `str()`.
 * Throws `UnreadableColumn` for types that JSON has no form for (binary, decimal, time, map, zoned or nanosecond timestamps).
 */
export function converterOf(node: SchemaTree): Convert {
  const { element } = node;
  if (element.repetition_type === 'REPEATED') refuse(node, 'a repeated field outside a list');
  if (element.converted_type === 'LIST' || element.logical_type?.type === 'LIST') return listConverter(node);
  if (element.converted_type === 'MAP' || element.converted_type === 'MAP_KEY_VALUE' || element.logical_type?.type === 'MAP')
    refuse(node, 'a map');
  if (element.type !== undefined) return node.children.length > 0 ? refuse(node, 'a value with fields') : leafConverter(node);
  return node.children.length > 0 ? structConverter(node) : refuse(node, 'a structure without fields');
}

function listConverter(node: SchemaTree): Convert {
  const [repeated] = node.children;
  const [item] = repeated?.children ?? [];
  const usual = node.element.converted_type === 'LIST' && node.children.length === 1 && repeated?.element.repetition_type === 'REPEATED';
  if (!usual || repeated?.children.length !== 1 || item === undefined || /^array$|_tuple$/.test(repeated.element.name)) {
    return refuse(node, 'a list in an outdated form');
  }
  const convert = converterOf(item);
  return (value) => {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value)) throw new Error(`broken list in column ${node.path.join('.')}`);
    return value.map((one: unknown) => convert(one));
  };
}

function structConverter(node: SchemaTree): Convert {
  const names = node.children.map((child) => child.element.name);
  if (new Set(names).size !== names.length || names.includes('__proto__')) refuse(node, 'a structure with doubled or reserved field names');
  const fields = node.children.map((child) => ({ name: child.element.name, convert: converterOf(child) }));
  const build = objectBuilder(names);
  return (value) => {
    if (value === null || value === undefined) return null;
    if (typeof value !== 'object') throw new Error(`broken structure in column ${node.path.join('.')}`);
    return build((i) => {
      const { name, convert } = at(fields, i);
      return convert(Reflect.get(value, name));
    });
  };
}

/**
 * Returns a function that makes objects with the given fields in the given order, each value from `valueAt(index)`.
 */
export function objectBuilder(names: readonly string[]): (valueAt: (index: number) => Value) => Doc {
  // Only names that JavaScript would reorder or misread need the careful way, which costs more than reading the values.
  if (names.some((name) => name === '__proto__' || /^\d+$/.test(name)))
    return (valueAt) => fromEntries(names.map((name, i) => [name, valueAt(i)] as const));
  return (valueAt) => {
    const object: Record<string, Value> = {};
    names.forEach((name, i) => {
      object[name] = valueAt(i);
    });
    return object;
  };
}

function leafConverter(node: SchemaTree): Convert {
  const { element } = node;
  const inner = valueConverter(node, element);
  return (value) => {
    if (value === null) return null;
    // hyparquet gives undefined where an index points outside the dictionary.
    if (value === undefined) throw new Error(`missing value in column ${node.path.join('.')}`);
    return inner(value);
  };
}

function valueConverter(node: SchemaTree, element: SchemaElement): Convert {
  const logical = element.logical_type?.type ?? null;
  const converted = element.converted_type ?? null;
  if (logical === 'NULL') return () => null;
  switch (element.type) {
    case 'BOOLEAN':
      return (value) => (typeof value === 'boolean' ? value : broken(node));
    case 'INT32':
      if (logical === 'DATE' || converted === 'DATE') return (value) => dateText(node, number(node, value));
      if (!isInteger(logical, converted)) return refuse(node, (logical ?? converted ?? 'unknown').toLowerCase());
      return isUnsigned(element) ? (value) => number(node, value) >>> 0 : (value) => number(node, value);
    case 'INT64':
      if (logical === 'TIMESTAMP' || converted === 'TIMESTAMP_MICROS' || converted === 'TIMESTAMP_MILLIS')
        return timestampConverter(node, element);
      if (!isInteger(logical, converted)) return refuse(node, (logical ?? converted ?? 'unknown').toLowerCase());
      return isUnsigned(element)
        ? (value) => toInteger(BigInt.asUintN(64, bigint(node, value)))
        : (value) => toInteger(bigint(node, value));
    case 'FLOAT':
    case 'DOUBLE':
      return (value) => toFloat(number(node, value));
    case 'BYTE_ARRAY':
      if (!['STRING', 'ENUM', 'JSON'].includes(logical ?? '') && !['UTF8', 'ENUM', 'JSON'].includes(converted ?? '')) {
        return refuse(node, (logical ?? converted ?? 'binary').toLowerCase());
      }
      return (value) => (typeof value === 'string' ? value : broken(node));
    case 'FIXED_LEN_BYTE_ARRAY':
      if (logical === 'FLOAT16' && element.type_length === 2) return (value) => toFloat(number(node, value));
      return refuse(node, (logical ?? converted ?? 'binary').toLowerCase());
    default:
      return refuse(node, (element.type ?? 'unknown').toLowerCase());
  }
}

function isInteger(logical: string | null, converted: string | null): boolean {
  return (logical === null || logical === 'INTEGER') && (converted === null || /^U?INT_/.test(converted));
}

function isUnsigned(element: SchemaElement): boolean {
  const logical = element.logical_type;
  return (logical?.type === 'INTEGER' && !logical.isSigned) || (element.converted_type?.startsWith('UINT') ?? false);
}

function timestampConverter(node: SchemaTree, element: SchemaElement): Convert {
  const logical = element.logical_type;
  // Without the newer annotation there is no telling whether the time has a zone.
  if (logical?.type !== 'TIMESTAMP' || logical.isAdjustedToUTC) return refuse(node, 'timestamp with a time zone');
  if (logical.unit === 'NANOS') return refuse(node, 'timestamp in nanoseconds');
  const perSecond = logical.unit === 'MILLIS' ? 1000n : 1_000_000n;
  return (value) => timestampText(node, bigint(node, value), perSecond);
}

/** Python's `str(datetime)`: microseconds only where there are any. */
function timestampText(node: SchemaTree, value: bigint, perSecond: bigint): string {
  const fraction = ((value % perSecond) + perSecond) % perSecond;
  const seconds = Number((value - fraction) / perSecond);
  const days = Math.floor(seconds / 86_400);
  const clock = new Date((seconds - days * 86_400) * 1000).toISOString().slice(11, 19);
  const micros = fraction * (1_000_000n / perSecond);
  return `${dateText(node, days)} ${clock}${micros === 0n ? '' : `.${String(micros).padStart(6, '0')}`}`;
}

/** Python's `str(date)`. */
function dateText(node: SchemaTree, days: number): string {
  if (!(days >= FIRST_DAY && days <= LAST_DAY)) throw new Error(`a date outside the years 1 to 9999 in column ${node.path.join('.')}`);
  return new Date(days * MILLIS_A_DAY).toISOString().slice(0, 10);
}

function number(node: SchemaTree, value: unknown): number {
  return typeof value === 'number' ? value : broken(node);
}

function bigint(node: SchemaTree, value: unknown): bigint {
  return typeof value === 'bigint' ? value : broken(node);
}

function broken(node: SchemaTree): never {
  throw new Error(`a value of the wrong type in column ${node.path.join('.')}`);
}

function refuse(node: SchemaTree, type: string): never {
  throw new UnreadableColumn(
    `column '${node.path.join('.')}' is ${/^an? /.test(type) ? type : `of type ${type}`}, which documents cannot hold`,
  );
}
