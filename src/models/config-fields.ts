/** Reads the fields of a `config.json` that only some architectures have; every refusal names file, field, what was found and what is valid. */
import { UserError } from '../errors.js';

export interface Fields {
  /** Whether the file (or the class) says anything about a field. */
  has(name: string): boolean;
  /** A number; `fallback` where the field is absent or null. */
  number(name: string, fallback?: number): number;
  /** A number, or null where the field is absent or null. */
  numberOrNull(name: string): number | null;
  /** True or false; `fallback` where the field is absent or null. */
  flag(name: string, fallback: boolean): boolean;
  /** A text; `fallback` where the field is absent or null. */
  text(name: string, fallback?: string): string;
  /** A list of numbers, or null where the field is absent or null. */
  numbers(name: string): readonly number[] | null;
  /** The fields of an object; none where the field is absent or null. */
  inner(name: string): Fields;
  /** Whatever the field holds. */
  raw(name: string): unknown;
  /** Throws `UserError` about a field; `valid` says what would be right. */
  refuse(name: string, valid: string): never;
}

/**
 * Returns a reader of the fields `values` of `file`. Its functions throw `UserError` for a field of another type, and for a missing one without a fallback.
 */
export function fieldsOf(values: Readonly<Record<string, unknown>>, file: string): Fields {
  const refuse = (name: string, valid: string): never => {
    const found = values[name];
    throw new UserError(
      `${file}: ${name}${found === undefined ? ' is missing' : ` is ${JSON.stringify(found)?.slice(0, 60)}`}; valid is ${valid}`,
    );
  };
  const given = (name: string): unknown => values[name] ?? undefined;
  const numberOrNull = (name: string): number | null => {
    const found = given(name);
    if (found === undefined) return null;
    return typeof found === 'number' ? found : refuse(name, 'a number');
  };
  return {
    refuse,
    raw: given,
    inner(name) {
      const found = given(name);
      if (found !== undefined && (typeof found !== 'object' || found === null || Array.isArray(found))) return refuse(name, 'an object');
      return fieldsOf({ ...found }, `${file}: ${name}`);
    },
    has: (name) => given(name) !== undefined,
    numberOrNull,
    number: (name, fallback) => numberOrNull(name) ?? fallback ?? refuse(name, 'a number'),
    flag(name, fallback) {
      const found = given(name);
      if (found === undefined) return fallback;
      return typeof found === 'boolean' ? found : refuse(name, 'true or false');
    },
    text(name, fallback) {
      const found = given(name);
      if (found === undefined) return fallback ?? refuse(name, 'a text');
      return typeof found === 'string' ? found : refuse(name, 'a text');
    },
    numbers(name) {
      const found = given(name);
      if (found === undefined) return null;
      if (Array.isArray(found) && found.every((n): n is number => typeof n === 'number')) return found;
      return refuse(name, 'a list of numbers');
    },
  };
}
