/// <reference lib="dom" />
/** How to read the page, and remarks on these results. */
import { h } from '../../page/dom.js';
import { labelOf } from '../columns.js';
import { isAlert, noteText } from '../notes.js';
import { type Context, seen } from './context.js';

const READING = ['readingRank', 'readingBest', 'readingMissing', 'readingMarks', 'readingErrors', 'readingPrompts'] as const;

/**
 * Returns the section of notes.
 */
export function notesSection({ data, t, state }: Context): HTMLElement {
  const { board } = data;
  const marks = board.models.flatMap((m) =>
    Object.entries(m.cells).flatMap(([name, cell]) =>
      cell.reasons.map((reason) => `‡ ${m.model}, ${labelOf(name)} (${name}): ${noteText(reason, state.language)}`),
    ),
  );
  const remarks = [...board.notes.filter((note) => !isAlert(note)).map((note) => noteText(note, state.language)), ...marks];
  return h(
    'div',
    { class: 'notes' },
    h('h3', {}, t('reading')),
    h('ul', {}, ...READING.map((key) => h('li', {}, t(key)))),
    ...(remarks.length === 0 ? [] : [h('h3', {}, t('remarks')), h('ul', {}, ...remarks.map((text) => h('li', {}, seen(text))))]),
  );
}
