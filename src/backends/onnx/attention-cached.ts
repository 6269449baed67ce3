/**
 * Attention with a cache of keys and values (for the CPU). The new tokens stand behind the tokens in the cache; an additive bias says which of the `T` positions each may see.
 * In a step of generation the batch is B documents with one token each, S = B, and every document has a cache of its own.
 *
 * The graph gives back the new keys and values alone: Node's binding copies every output into fresh memory, so a cache that the kernel writes in place would be copied whole after
 * every run. The kernel's own copy of past and new keys lives for one layer only.
 *
 * Inputs: batch [1] = B, position_ids [B,S/B], bias [B or 1,1,S/B,T] (0 or a large negative number), bias_local (the same for sliding layers), seqlens_k [B] = tokens
 * seen - 1, total_length [] = T, cos, sin [M, head/2] (and cos_local, sin_local), past_key_<l>, past_value_<l> [B, kv heads, capacity, head].
 * Outputs: key_<l>, value_<l> [B, kv heads, S/B, head], keys already rotated.
 */
import type { ModelConfig } from '../../models/model-config.js';
import { type Attention, type Blueprint, slidesAnywhere } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import { kernelHead } from './rope.js';

/**
 * Returns the attention over ONNX Runtime's `GroupQueryAttention`.
 */
export function cachedAttention(g: GraphBuilder, c: ModelConfig, b: Blueprint): Attention {
  const sliding = slidesAnywhere(c, b);
  const head = kernelHead(c.headDim);
  const shapes = new Map<number, string>();
  /** The shape [batch, tokens, n heads] as the kernel wants its rows. */
  const packed = (n: number): string => {
    const shape = shapes.get(n) ?? g.node('Concat', ['batch', g.int64([-1, n * head])], { axis: 0 });
    shapes.set(n, shape);
    return shape;
  };
  /** Rows of n heads as the kernel takes them, each half of a head filled up with zeros where the kernel wants it longer. */
  const asHeads = (x: string, n: number): string => {
    if (head === c.headDim) return g.node('Reshape', [x, packed(n)]);
    const halves = g.node('Reshape', [x, g.int64([-1, c.headDim / 2])]);
    return g.node('Reshape', [g.node('Pad', [halves, g.int64([0, 0, 0, (head - c.headDim) / 2])]), packed(n)]);
  };
  /** What the kernel gave, one row a token, without what was filled up. */
  const asRows = (x: string): string => {
    const own = g.int64([-1, c.heads * c.headDim]);
    if (head === c.headDim) return g.node('Reshape', [x, own]);
    const halves = g.node('Reshape', [x, g.int64([-1, head / 2])]);
    return g.node('Reshape', [g.node('Slice', [halves, g.int64([0]), g.int64([c.headDim / 2]), g.int64([1])]), own]);
  };
  return {
    declare() {
      g.input('batch', 'int64', [1]);
      g.input('position_ids', 'int64', [null, null]);
      g.input('seqlens_k', 'int32', ['B']);
      g.input('total_length', 'int32', []);
      for (const suffix of sliding ? ['', '_local'] : ['']) {
        g.input(`bias${suffix}`, 'float32', [null, 1, null, 'T']);
        g.input(`cos${suffix}`, 'float32', ['M', head / 2]);
        g.input(`sin${suffix}`, 'float32', ['M', head / 2]);
      }
    },
    attend(l, query, key, value) {
      // The capacity stays without a name: ONNX Runtime would else reuse buffers of "equal" shapes that differ.
      for (const t of ['key', 'value']) {
        g.input(`past_${t}_${l}`, 'float32', [null, c.kvHeads, null, head]);
        g.output(`${t}_${l}`, 'float32', [null, c.kvHeads, null, head]);
      }
      const suffix = sliding && b.slides(l) ? '_local' : '';
      const rotate = (x: string, n: number): string => {
        const attributes = { interleaved: 0, num_heads: n, rotary_embedding_dim: head };
        return g.node('RotaryEmbedding', [x, 'position_ids', `cos${suffix}`, `sin${suffix}`], attributes, 'com.microsoft');
      };
      const k = rotate(asHeads(key, c.kvHeads), c.kvHeads);
      const v = asHeads(value, c.kvHeads);
      for (const [t, x] of [
        ['key', k],
        ['value', v],
      ] as const) {
        g.nodeTo([`${t}_${l}`], 'Transpose', [g.node('Reshape', [x, g.int64([0, 0, c.kvHeads, head])])], { perm: [0, 2, 1, 3] });
      }
      const past = [`past_key_${l}`, `past_value_${l}`, 'seqlens_k', 'total_length'];
      g.nodeTo(
        [`attention_${l}`, `all_keys_${l}`, `all_values_${l}`],
        'GroupQueryAttention',
        [rotate(asHeads(query, c.heads), c.heads), k, v, ...past, '', '', '', `bias${suffix}`],
        {
          num_heads: c.heads,
          kv_num_heads: c.kvHeads,
          do_rotary: 0,
          scale: { float: b.attentionScale },
          ...(b.attentionSoftcap === null ? {} : { softcap: { float: b.attentionSoftcap } }),
        },
        'com.microsoft',
      );
      return asRows(`attention_${l}`);
    },
  };
}
