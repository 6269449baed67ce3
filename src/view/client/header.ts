/** The head of the page: which runs, which language, light or dark. */

import { h, select } from '../../page/dom.js';
import { languageSwitch } from '../../page/language-switch.js';
import { themeButton } from '../../page/theme.js';
import type { ViewWords } from '../../page/view-words.js';
import { dayText, type PageLanguage } from '../../page/words.js';
import type { Catalog, RunInfo } from '../protocol.js';
import type { View } from './address.js';

export interface HeaderOptions {
  readonly t: ViewWords;
  readonly catalog: Catalog;
  readonly view: View;
  change(view: Partial<View>): void;
  help(): void;
}

/**
 * Returns the name of a run as the page shows it: what tells it from others is behind the model's name.
 */
export function runLabel(run: RunInfo, catalog: Catalog, language: PageLanguage, t: ViewWords): string {
  const namesakes = catalog.runs.filter(({ model }) => model === run.model);
  const parts = [run.model];
  if (run.family !== 'plain') parts.push(run.family);
  if (run.limit !== null) parts.push(t('limited', { n: run.limit }));
  if (run.shard !== null) parts.push(t('part', { text: run.shard }));
  if (namesakes.length > 1) parts.push(dayText(run.date, language));
  return parts.join(' · ');
}

/**
 * Returns the head of the page.
 */
export function pageHeader({ t, catalog, view, change, help }: HeaderOptions): HTMLElement {
  const options = (runs: readonly RunInfo[], chosen: string | null): HTMLElement[] =>
    runs.map((run) => h('option', { value: run.id, selected: run.id === chosen }, runLabel(run, catalog, view.language, t)));
  const others = catalog.runs.filter(({ id }) => id !== view.run);
  const chooseRun = (id: string): void => change({ run: id, other: id === view.other ? null : view.other, doc: null });
  const run = select({ id: 'run' }, options(catalog.runs, view.run), chooseRun);
  const chooseOther = (id: string): void => change({ other: id === '' ? null : id, filter: 'all' });
  const other = select({ id: 'other' }, [h('option', { value: '' }, t('nothing')), ...options(others, view.other)], chooseOther);
  return h(
    'header',
    { class: 'top' },
    h('h1', {}, t('title')),
    h('label', {}, h('span', {}, t('modelHead')), run),
    catalog.runs.length < 2 ? null : h('label', {}, h('span', {}, t('compareWith')), other),
    languageSwitch(t('pageLanguage'), view.language, (language) => change({ language })),
    themeButton({ dark: t('darkMode'), light: t('lightMode') }),
    h('button', { type: 'button', class: 'tool', id: 'show-help', 'aria-label': t('help'), onclick: help }, '?'),
  );
}
