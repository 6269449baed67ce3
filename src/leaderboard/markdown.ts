/** The leaderboard as Markdown. */

import { UNSEEN } from '../tables/write-csv.js';
import type { Language } from '../types.js';
import type { Average, Board, BoardModel, Cell } from './board.js';
import { type Benchmark, byCategory, LANGUAGE_NAMES, LANGUAGES, labelOf } from './columns.js';
import { isAlert, noteText } from './notes.js';
import { ranked } from './order.js';
import { extent } from './statistics.js';

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
    columns.flatMap((b) => {
      const mark = m.cells[b.name]?.mark ?? null;
      return mark === null ? [] : [`- ‡ ${escapeMarkdown(m.model)}, ${b.name}: ${escapeMarkdown(mark)}`];
    }),
  );
  return [
    line(header),
    line(header.map((_, i) => (i < 2 ? '---' : '---:'))),
    line(documents),
    ...rows.map(line),
    ...(marks.length > 0 ? ['', ...marks] : []),
  ].join('\n');
}

/** e.g. `1,172 docs`: what the models of a column were evaluated on, a range where they differ, the paper's number where no file says. */
function documentsText(b: Benchmark, models: readonly BoardModel[]): string {
  const [least, most] = extent(models.flatMap((m) => m.cells[b.name]?.documents ?? []));
  if (least > most) return b.documents === null ? '' : `${b.documents.toLocaleString('en')} docs`;
  return `${least === most ? '' : `${least.toLocaleString('en')} to `}${most.toLocaleString('en')} docs`;
}

function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return '—';
  return `${valueText(cell)}${errorText(cell)}${cell.partial ? ' °' : ''}${cell.mark === null ? '' : ' ‡'}`;
}

function averageText(average: Average | null): string {
  if (average === null) return '—';
  const behind = average.complete ? errorText(average) : ` * (${average.present} of ${average.total})`;
  return `${valueText(average)}${behind}${average.marked ? ' ‡' : ''}`;
}

function valueText({ value, best }: Cell | Average): string {
  return best ? `**${value.toFixed(2)}**` : value.toFixed(2);
}

function errorText({ stderr }: Cell | Average): string {
  return stderr === null ? '' : ` ± ${stderr.toFixed(2)}`;
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
