/**
 * The types of JSON lines as Python's `datasets` finds them (through pyarrow): a field has one type in all rows, and all rows have all fields, in the order in
 * which they first occur; so it is inside of objects, too. Unlike there, a text that looks like a date stays the text that it is.
 */
import { isFields } from '../python/equal.js';
import { fieldOf, fieldsOf, fromEntries } from '../python/fields.js';
import { PyFloat } from '../python/float.js';
import { isArray } from '../python/json.js';
import { toFloat } from '../python/number.js';
import type { Doc, Value } from '../types.js';

type Kind = 'boolean' | 'number' | 'string' | 'list' | 'object';

/** What has been seen of one field. */
export interface Column {
  readonly kinds: Set<Kind>;
  /** Some number is a float, or an integer of more than 64 bits. */
  floats: boolean;
  /** Some number is an integer. */
  integers: boolean;
  /** Of objects: their fields in the order in which they first occurred. */
  readonly fields: Map<string, Column>;
  /** Some object lacks a field of another one, or has them in another order. */
  uneven: boolean;
  /** Of lists: what is in them. */
  items: Column | null;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Returns a column of which nothing has been seen. */
export function emptyColumn(): Column {
  return { kinds: new Set(), floats: false, integers: false, fields: new Map(), uneven: false, items: null };
}

/**
 * Takes one value into account; changes `column`.
 */
export function noteValue(column: Column, value: Value): void {
  if (value === null) return;
  if (typeof value === 'string') {
    column.kinds.add('string');
  } else if (typeof value === 'boolean') {
    column.kinds.add('boolean');
  } else if (typeof value === 'number' || typeof value === 'bigint' || value instanceof PyFloat) {
    column.kinds.add('number');
    if (isFloat(value)) column.floats = true;
    if (isInteger(value)) column.integers = true;
  } else if (isArray(value)) {
    column.kinds.add('list');
    column.items ??= emptyColumn();
    for (const item of value) noteValue(column.items, item);
  } else noteObject(column, value);
}

/** True where the column cannot be of 64-bit integers. */
function isFloat(value: number | bigint | PyFloat): boolean {
  if (typeof value === 'bigint') return value < INT64_MIN || value > INT64_MAX;
  return !isInteger(value);
}

function isInteger(value: number | bigint | PyFloat): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

function noteObject(column: Column, value: Doc): void {
  const names = fieldsOf(value);
  if (!column.kinds.has('object')) {
    column.kinds.add('object');
    for (const name of names) column.fields.set(name, emptyColumn());
  } else if (!column.uneven) {
    let i = 0;
    column.uneven = names.length !== column.fields.size;
    for (const name of column.fields.keys()) if (name !== names[i++]) column.uneven = true;
  }
  for (const name of names) {
    const field = column.fields.get(name) ?? emptyColumn();
    column.fields.set(name, field);
    noteValue(field, fieldOf(value, name) ?? null);
  }
}

/**
 * Returns the function that gives a value the type of its column, or null where all values have it already. Values of a column with several types
 * (text and numbers, lists and objects) are left as they are; `datasets` refuses such a file.
 */
export function converterOf(column: Column): ((value: Value) => Value) | null {
  if (column.kinds.size !== 1) return null;
  const [kind] = column.kinds;
  if (kind === 'number') return column.floats && column.integers ? asFloat : null;
  if (kind === 'list') {
    const convert = column.items === null ? null : converterOf(column.items);
    return convert && ((value) => (isArray(value) ? value.map(convert) : value));
  }
  return kind === 'object' ? objectConverter(column) : null;
}

function asFloat(value: Value): Value {
  return typeof value === 'number' || typeof value === 'bigint' ? toFloat(Number(value)) : value;
}

function objectConverter(column: Column): ((value: Value) => Value) | null {
  const fields = [...column.fields].map(([name, field]) => ({ name, convert: converterOf(field) }));
  if (!column.uneven && fields.every(({ convert }) => convert === null)) return null;
  return (value) => (isFields(value) ? fromEntries(fields.map(({ name, convert }) => [name, valueIn(value, name, convert)])) : value);
}

function valueIn(object: Doc, name: string, convert: ((value: Value) => Value) | null): Value {
  const value = fieldOf(object, name) ?? null;
  return convert === null ? value : convert(value);
}
