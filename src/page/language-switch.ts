/// <reference lib="dom" />
/** The switch between the languages of a page. */
import { h } from './dom.js';
import { PAGE_LANGUAGES, type PageLanguage } from './words.js';

/** Each in its own language. */
const NAMES: Readonly<Record<PageLanguage, string>> = { eu: 'Euskara', es: 'Español', en: 'English' };

/**
 * Returns one button a language, that of the page pressed.
 */
export function languageSwitch(label: string, now: PageLanguage, choose: (language: PageLanguage) => void): HTMLElement {
  const buttons = PAGE_LANGUAGES.map((code) =>
    h(
      'button',
      { type: 'button', class: 'tool', lang: code, 'aria-pressed': code === now ? 'true' : 'false', onclick: () => choose(code) },
      NAMES[code],
    ),
  );
  return h('div', { class: 'languages', role: 'group', 'aria-label': label }, ...buttons);
}
