/** Arguments of the page's calls, checked. */
import { FILTERS, type Query } from './protocol.js';

/** Tells whether a value is a text of less than 10,000 UTF-16 units. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length < 10_000;
}

/** Tells whether a value is such a text, or null. */
export function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value);
}

/** Tells whether a value is a whole number from 0 on that a double holds exactly. */
export function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Tells whether a value is a query with all its fields.
 */
export function isQuery(value: unknown): value is Query {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return (
    isText(fields.run) &&
    isTextOrNull(fields.other) &&
    isText(fields.scope) &&
    isTextOrNull(fields.subject) &&
    FILTERS.some((filter) => filter === fields.filter) &&
    isText(fields.text) &&
    (fields.sort === 'order' || fields.sort === 'margin')
  );
}
