/** How many documents stand behind a column. */

import type { BoardModel } from './board.js';
import type { Benchmark } from './columns.js';

/**
 * Returns e.g. `1,172 docs`: the documents that the models of a column were evaluated on, a range where they differ, the paper's number where no file says.
 */
export function documentsText(b: Benchmark, models: readonly BoardModel[]): string {
  const counts = [...new Set(models.flatMap((m) => m.cells[b.name]?.documents ?? []))].sort((x, y) => x - y);
  const [least, most] = [counts[0], counts.at(-1)];
  if (least === undefined || most === undefined) return b.documents === null ? '' : `${b.documents.toLocaleString('en')} docs`;
  return `${least === most ? most.toLocaleString('en') : `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`} docs`;
}
