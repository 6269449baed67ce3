/** The HTML that the arena sends: a frame without any content of participants or models; all of that is put in as text by the script. */
import { escapeHtml } from '../../page/escape-html.js';
import { PAGE_LANGUAGES, type PageLanguage } from '../../page/words.js';
import { WORDS } from './words.js';

const NAMES = { eu: 'Euskara', es: 'Español', en: 'English' } as const;

/**
 * Returns the page of participants or of the moderator in one language.
 */
export function shellHtml(page: 'arena' | 'moderator', name: string, language: PageLanguage): string {
  const word = (key: keyof typeof WORDS): string => escapeHtml(WORDS[key][language]);
  const links = PAGE_LANGUAGES.map(
    (l) => `<a href="?lang=${l}" lang="${l}" hreflang="${l}"${l === language ? ' aria-current="true"' : ''}>${NAMES[l]}</a>`,
  );
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page === 'arena' ? '' : `${word('moderator')} - `}${escapeHtml(name)}</title>
<link rel="stylesheet" href="style.css">
<script type="module" src="${page}.js"></script>
</head>
<body>
<a class="skip" href="#main">${word('skip')}</a>
<header>
<p class="name">${escapeHtml(name)}</p>
<nav aria-label="${word('language')}">${links.join(' ')}</nav>
</header>
<main id="main" tabindex="-1"><noscript><p class="notice">${word('noScript')}</p></noscript></main>
<p id="status" role="status" aria-live="polite"></p>
</body>
</html>
`;
}
