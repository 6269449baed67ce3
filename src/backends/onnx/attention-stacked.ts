/**
 * Attention over keys and values that stay on the card (WebGPU). What was computed lies in columns, in any order and of any texts; a run adds one column for each of its
 * rows, and its outputs are the columns of the next run. Written out in plain products, as `attention-packed.ts` is.
 *
 * Which columns a row sees follows from whole numbers alone, so no mask is moved: texts are numbered in sorted order, a column belongs to the texts from `column_first` to
 * before `column_end` (those that share its token and all before it), and a row sees the columns of its text that stand no later than itself.
 *
 * Inputs, T columns of which the last S are new: position_ids [S,1], row_text, row_position [1,S,1,1], column_first, column_end, column_position [1,1,1,T] (int32), cos,
 * sin [M, head/2] (and cos_local, sin_local), past_key_<l> [kv heads, 1, head, T-S], past_value_<l> [kv heads, 1, T-S, head].
 * Outputs: key_<l>, value_<l> with T columns; keys are rotated.
 */
import type { ModelConfig } from '../../models/model-config.js';
import { rotaryTables } from './attention-packed.js';
import { type Attention, type Blueprint, slidesAnywhere, softcap } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import { biasOf } from './packed-masks.js';
import { kernelHead } from './rope.js';

/** Inputs that say what rows and columns are; the runner feeds them under these names. */
export const ROW_INPUTS = ['row_text', 'row_position'] as const;
export const COLUMN_INPUTS = ['column_first', 'column_end', 'column_position'] as const;

/** The mask [1, S, 1, T] of layers with this window (null: none). */
function stackedMask(g: GraphBuilder, window: number | null): string {
  const inText = g.node('And', [g.node('LessOrEqual', ['column_first', 'row_text']), g.node('Less', ['row_text', 'column_end'])]);
  let seen = g.node('And', [inText, g.node('LessOrEqual', ['column_position', 'row_position'])]);
  if (window !== null)
    seen = g.node('And', [seen, g.node('Less', [g.node('Sub', ['row_position', g.int32([window], [])]), 'column_position'])]);
  return biasOf(g, seen, g.scalar(0));
}

/**
 * Returns the attention over columns that stay on the device.
 */
export function stackedAttention(g: GraphBuilder, c: ModelConfig, b: Blueprint): Attention {
  const sliding = slidesAnywhere(c, b);
  const group = c.heads / c.kvHeads;
  const tables = rotaryTables(g, c, b);
  const masks = new Map<number | null, string>();
  const mask = (l: number): string => {
    const window = sliding && b.slides(l) ? b.window : null;
    const known = masks.get(window) ?? stackedMask(g, window);
    masks.set(window, known);
    return known;
  };
  return {
    declare() {
      g.input('position_ids', 'int64', ['S', 1]);
      for (const name of ROW_INPUTS) g.input(name, 'int32', [1, 'S', 1, 1]);
      for (const name of COLUMN_INPUTS) g.input(name, 'int32', [1, 1, 1, 'T']);
      for (const suffix of sliding ? ['', '_local'] : ['']) {
        g.input(`cos${suffix}`, 'float32', ['M', kernelHead(c.headDim) / 2]);
        g.input(`sin${suffix}`, 'float32', ['M', kernelHead(c.headDim) / 2]);
      }
    },
    attend(l, query, key, value) {
      g.input(`past_key_${l}`, g.compute, [c.kvHeads, 1, c.headDim, null]);
      g.input(`past_value_${l}`, g.compute, [c.kvHeads, 1, null, c.headDim]);
      g.output(`key_${l}`, g.compute, [c.kvHeads, 1, c.headDim, 'T']);
      g.output(`value_${l}`, g.compute, [c.kvHeads, 1, 'T', c.headDim]);
      const rotate = (x: string, kind: 'query' | 'key'): string => {
        const n = kind === 'query' ? c.heads : c.kvHeads;
        return tables.rotate(g, l, g.node('Reshape', [x, g.int64([-1, 1, n * c.headDim])]), 'position_ids', kind);
      };
      /** Rows [S, n] as they are in `shape`, with the heads first. */
      const perHead = (x: string, shape: readonly number[], perm: readonly number[]): string =>
        g.node('Transpose', [g.node('Reshape', [x, g.int64(shape)])], { perm });
      const q = perHead(rotate(query, 'query'), [-1, c.kvHeads, group, c.headDim], [1, 0, 2, 3]);
      g.nodeTo([`key_${l}`], 'Concat', [`past_key_${l}`, perHead(rotate(key, 'key'), [1, -1, c.kvHeads, c.headDim], [2, 0, 3, 1])], {
        axis: 3,
      });
      g.nodeTo([`value_${l}`], 'Concat', [`past_value_${l}`, perHead(value, [1, -1, c.kvHeads, c.headDim], [2, 0, 1, 3])], { axis: 2 });
      const rows = g.node('Reshape', [q, g.int64([c.kvHeads, 1, -1, c.headDim])]);
      let scores = g.node('MatMul', [rows, `key_${l}`]);
      if (b.attentionSoftcap !== null) scores = softcap(g, scores, b.attentionSoftcap);
      // A 0 in a shape keeps the size that stands at its place.
      const apart = g.node('Reshape', [scores, g.int64([c.kvHeads, -1, group, 0])]);
      const weights = g.node('Softmax', [g.node('Add', [apart, mask(l)])], { axis: -1 });
      const out = g.node('MatMul', [g.node('Reshape', [weights, g.int64([c.kvHeads, 1, -1, 0])]), `value_${l}`]);
      const heads = perHead(out, [c.kvHeads, -1, group, c.headDim], [1, 0, 2, 3]);
      return g.node('Reshape', [heads, g.int64([-1, c.heads * c.headDim])]);
    },
  };
}
