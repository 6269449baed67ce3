/**
 * A mixture of experts: a router gives each row a few experts, and each expert computes the rows that were given to it, so that what a run costs is what its rows use. Rows are brought
 * into the order of their experts, split at the experts' borders, and brought back.
 */
import { at } from '../../at.js';
import type { ExpertsFeedForward } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';
import type { LayerTools } from './layer-tools.js';
import { ELEMENT } from './proto.js';
import { castTo } from './vocabulary.js';

/** A logit that gives no weight. */
const FAR_BELOW = -1e30;

/** Scores [S, experts] of which those outside the best groups are far below all others. */
function ofBestGroups(g: GraphBuilder, scores: string, { experts, groups }: ExpertsFeedForward): string {
  if (groups === undefined) return scores;
  const shape = g.int64([-1, groups.count, experts.length / groups.count]);
  const apart = g.node('Reshape', [scores, shape]);
  const [two, whose] = [`${apart}_two`, `${apart}_whose`];
  g.nodeTo([two, whose], 'TopK', [apart, g.int64([2])], { axis: -1 });
  const sums = g.node('ReduceSum', [two, g.int64([-1])], { keepdims: 0 });
  const [most, chosen] = [`${sums}_most`, `${sums}_chosen`];
  g.nodeTo([most, chosen], 'TopK', [sums, g.int64([groups.used])], { axis: -1 });
  // [S, used, 1] against [1, 1, groups]: a group is open where one of the chosen is its number.
  const numbers = g.int64(
    Array.from({ length: groups.count }, (_, i) => i),
    [1, 1, groups.count],
  );
  const equal = g.node('Cast', [g.node('Equal', [g.node('Unsqueeze', [chosen, g.int64([2])]), numbers])], { to: ELEMENT.int64 });
  const open = g.node('Cast', [g.node('ReduceSum', [equal, g.int64([1])], { keepdims: 0 })], { to: ELEMENT.bool });
  const far = g.floats(`scalar ${FAR_BELOW}`, Float32Array.of(FAR_BELOW), []);
  const held = g.node('Where', [g.node('Unsqueeze', [open, g.int64([2])]), apart, far]);
  return g.node('Reshape', [held, g.int64([-1, experts.length])]);
}

/** The experts of each row [S, used] and their weights [S, used] in float32. */
function route(tools: LayerTools, g: GraphBuilder, x: string, f: ExpertsFeedForward, hidden: number) {
  const { root } = tools;
  const { apart } = f;
  const input = apart === undefined ? x : g.node('Mul', [tools.norm(g, x, apart.router, hidden), g.scalar(apart.factor)]);
  const number = (value: number): string => root.floats(`scalar ${value}`, Float32Array.of(value), []);
  const logits = castTo(g, tools.linear(g, input, f.router, f.experts.length, hidden), g.compute, 'float32');
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
    ({ indices } = best(ofBestGroups(g, g.node('Add', [scores, bias]), f)));
    values = g.node('GatherElements', [scores, indices], { axis: 1 });
  }
  if (f.normalised !== null) {
    const sum = g.node('ReduceSum', [values, g.int64([-1])], { keepdims: 1 });
    values = g.node('Div', [values, f.normalised === 0 ? sum : g.node('Add', [sum, number(f.normalised)])]);
  }
  if (f.expertFactor !== undefined) {
    const factors = castTo(g, root.weight(f.expertFactor, [f.experts.length]), root.compute, 'float32');
    values = g.node('Mul', [values, g.node('Gather', [factors, indices])]);
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
  const given = f.apart === undefined ? x : tools.norm(g, x, f.apart.experts, hidden);
  const rows = g.node('Gather', [given, g.node('Div', [order, g.int64([f.used], [])])]);
  const own = f.experts.map((_, e) => `${rows}_${e}`);
  g.nodeTo(own, 'Split', [rows, sizes], { axis: 0 });
  const computed = g.node(
    'Concat',
    f.experts.map((expert, e) => dense(at(own, e), expert)),
    { axis: 0 },
  );
  // Where each use came to lie: its place in the order, which a second sort gives.
  const [ascending, back] = [`${order}_sorted`, `${order}_back`];
  g.nodeTo([ascending, back], 'TopK', [order, count], { axis: 0, largest: 0 });
  const returned = g.node('Reshape', [g.node('Gather', [computed, back]), g.int64([-1, f.used, hidden])]);
  const factors = g.node('Reshape', [castTo(g, weights, 'float32', g.compute), g.int64([-1, f.used, 1])]);
  return g.node('ReduceSum', [g.node('Mul', [returned, factors]), g.int64([1])], { keepdims: 0 });
}
