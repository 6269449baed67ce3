/** What the options of all functions of the library have in common. */
import { InterruptedError } from '../errors.js';

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
