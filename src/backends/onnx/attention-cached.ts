/**
 * Attention with a cache of keys and values (for the CPU). The new tokens stand behind the tokens in the cache; an additive bias says which of the `T` positions each may see.
 * In a step of generation the batch is B documents with one token each, S = B, and every document has a cache of its own.
 *
 * The graph gives back the new keys and values alone: Node's binding copies every output into fresh memory, so a cache that the kernel writes in place would be copied whole after
 * every run. The kernel's own copy of past and new keys lives for one layer only.
 *
 * Inputs: batch [1] = B, position_ids [B,S/B], bias_<w> [B or 1,1,S/B,T] for each distinct window (0 or a large negative number), seqlens_k [B] = tokens
 * seen - 1, total_length [] = T, cos_<k>, sin_<k> [M, dims/2] for each distinct rotary table, past_key_<l>, past_value_<l> [B, kv heads, capacity, head].
 * Outputs: key_<l>, value_<l> [B, kv heads, S/B, head], keys already rotated.
 */
import { attentionOf, type Blueprint, keyLayers, tableIndex, tablesOf, windowsOf } from './blueprint.js';
import type { Attention } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import { kernelHead } from './rope.js';

/**
 * Returns the attention over ONNX Runtime's `GroupQueryAttention`.
 */
export function cachedAttention(g: GraphBuilder, b: Blueprint): Attention {
  const windows = windowsOf(b);
  const tables = tablesOf(b);
  const shapes = new Map<number, string>();
  /** The shape [batch, tokens, width]. */
  const packed = (width: number): string => {
    const shape = shapes.get(width) ?? g.node('Concat', ['batch', g.int64([-1, width])], { axis: 0 });
    shapes.set(width, shape);
    return shape;
  };
  /** Rows of n heads as the kernel takes them, each followed by zeros where the kernel wants it longer. */
  const asHeads = (x: string, n: number, own: number): string => {
    const head = kernelHead(own);
    if (head === own) return g.node('Reshape', [x, packed(n * head)]);
    const heads = g.node('Reshape', [x, g.int64([-1, own])]);
    return g.node('Reshape', [g.node('Pad', [heads, g.int64([0, 0, 0, head - own])]), packed(n * head)]);
  };
  /** What the kernel gave, one row a token, without what was filled up. */
  const asRows = (x: string, n: number, own: number): string => {
    const rows = g.int64([-1, n * own]);
    const head = kernelHead(own);
    if (head === own) return g.node('Reshape', [x, rows]);
    const heads = g.node('Reshape', [x, g.int64([-1, head])]);
    return g.node('Reshape', [g.node('Slice', [heads, g.int64([0]), g.int64([own]), g.int64([1])]), rows]);
  };
  /** Keys and values of this run, as the kernel takes them. */
  const fresh = new Map<number, readonly [key: string, value: string]>();
  /** What layer `l` adds to the cache. */
  const added = (l: number, key: string, value: string): readonly [key: string, value: string] => {
    const { kvHeads, headDim } = attentionOf(b, l);
    const rows = [asHeads(key, kvHeads, headDim), asHeads(value, kvHeads, headDim)] as const;
    for (const [t, x] of [
      ['key', rows[0]],
      ['value', rows[1]],
    ] as const) {
      const split = g.node('Reshape', [x, g.int64([0, 0, kvHeads, kernelHead(headDim)])]);
      g.nodeTo([`${t}_${l}`], 'Transpose', [split], { perm: [0, 2, 1, 3] });
    }
    fresh.set(l, rows);
    return rows;
  };
  return {
    positions: 'position_ids',
    declare() {
      g.input('batch', 'int64', [1]);
      g.input('position_ids', 'int64', [null, null]);
      g.input('seqlens_k', 'int32', ['B']);
      g.input('total_length', 'int32', []);
      for (const w of windows.keys()) g.input(`bias_${w}`, 'float32', [null, 1, null, 'T']);
      for (const [k, { dims }] of tables.entries()) {
        g.input(`cos_${k}`, 'float32', ['M', dims / 2]);
        g.input(`sin_${k}`, 'float32', ['M', dims / 2]);
      }
      // The capacity stays without a name: ONNX Runtime would else reuse buffers of "equal" shapes that differ.
      for (const { layer, part } of keyLayers(b)) {
        for (const t of ['key', 'value']) {
          g.input(`past_${t}_${layer}`, 'float32', [null, part.kvHeads, null, kernelHead(part.headDim)]);
          g.output(`${t}_${layer}`, 'float32', [null, part.kvHeads, null, kernelHead(part.headDim)]);
        }
      }
    },
    rotate(l, x, kind) {
      const { rotary, heads, kvHeads, headDim } = attentionOf(b, l);
      if (rotary === null) return x;
      const n = kind === 'query' ? heads : kvHeads;
      const k = tableIndex(tables, rotary, kind);
      return g.node(
        'RotaryEmbedding',
        [g.node('Reshape', [x, packed(n * headDim)]), 'position_ids', `cos_${k}`, `sin_${k}`],
        { interleaved: rotary.interleaved ? 1 : 0, num_heads: n, rotary_embedding_dim: rotary.dims },
        'com.microsoft',
      );
    },
    attend(l, query, key, value) {
      const { heads, kvHeads, headDim, scale, softcap, window, sinks, keysOf } = attentionOf(b, l);
      const [k, v] = (keysOf === undefined ? undefined : fresh.get(keysOf)) ?? added(l, key, value);
      const sink = sinks === undefined ? [] : [g.weight(sinks, [heads])];
      const past = [`past_key_${keysOf ?? l}`, `past_value_${keysOf ?? l}`, 'seqlens_k', 'total_length'];
      g.nodeTo(
        [`attention_${l}`, `all_keys_${l}`, `all_values_${l}`],
        'GroupQueryAttention',
        [asHeads(query, heads, headDim), k, v, ...past, '', '', '', `bias_${windows.indexOf(window)}`, ...sink],
        {
          num_heads: heads,
          kv_num_heads: kvHeads,
          do_rotary: 0,
          scale: { float: scale },
          ...(softcap === null ? {} : { softcap: { float: softcap } }),
        },
        'com.microsoft',
      );
      return asRows(`attention_${l}`, heads, headDim);
    },
  };
}
