/** Rotation on a card, in every layout: tables are cast, and scaled for the queries, once for all layers. */
import { type AttentionPart, attentionOf, type Blueprint, tableIndex, tablesOf } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';
import { ELEMENT } from './proto.js';

export interface RotaryTables {
  /** Declares the inputs cos_<k>, sin_<k> [M, dims/2] float32 for each distinct table. */
  declare(): void;
  /** Rows [n, heads x head] of layer `layer` rotated to `positions` [n, 1]; queries come out scaled where the rotation turns all of a head. */
  rotate(g: GraphBuilder, layer: number, x: string, positions: string, kind: 'query' | 'key'): string;
  /** Rotated queries of any shape with the scale of the scores, where the rotation has not brought it in. */
  scaled(g: GraphBuilder, layer: number, query: string): string;
}

/** Whether the scale of the scores goes into the queries' tables, where it is rounded with each entry, not as a factor. */
function scaleInTables({ rotary, headDim, norms }: AttentionPart): boolean {
  return rotary !== null && rotary.dims === headDim && norms?.afterRotation !== true;
}

/**
 * Returns the tables of a model, made in the graph `root` where they are first asked for.
 */
export function rotaryTables(root: GraphBuilder, b: Blueprint): RotaryTables {
  const kinds = tablesOf(b);
  const made = new Map<string, string>();
  /** A table in the compute type; `scale` null: as it is. */
  const table = (name: string, scale: number | null): string => {
    const key = `${name}:${scale}`;
    let x = made.get(key);
    if (x !== undefined) return x;
    x = name;
    if (scale !== null) x = root.node('Mul', [x, root.floats(`attention scale ${scale}`, Float32Array.of(scale), [])]);
    if (root.compute !== 'float32') x = root.node('Cast', [x], { to: ELEMENT[root.compute] });
    made.set(key, x);
    return x;
  };
  return {
    declare() {
      for (const [k, { dims }] of kinds.entries()) {
        root.input(`cos_${k}`, 'float32', ['M', dims / 2]);
        root.input(`sin_${k}`, 'float32', ['M', dims / 2]);
      }
    },
    rotate(g, l, x, positions, kind) {
      const part = attentionOf(b, l);
      const { rotary, headDim } = part;
      if (rotary === null) return x;
      const n = kind === 'query' ? part.heads : part.kvHeads;
      const scale = kind === 'query' && scaleInTables(part) ? part.scale : null;
      const k = tableIndex(kinds, rotary, kind);
      // Each row is a batch of its own: the kernel takes no more tokens in one than the tables have positions.
      return g.node(
        'RotaryEmbedding',
        [g.node('Reshape', [x, g.int64([-1, 1, n * headDim])]), positions, table(`cos_${k}`, scale), table(`sin_${k}`, scale)],
        { interleaved: rotary.interleaved ? 1 : 0, num_heads: n, rotary_embedding_dim: rotary.dims },
        'com.microsoft',
      );
    },
    scaled(g, l, query) {
      const part = attentionOf(b, l);
      return scaleInTables(part) ? query : g.node('Mul', [query, g.scalar(part.scale)]);
    },
  };
}
