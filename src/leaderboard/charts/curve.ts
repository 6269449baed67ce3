/** The learning curve of checkpoints as SVG: one small chart a benchmark, its headline score by training step with intervals. */
import { at } from '../../at.js';
import { type SvgNode, s, svgText } from '../../page/svg.js';
import type { ModelRow, ModelRows } from '../../results/by-model.js';
import { Z } from '../statistics.js';
import { linear, padded, type Scale, ticks } from './scale.js';

/** Colours that colour-blind eyes tell apart (Okabe and Ito), by series. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const COLUMNS = 2;
const [WIDTH, HEIGHT] = [460, 230];
const INNER = { left: 52, right: WIDTH - 20, top: 34, bottom: HEIGHT - 40 };
const LEGEND_LINE = 18;

interface Point {
  readonly series: string;
  readonly step: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Chart {
  readonly title: string;
  readonly points: readonly Point[];
}

/**
 * Returns the text of an SVG file with a chart for each benchmark, a line a series of checkpoints, with 95 % intervals (1.96 standard
 * errors). Null where no series has two steps of a benchmark.
 */
export function curveSvg({ benchmarks, rows }: ModelRows): string | null {
  const charts = benchmarks
    .map(({ name, key }): Chart => ({ title: `${name} (${key})`, points: rows.flatMap((row) => pointOf(row, name, rows) ?? []) }))
    .filter(({ points }) => seriesOf(points).some((one) => new Set(points.flatMap((p) => (p.series === one ? [p.step] : []))).size > 1));
  if (charts.length === 0) return null;
  const series = seriesOf(charts.flatMap(({ points }) => points));
  const height = Math.ceil(charts.length / COLUMNS) * HEIGHT;
  const whole = height + 16 + LEGEND_LINE * series.length;
  const width = WIDTH * COLUMNS;
  const summary = `Learning curve: ${series.length} series of checkpoints over ${charts.length} benchmarks, with 95 % intervals.`;
  return svgText(
    s(
      'svg',
      {
        viewBox: `0 0 ${width} ${whole}`,
        width,
        height: whole,
        role: 'img',
        'aria-label': summary,
        'font-family': 'system-ui, sans-serif',
        'font-size': 11,
      },
      s('title', {}, summary),
      ...charts.map((chart, i) =>
        s('g', { transform: `translate(${(i % COLUMNS) * WIDTH} ${Math.floor(i / COLUMNS) * HEIGHT})` }, ...drawn(chart, series)),
      ),
      ...series.flatMap((name, i) => [
        s('rect', { x: INNER.left, y: height + 8 + LEGEND_LINE * i, width: 12, height: 12, fill: colourOf(i) }),
        s('text', { x: INNER.left + 18, y: height + 18 + LEGEND_LINE * i }, name),
      ]),
    ),
  );
}

function pointOf(row: ModelRow, benchmark: string, rows: readonly ModelRow[]): Point | null {
  const score = row.scores.get(benchmark);
  if (row.step === null || score === undefined || !Number.isFinite(score.value)) return null;
  const half = Z * (score.stderr ?? 0);
  const series = rows.every(({ family }) => family === row.family) ? row.series : `${row.series} (${row.family})`;
  return { series, step: row.step, value: score.value, low: score.value - half, high: score.value + half };
}

function seriesOf(points: readonly Point[]): string[] {
  return [...new Set(points.map(({ series }) => series))];
}

function colourOf(index: number): string {
  return at(COLOURS, index % COLOURS.length);
}

function drawn({ title, points }: Chart, series: readonly string[]): SvgNode[] {
  const x = linear(padded(points.map(({ step }) => step)), [INNER.left, INNER.right]);
  const y = linear(padded(points.flatMap(({ low, high }) => [low, high])), [INNER.bottom, INNER.top]);
  return [
    s('text', { x: INNER.left, y: 16, 'font-weight': 'bold' }, title),
    ...ticks(y.domain, 5).flatMap((value) => [
      s('line', { x1: INNER.left, x2: INNER.right, y1: y(value), y2: y(value), stroke: '#dfe2e6' }),
      s('text', { x: INNER.left - 6, y: y(value), dy: '0.35em', 'text-anchor': 'end' }, String(Number(value.toPrecision(4)))),
    ]),
    ...ticks(x.domain, 5)
      .filter((value) => value >= 0)
      .map((value) => s('text', { x: x(value), y: INNER.bottom + 16, 'text-anchor': 'middle' }, shortNumber(value))),
    s('text', { x: INNER.right, y: HEIGHT - 6, 'text-anchor': 'end' }, 'training step'),
    ...series.flatMap((name, i) =>
      lineOf(
        points.filter((point) => point.series === name),
        x,
        y,
        colourOf(i),
      ),
    ),
  ];
}

function lineOf(points: readonly Point[], x: Scale, y: Scale, colour: string): SvgNode[] {
  const place = (step: number, value: number): string => `${x(step).toFixed(1)},${y(value).toFixed(1)}`;
  const band = [...points.map(({ step, high }) => place(step, high)), ...[...points].reverse().map(({ step, low }) => place(step, low))];
  return [
    s('polygon', { points: band.join(' '), fill: colour, 'fill-opacity': 0.15 }),
    s('polyline', {
      points: points.map(({ step, value }) => place(step, value)).join(' '),
      fill: 'none',
      stroke: colour,
      'stroke-width': 1.5,
    }),
    ...points.map(({ series, step, value, low, high }) =>
      s(
        'circle',
        { cx: x(step), cy: y(value), r: 3, fill: colour },
        s('title', {}, `${series}, step ${step}: ${value.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`),
      ),
    ),
  ];
}

function shortNumber(value: number): string {
  return value >= 1e6
    ? `${Number((value / 1e6).toPrecision(3))}M`
    : value >= 1e3
      ? `${Number((value / 1e3).toPrecision(3))}k`
      : String(value);
}
