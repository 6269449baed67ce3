/// <reference lib="dom" />
/** The dialog in which the reader chooses columns and their order. */
import { h } from '../../page/dom.js';
import type { Column } from './columns.js';
import type { Context } from './context.js';

/**
 * Opens the dialog. Every change is seen at once and goes to the address; `chosen` are the keys of the columns that are shown.
 */
export function chooseColumns(all: readonly Column[], chosen: readonly string[], usual: readonly string[], context: Context): void {
  const { t, change } = context;
  let now = [...chosen];
  const list = h('ul', { class: 'choose' });
  const byKey = new Map(all.map((column) => [column.key, column]));
  const send = (): void => change({ columns: JSON.stringify(now) === JSON.stringify(usual) ? null : now });
  /** The chosen ones in their order, then the others in the usual one. `focus` names the control that was pressed. */
  const draw = (focus: string | null): void => {
    const rest = all.filter(({ key }) => !now.includes(key)).map(({ key }) => key);
    list.replaceChildren(...[...now, ...rest].flatMap((key) => line(key)));
    if (focus !== null) list.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focus)}"]`)?.focus();
  };
  const move = (key: string, by: number, button: string): void => {
    const at = now.indexOf(key);
    const to = at + by;
    if (at < 0 || to < 0 || to >= now.length) return;
    now = now.filter((one) => one !== key);
    now.splice(to, 0, key);
    draw(`${button} ${key}`);
    send();
  };
  const line = (key: string): HTMLElement[] => {
    const column = byKey.get(key);
    if (column === undefined) return [];
    const on = now.includes(key);
    const box = h('input', { type: 'checkbox', checked: on, 'data-focus': `box ${key}` });
    box.addEventListener('change', () => {
      now = box.checked ? [...now, key] : now.filter((one) => one !== key);
      draw(`box ${key}`);
      send();
    });
    const arrow = (by: number, sign: string, label: 'moveUp' | 'moveDown'): HTMLElement =>
      h(
        'button',
        {
          type: 'button',
          class: 'tool',
          'data-focus': `${label} ${key}`,
          'aria-label': t(label, { name: column.full }),
          onclick: () => move(key, by, label),
        },
        sign,
      );
    const group = column.kind === 'benchmark' ? column.group : '';
    return [
      h(
        'li',
        { class: on ? 'on' : 'off' },
        h('label', {}, box, h('span', {}, column.full), h('span', { class: 'soft' }, group)),
        on && arrow(-1, '↑', 'moveUp'),
        on && arrow(1, '↓', 'moveDown'),
      ),
    ];
  };
  const dialog = h(
    'dialog',
    { class: 'choosing', 'aria-labelledby': 'choose-title' },
    h('h2', { id: 'choose-title' }, t('columns')),
    h('p', { class: 'soft' }, t('columnsHelp')),
    list,
    h(
      'div',
      { class: 'buttons' },
      h(
        'button',
        {
          type: 'button',
          class: 'tool',
          onclick: () => {
            now = [...usual];
            draw(null);
            send();
          },
        },
        t('usualColumns'),
      ),
      h('button', { type: 'button', class: 'tool primary', onclick: () => dialog.close() }, t('done')),
    ),
  );
  dialog.addEventListener('close', () => dialog.remove());
  draw(null);
  document.body.append(dialog);
  dialog.showModal();
}
