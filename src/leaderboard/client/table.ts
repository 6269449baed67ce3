/// <reference lib="dom" />
/** The table of a wide screen: head and first columns stay, and a sign says how many columns lie out of sight. */
import { at } from '../../at.js';
import { h } from '../../page/dom.js';
import { numberText } from '../../page/words.js';
import type { BoardModel } from '../board.js';
import { BIAS } from '../columns.js';
import { extent, type Rank, rankText } from '../statistics.js';
import { cellOf } from './cells.js';
import type { Column } from './columns.js';
import { type Context, seen } from './context.js';
import type { Sort } from './state.js';

export interface TableParts {
  readonly element: HTMLElement;
  /** Shows these models in this order, with ranks, and marks the column that is sorted by. */
  show(models: readonly BoardModel[], ranks: ReadonlyMap<BoardModel, Rank>, sort: Sort): void;
}

/**
 * Returns the table of all models; `show` then only moves and hides rows, which is what makes sorting fast.
 */
export function boardTable(columns: readonly Column[], context: Context, caption: string): TableParts {
  const { data, t } = context;
  const spans = columns.map((column) => spanOf(column, data.board.models));
  const heads = new Map<string, HTMLElement>();
  const body = h('tbody');
  const rows = new Map<BoardModel, { readonly row: HTMLTableRowElement; readonly rank: HTMLTableCellElement; shown: string }>();
  for (const model of data.board.models) {
    const rank = h('td', { class: 'rank' });
    const row = h(
      'tr',
      { 'data-model': model.model },
      rank,
      nameCell(model, context),
      ...columns.map((column, i) => cellOf(column, model, at(spans, i), context)),
    );
    for (const [i, column] of columns.entries())
      if (isFirst(columns, i) && column.kind !== 'fact') at(row.children, i + 2).classList.add('first');
    if (model === context.base) row.classList.add('base');
    rows.set(model, { row, rank, shown: '' });
  }
  const sortButton = (key: string, label: string, full: string): HTMLElement =>
    h('button', { type: 'button', class: 'sort', 'aria-label': full, onclick: () => press(key) }, label);
  const press = (key: string): void => {
    const column = columns.find((one) => one.key === key);
    const now = current;
    const descending = now?.key === key ? !now.descending : (column?.largestFirst ?? false);
    context.change({ sort: { key, descending } });
  };
  const head = (key: string, cell: HTMLElement): HTMLElement => {
    heads.set(key, cell);
    return cell;
  };
  let current: Sort | null = null;
  const groups = groupRow(columns, t);
  const table = h(
    'table',
    { class: 'board' },
    h('caption', { class: 'sr' }, caption),
    h(
      'thead',
      {},
      groups,
      h(
        'tr',
        { class: 'heads' },
        h('th', { class: 'rank', scope: 'col' }, h('span', { title: t('readingRank') }, t('rank'))),
        head('name', h('th', { class: 'name', scope: 'col' }, sortButton('name', t('modelHead'), t('modelHead')))),
        ...columns.map((column, i) => {
          const cell = h(
            'th',
            { scope: 'col', class: `${column.kind}${isFirst(columns, i) && column.kind !== 'fact' ? ' first' : ''}` },
            sortButton(column.key, groups === null ? column.full : column.title, column.full),
          );
          const under = underHead(column, context);
          if (under !== null) cell.append(under);
          return head(column.key, cell);
        }),
      ),
    ),
    body,
  );
  const frame = h('div', { class: 'frame', role: 'region', 'aria-label': caption, tabindex: '0' }, table);
  const more = h('button', { type: 'button', class: 'more', hidden: true });
  more.addEventListener('click', () => frame.scrollBy({ left: frame.clientWidth * 0.6, behavior: 'smooth' }));
  const wrap = h('div', { class: 'frame-wrap' }, h('div', { class: 'more-line' }, more), frame);
  watchEdges(wrap, frame, more, heads, t);
  const empty = h('p', { class: 'empty' }, t('noModels'));
  return {
    element: h('div', {}, wrap, empty),
    show(models, ranks, sort) {
      current = sort;
      for (const [key, cell] of heads)
        cell.setAttribute('aria-sort', key !== sort.key ? 'none' : sort.descending ? 'descending' : 'ascending');
      const shown = models.flatMap((model) => rows.get(model)?.row ?? []);
      for (const model of models) {
        const entry = rows.get(model);
        const rank = ranks.get(model) ?? null;
        if (entry === undefined || JSON.stringify(rank) === entry.shown) continue;
        entry.shown = JSON.stringify(rank);
        fillRank(entry.rank, rank, context);
      }
      body.replaceChildren(...shown);
      wrap.hidden = shown.length === 0;
      empty.hidden = shown.length > 0;
    },
  };
}

function isFirst(columns: readonly Column[], i: number): boolean {
  return i === 0 || at(columns, i - 1).group !== at(columns, i).group;
}

function spanOf(column: Column, models: readonly BoardModel[]): [number, number] {
  return extent(models.flatMap((m) => (column.late(m) ? [] : (column.score(m)?.value ?? []))));
}

/** The names of the groups above the columns that stand together; null where there is but one. */
function groupRow(columns: readonly Column[], t: Context['t']): HTMLElement | null {
  const groups: { name: string; width: number; bias: boolean; language: string | null }[] = [];
  const languages = new Set(columns.map((c) => c.language).filter((l) => l !== null));
  for (const column of columns) {
    const last = groups.at(-1);
    if (last !== undefined && last.name === column.group && last.language === column.language) last.width++;
    else groups.push({ name: column.group, width: 1, bias: column.benchmark?.category === BIAS, language: column.language });
  }
  // With columns of several languages side by side a heading needs its language, which `full` has.
  if (languages.size > 1 || groups.length < 2) return null;
  return h(
    'tr',
    { class: 'groups' },
    h('td', { class: 'rank' }),
    h('td', { class: 'name' }),
    ...groups.map((group) =>
      h(
        'th',
        { scope: 'colgroup', colspan: group.width, class: 'group first' },
        group.name,
        group.bias && h('span', { class: 'outside' }, ` ${t('notInAverage')}`),
      ),
    ),
  );
}

/** Under a heading: what the benchmark is (a button), and its chance level or documents. */
function underHead(column: Column, context: Context): HTMLElement | null {
  const { t, state, data } = context;
  if (column.kind === 'average') {
    const [average] = data.board.models.flatMap((m) => column.average(m) ?? []);
    return average === undefined ? null : h('span', { class: 'under' }, t('benchmarksCount', { n: average.total }));
  }
  if (column.benchmark === null || column.kind !== 'benchmark') return null;
  const { name } = column.benchmark;
  const chance = data.facts[name]?.chance ?? null;
  const text = chance === null ? '?' : t('chanceShort', { x: numberText(chance, state.language, 0) });
  const about = t('about', { name: column.title });
  return h(
    'button',
    {
      type: 'button',
      class: 'under about',
      title: about,
      onclick: () => context.change({ benchmark: name }),
    },
    text,
    h('span', { class: 'sr' }, ` ${about}`),
  );
}

function nameCell(model: BoardModel, { change, t, state }: Context): HTMLElement {
  const name = seen(model.model);
  const hub = seen(model.model_name);
  return h(
    'th',
    { scope: 'row', class: 'name' },
    h(
      'button',
      { type: 'button', class: 'model', title: hub === name ? name : `${name} (${hub})`, onclick: () => change({ model: model.model }) },
      name,
    ),
    state.prompt === '' && model.prompt === 'api' && h('span', { class: 'how', title: t('readingPrompts') }, 'api'),
  );
}

/**
 * Puts a rank into its cell: the shared rank, and the range that errors leave open.
 */
export function fillRank(cell: HTMLElement, rank: Rank | null, { t, state }: Context): void {
  if (rank === null) {
    cell.replaceChildren(h('span', { 'aria-hidden': 'true' }, rankText(null)));
    cell.removeAttribute('title');
    return;
  }
  cell.replaceChildren(h('span', { class: 'num' }, String(rank.low)));
  if (rank.low !== rank.high && state.errors) cell.append(h('span', { class: 'se' }, rankText(rank)));
  cell.title = t('ranksTo', { low: rank.low, high: rank.high });
}

/** Shadows at the edges behind which columns lie, and a button that says how many. */
function watchEdges(
  wrap: HTMLElement,
  frame: HTMLElement,
  more: HTMLElement,
  heads: ReadonlyMap<string, HTMLElement>,
  t: Context['t'],
): void {
  const look = (): void => {
    const right = frame.getBoundingClientRect().right;
    const hidden = [...heads.values()].filter((head) => head.getBoundingClientRect().right > right + 2).length;
    wrap.classList.toggle('more-right', hidden > 0);
    wrap.classList.toggle('more-left', frame.scrollLeft > 2);
    more.hidden = hidden === 0;
    more.textContent = t('moreColumns', { n: hidden });
  };
  frame.addEventListener('scroll', look, { passive: true });
  new ResizeObserver(look).observe(frame);
}

/**
 * Returns the line under the table that says how to read it.
 */
export function captionOf(columns: readonly Column[], { t, state }: Context): string {
  return state.tab === 'overview' && columns.some((c) => c.kind === 'average') ? t('captionOverview') : t('captionLanguage');
}
