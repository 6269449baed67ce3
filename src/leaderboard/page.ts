/** The page: one file with its data, style and script, and plain tables where there is no JavaScript. */
import { BOARD_WORDS } from '../page/board-words.js';
import { inScript, pageDocument } from '../page/document.js';
import { escapeHtml } from '../page/escape-html.js';
import { translator } from '../page/words.js';
import type { PageData } from './page-data.js';
import { plainTables } from './page-tables.js';
import { STYLE } from './style.js';

/**
 * Returns the HTML of the page; its script turns every text of the data into text nodes.
 */
export function pageHtml(data: PageData, script: string): string {
  const language = data.language ?? 'en';
  const t = translator(BOARD_WORDS, language);
  const title = data.title ?? t('pageTitle');
  const noScript = `<header class="top"><h1>${escapeHtml(title)}</h1></header>
<main>
<p class="soft">${escapeHtml(t('noScript'))}</p>
${plainTables(data, language)}
</main>
<footer><p>${escapeHtml(t('madeBy', { version: data.version }))}</p></footer>`;
  return pageDocument({ language, title, style: STYLE, script, data: inScript(data), noScript }).html;
}
