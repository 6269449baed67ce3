/** The softmax of attention on cards, where a head may have a sink: a logit beside those of the keys. */
import type { AttentionPart } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';

/**
 * Adds the softmax over scores [kv heads, batch, rows x group, columns], whose rows are those of a group of query heads, row by row. A sink takes its part and is left out of the weights.
 */
export function attentionWeights(g: GraphBuilder, scores: string, { heads, kvHeads, sinks }: AttentionPart): string {
  if (sinks === undefined) return g.node('Softmax', [scores], { axis: -1 });
  const group = heads / kvHeads;
  const first = g.node('Slice', [scores, g.int64([0]), g.int64([1]), g.int64([3])]);
  const zeros = g.node('Mul', [g.node('Reshape', [first, g.int64([kvHeads, -1, group, 1])]), g.scalar(0)]);
  const ofHeads = g.node('Reshape', [g.weight(sinks, [heads]), g.int64([kvHeads, 1, group, 1])]);
  const column = g.node('Reshape', [g.node('Add', [zeros, ofHeads]), g.node('Shape', [first])]);
  const weights = g.node('Softmax', [g.node('Concat', [scores, column], { axis: 3 })], { axis: -1 });
  return g.node('Slice', [weights, g.int64([0]), g.int64([-1]), g.int64([3])]);
}
