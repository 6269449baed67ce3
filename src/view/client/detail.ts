/** One document in full: what was asked, the choices as bars or the generated text, and what became of it, for one run or two side by side. */

import { factList, h } from '../../page/dom.js';
import { LANGUAGE_WORDS } from '../../page/shared-words.js';
import type { ViewWords } from '../../page/view-words.js';
import { numberText, type PageLanguage } from '../../page/words.js';
import type { DocumentView, Pair } from '../protocol.js';

export interface DetailOptions {
  readonly t: ViewWords;
  readonly language: PageLanguage;
  /** Names of the runs. */
  readonly run: string;
  readonly other: string | null;
  /** Whether what stands before the question is unfolded. */
  readonly unfolded: boolean;
  onUnfold(open: boolean): void;
}

/**
 * Returns the content of the detail of a document, without its heading.
 */
export function detailBody(pair: Pair, options: DetailOptions): HTMLElement[] {
  const { t } = options;
  const first = pair.run ?? pair.other;
  if (first === null) return [h('p', { class: 'soft' }, t('none'))];
  const parts: HTMLElement[] = [...promptParts(first, options)];
  if (pair.run !== null && pair.other !== null && pair.run.promptHash !== pair.other.promptHash)
    parts.push(foldedText(t('otherPrompt'), fullPrompt(pair.other), false));
  const sides =
    options.other === null
      ? [answer(first, null, options)]
      : [side(pair.run, options.run, options), side(pair.other, options.other, options)];
  parts.push(h('div', { class: options.other === null ? 'sides' : 'sides two' }, ...sides));
  parts.push(foldedText(t('data'), first.doc, false));
  const hashes = `doc_hash     ${first.docHash}\nprompt_hash  ${first.promptHash}`;
  parts.push(foldedText(t('hashes'), hashes, false));
  return parts;
}

function fullPrompt(document: DocumentView): string {
  return document.messages === null
    ? document.shots + document.question
    : document.messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n\n');
}

function promptParts(document: DocumentView, options: DetailOptions): HTMLElement[] {
  const { t } = options;
  const before =
    document.messages === null
      ? document.shots
      : document.messages
          .slice(0, -1)
          .map(({ role, content }) => `[${role}]\n${content}`)
          .join('\n\n');
  const parts: HTMLElement[] = [];
  if (before !== '') {
    const folded = foldedText(t('shots', { n: before.length }), before, options.unfolded);
    folded.id = 'shots';
    folded.addEventListener('toggle', () => options.onUnfold(folded.open));
    parts.push(folded);
  }
  parts.push(h('section', {}, h('h3', {}, t('question')), text(document.question, 'question')));
  return parts;
}

/** A text of the data or of a model, blanks and lines as they are. */
function text(content: string, kind: string): HTMLElement {
  return h('pre', { class: `text ${kind}`, dir: 'auto', lang: '' }, content);
}

function foldedText(title: string, content: string, open: boolean): HTMLDetailsElement {
  const details = h('details', { open }, h('summary', {}, title));
  // Long prompts become elements only when somebody looks.
  const fill = (): void => {
    if (details.open && details.children.length === 1) details.append(text(content, 'folded'));
  };
  details.addEventListener('toggle', fill);
  fill();
  return details;
}

function side(document: DocumentView | null, name: string, options: DetailOptions): HTMLElement {
  if (document === null)
    return h('section', { class: 'side' }, h('h3', { class: 'model' }, name), h('p', { class: 'soft' }, options.t('absent')));
  return answer(document, name, options);
}

function answer(document: DocumentView, name: string | null, options: DetailOptions): HTMLElement {
  const { t } = options;
  const body = document.choices === null ? generation(document, options) : choiceBars(document, document.choices, options);
  return h(
    'section',
    { class: 'side' },
    name === null ? null : h('h3', { class: 'model' }, name),
    h('h4', {}, t(document.choices === null ? 'generated' : 'choices')),
    ...body,
    ...noteLines(document, options).map((line) => h('p', { class: 'note' }, line)),
  );
}

/** Shortest bar, in percent: the worst choice is still seen. */
const LEAST_BAR = 6;

function choiceBars(document: DocumentView, choices: NonNullable<DocumentView['choices']>, { t, language }: DetailOptions): HTMLElement[] {
  const known = choices.flatMap(({ logprob }) => (logprob === null ? [] : [logprob]));
  const [most, least] = [Math.max(...known), Math.min(...known)];
  const rows = choices.map(({ text: content, logprob }, i) => {
    const [picked, right] = [i === document.predicted, i === document.target];
    const width = logprob === null ? 0 : most === least ? 100 : LEAST_BAR + ((logprob - least) / (most - least)) * (100 - LEAST_BAR);
    const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
    bar.style.width = `${width}%`;
    const kind = ['choice', ...(picked ? ['picked'] : []), ...(right ? ['right'] : [])].join(' ');
    return h(
      'li',
      { class: kind },
      h(
        'span',
        { class: 'said' },
        h('span', { class: 'words', dir: 'auto', lang: '' }, content),
        right && h('span', { class: 'tag good' }, `✓ ${t('rightAnswer')}`),
        picked && h('span', { class: 'tag' }, `● ${t('picked')}`),
      ),
      h('span', { class: 'track' }, bar),
      h('span', { class: 'number' }, logprob === null ? '' : numberText(logprob, language, 3)),
    );
  });
  const margin = document.margin === null ? [] : [h('p', { class: 'soft' }, t('margin', { x: numberText(document.margin, language, 3) }))];
  return [h('ol', { class: 'choices', start: 1 }, ...rows), ...margin];
}

function generation({ generated, filters, finish, language, targetText }: DocumentView, { t }: DetailOptions): (HTMLElement | null)[] {
  const code = (content: string): HTMLElement => h('code', { dir: 'auto', lang: '' }, content);
  const metricsText = (metrics: Readonly<Record<string, string>>): string =>
    Object.entries(metrics)
      .map(([k, v]) => `${k} ${v}`)
      .join(', ');
  const known = ANSWER_LANGUAGES.get(language ?? '');
  return [
    generated === null ? null : text(generated === '' ? t('empty') : generated, 'generated'),
    factList([
      [t('rightAnswer'), code(targetText)],
      ...filters.map(({ name, taken, metrics }) => {
        const what = h('span', {}, code(taken === '' ? t('empty') : taken), ` ${metricsText(metrics)}`);
        return [t('filterTook', { name }), what] as const;
      }),
      [t('finish'), finish === null ? null : t(finish === 'length' ? 'finishLength' : 'finishStop')],
      [t('answerLanguage'), known === undefined ? null : t(known)],
    ]),
  ];
}

/** What an answer is written in, where that is told. */
const ANSWER_LANGUAGES = new Map(Object.entries({ ...LANGUAGE_WORDS, other: 'otherLanguage' as const }));

function noteLines(document: DocumentView, { t }: DetailOptions): string[] {
  const lines = document.notes.map((name) => t(name === 'empty' ? 'noteEmpty' : name));
  if (document.truncatedTokens > 0) lines.push(t('truncated', { n: document.truncatedTokens }));
  if (document.unscored !== null)
    lines.push(`${t('isUnscored')}, ${t('reason', { text: [document.unscored, document.error ?? ''].filter(Boolean).join(': ') })}`);
  return lines;
}
