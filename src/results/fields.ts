/** JSON that somebody else wrote, read field by field. */
import { UserError } from '../errors.js';
import { isObject } from '../is-object.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Returns an object's fields; of anything else none. */
export function fieldsAt(value: unknown): Fields {
  return isObject(value) ? value : {};
}

/** Returns a text, or null for anything else. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Returns a finite number, also one that is written as a text, or null for anything else. */
export function numberOrNull(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** Returns `value`, which stands at `field`, as an object. Throws `UserError` for anything else. */
export function objectAt(value: unknown, field: string): Fields {
  if (!isObject(value)) throw new UserError(`${field}: expected an object, found ${kindOf(value)}`);
  return value;
}

/** Returns the reader of `value`, which stands at `field`. Throws `UserError` where it is no object. */
export function readerOf(value: unknown, field: string): FieldReader {
  return new FieldReader(objectAt(value, field), `${field}.`);
}

/** Returns what a value is, for messages (`a list`, `a number`). */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const kinds = { string: 'a text', number: 'a number', boolean: 'true or false', object: 'an object', undefined: 'nothing' };
  return new Map<string, string>(Object.entries(kinds)).get(typeof value) ?? 'something else';
}

/**
 * The fields of an object; `path` is what stands before their names in messages (`configs.piqa.`). A field that is absent or null is read as null, one of
 * another kind is a `UserError`. Only an object's own fields count, never inherited ones.
 */
export class FieldReader {
  constructor(
    readonly fields: Fields,
    readonly path = '',
  ) {}

  /** Returns a field as it is. */
  value(key: string): unknown {
    return Object.hasOwn(this.fields, key) ? (this.fields[key] ?? null) : null;
  }

  text(key: string): string | null {
    const value = this.value(key);
    if (value !== null && typeof value !== 'string') throw this.expected(key, 'a text');
    return value;
  }

  /** Returns a text that must be there and not be empty. */
  statedText(key: string): string {
    const text = this.text(key);
    if (text === null || text === '') throw this.expected(key, 'a text');
    return text;
  }

  number(key: string): number | null {
    const value = this.value(key);
    if (value !== null && typeof value !== 'number') throw this.expected(key, 'a number');
    return value;
  }

  /** Returns a whole number from 0. */
  count(key: string): number | null {
    const value = this.value(key);
    if (value === null || (typeof value === 'number' && Number.isInteger(value) && value >= 0)) return value;
    throw this.expected(key, 'a whole number from 0', typeof value === 'number' ? String(value) : kindOf(value));
  }

  /** Returns a whole number from 0 that must be there. */
  statedCount(key: string): number {
    const count = this.count(key);
    if (count === null) throw new UserError(`${this.path}${key}: missing; expected a whole number from 0`);
    return count;
  }

  /** Returns the reader of an object, or null where there is none. */
  object(key: string): FieldReader | null {
    const value = this.value(key);
    return value === null ? null : readerOf(value, this.path + key);
  }

  /** Returns the reader of an object that must be there. */
  stated(key: string): FieldReader {
    return readerOf(this.fields[key], this.path + key);
  }

  /** Returns the reader of an object; one that is not there has no fields. */
  below(key: string): FieldReader {
    return this.object(key) ?? new FieldReader({}, `${this.path}${key}.`);
  }

  private expected(key: string, what: string, found = kindOf(this.fields[key])): UserError {
    return new UserError(`${this.path}${key}: expected ${what}, found ${found}`);
  }
}
