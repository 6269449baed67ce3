/** The tables of the page. */
import type { Language } from '../types.js';
import { type Benchmark, BIAS, byCategory, LANGUAGE_NAMES, LANGUAGES, labelOf } from './benchmarks.js';
import type { Average, Board, BoardModel, Cell } from './board.js';
import { documentsText } from './documents.js';
import { escapeHtml } from './escape-html.js';
import { ranked } from './order.js';
import { extent } from './statistics.js';

/**
 * Returns the table of averages, models by their Basque average.
 */
export function overviewTable(board: Board): string {
  const models = ranked(board.models, 'eu');
  const head = `<tr>${nameHead()}${LANGUAGES.map((l, i) => numberHead(`${LANGUAGE_NAMES[l]} average`, '', i === 0, `${board.benchmarks.filter((b) => b.language === l && b.category !== BIAS).length} benchmarks`)).join('')}</tr>`;
  const body = models
    .map((m) =>
      row(
        board,
        m,
        LANGUAGES.some((l) => m.averages[l] !== null && !m.averages[l]?.complete),
        LANGUAGES.map((l) => averageCell(m.averages[l], board.base !== null)).join(''),
      ),
    )
    .join('\n');
  return frame(
    'Averages by language',
    `<caption>Averages by language. Sort with the buttons in the headings.</caption><thead>${head}</thead><tbody>${body}</tbody>`,
    models.length,
    true,
  );
}

/**
 * Returns the table of one language, benchmarks grouped by category, models by average; null when no model has any of them.
 */
export function languageTable(board: Board, language: Language): string | null {
  const groups = byCategory(board.benchmarks, language);
  const columns = groups.flatMap(([, members]) => members);
  const models = ranked(board.models, language).filter((m) => columns.some((b) => m.cells[b.name] !== undefined));
  if (models.length === 0) return null;
  const firsts = new Set(groups.map(([, members]) => members[0]?.name));
  const groupRow = `<tr><th class="name" scope="col"><span class="sr">Model</span></th><td></td>${groups.map(([category, members]) => `<th class="group" scope="colgroup" colspan="${members.length}">${escapeHtml(category)}${category === BIAS ? ' (not in the average)' : ''}</th>`).join('')}</tr>`;
  const head = `<tr>${nameHead()}${numberHead('Average', '', true, 'without bias')}${columns.map((b) => numberHead(labelOf(b.name), b.name, false, documentsText(b, models), firsts.has(b.name))).join('')}</tr>`;
  const tints = new Map(columns.map((b) => [b.name, range(models, b)]));
  const body = models
    .map((m) => {
      const average = m.averages[language];
      const cells = columns.map((b) => valueCell(m.cells[b.name], tints.get(b.name) ?? [0, 1], firsts.has(b.name))).join('');
      return row(board, m, average === null || !average.complete, averageCell(average, false) + cells);
    })
    .join('\n');
  const caption = `<caption>${LANGUAGE_NAMES[language]}: percent right, standard error below; the shade of a cell is its place in its column. Under each benchmark the number of documents.</caption>`;
  return frame(`${LANGUAGE_NAMES[language]} results`, `${caption}<thead>${groupRow}${head}</thead><tbody>${body}</tbody>`, models.length);
}

/** Above so many rows a table scrolls by itself, under a heading that stays. */
const TALL = 40;

function frame(label: string, inner: string, rows: number, wide = false): string {
  return `<div class="frame${rows > TALL ? ' tall' : ''}${wide ? ' wide' : ''}" role="region" aria-label="${escapeHtml(label)}" tabindex="0"><table>${inner}</table></div>`;
}

function nameHead(): string {
  return '<th class="name" scope="col" aria-sort="none" data-text data-label="Model"><button type="button" class="sort">Model</button></th>';
}

function numberHead(label: string, name: string, sorted: boolean, small: string, first = false): string {
  const title = name === '' ? '' : ` title="${escapeHtml(name)}"`;
  return `<th scope="col"${first ? ' class="first"' : ''}${title} aria-sort="${sorted ? 'descending' : 'none'}" data-label="${escapeHtml(label)}"><button type="button" class="sort">${escapeHtml(label)}</button><span class="docs">${escapeHtml(small)}</span></th>`;
}

function row(board: Board, m: BoardModel, incomplete: boolean, cells: string): string {
  const name = escapeHtml(m.model);
  const search = escapeHtml(`${m.model} ${m.prompt}`.toLowerCase());
  return `<tr data-name="${search}" data-family="${escapeHtml(m.prompt)}"${incomplete ? ' data-incomplete' : ''}${m.model === board.base ? ' data-base' : ''}><th class="name" scope="row" data-value="${name}" title="${name}">${name} <span class="how">${escapeHtml(m.prompt)}</span></th>${cells}</tr>`;
}

function valueCell(cell: Cell | undefined, [low, high]: readonly [number, number], first: boolean): string {
  const edge = first ? ' first' : '';
  if (cell === undefined) return `<td class="missing${edge}"><span aria-hidden="true">—</span><span class="sr">missing</span></td>`;
  const share = high > low ? (cell.value - low) / (high - low) : 0;
  const shade = cell.best
    ? ''
    : ` style="background-image:linear-gradient(rgba(var(--tint),${(0.13 * share).toFixed(3)}),rgba(var(--tint),${(0.13 * share).toFixed(3)}))"`;
  const facts = [
    cell.documents === null
      ? ''
      : `${cell.scored !== null && cell.scored !== cell.documents ? `${cell.scored} scored of ` : ''}${cell.documents} documents`,
    cell.n_shot === null ? '' : `${cell.n_shot}-shot`,
    cell.version === null ? '' : `version ${cell.version}`,
    cell.bias === null ? '' : `bias score ${cell.bias.toFixed(2)}`,
    cell.mark ?? '',
  ].filter((f) => f !== '');
  return `<td class="${cell.best ? 'best' : 'value'}${edge}" data-value="${cell.value}"${shade} title="${escapeHtml(facts.join(', '))}"><span class="num">${cell.value.toFixed(2)}</span>${cell.best ? '<span class="sr"> best, significantly</span>' : ''}${flags(cell)}${error(cell.stderr)}</td>`;
}

function flags(cell: Cell): string {
  const partial = cell.partial ? '<span class="flag" aria-hidden="true">°</span><span class="sr"> on a part of the documents</span>' : '';
  const mark =
    cell.mark === null
      ? ''
      : `<span class="flag" aria-hidden="true">‡</span><span class="sr"> not comparable: ${escapeHtml(cell.mark)}</span>`;
  return partial + mark;
}

function error(stderr: number | null): string {
  return stderr === null ? '' : `<span class="se">±${stderr.toFixed(2)}</span>`;
}

function averageCell(average: Average | null, gains: boolean): string {
  if (average === null) return '<td class="avg missing"><span aria-hidden="true">—</span><span class="sr">missing</span></td>';
  const marked = average.marked ? '<span class="flag" aria-hidden="true">‡</span><span class="sr"> with marked results in it</span>' : '';
  if (!average.complete) {
    const title = escapeHtml(`missing: ${average.missing.join(', ')}`);
    return `<td class="avg incomplete" data-late data-value="${average.value}" title="${title}"><span class="num">${average.value.toFixed(2)}<span aria-hidden="true">*</span></span><span class="sr"> incomplete average</span>${marked}<span class="se">${average.present} of ${average.total}</span>${gains ? gainText(null) : ''}</td>`;
  }
  const gain = gains ? gainText(average.gain) : '';
  return `<td class="avg${average.best ? ' best' : ''}" data-value="${average.value}"><span class="num">${average.value.toFixed(2)}</span>${average.best ? '<span class="sr"> best, significantly</span>' : ''}${marked}${error(average.stderr)}${gain}</td>`;
}

/** Difference to the base model; empty space where there is none, so that columns stay in line. */
function gainText(gain: number | null): string {
  if (gain === null || gain === 0) return '<span class="gain"></span>';
  const words = gain > 0 ? 'gained on the base model' : 'lost against the base model';
  return `<span class="gain ${gain > 0 ? 'up' : 'down'}">${gain > 0 ? '+' : '−'}${Math.abs(gain).toFixed(2)}<span class="sr"> ${words}</span></span>`;
}

function range(models: readonly BoardModel[], b: Benchmark): [number, number] {
  const values = models.flatMap((m) => m.cells[b.name]?.value ?? []);
  return extent(values);
}
