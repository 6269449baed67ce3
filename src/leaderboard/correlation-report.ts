/** Correlations as text and CSV. */
import { toCsv } from '../tables/write-csv.js';
import type { Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import { LANGUAGE_NAMES } from './columns.js';
import type { CorrelationRow } from './correlate.js';

/**
 * Returns the correlations as a table.
 */
export function correlationTable(rows: readonly CorrelationRow[], screen: Screen): string {
  return table(
    [
      { title: 'Benchmarks' },
      { title: 'Question' },
      { title: 'rho', right: true },
      { title: 'p', right: true },
      { title: 'Models', right: true, spare: 1 },
    ],
    rows.map((r) => [
      r.benchmark ?? `${LANGUAGE_NAMES[r.language]} average`,
      r.question,
      r.rho === null ? 'none' : r.rho.toFixed(3),
      r.p === null ? '' : pText(r.p),
      String(r.n),
    ]),
    screen,
  );
}

/**
 * Returns correlations as CSV.
 */
export function correlationCsv(rows: readonly CorrelationRow[]): string {
  return toCsv([
    ['language', 'question', 'benchmark', 'rho', 'p', 'n'],
    ...rows.map((r) => [
      r.language,
      r.question,
      r.benchmark ?? '',
      r.rho?.toFixed(6) ?? '',
      r.p === null ? '' : String(Number(r.p.toPrecision(6))),
      String(r.n),
    ]),
  ]);
}

function pText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}
