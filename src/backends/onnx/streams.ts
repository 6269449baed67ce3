/**
 * Alternating updates (AltUp, Baykal et al. 2023) as Gemma 3n has them: beside the stream that the layers compute there are others, [n, streams, hidden] in all. Before a layer all are
 * predicted from each other, with factors that a small router gives each row; what the layer then makes of its own stream corrects them.
 */
import type { AltUp, Streams } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';
import type { LayerTools } from './layer-tools.js';
import { castTo } from './vocabulary.js';

/** Least mean square by which a row is divided. */
const LEAST = 1e-5;

/** The mean of the squares of each row, [n, 1]. */
function meanSquare(g: GraphBuilder, x: string): string {
  return g.node('ReduceMean', [g.node('Mul', [x, x]), g.int64([-1])], { keepdims: 1 });
}

/** Rows as long as those of `like`, in root mean square. */
function asLongAs(g: GraphBuilder, x: string, like: string): string {
  const length = g.node('Sqrt', [g.node('Max', [meanSquare(g, x), g.scalar(LEAST)])]);
  return g.node('Div', [g.node('Mul', [x, g.node('Sqrt', [meanSquare(g, like)])]), length]);
}

const stacked = (g: GraphBuilder, rows: readonly string[]): string =>
  g.node(
    'Concat',
    rows.map((x) => g.node('Unsqueeze', [x, g.int64([1])])),
    { axis: 1 },
  );

/** Stream `k` of [n, streams, hidden], as [n, hidden]. */
export function stream(g: GraphBuilder, all: string, k: number): string {
  return g.node('Gather', [all, g.int64([k], [])], { axis: 1 });
}

/** Adds the streams [n, streams, hidden] of embeddings [n, hidden]. Throws `UserError` when a tensor is missing or of another shape. */
export function openStreams(tools: LayerTools, g: GraphBuilder, rows: string, s: Streams, hidden: number): string {
  return stacked(g, [rows, ...s.open.map((part) => asLongAs(g, tools.linear(g, rows, part, hidden, hidden), rows))]);
}

/** Adds the mean of all streams, [n, hidden]. Throws `UserError` when a tensor is missing or of another shape. */
export function closeStreams(tools: LayerTools, g: GraphBuilder, all: string, s: Streams, hidden: number): string {
  const first = stream(g, all, 0);
  const others = s.close.map((part, k) => asLongAs(g, tools.linear(g, stream(g, all, k + 1), part, hidden, hidden), first));
  return g.node('ReduceMean', [stacked(g, [first, ...others]), g.int64([1])], { keepdims: 0 });
}

/** What the router says of rows [n, hidden]: [n, streams], each between -1 and 1. */
function routed(tools: LayerTools, g: GraphBuilder, rows: string, part: AltUp, count: number, hidden: number): string {
  const input = g.node('Mul', [tools.norm(g, rows, part.norm, hidden), g.scalar(1 / hidden)]);
  const logits = castTo(g, tools.linear(g, input, part.router, count, hidden), g.compute, 'float32');
  return castTo(g, g.node('Tanh', [logits]), 'float32', g.compute);
}

/** Adds the streams as they are predicted before a layer. Throws `UserError` when a tensor is missing or of another shape. */
export function predicted(tools: LayerTools, g: GraphBuilder, all: string, s: Streams, part: AltUp, hidden: number): string {
  const router = routed(tools, g, stream(g, all, s.active), part, s.count, hidden);
  const factors = g.node('Reshape', [
    tools.linear(g, router, part.prediction, s.count * s.count, s.count),
    g.int64([-1, s.count, s.count]),
  ]);
  return g.node('Add', [all, g.node('MatMul', [factors, all])]);
}

/** Adds the streams as rows [n, hidden], which a layer has made of its own stream, correct them. Throws `UserError` when a tensor is missing or of another shape. */
export function corrected(
  tools: LayerTools,
  g: GraphBuilder,
  prediction: string,
  rows: string,
  s: Streams,
  part: AltUp,
  hidden: number,
): string {
  const router = routed(tools, g, rows, part, s.count, hidden);
  const factors = g.node('Add', [tools.linear(g, router, part.correction, s.count, s.count), g.scalar(1)]);
  const innovation = g.node('Sub', [rows, stream(g, prediction, s.active)]);
  const apart = (x: string, axis: number): string => g.node('Unsqueeze', [x, g.int64([axis])]);
  return g.node('Add', [prediction, g.node('Mul', [apart(factors, 2), apart(innovation, 1)])]);
}

/** Adds rows [n, hidden] to all streams but the first. */
export function addToOthers(g: GraphBuilder, all: string, rows: string, count: number): string {
  const [first, others] = [`${all}_first`, `${all}_others`];
  g.nodeTo([first, others], 'Split', [all, g.int64([1, count - 1])], { axis: 1 });
  return g.node('Concat', [first, g.node('Add', [others, g.node('Unsqueeze', [rows, g.int64([1])])])], { axis: 1 });
}
