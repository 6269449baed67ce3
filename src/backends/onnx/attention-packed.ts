/**
 * Attention without a cache, in plain products, for CUDA: no tensor stays on the card between runs, and the fused kernels there take no mask of our own. A run holds a
 * prefix of P tokens that all its texts share, then B blocks of L tokens; a block sees the prefix and, by a mask, itself. Scores of blocks on the prefix are one
 * large product per key head; grouped query heads are rows of the same product, so nothing is copied for them. One softmax goes over both.
 *
 * The softmax stays in the compute type: ONNX Runtime's CUDA kernel reads and writes that type but sums in float32. What differs from a fused kernel is that scores
 * are rounded to the compute type once, as they are in a plain PyTorch attention.
 *
 * Inputs, beside those of `packed-masks.ts`: query_sizes_<g> [2] = row_sizes x g for each distinct group g of query heads, widths [2] = (P, L), apart [4] = (0, B, -1, 0), all read on the host;
 * the rotary tables (`rotary-tables.ts`).
 */
import { attentionWeights } from './attention-sinks.js';
import { attentionOf, type Blueprint, groupsOf } from './blueprint.js';
import type { Attention } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import { softcap } from './layer-tools.js';
import { declareMaskInputs, type Masks, packedMasks } from './packed-masks.js';
import { type RotaryTables, rotaryTables } from './rotary-tables.js';

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

/**
 * Returns the attention over matrix products and softmax.
 */
export function packedAttention(g: GraphBuilder, b: Blueprint): PackedAttention {
  const tables = rotaryTables(g, b);
  const layers = new Map<number, KeptLayer>();
  const made = new Map<string, Masks>();
  const masks = (l: number): Masks => {
    const { window, heads, kvHeads } = attentionOf(b, l);
    const key = `${window}:${heads / kvHeads}`;
    const known = made.get(key) ?? packedMasks(g, heads / kvHeads, window);
    made.set(key, known);
    return known;
  };
  const split = (x: string, sizes: string, axis: number, name: string): [string, string] => {
    const parts: [string, string] = [`${name}_prefix`, `${name}_blocks`];
    g.nodeTo(parts, 'Split', [x, sizes], { axis });
    return parts;
  };
  /** All rows of one key head behind each other: from [kv heads, B, n, m] to [kv heads, 1, B x n, m]. */
  const joined = (x: string): string => g.node('Reshape', [x, g.int64([0, 1, -1, 0])]);
  const apart = (x: string): string => g.node('Reshape', [x, 'apart']);

  const kept = (l: number): KeptLayer => {
    const layer = layers.get(l);
    if (layer === undefined) throw new Error(`layer ${l} has not been written`);
    return layer;
  };
  const keep = (l: number, key: string, value: string): KeptLayer => {
    const { kvHeads, headDim } = attentionOf(b, l);
    const perHead = (x: string): string =>
      g.node('Transpose', [g.node('Reshape', [x, g.int64([1, -1, kvHeads, headDim])])], { perm: [2, 0, 1, 3] });
    const [prefixRows, blockRows] = split(perHead(key), 'row_sizes', 2, `k${l}`);
    const [prefixValues, valueRows] = split(perHead(value), 'row_sizes', 2, `v${l}`);
    return {
      prefixKeys: g.node('Transpose', [prefixRows], { perm: [0, 1, 3, 2] }),
      prefixValues,
      blockKeys: g.node('Transpose', [apart(blockRows)], { perm: [0, 1, 3, 2] }),
      blockValues: apart(valueRows),
    };
  };

  return {
    positions: 'position_ids',
    tables,
    masks,
    kept,
    declare() {
      declareMaskInputs(g, b);
      for (const group of groupsOf(b)) g.input(`query_sizes_${group}`, 'int64', [2]);
      g.input('widths', 'int64', [2]);
      g.input('apart', 'int64', [4]);
      tables.declare();
    },
    rotate: (l, x, kind) => tables.rotate(g, l, x, 'position_ids', kind),
    attend(l, query, key, value) {
      const { prefix, blocksOnPrefix, withinBlock } = masks(l);
      const part = attentionOf(b, l);
      const { heads, kvHeads, headDim } = part;
      const group = heads / kvHeads;
      const capped = (scores: string): string => (part.softcap === null ? scores : softcap(g, scores, part.softcap));
      const grouped = g.node('Reshape', [tables.scaled(g, l, query), g.int64([-1, kvHeads, group, headDim])]);
      const q = g.node('Reshape', [g.node('Transpose', [grouped], { perm: [1, 0, 2, 3] }), g.int64([kvHeads, 1, -1, headDim])]);
      const [prefixQueries, blockQueries] = split(q, `query_sizes_${group}`, 2, `q${l}`);
      const { prefixKeys, prefixValues, blockKeys, blockValues } = part.keysOf === undefined ? keep(l, key, value) : kept(part.keysOf);
      layers.set(l, { prefixKeys, prefixValues, blockKeys, blockValues });

      const ofPrefix = g.node('Add', [capped(g.node('MatMul', [prefixQueries, prefixKeys])), prefix]);
      const prefixOut = g.node('MatMul', [attentionWeights(g, ofPrefix, part), prefixValues]);

      const far = apart(g.node('Add', [capped(g.node('MatMul', [blockQueries, prefixKeys])), blocksOnPrefix]));
      const near = g.node('Add', [capped(g.node('MatMul', [apart(blockQueries), blockKeys])), withinBlock]);
      const weights = attentionWeights(g, g.node('Concat', [far, near], { axis: -1 }), part);
      const [farWeights, nearWeights] = split(weights, 'widths', -1, `w${l}`);
      const blocksOut = g.node('Add', [
        g.node('MatMul', [joined(farWeights), prefixValues]),
        joined(g.node('MatMul', [nearWeights, blockValues])),
      ]);
      const all = g.node('Concat', [prefixOut, blocksOut], { axis: 2 });
      const rows = g.node('Transpose', [g.node('Reshape', [all, g.int64([kvHeads, -1, group, headDim])])], { perm: [1, 0, 2, 3] });
      return g.node('Reshape', [rows, g.int64([-1, heads * headDim])]);
    },
  };
}
