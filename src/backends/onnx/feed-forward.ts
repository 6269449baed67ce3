/** The feed-forward part of a layer. */
import type { DenseFeedForward, FeedForward } from './blueprint.js';
import { writeExperts } from './experts.js';
import type { GraphBuilder } from './graph-builder.js';
import { activate, type LayerTools } from './layer-tools.js';

/** Gate and `up` of rows that hold both: one behind the other, or in turn. */
function halves(g: GraphBuilder, both: string, size: number, order: 'sections' | 'in turn'): [string, string] {
  const names: [string, string] = [`${both}_gate`, `${both}_up`];
  if (order === 'sections') {
    g.nodeTo(names, 'Split', [both], { axis: -1, num_outputs: 2 });
    return names;
  }
  g.nodeTo(names, 'Split', [g.node('Reshape', [both, g.int64([-1, size, 2])])], { axis: 2, num_outputs: 2 });
  const flat = (name: string): string => g.node('Reshape', [name, g.int64([-1, size])]);
  return [flat(names[0]), flat(names[1])];
}

/** What of a gate is larger than most of its row: the few numbers beyond mean + `threshold` standard deviations, by how much they are (Gemma 3n). */
function largest(g: GraphBuilder, gate: string, threshold: number): string {
  const axes = g.int64([-1]);
  const mean = g.node('ReduceMean', [gate, axes], { keepdims: 1 });
  const distance = g.node('Sub', [gate, mean]);
  const deviation = g.node('Sqrt', [g.node('ReduceMean', [g.node('Mul', [distance, distance]), axes], { keepdims: 1 })]);
  return g.node('Relu', [g.node('Sub', [distance, g.node('Mul', [deviation, g.scalar(threshold)])])]);
}

function writeDense(tools: LayerTools, g: GraphBuilder, x: string, f: DenseFeedForward, hidden: number): string {
  const { input, clamp } = f;
  const wide = (): string => {
    if (input.kind === 'plain') return activate(tools, g, tools.linear(g, x, input.up, f.size, hidden), f.activation);
    const [gate, up] =
      input.kind === 'gated'
        ? [tools.linear(g, x, input.gate, f.size, hidden), tools.linear(g, x, input.up, f.size, hidden)]
        : halves(g, tools.linear(g, x, input.linear, 2 * f.size, hidden), f.size, input.order ?? 'sections');
    const opened = f.threshold === undefined ? gate : largest(g, gate, f.threshold);
    if (clamp === undefined) return g.node('Mul', [activate(tools, g, opened, f.activation), up]);
    // The gate of gpt-oss: min(gate, limit) sigmoid(factor min(gate, limit)), times one more than `up`, which is kept within the limit.
    const { limit, factor } = clamp;
    const low = g.node('Min', [gate, g.scalar(limit)]);
    const within = g.node('Max', [g.node('Min', [up, g.scalar(limit)]), g.scalar(-limit)]);
    const glu = g.node('QuickGelu', [low], { alpha: { float: factor } }, 'com.microsoft');
    return g.node('Mul', [g.node('Add', [within, g.scalar(1)]), glu]);
  };
  return tools.linear(g, wide(), f.down, hidden, f.size);
}

/**
 * Adds the part to rows [n, hidden] and returns rows [n, hidden]. Throws `UserError` when a tensor is missing or of another shape than the config says.
 */
export function writeFeedForward(tools: LayerTools, g: GraphBuilder, x: string, f: FeedForward, hidden: number): string {
  if (f.kind === 'dense') return writeDense(tools, g, x, f, hidden);
  const mixed = writeExperts(tools, g, x, f, hidden, (rows, expert) => writeDense(tools, g, rows, expert, hidden));
  if (f.shared === null) return mixed;
  let shared = writeDense(tools, g, x, f.shared.part, hidden);
  if (f.shared.gate !== null) shared = g.node('Mul', [shared, g.node('Sigmoid', [tools.linear(g, x, f.shared.gate, 1, hidden)])]);
  return g.node('Add', [mixed, shared]);
}
