/** What the options of all functions of the library have in common. */
import { inspect } from 'node:util';
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
  /** Checks of the fields, where an object is given. */
  readonly fields?: Readonly<Record<string, Check>>;
  readonly needed?: boolean;
}

/** The check of an option that cannot be left out. */
export interface NeededCheck extends Check {
  readonly needed: true;
}

/** A check for each option; those that cannot be left out are `needed`. */
export type Checks<T> = { readonly [K in keyof T & string]-?: undefined extends T[K] ? Check : NeededCheck };

/**
 * Throws `UserError` for options of the function `name` that are no object, for one that it does not have (a misspelt `tasks` would evaluate all 29 benchmarks), for
 * one that is needed and missing, and for a value that its check refuses: callers in JavaScript have no types that would.
 */
export function checkOptions(name: string, options: unknown, checks: Readonly<Record<string, Check>>): void {
  if (!isObject(options)) throw new UserError(`${name} takes one object of options, found ${shown(options)}`);
  checkFields(`${name}: `, '', options, checks);
}

/** `within` is the path of the object: `numFewshot.`, or empty. */
function checkFields(
  name: string,
  within: string,
  given: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, Check>>,
): void {
  const known = new Map(Object.entries(checks));
  const names = [...known.keys()];
  for (const option of Object.keys(given)) {
    if (!known.has(option))
      throw new UserError(`${name}unknown option '${within}${option}'; valid: ${names.join(', ')}.${didYouMean(option, names)}`);
  }
  for (const [option, check] of known) {
    const value = given[option];
    if (value === undefined && check.needed === true) throw new UserError(`${name}${within}${option} is needed: ${check.expected}`);
    if (value === undefined) continue;
    // A field with a name of its own says more than that the whole does not fit.
    if (check.fields !== undefined && isObject(value)) checkFields(name, `${within}${option}.`, value, check.fields);
    if (!check.fits(value)) throw new UserError(`${name}${within}${option}: expected ${check.expected}, found ${shown(value)}`);
  }
}

export const TEXT: Check = { expected: 'a text', fits: isText };
export const NAME: Check = { expected: 'a text that is not empty', fits: (value) => isText(value) && value.trim() !== '' };
export const SWITCH: Check = { expected: 'true or false', fits: (value) => typeof value === 'boolean' };
export const FUNCTION: Check = { expected: 'a function', fits: (value) => typeof value === 'function' };
export const SIGNAL: Check = { expected: 'an AbortSignal', fits: (value) => value instanceof AbortSignal };

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/**
 * Returns the check of a whole number, `least` or more (and `most` or less): `limit: 1.5` would score two documents, and `limit: NaN` all of them.
 */
export function wholeFrom(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  const range = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`;
  return { expected: `a whole number${range}`, fits: (value) => Number.isSafeInteger(value) && isBetween(value, least, most) };
}

/**
 * Returns the check of a number between two bounds, both included.
 */
export function numberFrom(least: number, most: number): Check {
  const range = most === Number.POSITIVE_INFINITY ? `, ${least} or more` : ` from ${least} to ${most}`;
  return { expected: `a number${range}`, fits: (value) => isBetween(value, least, most) };
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

/**
 * Returns the check of one of some words or values.
 */
export function oneOf(...values: readonly unknown[]): Check {
  return { expected: values.map((value) => String(value)).join(', '), fits: (value) => values.includes(value) };
}

/**
 * Returns the check of a list of what another check takes; `expected` says what the list is of.
 */
export function listWith(expected: string, { fits }: Check): Check {
  return { expected: `a list of ${expected}`, fits: (value) => Array.isArray(value) && value.every(fits) };
}

/**
 * Returns the check of one or several of what another check takes, at least one; `expected` says both.
 */
export function oneOrMore(expected: string, { fits }: Check): Check {
  return { expected, fits: (value) => (Array.isArray(value) ? value.length > 0 && value.every(fits) : fits(value)) };
}

/**
 * Returns the check of an object with such values under any names; `expected` says what it is.
 */
export function recordOf(expected: string, { fits }: Check): Check {
  return { expected, fits: (value) => isObject(value) && Object.values(value).every(fits) };
}

/**
 * Returns a check that takes null, too.
 */
export function orNull(check: Check): Check {
  return { ...check, expected: `${check.expected}, or null`, fits: (value) => value === null || check.fits(value) };
}

/**
 * Returns the check of an option that cannot be left out.
 */
export function needed(check: Check): NeededCheck {
  return { ...check, needed: true };
}

/** Characters of a value that are shown. */
const SHOWN = 100;

function shown(value: unknown): string {
  if (typeof value === 'string') return `the text '${value}'`;
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, compact: true, maxArrayLength: 5, maxStringLength: 40 });
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)} ...`;
}
