/**
 * Attention without a cache, in plain products, for CUDA: no tensor stays on the card between runs, and the fused kernels there take no mask of our own. A run holds a
 * prefix of P tokens that all its texts share, then B blocks of L tokens; a block sees the prefix and, by a mask, itself. Scores of blocks on the prefix are one
 * large product per key head; grouped query heads are rows of the same product, so nothing is copied for them. One softmax goes over both.
 *
 * The softmax stays in the compute type: ONNX Runtime's CUDA kernel reads and writes that type but sums in float32. What differs from a fused kernel is that scores
 * are rounded to the compute type once, as they are in a plain PyTorch attention.
 *
 * Inputs, beside those of `packed-masks.ts`: query_sizes [2] = row_sizes x group, widths [2] = (P, L), apart [4] = (0, B, -1, 0), all read on the host;
 * cos, sin [M, head/2] float32 (and cos_local, sin_local).
 */
import type { ModelConfig } from '../../models/model-config.js';
import { type Attention, type Blueprint, slidesAnywhere, softcap } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import { declareMaskInputs, type Masks, packedMasks } from './packed-masks.js';
import { ELEMENT } from './proto.js';
import { kernelHead } from './rope.js';

/** Rotated keys and values of a layer, for those who decode on (`decode-loop.ts`). */
export interface KeptLayer {
  /** [kv heads, 1, head, P] */
  readonly prefixKeys: string;
  /** [kv heads, 1, P, head] */
  readonly prefixValues: string;
  /** [kv heads, B, head, L] */
  readonly blockKeys: string;
  /** [kv heads, B, L, head] */
  readonly blockValues: string;
}

export interface PackedAttention extends Attention {
  /** What layer `l` computed; after `attend`. */
  kept(layer: number): KeptLayer;
  masks(layer: number): Masks;
  readonly tables: RotaryTables;
}

/** Rotates rows of heads; tables are cast and scaled once for all layers, in the graph `root`. */
export interface RotaryTables {
  /** Rows [batch, tokens, n x head] rotated to `positions` [batch, tokens]; queries come out scaled, too. */
  rotate(g: GraphBuilder, layer: number, x: string, positions: string, kind: 'query' | 'key'): string;
}

/**
 * Returns the tables of both kinds of layers, made where they are first asked for.
 */
export function rotaryTables(root: GraphBuilder, c: ModelConfig, b: Blueprint): RotaryTables {
  const made = new Map<string, string>();
  /** A table in the compute type and of the head's own size. The scale of the scores goes into the queries' tables, where it is rounded with each entry, not as a factor. */
  const table = (name: string, scaled: boolean): string => {
    const key = `${name}:${scaled}`;
    let x = made.get(key);
    if (x !== undefined) return x;
    x = name;
    if (kernelHead(c.headDim) !== c.headDim) x = root.node('Slice', [x, root.int64([0]), root.int64([c.headDim / 2]), root.int64([1])]);
    if (scaled) x = root.node('Mul', [x, root.floats('attention scale', Float32Array.of(b.attentionScale), [])]);
    if (root.compute !== 'float32') x = root.node('Cast', [x], { to: ELEMENT[root.compute] });
    made.set(key, x);
    return x;
  };
  const sliding = slidesAnywhere(c, b);
  return {
    rotate(g, l, x, positions, kind) {
      const suffix = sliding && b.slides(l) ? '_local' : '';
      const n = kind === 'query' ? c.heads : c.kvHeads;
      return g.node(
        'RotaryEmbedding',
        [x, positions, table(`cos${suffix}`, kind === 'query'), table(`sin${suffix}`, kind === 'query')],
        { interleaved: 0, num_heads: n, rotary_embedding_dim: c.headDim },
        'com.microsoft',
      );
    },
  };
}

/**
 * Returns the attention over matrix products and softmax.
 */
export function packedAttention(g: GraphBuilder, c: ModelConfig, b: Blueprint): PackedAttention {
  const sliding = slidesAnywhere(c, b);
  const group = c.heads / c.kvHeads;
  const tables = rotaryTables(g, c, b);
  const layers = new Map<number, KeptLayer>();
  const made = new Map<boolean, Masks>();
  const masks = (l: number): Masks => {
    const local = sliding && b.slides(l);
    const known = made.get(local) ?? packedMasks(g, c, local ? b.window : null);
    made.set(local, known);
    return known;
  };
  const split = (x: string, sizes: string, axis: number, name: string): [string, string] => {
    const parts: [string, string] = [`${name}_prefix`, `${name}_blocks`];
    g.nodeTo(parts, 'Split', [x, sizes], { axis });
    return parts;
  };
  const capped = (scores: string): string => (b.attentionSoftcap === null ? scores : softcap(g, scores, b.attentionSoftcap));
  /** All rows of one key head behind each other: from [kv heads, B, n, m] to [kv heads, 1, B x n, m]. */
  const joined = (x: string): string => g.node('Reshape', [x, g.int64([0, 1, -1, 0])]);
  const apart = (x: string): string => g.node('Reshape', [x, 'apart']);

  return {
    tables,
    masks,
    kept(l) {
      const layer = layers.get(l);
      if (layer === undefined) throw new Error(`layer ${l} has not been written`);
      return layer;
    },
    declare() {
      declareMaskInputs(g, sliding);
      g.input('query_sizes', 'int64', [2]);
      g.input('widths', 'int64', [2]);
      g.input('apart', 'int64', [4]);
      for (const suffix of sliding ? ['', '_local'] : ['']) {
        g.input(`cos${suffix}`, 'float32', ['M', kernelHead(c.headDim) / 2]);
        g.input(`sin${suffix}`, 'float32', ['M', kernelHead(c.headDim) / 2]);
      }
    },
    attend(l, query, key, value) {
      const { prefix, blocksOnPrefix, withinBlock } = masks(l);
      const rotate = (x: string, kind: 'query' | 'key'): string => {
        const n = kind === 'query' ? c.heads : c.kvHeads;
        // Each row is a batch of its own: the kernel takes no more tokens in one than the tables have positions.
        return tables.rotate(g, l, g.node('Reshape', [x, g.int64([-1, 1, n * c.headDim])]), 'position_ids', kind);
      };
      const grouped = g.node('Reshape', [rotate(query, 'query'), g.int64([-1, c.kvHeads, group, c.headDim])]);
      const q = g.node('Reshape', [g.node('Transpose', [grouped], { perm: [1, 0, 2, 3] }), g.int64([c.kvHeads, 1, -1, c.headDim])]);
      const perHead = (x: string): string =>
        g.node('Transpose', [g.node('Reshape', [x, g.int64([1, -1, c.kvHeads, c.headDim])])], { perm: [2, 0, 1, 3] });
      const [prefixQueries, blockQueries] = split(q, 'query_sizes', 2, `q${l}`);
      const [prefixRows, blockRows] = split(perHead(rotate(key, 'key')), 'row_sizes', 2, `k${l}`);
      const [prefixValues, valueRows] = split(perHead(value), 'row_sizes', 2, `v${l}`);
      const prefixKeys = g.node('Transpose', [prefixRows], { perm: [0, 1, 3, 2] });
      const blockKeys = g.node('Transpose', [apart(blockRows)], { perm: [0, 1, 3, 2] });
      const blockValues = apart(valueRows);
      layers.set(l, { prefixKeys, prefixValues, blockKeys, blockValues });

      const ofPrefix = g.node('Add', [capped(g.node('MatMul', [prefixQueries, prefixKeys])), prefix]);
      const prefixOut = g.node('MatMul', [g.node('Softmax', [ofPrefix], { axis: -1 }), prefixValues]);

      const far = apart(g.node('Add', [capped(g.node('MatMul', [blockQueries, prefixKeys])), blocksOnPrefix]));
      const near = g.node('Add', [capped(g.node('MatMul', [apart(blockQueries), blockKeys])), withinBlock]);
      const weights = g.node('Softmax', [g.node('Concat', [far, near], { axis: -1 })], { axis: -1 });
      const [farWeights, nearWeights] = split(weights, 'widths', -1, `w${l}`);
      const blocksOut = g.node('Add', [
        g.node('MatMul', [joined(farWeights), prefixValues]),
        joined(g.node('MatMul', [nearWeights, blockValues])),
      ]);
      const all = g.node('Concat', [prefixOut, blocksOut], { axis: 2 });
      const rows = g.node('Transpose', [g.node('Reshape', [all, g.int64([c.kvHeads, -1, group, c.headDim])])], { perm: [1, 0, 2, 3] });
      return g.node('Reshape', [rows, g.int64([-1, c.heads * c.headDim])]);
    },
  };
}
