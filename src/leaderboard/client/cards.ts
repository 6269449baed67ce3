/// <reference lib="dom" />
/** The models on a telephone: one card each, with the value that is sorted by as a bar on its interval. */
import { h } from '../../page/dom.js';
import type { BoardModel } from '../board.js';
import { LANGUAGES } from '../columns.js';
import { extent, type Rank, Z } from '../statistics.js';
import { error } from './cells.js';
import type { Column } from './columns.js';
import { type Context, languageName, scoreText, seen, signedText } from './context.js';
import { fillRank } from './table.js';

/**
 * Returns the list of cards, in the order given. `column` is what is sorted by, null for names; `facts` are further columns to name in small print.
 */
export function cardList(
  models: readonly BoardModel[],
  column: Column | null,
  facts: readonly Column[],
  ranks: ReadonlyMap<BoardModel, Rank>,
  context: Context,
): HTMLElement {
  const { t, data } = context;
  if (models.length === 0) return h('p', { class: 'empty' }, t('noModels'));
  const shown = column?.kind === 'fact' ? null : column;
  const values = data.board.models.flatMap((m) => shown?.score(m)?.value ?? []);
  const [low, high] = extent(values);
  // The bar begins below the least value, so that differences are seen; chance level is where a score begins to mean something.
  const from = Math.max(0, low - (high - low) * 0.25);
  return h('ol', { class: 'cards' }, ...models.map((model) => card(model, column, facts, ranks.get(model) ?? null, [from, high], context)));
}

function card(
  model: BoardModel,
  column: Column | null,
  facts: readonly Column[],
  rank: Rank | null,
  [from, to]: readonly [number, number],
  context: Context,
): HTMLElement {
  const { state, change } = context;
  const rankCell = h('span', { class: 'rank' });
  fillRank(rankCell, rank, context);
  const score = column?.score(model) ?? null;
  const small = [
    ...(column === null || column.kind !== 'fact' ? [] : [`${column.full}: ${column.text(model) || '—'}`]),
    ...facts.flatMap((fact) => (fact.key === column?.key ? [] : [fact.text(model)])).filter((text) => text !== ''),
  ];
  return h(
    'li',
    {},
    h(
      'button',
      { type: 'button', class: `card${model === context.base ? ' base' : ''}`, onclick: () => change({ model: model.model }) },
      rankCell,
      h(
        'span',
        { class: 'who' },
        h('span', { class: 'model' }, seen(model.model)),
        small.length > 0 && h('span', { class: 'small' }, small.join(' · ')),
      ),
      h('span', { class: 'value' }, ...valueParts(model, column, context)),
      score !== null && column?.kind !== 'fact' ? bar(score.value, score.stderr, from, to) : null,
      state.tab === 'overview' ? languages(model, column, context) : null,
    ),
  );
}

function valueParts(model: BoardModel, column: Column | null, context: Context): (HTMLElement | null)[] {
  const { state, t } = context;
  if (column === null || column.kind === 'fact') return [];
  if (column.kind === 'bias') {
    const bias = column.cell(model)?.bias ?? null;
    return [h('span', { class: 'num' }, bias === null ? '—' : signedText(bias, state.language))];
  }
  const average = column.average(model);
  if (average !== null && !average.complete)
    return [
      h('span', { class: 'num incomplete' }, `${scoreText(average.value, state.language)}*`),
      h('span', { class: 'se' }, t('ofBenchmarks', { n: average.present, total: average.total })),
    ];
  const cell = average ?? column.cell(model);
  if (cell === null) return [h('span', { class: 'num' }, '—')];
  return [h('span', { class: `num${cell.best ? ' best' : ''}` }, scoreText(cell.value, state.language)), error(cell.stderr, context)];
}

/** Length is the value, the lighter part its interval. */
function bar(value: number, stderr: number | null, from: number, to: number): HTMLElement {
  const share = (x: number): string => `${Math.min(100, Math.max(0, (100 * (x - from)) / (to - from || 1))).toFixed(1)}%`;
  const filled = h('span', { class: 'filled' });
  filled.style.width = share(value);
  const parts = [filled];
  if (stderr !== null) {
    const interval = h('span', { class: 'whisker' });
    interval.style.left = share(value - Z * stderr);
    interval.style.width = `calc(${share(value + Z * stderr)} - ${share(value - Z * stderr)})`;
    parts.push(interval);
  }
  return h('span', { class: 'track', 'aria-hidden': 'true' }, ...parts);
}

function languages(model: BoardModel, column: Column | null, { t, state }: Context): HTMLElement | null {
  const others = LANGUAGES.filter((l) => `average_${l}` !== column?.key && model.averages[l] !== null);
  if (others.length === 0) return null;
  return h(
    'span',
    { class: 'others' },
    ...others.map((l) => {
      const average = model.averages[l];
      return h(
        'span',
        {},
        `${languageName(l, t)} `,
        h('span', { class: 'num' }, average === null ? '—' : scoreText(average.value, state.language) + (average.complete ? '' : '*')),
      );
    }),
  );
}
