import { UserError } from '../errors.js';
import { isFields } from '../python/equal.js';
import { fieldsOf } from '../python/fields.js';
import { PyFloat } from '../python/float.js';
import { isArray } from '../python/json.js';
import { pyStr } from '../python/strings.js';
import type { Value } from '../types.js';

/** What a template could not do with a document, as one line; whoever knows task and document adds them. */
export class TemplateError extends UserError {
  override readonly name: string = 'TemplateError';
}

/** Characters and items that one rendering may walk over, copy and print; a prompt takes some hundred thousand. */
const MAX_WORK = 20_000_000;
let left = MAX_WORK;

/**
 * Begins a rendering: what it may do is counted from here. Renderings never overlap.
 */
export function startWork(): void {
  left = MAX_WORK;
}

/**
 * Counts work before it is done, in characters and items. Throws `TemplateError` when the rendering has used up what it may do: templates come from
 * strangers' files, and a few operations can make a text that fills the memory.
 */
export function spend(work: number): void {
  left -= Math.ceil(work);
  if (!(left >= 0)) throw new TemplateError(`the template makes too much of one document (more than ${MAX_WORK} characters and items)`);
}

/** Sizes of lists and objects; values never change. */
const weights = new WeakMap<object, number>();
/** Lists inside lists; printing and comparing call themselves for each level. */
const MAX_DEPTH = 200;

/**
 * Returns how many characters and items printing or comparing a value meets, what stands in it twice counted twice. Throws `TemplateError` when it nests too deeply.
 */
export function weightOf(value: Value, depth = 0): number {
  if (typeof value === 'string') return value.length + 1;
  if (value === null || typeof value !== 'object' || value instanceof PyFloat) return 1;
  if (depth > MAX_DEPTH) throw new TemplateError(`a value nested deeper than ${MAX_DEPTH}`);
  let weight = weights.get(value);
  if (weight !== undefined) return weight;
  weight = 1;
  if (isArray(value)) for (const item of value) weight += weightOf(item, depth + 1);
  else for (const [key, item] of Object.entries(value)) weight += key.length + weightOf(item, depth + 1);
  weights.set(value, weight);
  return weight;
}

/** A name that the document has not. Any use but `is defined` and `default` is an error, as with the harness's StrictUndefined. */
export class Undefined {
  constructor(readonly message: string) {}
}

/**
 * Returns a value, or the undefined value with a message where there is none; None is a value.
 */
export function orUndefined(value: Runtime | undefined, message: string): Runtime {
  return value === undefined ? new Undefined(message) : value;
}

/** The mutable object of `namespace(...)`. */
export class Namespace {
  constructor(readonly fields: Map<string, Value>) {}
}

/** A list that Python would print with parentheses. */
const tuples = new WeakSet<readonly Value[]>();

/**
 * Returns the items as a tuple: an array like any other, but one that templates may not print (`(1, 2)` is never meant in a prompt).
 */
export function asTuple(items: readonly Value[]): readonly Value[] {
  tuples.add(items);
  return items;
}

export type Runtime = Value | Undefined | Namespace;

/**
 * Returns a runtime value as a plain one. Throws `TemplateError` for undefined names and namespaces.
 */
export function plain(value: Runtime): Value {
  if (value instanceof Undefined) throw new TemplateError(value.message);
  if (value instanceof Namespace) throw new TemplateError('a namespace cannot be used as a value');
  return value;
}

/**
 * Returns the text that `{{ value }}` prints, as Python's `str`.
 */
export function toText(value: Runtime): string {
  if (typeof value === 'string') return value;
  const v = plain(value);
  if (isArray(v) && tuples.has(v)) throw new TemplateError('a tuple cannot be printed; use a list');
  spend(weightOf(v));
  return pyStr(v);
}

/**
 * Returns whether a value counts as true: not None, zero, or empty.
 */
export function truth(value: Runtime): boolean {
  const v = value instanceof Namespace ? true : plain(value);
  if (v === null) return false;
  if (typeof v === 'bigint' || typeof v === 'boolean' || typeof v === 'string') return Boolean(v);
  if (typeof v === 'number') return v !== 0;
  if (v instanceof PyFloat) return v.value !== 0;
  return isArray(v) ? v.length > 0 : fieldsOf(v).length > 0;
}

/**
 * Returns what a `for` loop walks over: items of a list, characters of a text, keys of an object. Throws `TemplateError` for anything else.
 */
export function iterate(value: Runtime): readonly Value[] {
  const v = plain(value);
  if (typeof v === 'string' || isArray(v)) spend(v.length);
  if (typeof v === 'string') return Array.from(v);
  if (isArray(v)) return v;
  if (isFields(v)) return fieldsOf(v);
  throw new TemplateError(`${typeName(v)} is not iterable`);
}

/**
 * Returns Python's name of a value's type, for messages.
 */
export function typeName(value: Runtime): string {
  if (value instanceof Undefined) return 'an undefined name';
  if (value instanceof Namespace) return 'a namespace';
  if (value === null) return 'None';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'a boolean';
  if (isFloat(value)) return 'a float';
  if (isInteger(value)) return 'an integer';
  return isArray(value) ? 'a list' : 'an object';
}

/** Whether the value is a Python int (booleans apart). */
export function isInteger(value: Runtime): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

/** Whether the value is a Python float. */
export function isFloat(value: Runtime): value is number | PyFloat {
  return value instanceof PyFloat || (typeof value === 'number' && !Number.isInteger(value));
}

/**
 * Returns an index or count as a JavaScript number; booleans count as 0 and 1. Throws `TemplateError` when the value is no integer.
 */
export function asIndex(value: Runtime, what: string): number {
  const v = typeof value === 'boolean' ? Number(value) : value;
  if (!isInteger(v)) throw new TemplateError(`${what} must be an integer, not ${typeName(v)}`);
  return Number(v);
}

/**
 * Returns a text argument. Throws `TemplateError` when the value is no text.
 */
export function asText(value: Runtime | undefined, what: string): string {
  if (typeof value !== 'string')
    throw new TemplateError(`${what} must be a text, not ${value === undefined ? 'missing' : typeName(value)}`);
  return value;
}
