/**
 * Writes quantized matrices into a graph as what they stand for. Every node is of constants, so the runtime computes it once, when the session is made. The last step of each is one
 * `DequantizeLinear`, because the runtime keeps what goes into a step until all are done: what lies before it must be small or of few bits.
 */

import { at } from '../../../at.js';
import { UserError } from '../../../errors.js';
import { ELEMENT, type ElementName } from '../proto.js';
import type { AffineWeight, CodeTable, LookedUpWeight, Packed, QuantizedWeight, TensorPlace } from '../tensor-place.js';

const ELEMENT_OF: Readonly<Record<Packed['type'], ElementName>> = {
  uint4: 'uint4',
  uint8: 'uint8',
  int8: 'int8',
  float8: 'float8',
  float32: 'float32',
  float16: 'float16',
  bfloat16: 'bfloat16',
};

/** What is needed of a graph's builder (`graph-builder.ts`). */
interface Writer {
  node(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, number | readonly number[]>>): string;
  stored(name: string, place: TensorPlace, type: ElementName, dims: readonly number[]): string;
  table(name: string, type: 'uint8' | 'int8' | 'float32', values: readonly number[], dims: readonly number[]): string;
  floats(name: string, values: Float32Array, dims: readonly number[]): string;
  int64(values: readonly number[], dims?: readonly number[]): string;
  int32(values: readonly number[], dims?: readonly number[]): string;
}

type Shape = readonly [rows: number, columns: number];

/** A value of the graph with its type. */
interface Typed {
  readonly value: string;
  readonly type: ElementName;
}

const count = (dims: readonly number[]): number => dims.reduce((product, d) => product * d, 1);

function cast(g: Writer, { value, type }: Typed, to: ElementName): string {
  return type === to ? value : g.node('Cast', [value], { to: ELEMENT[to] });
}

function lookedUp(g: Writer, bytes: string, table: CodeTable): Typed {
  const values = g.table(table.name, table.type, table.values, table.each === 1 ? [256] : [256, table.each]);
  return { value: g.node('Gather', [values, g.node('Cast', [bytes], { to: ELEMENT.int32 })]), type: table.type };
}

/** A matrix of packed numbers; rows and columns that only fill words are left out. */
function matrix(g: Writer, name: string, packed: Packed, [rows, columns]: Shape): Typed {
  const { place, type, dims, order, table } = packed;
  const external = g.stored(name, place, ELEMENT_OF[type], dims);
  let made: Typed = { value: external, type: ELEMENT_OF[type] };
  if (table !== null) made = lookedUp(g, external, table);
  const inner = table === null || table.each === 1 ? dims : [...dims, table.each];
  if (order === null && inner.length === 2 && inner[0] === rows && inner[1] === columns) return made;
  if (order !== null) made = { value: g.node('Transpose', [made.value], { perm: [...order] }), type: made.type };
  // Four bits cannot be reshaped or cut.
  if (made.type === 'uint4') made = { value: cast(g, made, 'uint8'), type: 'uint8' };
  const turned = order === null ? inner : order.map((axis) => at(inner, axis));
  const shaped = asMatrix(turned, rows, columns);
  if (turned.length !== 2 || turned[0] !== shaped[0]) made = { value: g.node('Reshape', [made.value, g.int64(shaped)]), type: made.type };
  if (shaped[0] === rows && shaped[1] === columns) return made;
  return { value: g.node('Slice', [made.value, g.int64([0, 0]), g.int64([rows, columns]), g.int64([0, 1])]), type: made.type };
}

/** Where dimensions are divided into rows and columns: with the fewest rows that are enough, whose rest and that of the columns is left out. */
function asMatrix(dims: readonly number[], rows: number, columns: number): [number, number] {
  for (let axis = 0; axis <= dims.length; axis++) {
    const first = count(dims.slice(0, axis));
    const second = count(dims.slice(axis));
    if (first >= rows && second >= columns) return [first, second];
  }
  throw new UserError(`codes of [${dims.join(', ')}] hold no matrix of [${rows}, ${columns}]`);
}

/** Repeats rows for blocks of several, and picks columns by group. */
function spread(g: Writer, value: string, w: AffineWeight): string {
  const [rows] = w.shape;
  let all = value;
  if (w.block[0] > 1 && w.grid[0] > 1)
    all = g.node('Gather', [all, g.int64(Array.from({ length: rows }, (_, r) => Math.floor(r / w.block[0])))], { axis: 0 });
  return w.groups === null ? all : g.node('Gather', [all, g.int64([...w.groups])], { axis: 1 });
}

/** Brings factors or zero points, a matrix of the grid, into the shape that the operator takes; and says how it takes them. */
function laidOut(g: Writer, value: string, w: AffineWeight): string {
  const [rows, columns] = w.grid;
  if (rows * columns === 1) return g.node('Reshape', [value, g.int64([], [0])]);
  const all = spread(g, value, w);
  if (columns === 1 && w.groups === null) return g.node('Reshape', [all, g.int64([-1])]);
  if (rows === 1) return g.node('Expand', [all, g.int64([w.shape[0], 1])]);
  return all;
}

/** How the operator takes factors. */
function attributes({ grid, block, groups, shape }: AffineWeight): Record<string, number> {
  if (grid[0] * grid[1] === 1) return {};
  if (grid[1] === 1) return { axis: 0 };
  if (groups !== null) return { axis: 1, block_size: 1 };
  return { axis: 1, block_size: Math.min(block[1], shape[1]) };
}

/**
 * Adds a quantized matrix in float32, [rows, columns] as its shape says. `name` is that of the matrix; its parts get names behind it.
 */
export function writeDequantized(g: Writer, name: string, w: QuantizedWeight): string {
  return w.kind === 'affine' ? writeAffine(g, name, w) : writeLookedUp(g, name, w);
}

/** Codes that stand for any numbers: no operator knows them, so this takes several steps, each as large as the matrix. */
function writeLookedUp(g: Writer, name: string, w: LookedUpWeight): string {
  const { codes, nested } = w;
  const [blocks = 1] = codes.dims;
  const bytes = g.stored(`${name}:codes`, codes.place, 'uint8', codes.dims);
  const numbers = codes.table === null ? bytes : lookedUp(g, bytes, codes.table).value;
  let scales = cast(g, matrix(g, `${name}:factors`, w.scales, [blocks, 1]), 'float32');
  if (nested !== null) {
    const { factors, each, plus } = nested;
    const [count = 1] = factors.dims;
    const own = cast(g, matrix(g, `${name}:nested`, factors, [count, 1]), 'float32');
    // A list of places only where the blocks leave a rest: it is as long as there are blocks.
    const whole = blocks % count === 0 && blocks / count === each;
    const apart = whole ? g.node('Reshape', [scales, g.int64([count, each])]) : scales;
    const spreadOut =
      whole || count === 1
        ? own
        : g.node('Gather', [own, g.int64(Array.from({ length: blocks }, (_, i) => Math.floor(i / each)))], { axis: 0 });
    scales = g.node('Add', [g.node('Mul', [apart, spreadOut]), g.floats(`scalar ${plus}`, Float32Array.of(plus), [])]);
  }
  const product = g.node('Mul', [numbers, g.node('Reshape', [scales, g.int64([blocks, 1, 1])])]);
  return g.node('Reshape', [product, g.int64(w.shape)]);
}

function writeAffine(g: Writer, name: string, w: AffineWeight): string {
  const codes = matrix(g, `${name}:codes`, w.codes, w.shape);
  let scales = cast(g, matrix(g, `${name}:factors`, w.scales, w.grid), 'float32');
  if (w.scaleFactor !== 1) scales = g.node('Mul', [scales, g.floats(`scalar ${w.scaleFactor}`, Float32Array.of(w.scaleFactor), [])]);
  const inputs = [codes.value, laidOut(g, scales, w)];
  if (w.zero !== 0) {
    let zero: Typed;
    if (typeof w.zero === 'number') {
      const one = g.table(`zero ${w.zero}`, 'uint8', [w.zero], [1, 1]);
      zero = { value: g.node('Expand', [one, g.int64(w.grid)]), type: 'uint8' };
    } else {
      zero = matrix(g, `${name}:zeros`, w.zero.packed, w.grid);
      if (w.zero.plus !== 0) {
        const sum = g.node('Add', [cast(g, zero, 'int32'), g.int32([w.zero.plus], [])]);
        zero = { value: sum, type: 'int32' };
      }
    }
    // Zero points of four bits cannot be laid out, so they get their type last.
    const wide = zero.type === 'int8' ? zero : { value: cast(g, zero, 'uint8'), type: 'uint8' as const };
    inputs.push(cast(g, { value: laidOut(g, wide.value, w), type: wide.type }, codes.type));
  }
  return g.node('DequantizeLinear', inputs, attributes(w));
}
