/// <reference lib="dom" />
/** The ranking as tables, one a question. */
import { el, fill } from './elements.js';
import { field, items, part } from './requests.js';

/**
 * Returns the tables of all questions.
 */
export function rankingTables(rankings: readonly unknown[], word: (key: string) => string, withNeeds: boolean): HTMLElement {
  const section = el('section', {}, el('h2', {}, word('ranking')));
  for (const ranking of rankings) {
    const models = items(ranking, 'models');
    section.append(el('h3', {}, word(`question.${field(ranking, 'question')}`)));
    if (models.length === 0) section.append(el('p', {}, word('noRanking')));
    else section.append(table(models, word));
    const leftOut = items(ranking, 'leftOut').map(String);
    if (leftOut.length > 0) section.append(el('p', {}, fill(word('leftOut'), { names: leftOut.join(', ') })));
    const widest = part(ranking, 'widest');
    if (withNeeds)
      section.append(
        el(
          'p',
          {},
          fill(word('needed'), {
            n: Number(part(ranking, 'battlesNeeded')),
            pairs: Number(part(ranking, 'pairsNeeded')),
            widest: typeof widest === 'number' ? widest.toFixed(0) : '-',
          }),
        ),
      );
  }
  return section;
}

function table(models: readonly unknown[], word: (key: string) => string): HTMLElement {
  const head = ['rank', 'model', 'score', 'interval', 'battles'].map((key) => el('th', { scope: 'col' }, word(key)));
  const rows = models.map((m, i) => {
    const number = (name: string): number => Number(part(m, name));
    const [low, high] = [number('rankLow'), number('rankHigh')];
    return el(
      'tr',
      {},
      el('td', {}, low === high ? String(i + 1) : `${i + 1} (${low}-${high})`),
      el('th', { scope: 'row' }, field(m, 'model')),
      el('td', { class: 'number' }, number('score').toFixed(0)),
      el('td', { class: 'number' }, `${number('low').toFixed(0)}-${number('high').toFixed(0)}`),
      el('td', { class: 'number' }, String(number('battles'))),
    );
  });
  return el('div', { class: 'scroll', tabindex: '0' }, el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...rows)));
}
