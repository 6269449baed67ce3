/// <reference lib="dom" />
/** Search and filters, the choice of columns, the base, and the downloads. */
import { h } from '../../page/dom.js';
import type { BoardModel } from '../board.js';
import { boardCsv } from '../csv.js';
import { boardJson } from '../json.js';
import { type Column, choicesOf } from './columns.js';
import { type Context, seen } from './context.js';
import { choice } from './figure.js';
import { isTable, type Sort } from './state.js';

export interface Controls {
  readonly element: HTMLElement;
  /** Says how many models are shown. */
  count(shown: number): void;
}

export interface ControlOptions {
  /** On a telephone the lesser ones fold away, and what is sorted by is a choice. */
  readonly narrow: boolean;
  readonly columns: readonly Column[];
  readonly sort: Sort;
  choose(): void;
}

/** Milliseconds after the last letter before the address follows the search. */
const TYPING = 150;

/**
 * Returns the controls above the tables and charts.
 */
export function controls(context: Context, { narrow, columns, sort, choose: chooseColumns }: ControlOptions): Controls {
  const { t, state, data, change } = context;
  const { models } = data.board;
  const search = h('input', {
    type: 'search',
    id: 'search',
    class: 'search',
    placeholder: t('search'),
    'aria-label': `${t('search')}: ${t('searchHint')}`,
    title: t('searchHint'),
    autocomplete: 'off',
    spellcheck: 'false',
  });
  search.value = state.search;
  let typing: ReturnType<typeof setTimeout> | undefined;
  search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => change({ search: search.value }), TYPING);
  });
  const count = h('span', { class: 'count' });
  const table = isTable(state.tab);
  const compared = table || state.tab === 'pictures';
  const check = (label: string, checked: boolean, id: string, set: (on: boolean) => void): HTMLElement => {
    const box = h('input', { type: 'checkbox', checked, id });
    box.addEventListener('change', () => set(box.checked));
    return h('label', {}, box, h('span', {}, label));
  };
  /** All models or those of one value; nothing where there is but one. */
  const filter = (id: 'prompt' | 'family', label: string, of: (m: BoardModel) => string | null, choose: (value: string) => void) => {
    const values = [...new Set(models.flatMap((m) => of(m) ?? []))].sort().map((value) => ({ value, text: seen(value) }));
    return values.length < 2 ? null : choice(label, [{ value: '', text: t('allOfThem') }, ...values], state[id], choose, id);
  };
  const incomplete = models.some((m) => Object.values(m.averages).some((a) => a !== null && !a.complete));
  const options: (HTMLElement | null)[] = [
    filter(
      'prompt',
      t('prompts'),
      (m) => m.prompt,
      (prompt) => change({ prompt }),
    ),
    filter(
      'family',
      t('family'),
      (m) => m.facts.family,
      (family) => change({ family }),
    ),
    models.length < 2 || !compared
      ? null
      : choice(
          t('relativeTo'),
          [{ value: '', text: t('nobody') }, ...models.map((m) => ({ value: m.model, text: seen(m.model) }))],
          state.base ?? '',
          (value) => change({ base: value === '' ? null : value }),
          'base',
        ),
    incomplete && compared ? check(t('completeOnly'), state.completeOnly, 'complete', (on) => change({ completeOnly: on })) : null,
    table ? check(t('showErrors'), state.errors, 'errors', (on) => change({ errors: on })) : null,
  ];
  const present = options.filter((option) => option !== null);
  const sortChoice =
    narrow && table
      ? choice(
          t('sortBy'),
          [...choicesOf(columns), { value: 'name', text: t('modelHead'), group: t('facts') }],
          sort.key,
          (key) => change({ sort: { key, descending: columns.find((c) => c.key === key)?.largestFirst ?? false } }),
          'sort',
        )
      : null;
  const columnsButton =
    table && !narrow ? h('button', { type: 'button', class: 'tool', id: 'columns', onclick: chooseColumns }, t('columns')) : null;
  const element = h(
    'div',
    { class: 'controls', role: 'search' },
    search,
    sortChoice,
    ...(narrow && present.length > 0
      ? [h('details', { class: 'options' }, h('summary', {}, t('options')), h('div', { class: 'folded' }, ...present))]
      : present),
    columnsButton,
    count,
  );
  return {
    element,
    count(shown) {
      count.textContent = shown === models.length ? t('models', { n: shown }) : t('shownModels', { n: shown, total: models.length });
    },
  };
}

/**
 * Returns the links to the data behind the page. They are made from the page itself, so that they work wherever the file went.
 */
export function downloads({ t, data }: Context): HTMLElement {
  const file = (name: string, type: string, content: () => string): HTMLElement => {
    const anchor = h('a', { href: name, download: name }, name.endsWith('csv') ? 'CSV' : 'JSON');
    anchor.addEventListener('click', () => {
      const address = URL.createObjectURL(new Blob([content()], { type }));
      anchor.href = address;
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    });
    return anchor;
  };
  return h(
    'span',
    { class: 'downloads' },
    `${t('download')}: `,
    file('leaderboard.csv', 'text/csv', () => boardCsv(data.board)),
    ' · ',
    file('leaderboard.json', 'application/json', () => boardJson(data.board, data.version)),
  );
}
