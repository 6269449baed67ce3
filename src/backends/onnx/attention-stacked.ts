/**
 * Attention over keys and values that stay on the card (WebGPU). What was computed lies in columns, in any order and of any texts; a run adds one column for each of its
 * rows, and its outputs are the columns of the next run. Written out in plain products, as `attention-packed.ts` is.
 *
 * Which columns a row sees follows from whole numbers alone, so no mask is moved: texts are numbered in sorted order, a column belongs to the texts from `column_first` to
 * before `column_end` (those that share its token and all before it), and a row sees the columns of its text that stand no later than itself.
 *
 * Inputs, T columns of which the last S are new: position_ids [S,1], row_text, row_position [1,S,1,1], column_first, column_end, column_position [1,1,1,T] (int32), the
 * rotary tables (`rotary-tables.ts`), past_key_<l> [kv heads, 1, head, T-S], past_value_<l> [kv heads, 1, T-S, head].
 * Outputs: key_<l>, value_<l> with T columns; keys are rotated.
 */
import { attentionWeights } from './attention-sinks.js';
import { attentionOf, type Blueprint, keyLayers } from './blueprint.js';
import type { Attention } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import { softcap } from './layer-tools.js';
import { biasOf } from './packed-masks.js';
import { rotaryTables } from './rotary-tables.js';

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
export function stackedAttention(g: GraphBuilder, b: Blueprint): Attention {
  const tables = rotaryTables(g, b);
  const masks = new Map<number | null, string>();
  const mask = (window: number | null): string => {
    const known = masks.get(window) ?? stackedMask(g, window);
    masks.set(window, known);
    return known;
  };
  return {
    positions: 'position_ids',
    declare() {
      g.input('position_ids', 'int64', ['S', 1]);
      for (const name of ROW_INPUTS) g.input(name, 'int32', [1, 'S', 1, 1]);
      for (const name of COLUMN_INPUTS) g.input(name, 'int32', [1, 1, 1, 'T']);
      tables.declare();
      for (const { layer, part } of keyLayers(b)) {
        const { kvHeads, headDim } = part;
        g.input(`past_key_${layer}`, g.compute, [kvHeads, 1, headDim, null]);
        g.input(`past_value_${layer}`, g.compute, [kvHeads, 1, null, headDim]);
        g.output(`key_${layer}`, g.compute, [kvHeads, 1, headDim, 'T']);
        g.output(`value_${layer}`, g.compute, [kvHeads, 1, 'T', headDim]);
      }
    },
    rotate: (l, x, kind) => tables.rotate(g, l, x, 'position_ids', kind),
    attend(l, query, key, value) {
      const part = attentionOf(b, l);
      const { heads, kvHeads, headDim } = part;
      const group = heads / kvHeads;
      /** Rows [S, n] as they are in `shape`, with the heads first. */
      const perHead = (x: string, shape: readonly number[], perm: readonly number[]): string =>
        g.node('Transpose', [g.node('Reshape', [x, g.int64(shape)])], { perm });
      const q = perHead(tables.scaled(g, l, query), [-1, kvHeads, group, headDim], [1, 0, 2, 3]);
      if (part.keysOf === undefined) {
        const added = [
          perHead(key, [1, -1, kvHeads, headDim], [2, 0, 3, 1]),
          perHead(value, [1, -1, kvHeads, headDim], [2, 0, 1, 3]),
        ] as const;
        g.nodeTo([`key_${l}`], 'Concat', [`past_key_${l}`, added[0]], { axis: 3 });
        g.nodeTo([`value_${l}`], 'Concat', [`past_value_${l}`, added[1]], { axis: 2 });
      }
      const source = part.keysOf ?? l;
      const rows = g.node('Reshape', [q, g.int64([kvHeads, 1, -1, headDim])]);
      let scores = g.node('MatMul', [rows, `key_${source}`]);
      if (part.softcap !== null) scores = softcap(g, scores, part.softcap);
      // A 0 in a shape keeps the size that stands at its place.
      const apart = g.node('Reshape', [scores, g.int64([kvHeads, -1, group, 0])]);
      const weights = attentionWeights(g, g.node('Add', [apart, mask(part.window)]), part);
      const out = g.node('MatMul', [g.node('Reshape', [weights, g.int64([kvHeads, 1, -1, 0])]), `value_${source}`]);
      const rejoined = perHead(out, [kvHeads, -1, group, headDim], [1, 0, 2, 3]);
      return g.node('Reshape', [rejoined, g.int64([-1, heads * headDim])]);
    },
  };
}
