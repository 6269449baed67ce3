/// <reference lib="dom" />
/** The ranking as tables, one a question. */

import type { ArenaModel } from '../../arena/fit-schema.js';
import { h } from '../../page/dom.js';
import type { LiveRanking } from '../ranking.js';
import { word } from './frame.js';

/**
 * Returns the tables of all questions; with `needs`, also how many battles are missing.
 */
export function rankingTables(rankings: readonly LiveRanking[], needs: boolean): HTMLElement {
  const parts = rankings.flatMap(({ question, models, leftOut, battlesNeeded, pairsNeeded, widest }) => [
    h('h3', {}, word(`question.${question}`)),
    models.length === 0 ? h('p', {}, word('noRanking')) : rankingTable(models),
    leftOut.length === 0 ? null : h('p', {}, word('leftOut', { names: leftOut.join(', ') })),
    needs ? h('p', {}, word('needed', { n: battlesNeeded, pairs: pairsNeeded, widest: widest?.toFixed(0) ?? '-' })) : null,
  ]);
  return h('section', {}, h('h2', {}, word('ranking')), ...parts);
}

function rankingTable(models: readonly ArenaModel[]): HTMLElement {
  const rows = models.map(({ model, score, low, high, battles, rank, rank_low: best, rank_high: worst }) =>
    h(
      'tr',
      {},
      h('td', {}, best === worst ? String(rank) : `${rank} (${best}-${worst})`),
      h('th', { scope: 'row' }, model),
      ...[score.toFixed(0), `${low.toFixed(0)}-${high.toFixed(0)}`, String(battles)].map((text) => h('td', { class: 'number' }, text)),
    ),
  );
  return table(['rank', 'model', 'score', 'interval', 'battles'], rows);
}

/**
 * Returns a table that scrolls where it is too wide; `head` are keys of words.
 */
export function table(head: readonly string[], rows: readonly HTMLElement[], id: string | null = null): HTMLElement {
  const titles = head.map((key) => h('th', { scope: 'col' }, word(key)));
  const made = h('table', { id }, h('thead', {}, h('tr', {}, ...titles)), h('tbody', {}, ...rows));
  return h('div', { class: 'scroll', tabindex: '0' }, made);
}
