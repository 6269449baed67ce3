/** One line of the list. */

import { h } from '../../page/dom.js';
import type { ViewWords } from '../../page/view-words.js';
import { numberText, type PageLanguage } from '../../page/words.js';
import { type Row, STATE, type State } from '../protocol.js';

const LOOK = {
  [STATE.right]: ['right', '✓', 'isRight'],
  [STATE.wrong]: ['wrong', '✗', 'isWrong'],
  [STATE.unscored]: ['unscored', '?', 'isUnscored'],
  [STATE.unknown]: ['unscored', '–', 'isUnknown'],
} as const;

/**
 * Returns the marks of the outcomes of a line: of its run, and of the other one where that has the document.
 */
export function outcomeMarks({ state, otherState }: Row, t: ViewWords): HTMLElement[] {
  const mine = stateMark(state, t);
  return otherState === null ? [mine] : [mine, h('span', { 'aria-hidden': 'true' }, '→'), stateMark(otherState, t)];
}

/** The mark of an outcome, with its word for those who do not see it. */
function stateMark(state: State, t: ViewWords): HTMLElement {
  const [kind, sign, word] = LOOK[state];
  return h(
    'span',
    { class: `mark ${kind}`, title: t(word) },
    h('span', { 'aria-hidden': 'true' }, sign),
    h('span', { class: 'sr' }, t(word)),
  );
}

/**
 * Fills the element of a line; a line that is on its way has no text yet.
 */
export function fillRow(element: HTMLElement, row: Row | null, { t, language }: { t: ViewWords; language: PageLanguage }): void {
  if (row === null) {
    element.replaceChildren(h('span', { class: 'title soft' }, '…'));
    return;
  }
  element.replaceChildren(
    h('span', { class: 'marks' }, ...outcomeMarks(row, t)),
    h('span', { class: 'title', dir: 'auto', lang: '' }, row.title),
    h(
      'span',
      { class: 'under' },
      `${row.task} #${row.docId}`,
      row.cut ? h('span', { class: 'tag' }, t('isCut')) : null,
      row.margin === null || Number.isNaN(row.margin) ? null : h('span', { class: 'margin' }, numberText(row.margin, language, 2)),
    ),
  );
}
