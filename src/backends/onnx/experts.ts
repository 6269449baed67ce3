/**
 * A mixture of experts: a router gives each row a few experts, and each expert computes the rows that were given to it, so that what a run costs is what its rows use. Rows are brought
 * into the order of their experts, split at the experts' borders, and brought back.
 */
import type { ExpertsFeedForward } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';
import type { LayerTools } from './layer-tools.js';
import { ELEMENT } from './proto.js';
import { castTo } from './vocabulary.js';

/** A logit that gives no weight. */
const FAR_BELOW = -1e30;

/** The experts of each row [S, used] and their weights [S, used] in float32. */
function route(tools: LayerTools, g: GraphBuilder, x: string, f: ExpertsFeedForward, hidden: number) {
  const { root } = tools;
  const number = (value: number): string => root.floats(`scalar ${value}`, Float32Array.of(value), []);
  const logits = castTo(g, tools.linear(g, x, f.router, f.experts.length, hidden), g.compute, 'float32');
  const used = g.int64([f.used]);
  const best = (scores: string): { values: string; indices: string } => {
    const [values, indices] = [`${scores}_best`, `${scores}_experts`];
    g.nodeTo([values, indices], 'TopK', [scores, used], { axis: -1 });
    return { values, indices };
  };
  if (typeof f.scores === 'object') {
    const bound = number(2 * f.scores.jitter);
    const far = number(FAR_BELOW);
    /** The best of `allowed`, and its part among those that are near it. */
    const choose = (allowed: string): { expert: string; weight: string } => {
      const most = g.node('ReduceMax', [allowed, g.int64([-1])], { keepdims: 1 });
      const distance = g.node('Div', [g.node('Sub', [most, logits]), g.node('Max', [g.node('Abs', [logits]), most])]);
      const near = g.node('Where', [g.node('Greater', [distance, bound]), far, allowed]);
      const expert = g.node('ArgMax', [allowed], { axis: -1, keepdims: 1 });
      return { expert, weight: g.node('GatherElements', [g.node('Softmax', [near], { axis: -1 }), expert], { axis: 1 }) };
    };
    const first = choose(logits);
    const all = g.int64(
      f.experts.map((_, e) => e),
      [1, f.experts.length],
    );
    const second = choose(g.node('Where', [g.node('Equal', [all, first.expert]), far, logits]));
    return {
      indices: g.node('Concat', [first.expert, second.expert], { axis: 1 }),
      weights: g.node('Concat', [first.weight, second.weight], { axis: 1 }),
    };
  }
  if (f.scores === 'softmax of the used') {
    const { values, indices } = best(logits);
    return { indices, weights: g.node('Softmax', [values], { axis: -1 }) };
  }
  const scores = f.scores === 'softmax' ? g.node('Softmax', [logits], { axis: -1 }) : g.node('Sigmoid', [logits]);
  let { values, indices } = best(scores);
  if (f.choiceBias !== null) {
    const bias = castTo(g, root.weight(f.choiceBias, [f.experts.length]), root.compute, 'float32');
    ({ indices } = best(g.node('Add', [scores, bias])));
    values = g.node('GatherElements', [scores, indices], { axis: 1 });
  }
  if (f.normalised !== null) {
    const sum = g.node('ReduceSum', [values, g.int64([-1])], { keepdims: 1 });
    values = g.node('Div', [values, f.normalised === 0 ? sum : g.node('Add', [sum, number(f.normalised)])]);
  }
  return { indices, weights: f.scale === 1 ? values : g.node('Mul', [values, number(f.scale)]) };
}

/**
 * Adds the part to rows [S, hidden] and returns rows [S, hidden]; `dense` adds one expert. Throws `UserError` when a tensor is missing or of another shape than the config says.
 */
export function writeExperts(
  tools: LayerTools,
  g: GraphBuilder,
  x: string,
  f: ExpertsFeedForward,
  hidden: number,
  dense: (rows: string, expert: ExpertsFeedForward['experts'][number]) => string,
): string {
  const { indices, weights } = route(tools, g, x, f, hidden);
  // Uses of experts, row by row; in the order of the experts they are at `order`.
  const uses = g.node('Reshape', [indices, g.int64([-1])]);
  const count = g.node('Shape', [uses]);
  const [sorted, order] = [`${uses}_sorted`, `${uses}_order`];
  g.nodeTo([sorted, order], 'TopK', [uses, count], { axis: 0, largest: 0 });
  const numbers = g.int64(
    f.experts.map((_, e) => e),
    [f.experts.length, 1],
  );
  const ofExpert = g.node('Cast', [g.node('Equal', [numbers, uses])], { to: ELEMENT.int64 });
  const sizes = g.node('ReduceSum', [ofExpert, g.int64([1])], { keepdims: 0 });
  const rows = g.node('Gather', [x, g.node('Div', [order, g.int64([f.used], [])])]);
  const own = f.experts.map((_, e) => `${rows}_${e}`);
  g.nodeTo(own, 'Split', [rows, sizes], { axis: 0 });
  const computed = g.node(
    'Concat',
    f.experts.map((expert, e) => dense(own[e] ?? '', expert)),
    { axis: 0 },
  );
  // Where each use came to lie: its place in the order, which a second sort gives.
  const [ascending, back] = [`${order}_sorted`, `${order}_back`];
  g.nodeTo([ascending, back], 'TopK', [order, count], { axis: 0, largest: 0 });
  const returned = g.node('Reshape', [g.node('Gather', [computed, back]), g.int64([-1, f.used, hidden])]);
  const factors = g.node('Reshape', [castTo(g, weights, 'float32', g.compute), g.int64([-1, f.used, 1])]);
  return g.node('ReduceSum', [g.node('Mul', [returned, factors]), g.int64([1])], { keepdims: 0 });
}
