/** What the options of all functions of the library have in common. */
import { InterruptedError, UserError } from './errors.js';
import { isObject } from './is-object.js';
import { didYouMean } from './suggest.js';

/** Options that may be left out, or be given as undefined. */
export type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** An option that takes one or several. */
export type OneOrMore<T> = T | readonly T[];

/**
 * Returns the list of what was given.
 */
export function listOf<T>(given: OneOrMore<T>): readonly T[] {
  return isList(given) ? given : [given];
}

function isList<T>(given: OneOrMore<T>): given is readonly T[] {
  return Array.isArray(given);
}

/**
 * Throws `InterruptedError` when the caller has aborted.
 */
export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new InterruptedError('interrupted by the caller');
}

/** What an option takes, in words and as a test. */
export interface Check {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

/**
 * Throws `UserError` for options of the function `name` that are no object, for one that it does not have (a misspelt `tasks` would evaluate all 29 benchmarks), and
 * for a value that its check refuses: callers in JavaScript have no types that would.
 */
export function checkOptions<T>(name: string, options: T, checks: Readonly<Record<keyof T & string, Check>>): void {
  if (!isObject(options)) throw new UserError(`${name} takes one object of options, found ${shown(options)}`);
  const known = new Map<string, Check>(Object.entries(checks));
  for (const [option, value] of Object.entries(options)) {
    const check = known.get(option);
    const names = [...known.keys()];
    if (check === undefined)
      throw new UserError(`${name}: unknown option '${option}'; valid: ${names.join(', ')}.${didYouMean(option, names)}`);
    if (value !== undefined && !check.fits(value))
      throw new UserError(`${name}: ${option}: expected ${check.expected}, found ${shown(value)}`);
  }
}

export const TEXT: Check = { expected: 'a text', fits: (value) => typeof value === 'string' };
export const SWITCH: Check = { expected: 'true or false', fits: (value) => typeof value === 'boolean' };
export const FUNCTION: Check = { expected: 'a function', fits: (value) => typeof value === 'function' };
export const SIGNAL: Check = { expected: 'an AbortSignal', fits: (value) => value instanceof AbortSignal };

/**
 * Returns the check of a whole number, `least` or more: `limit: 1.5` would score two documents, and `limit: NaN` all of them.
 */
export function wholeFrom(least: number): Check {
  return { expected: `a whole number, ${least} or more`, fits: (value) => Number.isSafeInteger(value) && Number(value) >= least };
}

/**
 * Returns the check of one of some words or values.
 */
export function oneOf(...values: readonly unknown[]): Check {
  return { expected: values.map((value) => String(value)).join(', '), fits: (value) => values.includes(value) };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `the text '${value}'`;
  return Array.isArray(value) ? 'a list' : typeof value === 'object' && value !== null ? 'another object' : String(value);
}
