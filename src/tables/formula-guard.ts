/** Cells that a spreadsheet would run as a formula. */

/** What a spreadsheet takes for the beginning of a formula, or skips before one. */
const FORMULA = /^[=+\-@\t\r\n]/;

/**
 * Returns a cell that no spreadsheet runs as a formula: one that begins like a formula gets an apostrophe before it (and so does one that
 * begins with such a guard already, so that `unguardCell` gives back the cell itself).
 */
export function guardCell(cell: string): string {
  return FORMULA.test(cell) || /^'+[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
}

/**
 * Returns a cell without the apostrophe that `guardCell` put there.
 */
export function unguardCell(cell: string): string {
  return /^'+[=+\-@\t\r\n]/.test(cell) ? cell.slice(1) : cell;
}
