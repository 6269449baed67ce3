/** The page: one static file, nothing loaded from anywhere. */
import { createHash } from 'node:crypto';
import type { ArenaFit } from '../arena/fit.js';
import type { Language } from '../types.js';
import { LANGUAGE_NAMES, LANGUAGES } from './benchmarks.js';
import type { Board } from './board.js';
import { escapeHtml } from './escape-html.js';
import { arenaSection } from './page-arena.js';
import { SCRIPT } from './page-script.js';
import { STYLE } from './page-style.js';
import { languageTable, overviewTable } from './page-tables.js';
import type { Picture } from './pictures.js';

/** Everything on the page. */
export interface PageContent {
  readonly title: string;
  readonly board: Board;
  readonly tradeOff: Picture | null;
  readonly profiles: Readonly<Record<Language, Picture | null>>;
  readonly fits: readonly ArenaFit[];
  readonly arenaPictures: readonly Picture[];
  readonly version: string;
}

interface Tab {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

/**
 * Returns the HTML of the page. Everything that came from result files passes `escapeHtml`; pictures come from Plot through a DOM. A content
 * security policy allows this page's own script (by its digest) and nothing from elsewhere.
 */
export function pageHtml(content: PageContent): string {
  const { board } = content;
  const tabs = tabsOf(content);
  const digest = createHash('sha256').update(SCRIPT).digest('base64');
  const models = board.models.length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(content.title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the tables</a>
<div class="wrap">
<header class="top">
<div>
<h1>${escapeHtml(content.title)}</h1>
<p class="lede">${models} ${models === 1 ? 'model' : 'models'} on ${board.benchmarks.length} benchmarks in Basque, English and Spanish. Percent, with standard errors. Results up to ${day(board.newest)}.</p>
</div>
<button type="button" id="theme" class="tool js-only">Dark page</button>
</header>
<div role="tablist" aria-label="Languages and pictures" class="js-only">
${tabs.map((t, i) => `<button type="button" role="tab" id="tab-${t.id}" aria-controls="${t.id}" aria-selected="${i === 0}" tabindex="${i === 0 ? 0 : -1}">${t.title}</button>`).join('\n')}
</div>
<div class="controls js-only" role="search">
<label><span class="sr">Filter models</span><input type="search" id="filter" placeholder="Filter models" autocomplete="off" spellcheck="false"></label>
<label>Prompts <select id="family" class="tool"><option value="">all</option>${families(board)}</select></label>
<label><input type="checkbox" id="complete"> complete rows only</label>
<label><input type="checkbox" id="errors" checked> standard errors</label>
<span class="shown">${models} ${models === 1 ? 'model' : 'models'}</span>
</div>
<div id="live" class="sr" role="status" aria-live="polite"></div>
<main id="main" tabindex="-1">
${tabs.map((t) => `<section role="tabpanel" id="${t.id}" aria-labelledby="tab-${t.id}">\n<h2>${t.title}</h2>\n${t.body}\n</section>`).join('\n')}
</main>
<footer>Made by eus-eval ${escapeHtml(content.version)} from result files. Nothing on this page is loaded from elsewhere.</footer>
</div>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function tabsOf(content: PageContent): Tab[] {
  const { board } = content;
  const overview = `<p class="soft">Averages over the benchmarks of each language, without the bias benchmarks.</p>${overviewTable(board)}${figure(content.tradeOff)}`;
  const languages = LANGUAGES.flatMap((language) => {
    const table = languageTable(board, language);
    if (table === null) return [];
    return [{ id: language, title: LANGUAGE_NAMES[language], body: `${table}${figure(content.profiles[language])}` }];
  });
  const arena = arenaSection(content.fits, content.arenaPictures.map(figure).join(''));
  return [
    { id: 'overview', title: 'Overview', body: overview },
    ...languages,
    ...(arena === null ? [] : [{ id: 'arena', title: 'Arena', body: arena }]),
    { id: 'notes', title: 'Notes', body: notes(board) },
  ];
}

function figure(picture: Picture | null): string {
  if (picture === null) return '';
  return `<figure><h3>${escapeHtml(picture.title)}</h3><figcaption>${escapeHtml(picture.summary)}</figcaption><div class="scroll" tabindex="0" role="group" aria-label="${escapeHtml(picture.title)}, picture">${picture.svg}</div></figure>`;
}

function families(board: Board): string {
  return [...new Set(board.models.map((m) => m.prompt))]
    .sort()
    .map((f) => `<option>${escapeHtml(f)}</option>`)
    .join('');
}

function day(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10);
}

const READING: readonly string[] = [
  'A value marked as best is better than the second of its column at the 5 % level (difference larger than 1.96 standard errors of the difference). Where no value is marked, the best two cannot be told apart.',
  'A dash is a benchmark without a result. An average over an incomplete row is set in italics with the number of its benchmarks, and stands behind the complete ones: it is not comparable with them.',
  'Standard errors of averages take the benchmarks as independent samples.',
  'Prompts: plain text, the chat template of the model, or messages to an API, where letter choice is an exact match.',
  'Of several results of one model on one benchmark the one with most documents counts, then the newest.',
  '° marks a result on a part of the documents; ‡ one that differs from its column in version, few-shot examples, documents or prompts.',
];

function notes(board: Board): string {
  const marks = board.models.flatMap((m) =>
    Object.entries(m.cells).flatMap(([name, cell]) => (cell.mark === null ? [] : [`‡ ${m.model}, ${name}: ${cell.mark}`])),
  );
  const item = (text: string) => `<li>${escapeHtml(text)}</li>`;
  return `<h3>How to read the tables</h3><ul class="notes">${READING.map(item).join('')}</ul>${
    board.notes.length + marks.length === 0
      ? ''
      : `<h3>Notes on these results</h3><ul class="notes">${[...board.notes, ...marks].map(item).join('')}</ul>`
  }`;
}
