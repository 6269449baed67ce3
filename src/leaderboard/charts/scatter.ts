/** Points with error bars and names: two measures against each other, or a measure over time. */
import { at } from '../../at.js';
import { type SvgNode, s } from '../../page/svg.js';
import { FONT, picture } from './frame.js';
import { type Box, fitted, type Label, placeLabels } from './labels.js';
import { dayTicks, linear, padded, type Scale, ticks } from './scale.js';

export interface ScatterPoint {
  readonly name: string;
  /** Points of a group share colour and shape; an index into the legend. */
  readonly group: number;
  readonly x: number;
  readonly y: number;
  /** Half widths of the intervals; null where there are none. */
  readonly xError: number | null;
  readonly yError: number | null;
  /** What a pointer that rests on it says. */
  readonly title: string;
}

export interface ScatterOptions {
  readonly width: number;
  readonly xLabel: string;
  readonly yLabel: string;
  /** x counts days since the epoch. */
  readonly time?: boolean;
  /** Draws lines at zero, and signs. */
  readonly signed?: boolean;
  /** Draws the best value so far as steps. */
  readonly best?: boolean;
  readonly number: (value: number) => string;
  /** What the picture shows, for who does not see it. */
  readonly summary: string;
}

export interface Scatter {
  readonly svg: SvgNode;
  /** Names that stand below the picture because there was no room in it, in the order of their numbers, which are from 1. */
  readonly numbered: readonly string[];
}

/** Below this width points carry numbers: names would cover one another. */
const NAMES_FROM = 620;
const MOST_WIDTH = 220;
/** More names than this are numbers as well. */
const MOST_NAMES = 45;

/**
 * Returns the picture at a width in pixels, its texts at their true size.
 */
export function scatter(points: readonly ScatterPoint[], options: ScatterOptions): Scatter {
  const { width } = options;
  const height = Math.round(Math.min(620, Math.max(320, width * 0.6)));
  const inner = { left: 46, right: width - 14, top: 14, bottom: height - 46 };
  const x = linear(padded(points.flatMap((p) => [p.x - (p.xError ?? 0), p.x + (p.xError ?? 0)])), [inner.left, inner.right]);
  const y = linear(padded(points.flatMap((p) => [p.y - (p.yError ?? 0), p.y + (p.yError ?? 0)])), [inner.bottom, inner.top]);
  const { labels, numbered } = namesOf(points, x, y, inner, width);
  const svg = picture({ width, height, summary: options.summary }, '', [
    ...axes(x, y, inner, options),
    ...(options.best === true ? [bestSoFar(points, x, y, inner.right)] : []),
    s('g', { class: 'errors' }, ...points.flatMap((p) => errorBars(p, x, y))),
    s('g', {}, ...points.map((p) => mark(p.group, x(p.x), y(p.y), 4.5, p.title))),
    s(
      'g',
      { class: 'names', 'font-size': FONT },
      ...labels.flatMap((l) => [
        ...(l.led ? [s('line', { class: 'leader', x1: l.x, y1: l.y, x2: l.labelX, y2: l.labelY })] : []),
        s('text', { x: l.labelX, y: l.labelY, 'text-anchor': l.anchor, dy: '0.35em' }, l.text),
      ]),
    ),
  ]);
  return { svg, numbered };
}

/** Names beside their points; those without room get a number there and stand below the picture. */
function namesOf(
  points: readonly ScatterPoint[],
  x: Scale,
  y: Scale,
  inner: Box,
  width: number,
): { labels: Label[]; numbered: Scatter['numbered'] } {
  const place = (textOf: (point: ScatterPoint) => string, before: readonly Label<ScatterPoint>[]): Label<ScatterPoint>[] =>
    placeLabels(
      points.map((p) => ({ x: x(p.x), y: y(p.y), text: textOf(p), of: p })),
      { ...inner, font: FONT, radius: 4.5 },
      before,
    ).filter((l) => l.text !== '');
  const names = width < NAMES_FROM || points.length > MOST_NAMES ? [] : place((p) => fitted(p.name, MOST_WIDTH, FONT), []);
  const named = new Set(names.map((l) => l.of));
  // From left to right, so that a number is found again.
  const rest = points.filter((p) => !named.has(p)).sort((a, b) => a.x - b.x);
  const numbers = new Map(rest.map((p, i) => [p, String(i + 1)]));
  return {
    labels: [...names, ...place((p) => numbers.get(p) ?? '', names)],
    numbered: rest.map(({ name }) => name),
  };
}

function axes(x: Scale, y: Scale, inner: Box, options: ScatterOptions): SvgNode[] {
  const sign = (value: number) => (options.signed === true && value > 0 ? `+${options.number(value)}` : options.number(value));
  const wished = Math.max(2, Math.floor((inner.right - inner.left) / 90));
  const across =
    options.time === true
      ? dayTicks(x.domain, wished).map(({ day, text }) => ({ value: day, text }))
      : ticks(x.domain, wished).map((value) => ({ value, text: sign(value) }));
  const upright = (kind: string, value: number) => s('line', { class: kind, x1: x(value), x2: x(value), y1: inner.top, y2: inner.bottom });
  const level = (kind: string, value: number) => s('line', { class: kind, x1: inner.left, x2: inner.right, y1: y(value), y2: y(value) });
  return [
    s(
      'g',
      { class: 'axis', 'font-size': FONT },
      ...across.flatMap(({ value, text }) => [
        upright('grid', value),
        s('text', { x: x(value), y: inner.bottom + 17, 'text-anchor': 'middle' }, text),
      ]),
      ...ticks(y.domain, 6).flatMap((value) => [
        level('grid', value),
        s('text', { x: inner.left - 7, y: y(value), dy: '0.35em', 'text-anchor': 'end' }, sign(value)),
      ]),
      s('text', { class: 'title', x: inner.right, y: inner.bottom + 38, 'text-anchor': 'end' }, `${options.xLabel} →`),
      s('text', { class: 'title', x: inner.left + 5, y: inner.top + 4 }, `↑ ${options.yLabel}`),
    ),
    ...(options.signed === true ? [upright('zero', 0), level('zero', 0)] : []),
  ];
}

function errorBars(p: ScatterPoint, x: Scale, y: Scale): (SvgNode | null)[] {
  const bar = (xError: number, yError: number): SvgNode =>
    s('line', { class: `c${p.group}`, x1: x(p.x - xError), x2: x(p.x + xError), y1: y(p.y - yError), y2: y(p.y + yError) });
  return [p.xError === null ? null : bar(p.xError, 0), p.yError === null ? null : bar(0, p.yError)];
}

function bestSoFar(points: readonly ScatterPoint[], x: Scale, y: Scale, right: number): SvgNode {
  let best = Number.NEGATIVE_INFINITY;
  let path = '';
  for (const p of [...points].sort((a, b) => a.x - b.x || b.y - a.y)) {
    if (p.y <= best) continue;
    path += path === '' ? `M${x(p.x).toFixed(1)},${y(p.y).toFixed(1)}` : `H${x(p.x).toFixed(1)}V${y(p.y).toFixed(1)}`;
    best = p.y;
  }
  return s('path', { class: 'best-so-far', d: `${path}H${right.toFixed(1)}` });
}

/** Groups are told apart by shape as well as by colour. */
const SHAPES: readonly ((r: number) => string)[] = [
  (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`,
  (r) => `M0,${-1.35 * r}L${1.35 * r},0L0,${1.35 * r}L${-1.35 * r},0Z`,
  (r) => `M0,${-1.3 * r}L${1.2 * r},${0.85 * r}L${-1.2 * r},${0.85 * r}Z`,
  (r) => `M${-0.95 * r},${-0.95 * r}h${1.9 * r}v${1.9 * r}h${-1.9 * r}Z`,
  (r) => `M0,${1.3 * r}L${1.2 * r},${-0.85 * r}L${-1.2 * r},${-0.85 * r}Z`,
  (r) =>
    `M${-1.3 * r},${-0.45 * r}h${0.85 * r}v${-0.85 * r}h${0.9 * r}v${0.85 * r}h${0.85 * r}v${0.9 * r}h${-0.85 * r}v${0.85 * r}h${-0.9 * r}v${-0.85 * r}h${-0.85 * r}Z`,
];
/** Groups that have a colour and a shape of their own; further ones share the last. */
export const MOST_GROUPS = SHAPES.length;

/**
 * Returns the mark of a group around a point.
 */
export function mark(group: number, x: number, y: number, radius: number, title: string): SvgNode {
  const shape = at(SHAPES, Math.min(group, SHAPES.length - 1));
  return s(
    'path',
    { class: `mark c${group}`, d: shape(radius), transform: `translate(${x.toFixed(1)},${y.toFixed(1)})` },
    ...(title === '' ? [] : [s('title', {}, title)]),
  );
}
