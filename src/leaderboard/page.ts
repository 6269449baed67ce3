/** The page: one file with its data, style and script, nothing loaded from anywhere. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { packagePath } from '../package-files.js';
import { BOARD_WORDS } from '../page/board-words.js';
import { translator } from '../page/words.js';
import { escapeHtml } from './escape-html.js';
import type { PageData } from './page-data.js';
import { plainTables } from './page-tables.js';
import { STYLE } from './style.js';

/** What the build makes of `src/leaderboard/client/`. */
const SCRIPT_FILE = 'dist/leaderboard/page-script.js';

/**
 * Returns the script of the page. Throws `UserError` when the package was not built.
 */
export async function pageScript(): Promise<string> {
  return readFile(packagePath(SCRIPT_FILE), 'utf8').catch(() => {
    throw new UserError(`${packagePath(SCRIPT_FILE)}: no such file; run "npm run build", or install eus-eval again`);
  });
}

/**
 * Returns the HTML of the page. The data lie in it as JSON in which nothing can end the script element; the script turns every text into text nodes. A
 * content security policy allows the page's own script and style, by their digests, and nothing from elsewhere. Without JavaScript the page shows plain tables.
 */
export function pageHtml(data: PageData, script: string): string {
  const language = data.language ?? 'en';
  const t = translator(BOARD_WORDS, language);
  const title = data.title ?? t('pageTitle');
  const policy = [
    "default-src 'none'",
    `script-src ${digest(script)}`,
    `style-src ${digest(STYLE)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<div id="app"></div>
<noscript>
<header class="top"><h1>${escapeHtml(title)}</h1></header>
<main>
<p class="soft">${escapeHtml(t('noScript'))}</p>
${plainTables(data, language)}
</main>
<footer><p>${escapeHtml(t('madeBy', { version: data.version }))}</p></footer>
</noscript>
<script type="application/json" id="data">${inScript(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** JSON in which no text can end the script element or open a comment. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}
