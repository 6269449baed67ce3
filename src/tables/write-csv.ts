/** Writing CSV. */
import { guardCell } from './formula-guard.js';

/**
 * Returns rows as CSV text with a line feed behind each. A field that a spreadsheet would run as a formula gets an apostrophe in front.
 */
export function toCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\n`).join('');
}

/** Control characters, line ends among them, and characters that turn the direction of writing: no name needs them. */
export const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

function field(given: string): string {
  const text = given.replace(UNSEEN, ' ');
  const safe = /^[-+]?\d+(?:\.\d+)?$/.test(text) ? text : guardCell(text);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
