/** The dialog that names the keys. */

import { h } from '../../page/dom.js';
import type { ViewWords } from '../../page/view-words.js';

/**
 * Returns the dialog; `showModal` opens it, Escape and its button close it.
 */
export function helpDialog(t: ViewWords): HTMLDialogElement {
  const keys: readonly (readonly [string, string])[] = [
    ['j / k', t('keyNext')],
    ['g / G', t('keyEnds')],
    ['/', t('keySearch')],
    ['f / F', t('keyFilter')],
    ['x', t('keyShots')],
    ['Enter', t('keyOpen')],
    ['Esc', t('keyBack')],
    ['?', t('keyHelp')],
  ];
  const dialog = h(
    'dialog',
    { id: 'help', 'aria-labelledby': 'help-title' },
    h('h2', { id: 'help-title' }, t('keys')),
    h('dl', { class: 'keys' }, ...keys.flatMap(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)])),
  );
  dialog.append(h('button', { type: 'button', class: 'tool', onclick: () => dialog.close() }, t('close')));
  return dialog;
}
