/**
 * Attention without a cache, in plain products: all tokens of the texts are in the run, and a mask [S,S] says who sees whom. For CUDA, where no tensor stays on the card between
 * runs and `GroupQueryAttention` takes no mask: a run moves a few megabytes, all of them masks and ids. Grouped heads share their keys without copies: the queries of
 * a group are rows of one product.
 *
 * Inputs: position_ids [1,S], visible [S,S] bool (and visible_local), cos, sin [M, head/2] float32 (and cos_local, sin_local).
 */
import type { ModelConfig } from '../../models/model-config.js';
import { type Attention, type Blueprint, slidesAnywhere, softcap } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import { ELEMENT } from './proto.js';
import { kernelHead } from './rope.js';

/** Added where a row may not look; finite in every type, so that no row becomes NaN. */
const HIDDEN = { float32: -1e30, bfloat16: -1e30, float16: -60_000 } as const;

/**
 * Returns the attention over matrix products and softmax.
 */
export function packedAttention(g: GraphBuilder, c: ModelConfig, b: Blueprint): Attention {
  const sliding = slidesAnywhere(c, b);
  const group = c.heads / c.kvHeads;
  const type = g.compute === 'float16' || g.compute === 'bfloat16' ? g.compute : 'float32';
  const shared = new Map<string, string>();
  const once = (name: string, make: () => string): string => {
    const known = shared.get(name) ?? make();
    shared.set(name, known);
    return known;
  };
  /** A rotary table in the compute type and of the head's own size. */
  const narrow = (name: string): string =>
    once(name, () => {
      const own =
        kernelHead(c.headDim) === c.headDim ? name : g.node('Slice', [name, g.int64([0]), g.int64([c.headDim / 2]), g.int64([1])]);
      return type === 'float32' ? own : g.node('Cast', [own], { to: ELEMENT[type] });
    });

  return {
    declare() {
      g.input('position_ids', 'int64', [1, 'S']);
      for (const suffix of sliding ? ['', '_local'] : ['']) {
        g.input(`visible${suffix}`, 'bool', ['S', 'S']);
        g.input(`cos${suffix}`, 'float32', ['M', kernelHead(c.headDim) / 2]);
        g.input(`sin${suffix}`, 'float32', ['M', kernelHead(c.headDim) / 2]);
      }
    },
    attend(l, query, key, value) {
      const suffix = sliding && b.slides(l) ? '_local' : '';
      const bias = once(`bias${suffix}`, () => g.node('Where', [`visible${suffix}`, g.scalar(0), g.scalar(HIDDEN[type])]));
      const rotate = (x: string, n: number): string => {
        const wide = g.node('Reshape', [x, g.int64([1, -1, n * c.headDim])]);
        const inputs = [wide, 'position_ids', narrow(`cos${suffix}`), narrow(`sin${suffix}`)];
        return g.node('RotaryEmbedding', inputs, { interleaved: 0, num_heads: n, rotary_embedding_dim: c.headDim }, 'com.microsoft');
      };
      // Queries [kv heads, group x S, head]; scaled before the product, which keeps float16 in range.
      const scaled = g.node('Mul', [rotate(query, c.heads), g.scalar(b.attentionScale)]);
      const grouped = g.node('Transpose', [g.node('Reshape', [scaled, g.int64([-1, c.kvHeads, group, c.headDim])])], {
        perm: [1, 2, 0, 3],
      });
      const q = g.node('Reshape', [grouped, g.int64([c.kvHeads, -1, c.headDim])]);
      const k = g.node('Transpose', [g.node('Reshape', [rotate(key, c.kvHeads), g.int64([-1, c.kvHeads, c.headDim])])], {
        perm: [1, 2, 0],
      });
      const v = g.node('Transpose', [g.node('Reshape', [value, g.int64([-1, c.kvHeads, c.headDim])])], { perm: [1, 0, 2] });
      let scores = g.node('MatMul', [q, k]);
      if (b.attentionSoftcap !== null) scores = softcap(g, scores, b.attentionSoftcap);
      // [heads, S, S]: the last size is taken from the bias, whose both sizes are S.
      const square = once('square', () => g.node('Concat', [g.int64([c.heads]), g.node('Shape', [bias])], { axis: 0 }));
      const masked = g.node('Add', [g.node('Reshape', [scores, square]), bias]);
      const weights = g.node('Softmax', [masked], { axis: -1 });
      const rows = once('rows', () => g.node('Concat', [g.int64([c.kvHeads, -1]), g.node('Shape', [bias], { start: 1 })], { axis: 0 }));
      const seen = g.node('MatMul', [g.node('Reshape', [weights, rows]), v]);
      const apart = g.node('Reshape', [seen, g.int64([c.kvHeads, group, -1, c.headDim])]);
      return g.node('Reshape', [g.node('Transpose', [apart], { perm: [2, 0, 1, 3] }), g.int64([-1, c.heads * c.headDim])]);
    },
  };
}
