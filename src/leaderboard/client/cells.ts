/// <reference lib="dom" />
/** What stands in a cell of the table, and in the details. */
import { h } from '../../page/dom.js';
import { numberText } from '../../page/words.js';
import type { Average, BoardModel, Cell } from '../board.js';
import { labelOf } from '../columns.js';
import { noteText } from '../notes.js';
import { Z } from '../statistics.js';
import type { Column } from './columns.js';
import { type Context, scoreText, seen, signedText } from './context.js';

/**
 * Returns a cell of the table. `span` is the least and largest value of its column, for the shade.
 */
export function cellOf(column: Column, model: BoardModel, span: readonly [number, number], context: Context): HTMLTableCellElement {
  switch (column.kind) {
    case 'average':
      return averageCell(column.average(model), span, column, context);
    case 'benchmark':
      return scoreCell(column.cell(model), span, column, context);
    case 'bias':
      return biasCell(column.cell(model)?.bias ?? null, context);
    case 'fact': {
      const text = column.text(model);
      return text === '' ? missing(context) : h('td', { class: `fact ${column.key}` }, text);
    }
  }
}

function missing({ t }: Context): HTMLTableCellElement {
  return h('td', { class: 'missing' }, h('span', { 'aria-hidden': 'true' }, '—'), h('span', { class: 'sr' }, t('missing')));
}

/**
 * Returns whether a score cannot be told from guessing: its interval reaches down to chance level.
 */
export function isNearChance(cell: Cell, chance: number | null): boolean {
  return chance !== null && cell.stderr !== null && cell.value - Z * cell.stderr <= chance;
}

function scoreCell(cell: Cell | null, span: readonly [number, number], column: Column, context: Context): HTMLTableCellElement {
  if (cell === null) return missing(context);
  const { t, state, data } = context;
  const chance = data.facts[column.key]?.chance ?? null;
  const near = isNearChance(cell, chance);
  const title = [
    ...cellFacts(cell, context),
    ...(near ? [t('nearChance', { chance: scoreText(chance ?? 0, state.language) })] : []),
    ...(cell.best ? [t('best')] : []),
  ];
  const td = h(
    'td',
    { class: `score${cell.best ? ' best' : ''}${near ? ' chance' : ''}`, title: title.join('; ') },
    h('span', { class: 'num' }, scoreText(cell.value, state.language)),
    cell.best && h('span', { class: 'sr' }, ` ${t('best')}`),
    ...flags(cell, context),
    error(cell.stderr, context),
  );
  td.style.setProperty('--t', String(share(cell.value, span, column.lowerIsBetter)));
  return td;
}

/**
 * Returns what is behind a score, in short texts: documents, examples, version, why it is not comparable.
 */
export function cellFacts(cell: Cell, { t, state }: Context): string[] {
  const scored =
    cell.scored !== null && cell.documents !== null && cell.scored !== cell.documents
      ? `${numberText(cell.scored, state.language)} / `
      : '';
  return [
    ...(cell.documents === null ? [] : [`${scored}${t('documents', { n: cell.documents })}`]),
    ...(cell.n_shot === null ? [] : [t('shotsCount', { n: cell.n_shot })]),
    ...(cell.version === null ? [] : [t('version', { text: seen(cell.version) })]),
    ...cell.reasons.map((reason) => seen(noteText(reason, state.language))),
  ];
}

function flags(cell: Cell, { t, state }: Context): (HTMLElement | null)[] {
  const text = cell.reasons.map((reason) => seen(noteText(reason, state.language))).join('; ');
  return [
    ...(cell.partial ? [h('span', { class: 'flag', 'aria-hidden': 'true' }, '°'), h('span', { class: 'sr' }, ` ${t('partial')}`)] : []),
    ...(cell.mark === null
      ? []
      : [h('span', { class: 'flag', 'aria-hidden': 'true' }, '‡'), h('span', { class: 'sr' }, ` ${t('notComparable', { text })}`)]),
  ];
}

/**
 * Returns the standard error under a score, where the reader wants to see it.
 */
export function error(stderr: number | null, { state }: Context): HTMLElement | null {
  return stderr === null || !state.errors ? null : h('span', { class: 'se' }, `±${scoreText(stderr, state.language)}`);
}

function averageCell(average: Average | null, span: readonly [number, number], column: Column, context: Context): HTMLTableCellElement {
  if (average === null) return missing(context);
  const { t, state, base } = context;
  if (!average.complete) {
    const names = average.missing.map((name) => labelOf(name)).join(', ');
    const title = t('incomplete', { n: average.present, total: average.total, names });
    return h(
      'td',
      { class: 'average incomplete', title },
      h('span', { class: 'num' }, scoreText(average.value, state.language), h('span', { 'aria-hidden': 'true' }, '*')),
      h('span', { class: 'sr' }, title),
      h('span', { class: 'se' }, t('ofBenchmarks', { n: average.present, total: average.total })),
    );
  }
  const from = base === null ? null : column.average(base);
  const td = h(
    'td',
    { class: `average score${average.best ? ' best' : ''}` },
    h('span', { class: 'num' }, scoreText(average.value, state.language)),
    average.best && h('span', { class: 'sr' }, ` ${t('best')}`),
    average.marked && h('span', { class: 'flag', title: t('marked') }, '‡'),
    error(average.stderr, context),
    from?.complete && base !== null ? gainText(average.value - from.value, base, context) : null,
  );
  td.style.setProperty('--t', String(share(average.value, span, false)));
  return td;
}

function gainText(gain: number, base: BoardModel, { t, state }: Context): HTMLElement {
  const text = signedText(gain, state.language);
  return h(
    'span',
    { class: `gain ${gain > 0.05 ? 'up' : gain < -0.05 ? 'down' : ''}`, title: t('gain', { base: seen(base.model) }) },
    gain === 0 ? '' : text,
  );
}

function biasCell(value: number | null, context: Context): HTMLTableCellElement {
  if (value === null) return missing(context);
  return h(
    'td',
    { class: 'score bias', title: context.t('biasAbout') },
    h('span', { class: 'num' }, signedText(value, context.state.language)),
  );
}

/** Place of a value in its column, 0 the worst and 1 the best. */
function share(value: number, [low, high]: readonly [number, number], lowerIsBetter: boolean): number {
  const place = high > low ? (value - low) / (high - low) : 0;
  return Number((lowerIsBetter ? 1 - place : place).toFixed(3));
}
