/** The tables for browsers without JavaScript: everything below one another, nothing to press. */
import { BOARD_WORDS } from '../page/board-words.js';
import { escapeHtml } from '../page/escape-html.js';
import { LANGUAGE_WORDS } from '../page/shared-words.js';
import { numberText, type PageLanguage, type Translate, translator } from '../page/words.js';
import type { Language } from '../types.js';
import type { Average, Cell } from './board.js';
import { byCategory, LANGUAGES, labelOf } from './columns.js';
import { isAlert, noteText } from './notes.js';
import { ranked } from './order.js';
import type { PageData } from './page-data.js';
import { rankText, type Score } from './statistics.js';

type Words = Translate<typeof BOARD_WORDS>;

/**
 * Returns the averages, a table for each language, the arena's ranking, and the notes as HTML, every text escaped.
 */
export function plainTables(data: PageData, language: PageLanguage): string {
  const t = translator(BOARD_WORDS, language);
  const { board } = data;
  const number = (value: number): string => numberText(value, language, 1);
  const parts = [overview(data, t, number), ...LANGUAGES.flatMap((l) => languageTable(data, l, t, number) ?? [])];
  for (const { scores, models } of data.arena) {
    const rows = [...scores.scores]
      .sort((a, b) => b.score - a.score)
      .map(({ model, score }) =>
        row(Object.hasOwn(models, model) ? (models[model] ?? model) : model, [numberText(Math.round(score), language)]),
      );
    parts.push(table(`${t('arena')}: ${t(`question.${scores.question}`)}`, [t('modelHead'), t('score')], rows));
  }
  const alerts = board.notes.filter(isAlert).map((note) => `<p class="alert">${escapeHtml(noteText(note, language))}</p>\n`);
  const remarks = board.notes.filter((note) => !isAlert(note));
  const notes = remarks.map((note) => `<li>${escapeHtml(noteText(note, language))}</li>`).join('');
  return `${alerts.join('')}${parts.join('\n')}${notes === '' ? '' : `\n<h2>${escapeHtml(t('remarks'))}</h2><ul>${notes}</ul>`}`;
}

function overview({ board }: PageData, t: Words, number: (x: number) => string): string {
  const rows = ranked(board.models, 'eu').map((m) =>
    row(
      m.model,
      LANGUAGES.flatMap((l) => [rankText(m.averages[l]?.rank ?? null), averageText(m.averages[l], t, number)]),
    ),
  );
  const heads = LANGUAGES.flatMap((l) => [t('rank'), t(LANGUAGE_WORDS[l])]);
  return table(t('averages'), [t('modelHead'), ...heads], rows);
}

function languageTable({ board }: PageData, language: Language, t: Words, number: (x: number) => string): string | null {
  const columns = byCategory(board.benchmarks, language)
    .flatMap(([, members]) => members)
    .filter((b) => board.models.some((m) => m.cells[b.name] !== undefined));
  const models = ranked(board.models, language).filter((m) => columns.some((b) => m.cells[b.name] !== undefined));
  if (models.length === 0) return null;
  const rows = models.map((m) =>
    row(m.model, [averageText(m.averages[language], t, number), ...columns.map((b) => cellText(m.cells[b.name], number))]),
  );
  return table(t(LANGUAGE_WORDS[language]), [t('modelHead'), t('average'), ...columns.map((b) => labelOf(b.name))], rows);
}

function table(title: string, heads: readonly string[], rows: readonly string[]): string {
  const head = heads.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('');
  return `<h2>${escapeHtml(title)}</h2>\n<div class="scroll"><table class="plain"><thead><tr>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
}

function row(name: string, cells: readonly string[]): string {
  return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.map((text) => `<td>${escapeHtml(text)}</td>`).join('')}</tr>`;
}

function averageText(average: Average | null, t: Words, number: (x: number) => string): string {
  if (average === null) return '—';
  if (!average.complete) return `${number(average.value)}* (${t('ofBenchmarks', { n: average.present, total: average.total })})`;
  return `${withError(average, number)}${average.marked ? ' ‡' : ''}`;
}

function cellText(cell: Cell | undefined, number: (x: number) => string): string {
  if (cell === undefined) return '—';
  return `${withError(cell, number)}${cell.partial ? ' °' : ''}${cell.mark === null ? '' : ' ‡'}`;
}

function withError({ value, stderr }: Score, number: (x: number) => string): string {
  return stderr === null ? number(value) : `${number(value)} ±${number(stderr)}`;
}
