/** From the rows of a layer to queries, keys and values, and back: what comes before and after the attention itself, in every layout. */
import type { AttentionPart, HeadNorms, Norm } from './blueprint.js';
import type { Attention } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import type { LayerTools } from './layer-tools.js';

/** Rows [S, n x head] each; `gate` [S, heads x head] where the query's projection holds one. */
interface Heads {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly gate: string | null;
}

function split(g: GraphBuilder, x: string, sizes: readonly number[], axis: number): string[] {
  const names = sizes.map((_, i) => `${x}_${i}`);
  g.nodeTo(names, 'Split', [x, g.int64(sizes)], { axis });
  return names;
}

function project(tools: LayerTools, g: GraphBuilder, x: string, a: AttentionPart, hidden: number): Heads {
  const { projection: p, heads, kvHeads, headDim } = a;
  const rows = (y: string, n: number): string => g.node('Reshape', [y, g.int64([-1, n * headDim])]);
  if (p.kind === 'separate') {
    const key = tools.linear(g, x, p.key, kvHeads * headDim, hidden);
    const value = tools.linear(g, x, p.value, kvHeads * headDim, hidden);
    const wide = tools.linear(g, x, p.query, heads * headDim * (a.gate ? 2 : 1), hidden);
    if (!a.gate) return { query: wide, key, value, gate: null };
    const [query = '', gate = ''] = split(g, g.node('Reshape', [wide, g.int64([-1, heads, 2 * headDim])]), [headDim, headDim], 2);
    return { query: rows(query, heads), key, value, gate: rows(gate, heads) };
  }
  const all = tools.linear(g, x, p.linear, (heads + 2 * kvHeads) * headDim, hidden);
  if (p.order === 'sections') {
    const [query = '', key = '', value = ''] = split(
      g,
      all,
      [heads, kvHeads, kvHeads].map((n) => n * headDim),
      1,
    );
    return { query, key, value, gate: null };
  }
  const group = heads / kvHeads;
  const [query = '', key = '', value = ''] = split(
    g,
    g.node('Reshape', [all, g.int64([-1, kvHeads, (group + 2) * headDim])]),
    [group, 1, 1].map((n) => n * headDim),
    2,
  );
  return { query: rows(query, heads), key: rows(key, kvHeads), value: rows(value, kvHeads), gate: null };
}

/** Rows of `n` heads, normalised. */
function normed(tools: LayerTools, g: GraphBuilder, x: string, norm: Norm, over: HeadNorms['over'], n: number, headDim: number): string {
  if (over === 'row') return tools.norm(g, x, norm, n * headDim);
  if (over === 'head') {
    const heads = g.node('Reshape', [x, g.int64([-1, headDim])]);
    return g.node('Reshape', [tools.norm(g, heads, norm, headDim), g.int64([-1, n * headDim])]);
  }
  const heads = tools.bareNorm(g, g.node('Reshape', [x, g.int64([-1, n, headDim])]), norm, headDim);
  return g.node('Reshape', [g.node('Mul', [heads, tools.root.weight(`${norm.name}.weight`, [n, headDim])]), g.int64([-1, n * headDim])]);
}

/**
 * Adds the attention of layer `l` to rows [S, hidden] and returns rows [S, hidden]. Throws `UserError` when a tensor is missing or of another shape than the config says.
 */
export function writeAttention(
  tools: LayerTools,
  g: GraphBuilder,
  l: number,
  x: string,
  a: AttentionPart,
  attention: Attention,
  hidden: number,
): string {
  const { query, key, value, gate } = project(tools, g, x, a, hidden);
  const norms = (y: string, kind: 'query' | 'key'): string =>
    a.norms === null ? y : normed(tools, g, y, a.norms[kind], a.norms.over, kind === 'query' ? a.heads : a.kvHeads, a.headDim);
  const prepared = (y: string, kind: 'query' | 'key'): string =>
    a.norms?.afterRotation === true ? norms(attention.rotate(l, y, kind), kind) : attention.rotate(l, norms(y, kind), kind);
  let rows = attention.attend(l, prepared(query, 'query'), prepared(key, 'key'), value);
  if (gate !== null) rows = g.node('Mul', [rows, g.node('Sigmoid', [gate])]);
  return tools.linear(g, rows, a.output, hidden, a.heads * a.headDim);
}
