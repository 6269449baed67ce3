/// <reference lib="dom" />
/** The arena: ranking with intervals, what it has to do with the benchmarks, and who wins against whom. */

import { at } from '../../at.js';
import { languageMean } from '../../leaderboard/language-mean.js';
import { h } from '../../page/dom.js';
import { numberText, percentText } from '../../page/words.js';
import type { BoardModel } from '../board.js';
import { LANGUAGES } from '../columns.js';
import type { ArenaPart } from '../page-data.js';
import { rankText } from '../statistics.js';
import { type Context, languageName, scoreText, seen } from './context.js';
import { choice, figure, scrolledTable } from './figure.js';
import { fits, isFound, searchText } from './models.js';
import { chart, groupsOf, pointOf } from './pictures.js';

/**
 * Returns the section of the arena, one part a question; the filters hold for it as well.
 */
export function arenaSection(context: Context): HTMLElement {
  const { data, t } = context;
  return h(
    'div',
    {},
    ...data.arena.flatMap((part) => [
      h('h3', { class: 'question' }, `${t('question')}: ${t(`question.${part.scores.question}`)}`),
      ranking(part, context),
      ...(data.pictures ? [againstBenchmarks(part, context)] : []),
      matrix(part, context),
    ]),
  );
}

function modelOf(part: ArenaPart, name: string, { data }: Context): BoardModel | null {
  const shown = Object.hasOwn(part.models, name) ? part.models[name] : undefined;
  return data.board.models.find((m) => m.model === shown) ?? null;
}

function nameOf(part: ArenaPart, name: string, context: Context): string {
  return seen(modelOf(part, name, context)?.model ?? name);
}

/** Models of the arena that the filters leave; one without results here is found by its name alone. */
function shownNames(part: ArenaPart, names: readonly string[], context: Context): string[] {
  const { state } = context;
  return names.filter((name) => {
    const model = modelOf(part, name, context);
    return model === null ? isFound(state.search, searchText([name])) && state.family === '' && state.prompt === '' : fits(model, state);
  });
}

function ranking(part: ArenaPart, context: Context): HTMLElement {
  const { t, state } = context;
  const { fit, scores } = part;
  const level = percentText(fit?.level ?? 0.95, state.language, 0);
  const whole = (x: number): string => numberText(Math.round(x), state.language);
  const entries = fit?.models ?? [...scores.scores].sort((a, b) => b.score - a.score);
  const shown = new Set(
    shownNames(
      part,
      entries.map((m) => m.model),
      context,
    ),
  );
  const rows = entries.flatMap((m, i) => {
    if (!shown.has(m.model)) return [];
    const ranked = fit === null ? undefined : at(fit.models, i);
    const own = nameOf(part, m.model, context);
    const found = modelOf(part, m.model, context);
    const under = found === null ? t('noResults') : own === seen(m.model) ? '' : seen(m.model);
    return [
      h(
        'tr',
        {},
        h('td', { class: 'num' }, ranked === undefined ? String(i + 1) : rankText({ low: ranked.rank_low, high: ranked.rank_high })),
        h(
          'th',
          { scope: 'row', class: 'name' },
          found === null
            ? own
            : h('button', { type: 'button', class: 'model', onclick: () => context.change({ model: found.model }) }, own),
          under !== '' && h('span', { class: 'small' }, under),
        ),
        h('td', { class: 'num strong' }, whole(m.score)),
        h('td', { class: 'num' }, m.low === null || m.high === null ? '—' : `${whole(m.low)}–${whole(m.high)}`),
        ...(ranked === undefined
          ? []
          : [
              h('td', { class: 'num lesser' }, whole(ranked.battles)),
              h('td', { class: 'num lesser' }, percentText(ranked.win_share, state.language)),
            ]),
      ),
    ];
  });
  const heads = [t('rank'), t('modelHead'), t('score'), t('interval', { level }), ...(fit === null ? [] : [t('battles'), t('wins')])];
  const label = `${t('arena')}: ${t(`question.${scores.question}`)}`;
  return h(
    'div',
    {},
    fit !== null && h('p', { class: 'soft' }, t('arenaAbout', { battles: fit.battles, level })),
    fit !== null && fit.left_out.length > 0 && h('p', { class: 'soft' }, t('leftOutOfScale', { names: fit.left_out.map(seen).join(', ') })),
    scrolledTable(
      label,
      'plain arena',
      heads.map((head, i) => h('th', { scope: 'col', class: i > 3 ? 'lesser' : null }, head)),
      rows,
    ),
  );
}

/** The correlation for each language, and the picture of the one that the reader chose. */
function againstBenchmarks(part: ArenaPart, context: Context): HTMLElement {
  const { t, state, change } = context;
  const compared = new Set(part.compared);
  const found = LANGUAGES.flatMap((language) => {
    const row = part.rho.find((r) => r.language === language);
    const models = part.scores.scores.flatMap((score) => {
      const model = modelOf(part, score.model, context);
      // The same models and the same means as the correlation has.
      const mean = model === null ? null : languageMean(model, language, true);
      return model === null || mean === null || !compared.has(model.model) ? [] : [{ model, score, mean }];
    });
    return row === undefined || models.length === 0 ? [] : [{ language, row, models }];
  });
  const shown = found.find(({ language }) => language === state.versus) ?? found[0];
  if (shown === undefined) return h('div');
  const groups = groupsOf(
    shown.models.map(({ model }) => model),
    context,
  );
  const points = shown.models.map(({ model, score, mean }) => {
    const yError = score.low === null || score.high === null ? null : (score.high - score.low) / 2;
    const says = `${scoreText(mean, state.language)}, ${numberText(Math.round(score.score), state.language)}`;
    return pointOf(model, groups, { x: mean, y: score.score, xError: null, yError }, says);
  });
  const name = languageName(shown.language, t);
  const summary = `${name}: ${rhoText(shown.row, context)}. ${points.map((p) => p.title).join('; ')}`;
  const rows = found.map(({ language, row }) =>
    h('li', {}, h('span', {}, languageName(language, t)), h('span', { class: 'rho' }, rhoText(row, context))),
  );
  return figure(
    t('rho'),
    t('rhoAbout'),
    [
      choice(
        t('language'),
        found.map(({ language }) => ({ value: language, text: languageName(language, t) })),
        shown.language,
        (value) => change({ versus: value }),
        `versus-${part.scores.question}`,
      ),
    ],
    h(
      'div',
      {},
      h('ul', { class: 'rhos' }, ...rows),
      chart(points, groups, context, { xLabel: t('averageOf', { language: name }), yLabel: t('arenaScore'), summary }),
    ),
  );
}

function rhoText({ rho, p, n }: ArenaPart['rho'][number], { t, state }: Context): string {
  if (rho === null || p === null) return t('rhoNone', { n });
  const text = p < 0.0001 ? `< ${numberText(0.0001, state.language, 4)}` : `= ${numberText(p, state.language, 4)}`;
  return t('rhoValue', { rho: numberText(rho, state.language, 3), p: text, n });
}

function matrix(part: ArenaPart, context: Context): HTMLElement {
  const { t, state } = context;
  const shares = part.fit?.win_shares;
  if (shares === undefined || shares.models.length === 0) return h('div');
  const kept = new Set(shownNames(part, shares.models, context));
  const places = shares.models.flatMap((name, i) => (kept.has(name) ? [i] : []));
  const name = (i: number): string => nameOf(part, at(shares.models, i), context);
  const rows = places.map((i) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row', class: 'name' }, name(i)),
      ...places.map((j) => {
        const share = at(at(shares.share, i), j);
        if (share === null) return h('td', { class: 'missing' }, h('span', { class: 'sr' }, t('missing')), i === j ? '' : '—');
        const title = `${name(i)} / ${name(j)}: ${percentText(share, state.language)}, ${numberText(at(at(shares.battles, i), j), state.language)}`;
        const td = h('td', { class: share >= 0.5 ? 'wins' : 'loses', title }, numberText(100 * share, state.language, 0));
        td.style.setProperty('--t', Math.min(1, Math.abs(share - 0.5) * 2).toFixed(3));
        return td;
      }),
    ),
  );
  const label = t('winShares');
  const heads = [
    h('th', { scope: 'col', class: 'name' }, t('modelHead')),
    ...places.map((j) => h('th', { scope: 'col' }, h('span', {}, name(j)))),
  ];
  return figure(label, t('winSharesAbout'), [], scrolledTable(label, 'plain matrix', heads, rows));
}
