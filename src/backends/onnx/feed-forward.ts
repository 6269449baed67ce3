/** The feed-forward part of a layer. */
import type { FeedForward } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';
import { activate, type LayerTools } from './layer-tools.js';

/**
 * Adds the part to rows [n, hidden] and returns rows [n, hidden]. Throws `UserError` when a tensor is missing or of another shape than the config says.
 */
export function writeFeedForward(tools: LayerTools, g: GraphBuilder, x: string, f: FeedForward, hidden: number): string {
  const { input } = f;
  const wide = (): string => {
    if (input.kind === 'plain') return activate(tools, g, tools.linear(g, x, input.up, f.size, hidden), f.activation);
    if (input.kind === 'gated') {
      const gate = activate(tools, g, tools.linear(g, x, input.gate, f.size, hidden), f.activation);
      return g.node('Mul', [gate, tools.linear(g, x, input.up, f.size, hidden)]);
    }
    const both = tools.linear(g, x, input.linear, 2 * f.size, hidden);
    const [gate, up] = [`${both}_gate`, `${both}_up`];
    g.nodeTo([gate, up], 'Split', [both], { axis: -1, num_outputs: 2 });
    return g.node('Mul', [activate(tools, g, gate, f.activation), up]);
  };
  return tools.linear(g, wide(), f.down, hidden, f.size);
}
