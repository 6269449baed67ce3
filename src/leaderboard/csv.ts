/** The leaderboard as CSV. */

import { toCsv } from '../tables/write-csv.js';
import type { Board } from './board.js';
import { LANGUAGES } from './columns.js';

/**
 * Returns the leaderboard as CSV (RFC 4180): `model`, one column per benchmark, then `average_eu`, `average_en`, `average_es`, in percent with two decimals,
 * an empty field where a value is missing. An average is empty when a benchmark is missing; `average_*_present` is then over the
 * `average_*_benchmarks` that are there. Behind them the standard errors, the prompt family, the folder, a list of marked cells, ranks, and
 * what is known of the model.
 */
export function boardCsv(board: Board): string {
  const names = board.benchmarks.map((b) => b.name);
  const header = [
    'model',
    ...names,
    ...LANGUAGES.map((l) => `average_${l}`),
    ...LANGUAGES.flatMap((l) => [`average_${l}_present`, `average_${l}_benchmarks`]),
    ...LANGUAGES.map((l) => `average_${l}_stderr`),
    ...names.map((n) => `${n}_stderr`),
    'prompt',
    'folder',
    'marked',
    ...LANGUAGES.flatMap((l) => [`average_${l}_rank_low`, `average_${l}_rank_high`]),
    'parameters',
    'family',
    'released',
    'link',
  ];
  const rows = board.models.map((m) => [
    m.model,
    ...names.map((n) => number(m.cells[n]?.value)),
    ...LANGUAGES.map((l) => (m.averages[l]?.complete ? number(m.averages[l]?.value) : '')),
    ...LANGUAGES.flatMap((l) => [number(m.averages[l]?.value), String(m.averages[l]?.present ?? 0)]),
    ...LANGUAGES.map((l) => (m.averages[l]?.complete ? number(m.averages[l]?.stderr) : '')),
    ...names.map((n) => number(m.cells[n]?.stderr)),
    m.prompt,
    m.folder,
    names.flatMap((n) => (m.cells[n]?.mark == null ? [] : [`${n}: ${m.cells[n]?.mark}`])).join(' | '),
    ...LANGUAGES.flatMap((l) =>
      [m.averages[l]?.rank?.low, m.averages[l]?.rank?.high].map((rank) => (rank === undefined ? '' : String(rank))),
    ),
    m.parameters === null ? '' : String(m.parameters),
    m.facts.family ?? '',
    m.facts.released ?? '',
    m.facts.link ?? '',
  ]);
  return toCsv([header, ...rows]);
}

function number(value: number | null | undefined): string {
  return value == null ? '' : value.toFixed(2);
}
