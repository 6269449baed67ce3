/** A state space of Mamba 2. */
import type { MambaPart } from './blueprint.js';
import { convolve, split } from './delta-net.js';
import type { GraphBuilder } from './graph-builder.js';
import { activate, type LayerTools } from './layer-tools.js';
import type { Recurrence } from './recurrence.js';

/** Rows normed in groups, with one weight over all of them. */
function normed(tools: LayerTools, g: GraphBuilder, x: string, { norm, keyHeads }: MambaPart, size: number): string {
  if (keyHeads === 1) return tools.norm(g, x, norm, size);
  const groups = tools.bareNorm(g, g.node('Reshape', [x, g.int64([-1, size / keyHeads])]), norm, size / keyHeads);
  return g.node('Mul', [g.node('Reshape', [groups, g.int64([-1, size])]), tools.root.weight(`${norm.name}.weight`, [size])]);
}

/**
 * Adds a state space to rows [S, hidden] and returns rows [S, hidden]. Throws `UserError` when a tensor is missing or of another shape than the config says.
 */
export function writeMamba(
  tools: LayerTools,
  g: GraphBuilder,
  l: number,
  x: string,
  part: MambaPart,
  recurrence: Recurrence,
  hidden: number,
): string {
  const { keyHeads, valueHeads, keyDim, valueDim, channels } = part;
  const { root } = tools;
  const [values, keys] = [valueHeads * valueDim, keyHeads * keyDim];
  const all = tools.linear(g, x, part.input, values + channels + valueHeads, hidden);
  const [gate = '', mixed = '', given = ''] = split(g, all, [values, channels, valueHeads], 1);
  const turned = activate(tools, g, convolve(tools, g, l, mixed, part, recurrence), part.activation);
  const [value = '', key = '', query = ''] = split(g, turned, [values, keys, keys], 1);

  let step = g.node('Softplus', [g.node('Add', [given, root.weight(part.decayBias, [valueHeads])])]);
  if (part.limits !== null) step = g.node('Clip', [step, g.scalar(part.limits.least), g.scalar(part.limits.most)]);
  const speed = root.node('Neg', [root.node('Exp', [root.weight(part.decayLog, [valueHeads])])]);
  const ofHeads = (y: string): string => g.node('Reshape', [y, g.int64([-1, valueHeads, valueDim])]);
  const rows = (y: string): string => g.node('Reshape', [y, g.int64([-1, values])]);
  const stepped = rows(g.node('Mul', [ofHeads(value), g.node('Unsqueeze', [step, g.int64([2])])]));
  const out = recurrence.advance(g, l, g.node('Concat', [query, key, stepped, g.node('Mul', [step, speed])], { axis: 1 }), part);
  const skip = root.node('Unsqueeze', [root.weight(part.skip, [valueHeads]), root.int64([1])]);
  const sum = g.node('Add', [out, rows(g.node('Mul', [ofHeads(value), skip]))]);
  const opened = g.node('Mul', [sum, activate(tools, g, gate, 'silu')]);
  return tools.linear(g, normed(tools, g, opened, part, values), part.output, hidden, values);
}
