/** The smallest parts of a decoder: products with matrices of the files, norms, activations. Nodes go into the graph (or loop body) that is given, weights to the outermost one. */
import type { Activation, Linear, Norm } from './blueprint.js';
import type { GraphBuilder, StoredMatrix } from './graph-builder.js';
import { ELEMENT } from './proto.js';
import { castTo } from './vocabulary.js';

export interface LayerTools {
  readonly root: GraphBuilder;
  /** The product with a matrix of the files, which is widened where it is used if it is stored in fewer bits. */
  product(g: GraphBuilder, x: string, matrix: StoredMatrix, bias?: readonly string[]): string;
  /** Rows [n, outputs] of rows [n, inputs]. */
  linear(g: GraphBuilder, x: string, part: Linear, outputs: number, inputs: number): string;
  /** Rows [..., size], normalised over the last dimension. */
  norm(g: GraphBuilder, x: string, part: Norm, size: number): string;
  /** The same without a weight. */
  bareNorm(g: GraphBuilder, x: string, part: Pick<Norm, 'kind' | 'epsilon'>, size: number): string;
}

const MS = 'com.microsoft';

/**
 * Returns the tools that keep their weights in `root`. They throw `UserError` (through `root.weight`) when a tensor is missing or of another shape than the config says.
 */
export function layerTools(root: GraphBuilder): LayerTools {
  const scales = new Map<string, string>();
  const operator = { rms: 'SimplifiedLayerNormalization', layer: 'LayerNormalization' } as const;

  const product: LayerTools['product'] = (g, x, w, bias = []) => {
    const widened = root.storage === 'as stored' && w.type !== g.compute;
    const weight = widened ? root.leading('Cast', [w.name], { to: ELEMENT[g.compute] }) : castTo(g, w.name, w.type, g.compute);
    if (!w.transposed) return g.node('Gemm', [x, weight, ...bias], { transB: 1, ...(w.scale === 1 ? {} : { alpha: { float: w.scale } }) });
    const plain = g.node('MatMul', [x, weight]);
    const scaled = w.scale === 1 ? plain : g.node('Mul', [plain, g.scalar(w.scale)]);
    return bias.reduce((sum, b) => g.node('Add', [sum, b]), scaled);
  };

  // One added to a small weight in 16 bits would lose most of it: such norms are computed in float32, as transformers does.
  const isWide = (part: Norm): boolean => part.plusOne && root.compute !== 'float32';

  const scaleOf = (part: Norm, size: number): string => {
    const known = scales.get(part.name);
    if (known !== undefined) return known;
    if (part.weight === false) return root.filled(1, [size]);
    const weight = root.weight(`${part.name}.weight`, [size]);
    let made = weight;
    if (part.plusOne && !isWide(part)) made = root.node('Add', [weight, root.scalar(1)]);
    if (isWide(part))
      made = root.node('Add', [root.node('Cast', [weight], { to: ELEMENT.float32 }), root.floats('one', Float32Array.of(1), [])]);
    scales.set(part.name, made);
    return made;
  };

  return {
    root,
    product,
    linear(g, x, part, outputs, inputs) {
      const bias = part.bias ? [root.weight(`${part.name}.bias`, [outputs])] : [];
      if (part.transposed !== true || root.isQuantized(`${part.name}.weight`))
        return product(g, x, root.matrix(`${part.name}.weight`, [outputs, inputs]), bias);
      return g.node('Gemm', [x, root.weight(`${part.name}.weight`, [inputs, outputs]), ...bias]);
    },
    norm(g, x, part, size) {
      const attributes = { axis: -1, epsilon: { float: part.epsilon }, stash_type: 1 };
      const inputs = [scaleOf(part, size), ...(part.bias ? [root.weight(`${part.name}.bias`, [size])] : [])];
      if (!isWide(part)) return g.node(operator[part.kind], [x, ...inputs], attributes);
      const normed = g.node(operator[part.kind], [g.node('Cast', [x], { to: ELEMENT.float32 }), ...inputs], attributes);
      return g.node('Cast', [normed], { to: ELEMENT[g.compute] });
    },
    bareNorm: (g, x, part, size) =>
      g.node(operator[part.kind], [x, root.filled(1, [size])], { axis: -1, epsilon: { float: part.epsilon }, stash_type: 1 }),
  };
}

/**
 * Adds an activation. Formulas: `relu2` is the square of `relu` (So et al. 2021); `xielu` is the trained one of Huang and Schlag (2024), with its numbers
 * `<name>.alpha_p`, `<name>.alpha_n`, `<name>.beta` and `<name>.eps`.
 */
export function activate({ root }: LayerTools, g: GraphBuilder, x: string, kind: Activation): string {
  if (kind === 'silu') return g.node('QuickGelu', [x], { alpha: { float: 1 } }, MS); // x * sigmoid(x)
  if (kind === 'gelu' || kind === 'gelu_tanh') return g.node('Gelu', [x], { approximate: kind === 'gelu_tanh' ? 'tanh' : 'none' });
  if (kind === 'relu') return g.node('Relu', [x]);
  if (kind === 'relu2') {
    const half = g.node('Relu', [x]);
    return g.node('Mul', [half, half]);
  }
  const learned = (part: string): string => root.weight(`${kind.name}.${part}`, part.startsWith('alpha') ? [1] : []);
  const beta = learned('beta');
  const positive = g.node('Softplus', [learned('alpha_p')]);
  const negative = g.node('Add', [g.node('Softplus', [learned('alpha_n')]), beta]);
  const linear = g.node('Mul', [x, beta]);
  const above = g.node('Add', [g.node('Mul', [g.node('Mul', [x, x]), positive]), linear]);
  const rest = g.node('Sub', [expm1(g, g.node('Min', [x, learned('eps')])), x]);
  const below = g.node('Add', [g.node('Mul', [rest, negative]), linear]);
  return g.node('Where', [g.node('Greater', [x, g.scalar(0)]), above, below]);
}

/** Adds exp(x) - 1 with all digits near zero: 2 tanh(x/2) / (1 - tanh(x/2)). */
function expm1(g: GraphBuilder, x: string): string {
  const t = g.node('Tanh', [g.node('Mul', [x, g.scalar(0.5)])]);
  return g.node('Div', [g.node('Mul', [t, g.scalar(2)]), g.node('Sub', [g.scalar(1), t])]);
}

/**
 * Adds `cap * tanh(x / cap)`; `x` is of the compute type, or float32 where `wide`.
 */
export function softcap(g: GraphBuilder, x: string, cap: number, wide = false): string {
  const scalar = (value: number): string => (wide ? g.floats(`scalar ${value}`, Float32Array.of(value), []) : g.scalar(value));
  return g.node('Mul', [g.node('Tanh', [g.node('Mul', [x, scalar(1 / cap)])]), scalar(cap)]);
}
