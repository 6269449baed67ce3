/** Pictures, drawn by Observable Plot into SVG without a browser. Import this file only when pictures are wanted: it loads Plot and jsdom. */
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';
import type { ArenaScores } from '../arena/scores.js';
import { spearman } from '../arena/spearman.js';
import type { Language } from '../types.js';
import { byCategory, LANGUAGE_NAMES, LANGUAGES } from './benchmarks.js';
import type { Board } from './board.js';
import { languageMean, matchModels } from './correlate.js';
import { placeLabels } from './labels.js';
import { ranked } from './order.js';
import { extent } from './statistics.js';

/** One picture: `svg` is a complete `<svg>` element, `summary` says in words what it shows. */
export interface Picture {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly svg: string;
}

const WIDTH = 920;
const HEIGHT = 600;
const MARGIN = { marginLeft: 56, marginRight: 24, marginTop: 28, marginBottom: 48 };
const FONT = 11.5;
/** Colours of the page with a fallback for the file by itself (Okabe and Ito's palette, safe for colour-blind eyes). */
const INK = 'var(--ink, #1d2430)';
const SOFT = 'var(--soft, #5b6472)';
const LINE = 'var(--line, #d5d9e0)';
const POINT = 'var(--blue, #0072b2)';
const OTHER = 'var(--orange, #b35900)';
/** Models in a category profile. */
const MOST_PROFILES = 40;

/**
 * Returns Basque against English averages, or with a base model what was gained and lost against it; null with fewer than two models.
 */
export function tradeOff(board: Board): Picture | null {
  const points = board.models.flatMap((m) => {
    const { eu, en } = m.averages;
    if (!eu?.complete || !en?.complete) return [];
    if (board.base === null) return [{ model: m.model, x: en.value, y: eu.value }];
    return en.gain === null || eu.gain === null ? [] : [{ model: m.model, x: en.gain, y: eu.gain }];
  });
  if (points.length < 2) return null;
  const gains = board.base !== null;
  const marks = gains
    ? [Plot.ruleX([0], { stroke: SOFT, strokeDasharray: '3,4' }), Plot.ruleY([0], { stroke: SOFT, strokeDasharray: '3,4' })]
    : [];
  const svg = scatter(points, {
    x: gains ? 'English: points gained or lost' : 'English average',
    y: gains ? 'Basque: points gained or lost' : 'Basque average',
    marks,
    highlight: board.base,
    signed: gains,
  });
  const better = points.filter((p) => p.y > 0).length;
  const worse = points.filter((p) => p.y > 0 && p.x < 0).length;
  const summary = gains
    ? `Against ${board.base}: ${better} of ${points.length - 1} models gain in Basque, ${worse} of them lose in English.`
    : `Basque against English averages of ${points.length} models.`;
  return picture('trade-off', gains ? `Gained and lost against ${board.base}` : 'Basque against English', summary, svg);
}

/**
 * Returns the profile of a language: for every model its mean in each category, against the median of all models; null when no model has all of them.
 */
export function profile(board: Board, language: Language): Picture | null {
  const categories = byCategory(board.benchmarks, language)
    .map(([category]) => category)
    .filter((c) => c !== 'bias');
  const models = ranked(board.models, language)
    .filter((m) => categories.filter((c) => m.categories[language][c] != null).length >= 2)
    .slice(0, MOST_PROFILES);
  if (models.length === 0 || categories.length < 2) return null;
  const columns = 4;
  const cells = models.flatMap((m, i) =>
    categories.flatMap((category) => {
      const value = m.categories[language][category];
      return value == null ? [] : [{ model: m.model, category, value, fx: i % columns, fy: Math.floor(i / columns) }];
    }),
  );
  const medians = new Map(categories.map((c) => [c, median(cells.flatMap((d) => (d.category === c ? [d.value] : [])))]));
  const compared = cells.map((d) => {
    const middle = medians.get(d.category) ?? d.value;
    return { ...d, median: middle, color: d.value < middle ? OTHER : POINT, shape: d.value < middle ? 'diamond' : 'circle' };
  });
  const rows = Math.ceil(models.length / columns);
  const low = Math.max(0, 10 * Math.floor(extent(cells.map((d) => d.value))[0] / 10 - 0.5));
  const titles = models.map((m, i) => ({ text: shorten(m.model, 27), full: m.model, fx: i % columns, fy: Math.floor(i / columns) }));
  const plot = Plot.plot({
    document: new JSDOM('').window.document,
    width: 1040,
    height: 40 + rows * (34 + 15 * categories.length),
    marginLeft: 152,
    marginRight: 22,
    marginTop: 26,
    marginBottom: 34,
    style: { fontSize: '10.5px', background: 'transparent', color: SOFT, fontFamily: 'var(--sans, system-ui, sans-serif)' },
    x: { label: null, domain: [low, 100], ticks: [25, 50, 75], tickSize: 0 },
    y: { label: null, domain: categories, tickSize: 0, padding: 0.3 },
    fx: { axis: null, padding: 0.07 },
    fy: { axis: null, padding: 0.26 },
    marks: [
      Plot.ruleX(
        [25, 50, 75].filter((v) => v > low),
        { stroke: LINE, strokeWidth: 0.75 },
      ),
      Plot.axisX({ anchor: 'bottom', ticks: [25, 50, 75].filter((v) => v > low), tickSize: 0, facetAnchor: 'bottom', label: null }),
      Plot.axisY({ anchor: 'left', tickSize: 0, label: null, facetAnchor: 'left' }),
      Plot.link(compared, {
        fx: 'fx',
        fy: 'fy',
        x1: 'median',
        x2: 'value',
        y1: 'category',
        y2: 'category',
        stroke: 'color',
        strokeWidth: 2.5,
        strokeOpacity: 0.55,
      }),
      Plot.tickX(compared, { fx: 'fx', fy: 'fy', x: 'median', y: 'category', stroke: SOFT, strokeWidth: 1.5, inset: -1 }),
      Plot.dot(compared, {
        fx: 'fx',
        fy: 'fy',
        x: 'value',
        y: 'category',
        r: 3.6,
        fill: 'color',
        symbol: 'shape',
        title: (d: (typeof compared)[number]) => `${d.model}, ${d.category}: ${d.value.toFixed(1)} (median ${d.median.toFixed(1)})`,
      }),
      Plot.text(titles, {
        fx: 'fx',
        fy: 'fy',
        text: 'text',
        title: 'full',
        frameAnchor: 'top-left',
        dy: -15,
        fill: INK,
        fontWeight: 600,
        fontSize: 11.5,
      }),
    ],
    color: { type: 'identity' },
  });
  const summary = `Mean per category for ${models.length} models, best first. Tick: median of these models. Blue circle: above or at it; orange diamond: below.`;
  return picture(`profile-${language}`, `${LANGUAGE_NAMES[language]} by category`, summary, outer(plot));
}

/**
 * Returns arena scores against the average of every language, one picture for each question and language that at least three models have both of.
 */
export function arenaPictures(
  board: Board,
  arenas: readonly ArenaScores[],
  options: { readonly bias: boolean; readonly allSizes: boolean },
): Picture[] {
  return arenas.flatMap((arena) => {
    const scores = new Map(arena.scores.map((s) => [s.model, s]));
    const { matched } = matchModels(
      board,
      arena.scores.map((s) => s.model),
      options.allSizes,
    );
    return LANGUAGES.flatMap((language) => {
      const points = matched.flatMap(({ model, arena: name }) => {
        const [y, x] = [scores.get(name), languageMean(model, language, options.bias)];
        return y === undefined || x === null ? [] : [{ model: model.model, x, y: y.score, low: y.low, high: y.high }];
      });
      const result = spearman(
        points.map((p) => p.y),
        points.map((p) => p.x),
      );
      if (result === null) return [];
      const bars = points.filter((p) => p.low !== null && p.high !== null);
      const svg = scatter(points, {
        x: `${LANGUAGE_NAMES[language]} average${options.bias ? ' (with the bias benchmark)' : ''}`,
        y: `Arena score (${arena.question})`,
        marks: [Plot.link(bars, { x1: 'x', x2: 'x', y1: 'low', y2: 'high', stroke: POINT, strokeOpacity: 0.35, strokeWidth: 2 })],
        highlight: null,
        signed: false,
      });
      const p = result.p < 0.0001 ? 'p < 0.0001' : `p = ${result.p.toFixed(4)}`;
      const summary = `Spearman's rho ${result.rho.toFixed(3)}, ${p}, ${result.n} models.`;
      return [
        picture(`${arena.question}-${language}`, `Arena (${arena.question}) against ${LANGUAGE_NAMES[language]} benchmarks`, summary, svg),
      ];
    });
  });
}

interface ScatterPoint {
  readonly model: string;
  readonly x: number;
  readonly y: number;
  readonly low?: number | null;
  readonly high?: number | null;
}

function scatter(
  points: readonly ScatterPoint[],
  options: {
    readonly x: string;
    readonly y: string;
    readonly marks: Plot.Markish[];
    readonly highlight: string | null;
    readonly signed: boolean;
  },
): string {
  const [xs, ys] = [points.map((p) => p.x), points.flatMap((p) => [p.y, p.low ?? p.y, p.high ?? p.y])];
  const [xDomain, yDomain] = [padded(xs), padded(ys)];
  const inner = { width: WIDTH - MARGIN.marginLeft - MARGIN.marginRight, height: HEIGHT - MARGIN.marginTop - MARGIN.marginBottom };
  const px = (x: number) => ((x - xDomain[0]) / (xDomain[1] - xDomain[0])) * inner.width;
  const py = (y: number) => inner.height - ((y - yDomain[0]) / (yDomain[1] - yDomain[0])) * inner.height;
  const labels = placeLabels(
    points.map((p) => ({ x: px(p.x), y: py(p.y), text: shorten(p.model, 34) })),
    { ...inner, font: FONT, radius: 4 },
  ).filter((l) => l.text !== '');
  const sign = options.signed ? '+.1~f' : undefined;
  const texts = (['start', 'middle', 'end'] as const).map((anchor) =>
    Plot.text(
      labels.filter((l) => l.anchor === anchor),
      {
        x: (l) => xDomain[0] + (l.labelX / inner.width) * (xDomain[1] - xDomain[0]),
        y: (l) => yDomain[0] + (1 - l.labelY / inner.height) * (yDomain[1] - yDomain[0]),
        text: 'text',
        textAnchor: anchor,
        fill: INK,
        fontSize: FONT,
      },
    ),
  );
  const plot = Plot.plot({
    document: new JSDOM('').window.document,
    width: WIDTH,
    height: HEIGHT,
    ...MARGIN,
    style: { fontSize: '11.5px', background: 'transparent', color: SOFT, fontFamily: 'var(--sans, system-ui, sans-serif)' },
    x: { domain: xDomain, label: options.x, tickSize: 0, labelAnchor: 'right', ...(sign === undefined ? {} : { tickFormat: sign }) },
    y: { domain: yDomain, label: options.y, tickSize: 0, ...(sign === undefined ? {} : { tickFormat: sign }) },
    color: { type: 'identity' },
    marks: [
      Plot.gridX({ stroke: LINE, strokeOpacity: 1 }),
      Plot.gridY({ stroke: LINE, strokeOpacity: 1 }),
      ...options.marks,
      Plot.dot(points, {
        x: 'x',
        y: 'y',
        r: 4.5,
        fill: (d) => (d.model === options.highlight ? OTHER : POINT),
        stroke: 'var(--paper, #fff)',
        strokeWidth: 1,
        title: (d) => `${d.model}: ${d.x.toFixed(1)}, ${d.y.toFixed(1)}`,
      }),
      ...texts,
    ],
  });
  return outer(plot);
}

function padded(values: readonly number[]): [number, number] {
  const [low, high] = extent(values);
  const pad = (high - low || 1) * 0.08;
  return [low - pad, high + pad];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function shorten(text: string, most: number): string {
  const letters = [...text.replace(/\p{Cc}+/gu, ' ')];
  return letters.length <= most ? letters.join('') : `${letters.slice(0, most - 1).join('')}…`;
}

function outer(plot: Element): string {
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return plot.outerHTML;
}

/** Gives the picture a name and a description for screen readers. */
function picture(name: string, title: string, summary: string, svg: string): Picture {
  const document = new JSDOM(`<body>${svg}</body>`).window.document;
  const element = document.querySelector('svg');
  // Plot labels its groups for screen readers, which only see the whole as one picture.
  for (const inner of element?.querySelectorAll('[aria-label], [aria-hidden], [aria-description]') ?? []) {
    for (const name of ['aria-label', 'aria-hidden', 'aria-description']) inner.removeAttribute(name);
  }
  element?.setAttribute('role', 'img');
  element?.setAttribute('aria-label', `${title}. ${summary}`);
  return { name, title, summary, svg: element?.outerHTML ?? svg };
}
