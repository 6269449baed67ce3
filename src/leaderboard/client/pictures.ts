/// <reference lib="dom" />
/** The charts: two measures against each other, over time, and the heat map. They show the models that the filters leave. */
import { h } from '../../page/dom.js';
import { type SvgNode, s, svgElement } from '../../page/svg.js';
import { numberText } from '../../page/words.js';
import type { BoardModel } from '../board.js';
import { heatMap } from '../charts/heat-map.js';
import { dayOf } from '../charts/scale.js';
import { MOST_GROUPS, mark, type Scatter, type ScatterOptions, type ScatterPoint, scatter } from '../charts/scatter.js';
import { labelOf } from '../columns.js';
import { differ, type Score, Z } from '../statistics.js';
import { type Column, choicesOf, releasedText } from './columns.js';
import { type Context, languageName, levelText, scoreText, seen, signedText, withError } from './context.js';
import { againstBase } from './details.js';
import { choice, type Drawn, drawing, figure } from './figure.js';

/** Families by how many models they have; the last place is for all others. */
export interface Groups {
  readonly names: readonly string[];
  of(model: BoardModel): number;
}

/**
 * Returns the groups of models that charts tell apart by colour and shape: their families.
 */
export function groupsOf(models: readonly BoardModel[], { t }: Context): Groups {
  const counts = new Map<string, number>();
  for (const m of models) if (m.facts.family !== null) counts.set(m.facts.family, (counts.get(m.facts.family) ?? 0) + 1);
  const families = [...counts].sort(([a, n], [b, k]) => k - n || (a < b ? -1 : 1)).map(([family]) => family);
  const own = families.slice(0, MOST_GROUPS - 1);
  const rest = families.length > own.length || models.some((m) => m.facts.family === null);
  const names = [...own.map(seen), ...(rest ? [t('others')] : [])];
  return {
    names,
    of: (m) => {
      const at = own.indexOf(m.facts.family ?? '');
      return at < 0 ? own.length : at;
    },
  };
}

/** A scatter with its legend and the names that found no room in it. */
function withLegend({ svg, numbered }: Scatter, groups: Groups, used: ReadonlySet<number>, { t }: Context): Drawn {
  const below: HTMLElement[] = [];
  if (used.size > 1) {
    const items = groups.names.flatMap((name, i) => (used.has(i) ? [h('li', {}, svgElement(legendKey(i)), name)] : []));
    below.push(h('ul', { class: 'legend', 'aria-label': t('legend') }, ...items));
  }
  if (numbered.length > 0) below.push(h('ol', { class: 'numbered' }, ...numbered.map((name) => h('li', {}, name))));
  return { svg, below };
}

function legendKey(group: number): SvgNode {
  return s('svg', { width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true' }, mark(group, 8, 8, 5, ''));
}

/**
 * Returns the section of charts over some models.
 */
export function picturesSection(models: readonly BoardModel[], columns: readonly Column[], context: Context): HTMLElement {
  const groups = groupsOf(models, context);
  const [first, second] = models;
  // Of two models people want to know where they differ.
  const pair = models.length === 2 && first !== undefined && second !== undefined ? againstBase(first, { ...context, base: second }) : null;
  const dated = models.filter((m) => m.facts.released !== null).length >= 2;
  return h(
    'div',
    { class: 'pictures' },
    pair,
    tradeOff(models, columns, groups, context),
    dated ? timeline(models, columns, groups, context) : null,
    heat(models, columns, context),
  );
}

function tradeOff(models: readonly BoardModel[], columns: readonly Column[], groups: Groups, context: Context): HTMLElement {
  const { t, state, base, change } = context;
  const measures = columns.filter((c) => c.kind === 'average' || c.kind === 'benchmark' || c.key === 'size' || c.key === 'cost');
  const scores = measures.filter((c) => c.kind !== 'fact');
  // Small boards have no complete average: then the first measures that models share.
  const shared = scores.filter((c) => models.filter((m) => c.score(m) !== null).length >= 2);
  const known = (key: string): Column | undefined => [...shared, ...measures.filter((c) => c.kind === 'fact')].find((c) => c.key === key);
  const y = known(state.y) ?? shared[0] ?? scores[0];
  const x = known(state.x) ?? shared.find((c) => c !== y) ?? scores[0];
  if (x === undefined || y === undefined) return h('p', {}, t('tooFew'));
  const across = (m: BoardModel): Score | null => (x.kind === 'fact' ? factScore(x, m) : x.score(m));
  const [baseX, baseY] = base === null || x.kind === 'fact' ? [null, null] : [x.score(base), y.score(base)];
  const relative = base !== null && baseX !== null && baseY !== null;
  const number = (value: number): string => (relative ? signedText(value, state.language) : scoreText(value, state.language));
  const points = models.flatMap((m): ScatterPoint[] => {
    const [right, up] = [across(m), y.score(m)];
    if (right === null || up === null) return [];
    const place = { x: right.value - (relative ? baseX.value : 0), y: up.value - (relative ? baseY.value : 0) };
    const errors = { xError: intervalOf(right), yError: intervalOf(up) };
    return [pointOf(m, groups, { ...place, ...errors }, `${number(place.x)}, ${number(place.y)}`)];
  });
  const suffix = relative ? ` − ${seen(base.model)}` : '';
  const summary = `${t('tradeOff')}: ${x.full}, ${y.full}. ${points.map((p) => p.title).join('; ')}`;
  const unit = x.key === 'size' ? ` (${t('billions', { x: '' }).trim()})` : '';
  return figure(
    t('tradeOff'),
    t('tradeOffAbout', { level: levelText(state.language) }),
    [
      choice(t('across'), choicesOf(measures), x.key, (value) => change({ x: value }), 'axis-x'),
      choice(t('up'), choicesOf(scores), y.key, (value) => change({ y: value }), 'axis-y'),
    ],
    chart(points, groups, context, { xLabel: x.full + unit + suffix, yLabel: y.full + suffix, signed: relative, summary }),
  );
}

type Place = Pick<ScatterPoint, 'x' | 'y' | 'xError' | 'yError'>;

/**
 * Returns a model as a point; `says` are its values as text.
 */
export function pointOf(model: BoardModel, groups: Groups, place: Place, says: string): ScatterPoint {
  const name = seen(model.model);
  return { name, group: groups.of(model), ...place, title: `${name}: ${says}` };
}

/** Half the width of the interval of a score. */
function intervalOf({ stderr }: Score): number | null {
  return stderr === null ? null : Z * stderr;
}

function factScore(column: Column, model: BoardModel): Score | null {
  const value = column.sortValue(model);
  return typeof value === 'number' ? { value: column.key === 'size' ? value / 1e9 : value, stderr: null } : null;
}

/**
 * Returns a scatter that is drawn for its width, or a remark where there are fewer than two points.
 */
export function chart(
  points: readonly ScatterPoint[],
  groups: Groups,
  context: Context,
  options: Omit<ScatterOptions, 'width' | 'number'>,
): HTMLElement {
  const { t, state } = context;
  if (points.length < 2) return h('p', { class: 'empty' }, t('tooFew'));
  const number = (x: number): string => numberText(x, state.language, Number.isInteger(x) ? 0 : Math.abs(x) < 1 ? 2 : 1);
  return drawing((width) =>
    withLegend(scatter(points, { ...options, width, number }), groups, new Set(points.map((p) => p.group)), context),
  );
}

/** Models without a date that are named. */
const MOST_UNDATED = 8;

function timeline(models: readonly BoardModel[], columns: readonly Column[], groups: Groups, context: Context): HTMLElement {
  const { t, state, change } = context;
  const scores = columns.filter((c) => c.kind === 'average' || c.kind === 'benchmark');
  const y = scores.find((c) => c.key === state.over) ?? scores[0];
  if (y === undefined) return h('p', {}, t('tooFew'));
  const scored = models.filter((m) => y.score(m) !== null);
  const undated = scored.filter((m) => m.facts.released === null).map((m) => seen(m.model));
  const points = scored.flatMap((m): ScatterPoint[] => {
    const [score, { released }] = [y.score(m), m.facts];
    if (score === null || released === null) return [];
    const place = { x: dayOf(released), y: score.value, xError: null, yError: intervalOf(score) };
    return [pointOf(m, groups, place, `${releasedText(released, state.language)}, ${scoreText(score.value, state.language)}`)];
  });
  const summary = `${t('timeline')}: ${y.full}. ${points.map((p) => p.title).join('; ')}`;
  const more = undated.length > MOST_UNDATED ? `, … (${undated.length})` : '';
  const missing = undated.length === 0 ? '' : ` ${t('undated', { names: undated.slice(0, MOST_UNDATED).join(', ') + more })}`;
  return figure(
    t('timeline'),
    t('timelineAbout') + missing,
    [choice(t('up'), choicesOf(scores), y.key, (value) => change({ over: value }), 'over')],
    chart(points, groups, context, { xLabel: t('released'), yLabel: y.full, time: true, best: true, summary }),
  );
}

/** From here on all languages stand side by side. */
const ALL_FROM = 900;

function heat(models: readonly BoardModel[], columns: readonly Column[], context: Context): HTMLElement {
  const { t, state, change, data } = context;
  const scores = columns.filter((c) => c.kind === 'benchmark');
  const languages = [...new Set(scores.map((c) => c.language).filter((l) => l !== null))];
  const which = state.heat ?? (window.innerWidth >= ALL_FROM ? 'all' : (languages[0] ?? 'all'));
  const shown = scores.filter((c) => which === 'all' || c.language === which);
  const best = new Map(
    shown.map((c) => {
      const all = data.board.models.flatMap((m) => c.score(m) ?? []);
      return [c.key, all.sort((a, b) => (c.lowerIsBetter ? a.value - b.value : b.value - a.value))[0] ?? null];
    }),
  );
  const rows = models
    .filter((m) => shown.some((c) => m.cells[c.key] !== undefined))
    .map((m) => ({
      name: seen(m.model),
      cells: shown.map((c) => {
        const cell = m.cells[c.key];
        if (cell === undefined) return null;
        const chance = data.facts[c.key]?.chance ?? 0;
        const top = best.get(c.key) ?? null;
        return {
          share: c.benchmark?.own === true ? 0.3 : (cell.value - chance) / (100 - chance),
          text: numberText(cell.value, state.language, 0),
          top: top !== null && cell.mark === null && cell.stderr !== null && !differ(cell, top),
          title: `${seen(m.model)}, ${c.full}: ${withError(cell, state.language)}`,
        };
      }),
    }));
  if (rows.length === 0) return h('p', { class: 'empty' }, t('tooFew'));
  const heads = shown.map((c) => ({ label: seen(labelOf(c.key)), group: which === 'all' ? (c.language ?? '') : c.group }));
  const summary = `${t('heatMap')}: ${rows.length} × ${shown.length}. ${t('heatAbout')}`;
  const options = [{ value: 'all', text: t('everyLanguage') }, ...languages.map((l) => ({ value: l, text: languageName(l, t) }))];
  return figure(
    t('heatMap'),
    t('heatAbout'),
    languages.length < 2
      ? []
      : [
          choice(
            t('language'),
            options,
            which,
            (value) => change({ heat: value === 'eu' || value === 'en' || value === 'es' ? value : 'all' }),
            'heat',
          ),
        ],
    drawing((width) => ({ svg: heatMap(heads, rows, { width, summary }) })),
  );
}
