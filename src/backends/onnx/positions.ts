/** Positions that are added to embeddings or to scores, instead of a rotation. */
import type { Alibi, Positions } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';
import { ELEMENT } from './proto.js';

/** Positions in float32, as [S, 1]. */
function numbers(g: GraphBuilder, positions: string): string {
  return g.node('Cast', [g.node('Reshape', [positions, g.int64([-1, 1])])], { to: ELEMENT.float32 });
}

/** Float32 numbers under a name that says what they are, in the type that the graph computes. */
function inCompute(g: GraphBuilder, x: string): string {
  return g.compute === 'float32' ? x : g.node('Cast', [x], { to: ELEMENT[g.compute] });
}

/**
 * Adds rows [S, size] for `positions` (S whole numbers). Throws `UserError` where the table is missing or of another shape.
 */
export function positionRows(root: GraphBuilder, g: GraphBuilder, positions: string, p: Positions, size: number): string {
  if (p.kind === 'learned') {
    const row = g.node('Add', [g.node('Reshape', [positions, g.int64([-1])]), g.int64([p.offset], [])]);
    return g.node('Gather', [root.weight(`${p.table}.weight`, [p.rows, size]), row]);
  }
  const half = Math.floor(size / 2);
  const step = Math.fround(Math.log(10_000) / (half - 1));
  const speeds = Float32Array.from({ length: half }, (_, i) => Math.exp(Math.fround(-step * i)));
  const place = g.node('Add', [numbers(g, positions), g.floats(`position offset ${p.offset}`, Float32Array.of(p.offset), [])]);
  const angles = g.node('Mul', [place, g.floats(`position speeds ${size}`, speeds, [1, half])]);
  const parts = [g.node('Sin', [angles]), g.node('Cos', [angles])];
  const waves = g.node('Concat', parts, { axis: 1 });
  // An odd size ends with a zero.
  return inCompute(g, size % 2 === 0 ? waves : g.node('Pad', [waves, g.int64([0, 0, 0, 1])]));
}

/**
 * Adds what a key of each head gains by its position, [S, heads, 1].
 */
export function alibiColumn(g: GraphBuilder, positions: string, { slopes, rounded, factor }: Alibi): string {
  const round = (x: string): string =>
    rounded ? g.node('Cast', [g.node('Cast', [x], { to: ELEMENT.bfloat16 })], { to: ELEMENT.float32 }) : x;
  const steep = round(g.floats(`slopes ${slopes.join(' ')}`, Float32Array.from(slopes), [1, slopes.length, 1]));
  const gained = round(g.node('Mul', [g.node('Reshape', [numbers(g, positions), g.int64([-1, 1, 1])]), steep]));
  return inCompute(g, factor === 1 ? gained : g.node('Mul', [gained, g.floats(`factor ${factor}`, Float32Array.of(factor), [])]));
}
