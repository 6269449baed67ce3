/** Reading fields of documents in hooks. Thrown reasons are short; whoever calls a hook adds task and document. */
import { fieldOf, fieldsOf, fromEntries } from '../python/fields.js';
import { isArray } from '../python/json.js';
import { pyStr } from '../python/strings.js';
import type { Doc, Value } from '../types.js';

function required(doc: Doc, field: string): Value {
  const value = fieldOf(doc, field);
  if (value === undefined) throw new RangeError(`no field '${field}'`);
  return value;
}

/**
 * Returns a field as Python prints it. Throws `RangeError` where there is none.
 */
export function printField(doc: Doc, field: string): string {
  return pyStr(required(doc, field));
}

/**
 * Returns a field that must be a text. Throws `RangeError` otherwise.
 */
export function textField(doc: Doc, field: string): string {
  const value = required(doc, field);
  if (typeof value !== 'string') throw new RangeError(`the field '${field}' is no text`);
  return value;
}

/**
 * Returns a field that must be a list. Throws `RangeError` otherwise.
 */
export function listField(doc: Doc, field: string): readonly Value[] {
  const value = required(doc, field);
  if (value === null || !isArray(value)) throw new RangeError(`the field '${field}' is no list`);
  return value;
}

/**
 * Returns a field that must be an integer. Throws `RangeError` otherwise.
 */
export function integerField(doc: Doc, field: string): number {
  const value = required(doc, field);
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new RangeError(`the field '${field}' is no integer`);
  return value;
}

/**
 * Returns the document with other values for some fields; its order stays, new fields come last.
 */
export function withFields(doc: Doc, changed: Doc): Doc {
  const names = [...fieldsOf(doc), ...fieldsOf(changed).filter((name) => !Object.hasOwn(doc, name))];
  return fromEntries(names.map((name) => [name, fieldOf(changed, name) ?? fieldOf(doc, name) ?? null] as const));
}
