/** The parts of a layer that carry a state from token to token: a gated delta network, and a short gated convolution. */
import { at } from '../../at.js';
import type { ConvolutionPart, DeltaPart } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';
import { activate, type LayerTools } from './layer-tools.js';
import type { Recurrence } from './recurrence.js';

/** Under the root of the sum of squares where queries and keys are brought to length one. */
const LENGTH_EPSILON = 1e-6;

/**
 * Adds a convolution of each channel by itself over the row and those before it; its tensor is [channels, 1, kernel], the row's own number last. Throws `UserError` when it is missing or of another
 * shape.
 */
export function convolve(
  tools: LayerTools,
  g: GraphBuilder,
  l: number,
  x: string,
  part: Pick<DeltaPart, 'channels' | 'kernel' | 'convolution' | 'joined'>,
  recurrence: Recurrence,
): string {
  const { channels, kernel, convolution } = part;
  const { root } = tools;
  const joined = (part.joined ?? []).flatMap((name) => {
    const rows = root.rowsOf(`${name}.weight`);
    return rows === null ? [] : [root.weight(`${name}.weight`, [rows, 1, kernel])];
  });
  const weight =
    joined.length === 0 ? root.weight(`${convolution.name}.weight`, [channels, 1, kernel]) : root.node('Concat', joined, { axis: 0 });
  const number = (i: number): string =>
    root.node('Reshape', [root.node('Slice', [weight, root.int64([i]), root.int64([i + 1]), root.int64([2])]), root.int64([1, channels])]);
  const sum = recurrence
    .window(g, l, x, channels, kernel)
    .map((rows, back) => g.node('Mul', [rows, number(kernel - 1 - back)]))
    .reduce((a, b) => g.node('Add', [a, b]));
  return convolution.bias ? g.node('Add', [sum, root.weight(`${convolution.name}.bias`, [channels])]) : sum;
}

/** Splits `x` into parts of these sizes; returns their names. */
export function split(g: GraphBuilder, x: string, sizes: readonly number[], axis: number): string[] {
  const names = sizes.map((_, i) => `${x}_${i}`);
  g.nodeTo(names, 'Split', [x, g.int64(sizes)], { axis });
  return names;
}

/** Rows of queries, keys and values behind one another, of the gate, of beta and of the decay. */
interface Projected {
  readonly mixed: string;
  readonly gate: string;
  readonly beta: string;
  readonly decay: string;
}

function project(tools: LayerTools, g: GraphBuilder, x: string, part: DeltaPart, hidden: number): Projected {
  const { keyHeads, valueHeads, keyDim, valueDim, projection: p } = part;
  const [keys, values] = [keyHeads * keyDim, valueHeads * valueDim];
  if (p.kind === 'separate') {
    const mixed = p.mixed.map(({ linear, size }) => tools.linear(g, x, linear, size, hidden));
    return {
      mixed: mixed.length === 1 ? at(mixed, 0) : g.node('Concat', mixed, { axis: 1 }),
      gate: tools.linear(g, x, p.gate, values, hidden),
      beta: tools.linear(g, x, p.beta, valueHeads, hidden),
      decay: tools.linear(g, x, p.decay, valueHeads, hidden),
    };
  }
  // The rows of each key head stand together: query, key, the values of its value heads, their gates; and the same for beta and decay.
  const group = valueHeads / keyHeads;
  const heads = (y: string, sizes: readonly number[]): string[] => {
    const apart = g.node('Reshape', [y, g.int64([-1, keyHeads, sizes.reduce((a, b) => a + b, 0)])]);
    return split(g, apart, sizes, 2).map((part_, i) => g.node('Reshape', [part_, g.int64([-1, keyHeads * at(sizes, i)])]));
  };
  const [query = '', key = '', value = '', gate = ''] = heads(tools.linear(g, x, p.mixedAndGate, 2 * keys + 2 * values, hidden), [
    keyDim,
    keyDim,
    group * valueDim,
    group * valueDim,
  ]);
  const [beta = '', decay = ''] = heads(tools.linear(g, x, p.betaAndDecay, 2 * valueHeads, hidden), [group, group]);
  return { mixed: g.node('Concat', [query, key, value], { axis: 1 }), gate, beta, decay };
}

/**
 * Adds a gated delta network to rows [S, hidden] and returns rows [S, hidden]. Throws `UserError` when a tensor is missing or of another shape than the config says.
 */
export function writeDelta(
  tools: LayerTools,
  g: GraphBuilder,
  l: number,
  x: string,
  part: DeltaPart,
  recurrence: Recurrence,
  hidden: number,
): string {
  const { keyHeads, valueHeads, keyDim, valueDim } = part;
  const { root } = tools;
  const { mixed, gate, beta, decay } = project(tools, g, x, part, hidden);
  const turned = activate(tools, g, convolve(tools, g, l, mixed, part, recurrence), part.activation);
  const [query = '', key = '', value = ''] = split(g, turned, [keyHeads * keyDim, keyHeads * keyDim, valueHeads * valueDim], 1);
  /** Each head's vector brought to the length `length`: a root-mean-square norm whose weight is the same everywhere. */
  const ofLength = (y: string, length: number): string => {
    const scale = root.filled(length / Math.sqrt(keyDim), [keyDim]);
    const rows = g.node('Reshape', [y, g.int64([-1, keyDim])]);
    const normed = g.node('SimplifiedLayerNormalization', [rows, scale], {
      axis: -1,
      epsilon: { float: LENGTH_EPSILON / keyDim },
      stash_type: 1,
    });
    return g.node('Reshape', [normed, g.int64([-1, keyHeads * keyDim])]);
  };
  const speed = root.node('Neg', [root.node('Exp', [root.weight(part.decayLog, [valueHeads])])]);
  const waiting = g.node('Softplus', [g.node('Add', [decay, root.weight(part.decayBias, [valueHeads])])]);
  let rate = g.node('Sigmoid', [beta]);
  if (part.betaScale !== 1) rate = g.node('Mul', [rate, g.scalar(part.betaScale)]);
  const rows = g.node('Concat', [ofLength(query, 1 / Math.sqrt(keyDim)), ofLength(key, 1), value, g.node('Mul', [waiting, speed]), rate], {
    axis: 1,
  });
  const heads = g.node('Reshape', [recurrence.advance(g, l, rows, part), g.int64([-1, valueDim])]);
  const normed = g.node('Reshape', [tools.norm(g, heads, part.norm, valueDim), g.int64([-1, valueHeads * valueDim])]);
  return tools.linear(g, g.node('Mul', [normed, activate(tools, g, gate, 'silu')]), part.output, hidden, valueHeads * valueDim);
}

/**
 * Adds a short gated convolution to rows [S, hidden] and returns rows [S, hidden]: the input is three rows, of which the first times the third is convolved, and the second is a
 * factor on that. Throws `UserError` when a tensor is missing or of another shape than the config says.
 */
export function writeConvolution(
  tools: LayerTools,
  g: GraphBuilder,
  l: number,
  x: string,
  part: ConvolutionPart,
  recurrence: Recurrence,
  hidden: number,
): string {
  const [first = '', second = '', third = ''] = split(
    g,
    tools.linear(g, x, part.input, 3 * part.channels, hidden),
    [part.channels, part.channels, part.channels],
    1,
  );
  const convolved = convolve(tools, g, l, g.node('Mul', [first, third]), part, recurrence);
  return tools.linear(g, g.node('Mul', [second, convolved]), part.output, hidden, part.channels);
}
