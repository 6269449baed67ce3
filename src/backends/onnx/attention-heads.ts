/** From the rows of a layer to queries, keys and values, and back: what comes before and after the attention itself, in every layout. */
import type { Alibi, Attention, AttentionPart, HeadNorms, Norm } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';
import type { LayerTools } from './layer-tools.js';
import { alibiColumn } from './positions.js';

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
  const { projection: p, heads, kvHeads } = a;
  const headDim = a.projected ?? a.headDim;
  const rows = (y: string, n: number): string => g.node('Reshape', [y, g.int64([-1, n * headDim])]);
  if (p.kind !== 'fused') {
    const key = p.kind === 'query' ? '' : tools.linear(g, x, p.key, kvHeads * headDim, hidden);
    const value = p.kind === 'separate' ? tools.linear(g, x, p.value, kvHeads * headDim, hidden) : key;
    const wide = tools.linear(g, x, p.query, heads * headDim * (a.gate ? 2 : 1), hidden);
    if (!a.gate) return { query: wide, key, value, gate: null };
    const [query = '', gate = ''] = split(g, g.node('Reshape', [wide, g.int64([-1, heads, 2 * headDim])]), [headDim, headDim], 2);
    return { query: rows(query, heads), key, value, gate: rows(gate, heads) };
  }
  const all = tools.linear(g, x, p.linear, (heads + 2 * kvHeads) * headDim, hidden);
  const group = (heads / p.groups) * headDim;
  const kvGroup = (kvHeads / p.groups) * headDim;
  const apart = p.groups === 1 ? all : g.node('Reshape', [all, g.int64([-1, p.groups, group + 2 * kvGroup])]);
  const [query = '', second = '', third = ''] = split(g, apart, [group, kvGroup, kvGroup], p.groups === 1 ? 1 : 2);
  const whole = (y: string, n: number): string => (p.groups === 1 ? y : rows(y, n));
  const [key, value] = p.order === 'query value key' ? [third, second] : [second, third];
  return { query: whole(query, heads), key: whole(key, kvHeads), value: whole(value, kvHeads), gate: null };
}

/** Rows of `n` heads, normalised. */
function normed(tools: LayerTools, g: GraphBuilder, x: string, norm: Norm, over: HeadNorms['over'], n: number, headDim: number): string {
  if (over === 'row') return tools.norm(g, x, norm, n * headDim);
  if (over === 'head') {
    const heads = g.node('Reshape', [x, g.int64([-1, headDim])]);
    return g.node('Reshape', [tools.norm(g, heads, norm, headDim), g.int64([-1, n * headDim])]);
  }
  const heads = tools.bareNorm(g, g.node('Reshape', [x, g.int64([-1, n, headDim])]), norm, headDim);
  const weights =
    over === 'each head'
      ? tools.root.weight(`${norm.name}.weight`, [n, headDim])
      : tools.root.node('Reshape', [
          tools.root.node(
            'Concat',
            Array.from({ length: n }, (_, h) => tools.root.weight(`${norm.name}.${h}.weight`, [headDim])),
            { axis: 0 },
          ),
          tools.root.int64([n, headDim]),
        ]);
  return g.node('Reshape', [g.node('Mul', [heads, weights]), g.int64([-1, n * headDim])]);
}

/** Queries, keys and values of as many numbers as are attended to: the first of the new ones is 1 in a query and what the position gains in a key; the others are zeros. */
function withPositions(
  g: GraphBuilder,
  { query, key, value }: Omit<Heads, 'gate'>,
  { heads, headDim, projected = headDim }: AttentionPart,
  alibi: Alibi,
  positions: string,
): Omit<Heads, 'gate'> {
  const more = headDim - projected;
  const apart = (x: string): string => g.node('Reshape', [x, g.int64([-1, heads, projected])]);
  const rows = (x: string): string => g.node('Reshape', [x, g.int64([-1, heads * headDim])]);
  const padded = (x: string, before: number, after: number, fill?: string): string =>
    g.node('Pad', [x, g.int64([0, 0, before, 0, 0, after]), ...(fill === undefined ? [] : [fill])]);
  const scaledQuery = alibi.queryScale === 1 ? query : g.node('Mul', [query, g.scalar(alibi.queryScale)]);
  const marked = padded(apart(scaledQuery), 0, 1, g.scalar(1));
  const placed = g.node('Concat', [apart(key), alibiColumn(g, positions, alibi)], { axis: 2 });
  const filled = (x: string): string => (more === 1 ? x : padded(x, 0, more - 1));
  return { query: rows(filled(marked)), key: rows(filled(placed)), value: rows(padded(apart(value), 0, more)) };
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
  const clip = a.clip ?? null;
  const held = (y: string): string => (clip === null ? y : g.node('Clip', [y, g.scalar(-clip), g.scalar(clip)]));
  const headDim = a.projected ?? a.headDim;
  const norms = (y: string, kind: 'query' | 'key'): string =>
    a.norms === null ? y : normed(tools, g, y, a.norms[kind], a.norms.over, kind === 'query' ? a.heads : a.kvHeads, headDim);
  const prepared = (y: string, kind: 'query' | 'key'): string =>
    a.norms?.afterRotation === true ? norms(attention.rotate(l, held(y), kind), kind) : attention.rotate(l, held(norms(y, kind)), kind);
  const heads = {
    query: prepared(query, 'query'),
    key: a.keysOf === undefined ? prepared(key, 'key') : '',
    value:
      a.valueNorm === undefined || a.keysOf !== undefined ? held(value) : normed(tools, g, value, a.valueNorm, 'head', a.kvHeads, headDim),
  };
  const wide = a.alibi ? withPositions(g, heads, a, a.alibi, attention.positions) : heads;
  let rows = attention.attend(l, wide.query, wide.key, wide.value);
  if (headDim !== a.headDim) {
    const own = g.node('Slice', [
      g.node('Reshape', [rows, g.int64([-1, a.heads, a.headDim])]),
      g.int64([0]),
      g.int64([headDim]),
      g.int64([2]),
    ]);
    rows = g.node('Reshape', [own, g.int64([-1, a.heads * headDim])]);
  }
  if (a.headGate !== undefined) {
    const open = g.node('Sigmoid', [tools.linear(g, x, a.headGate, a.heads, hidden)]);
    const apart = g.node('Reshape', [rows, g.int64([-1, a.heads, headDim])]);
    rows = g.node('Reshape', [g.node('Mul', [apart, g.node('Unsqueeze', [open, g.int64([2])])]), g.int64([-1, a.heads * headDim])]);
  }
  if (gate !== null) rows = g.node('Mul', [rows, g.node('Sigmoid', [gate])]);
  return tools.linear(g, rows, a.output, hidden, a.heads * headDim);
}
