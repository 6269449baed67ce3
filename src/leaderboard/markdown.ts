/** The leaderboard as Markdown. */

import { UNSEEN } from '../tables/write-csv.js';
import type { Language } from '../types.js';
import type { Average, Board, BoardModel, Cell } from './board.js';
import { type Benchmark, byCategory, LANGUAGE_NAMES, LANGUAGES, labelOf } from './columns.js';
import { documentsText } from './documents.js';
import { isAlert, noteText } from './notes.js';
import { ranked } from './order.js';

/**
 * Returns the leaderboard as Markdown: a table per language, models by average, and the notes.
 */
export function boardMarkdown(board: Board): string {
  const alerts = board.notes.filter(isAlert).flatMap((note) => [`**${escapeMarkdown(noteText(note))}**`, '']);
  const parts = ['# Leaderboard', '', ...alerts, legend(board), ''];
  for (const language of LANGUAGES) {
    const groups = byCategory(board.benchmarks, language);
    const columns = groups.flatMap(([, members]) => members);
    const models = ranked(board.models, language).filter((m) => columns.some((b) => m.cells[b.name] !== undefined));
    if (models.length === 0) continue;
    parts.push(`## ${LANGUAGE_NAMES[language]}`, '', table(models, columns, language), '');
  }
  const remarks = board.notes.filter((note) => !isAlert(note));
  if (remarks.length > 0) parts.push('## Notes', '', ...remarks.map((n) => `- ${escapeMarkdown(noteText(n))}`), '');
  return parts.join('\n');
}

function legend(board: Board): string {
  const lines = [
    'Percent, with standard errors. **Bold**: best of its column, and significantly better than the second (5 % level). `—`: not measured.',
    'Averages are over the benchmarks of a language without the bias benchmark; `*` marks one over an incomplete row, with how many benchmarks it has.',
  ];
  const cells = board.models.flatMap((m) => Object.values(m.cells));
  if (cells.some((c) => c.partial)) lines.push('`°`: on a part of the documents.');
  if (cells.some((c) => c.mark !== null)) lines.push('`‡`: no fair comparison with the rest of its column; see the notes.');
  return lines.join('\n');
}

function table(models: readonly BoardModel[], columns: readonly Benchmark[], language: Language): string {
  const header = ['Model', 'Prompt', 'Average', ...columns.map((b) => labelOf(b.name))];
  const documents = ['', '', '', ...columns.map((b) => documentsText(b, models))];
  const rows = models.map((m) => [
    escapeMarkdown(m.model),
    m.prompt,
    averageText(m.averages[language]),
    ...columns.map((b) => cellText(m.cells[b.name])),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const marks = models.flatMap((m) =>
    columns.flatMap((b) =>
      m.cells[b.name]?.mark == null ? [] : [`- ‡ ${escapeMarkdown(m.model)}, ${b.name}: ${escapeMarkdown(m.cells[b.name]?.mark ?? '')}`],
    ),
  );
  return [
    line(header),
    line(header.map((_, i) => (i < 2 ? '---' : '---:'))),
    line(documents),
    ...rows.map(line),
    ...(marks.length > 0 ? ['', ...marks] : []),
  ].join('\n');
}

function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return '—';
  const value = cell.best ? `**${cell.value.toFixed(2)}**` : cell.value.toFixed(2);
  return `${value}${cell.stderr === null ? '' : ` ± ${cell.stderr.toFixed(2)}`}${cell.partial ? ' °' : ''}${cell.mark === null ? '' : ' ‡'}`;
}

function averageText(average: Average | null): string {
  if (average === null) return '—';
  const value = average.best ? `**${average.value.toFixed(2)}**` : average.value.toFixed(2);
  const marked = average.marked ? ' ‡' : '';
  if (!average.complete) return `${value} * (${average.present} of ${average.total})${marked}`;
  return `${value}${average.stderr === null ? '' : ` ± ${average.stderr.toFixed(2)}`}${marked}`;
}

/**
 * Returns a text that Markdown shows as it is: no markup, no HTML, one line.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(UNSEEN, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]#|!~]/g, '\\$&');
}
