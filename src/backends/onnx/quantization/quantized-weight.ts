/** What a quantized matrix is made of, whatever method wrote it: codes, a factor for each block of them, and what is taken off before. */
import { UserError } from '../../../errors.js';
import type { TensorPlace } from '../safetensors.js';

/** What a graph takes the bytes of a file for. Of two codes in a byte, `uint4` reads the lower half first. */
export type PackedType = 'uint4' | 'uint8' | 'int8' | 'float8' | 'float32' | 'float16' | 'bfloat16';

/** Numbers as they lie in a file. */
export interface Packed {
  readonly place: TensorPlace;
  readonly type: PackedType;
  readonly dims: readonly number[];
  /** Order of the dimensions in which they are rows and columns, one behind the other; null: the one they have. */
  readonly order: readonly number[] | null;
  /** Numbers that each byte stands for, 256 times as many as there are in a byte; null: the bytes are the numbers. */
  readonly table: CodeTable | null;
}

export interface CodeTable {
  readonly name: string;
  readonly type: 'uint8' | 'int8' | 'float32';
  readonly each: number;
  readonly values: readonly number[];
}

export type QuantizedWeight = AffineWeight | LookedUpWeight;

/** weight = (code - zero) * factor. */
export interface AffineWeight {
  readonly kind: 'affine';
  /** Rows (outputs) and columns (inputs). */
  readonly shape: readonly [rows: number, columns: number];
  readonly codes: Packed;
  /** [rows / block rows, columns / block columns], each rounded up, like the factors; `plus` is added. A number: the same for all. */
  readonly zero: { readonly packed: Packed; readonly plus: number } | number;
  readonly scales: Packed;
  /** Shape of the factors as a matrix. */
  readonly grid: readonly [rows: number, columns: number];
  /** What factors are multiplied by. */
  readonly scaleFactor: number;
  /** Rows and columns that share a factor. */
  readonly block: readonly [rows: number, columns: number];
  /** Which column of the factors each column takes, where they do not follow each other. */
  readonly groups: Int32Array | null;
}

/** weight = number that the code stands for * factor of its block; blocks are of the numbers one behind the other. */
export interface LookedUpWeight {
  readonly kind: 'looked up';
  readonly shape: readonly [rows: number, columns: number];
  /** [blocks, bytes of a block], with a table of floats. */
  readonly codes: Packed;
  /** [blocks] */
  readonly scales: Packed;
  /** Factors are multiplied by one for each so many of them, and get a number added. */
  readonly nested: { readonly factors: Packed; readonly each: number; readonly plus: number } | null;
}

/** Names and places of a model's tensors. */
export type Tensors = ReadonlyMap<string, TensorPlace>;

/** What a method finds: matrices by the names that they would have if they were not quantized, and tensors that are nothing but parts of them. */
export interface Found {
  readonly weights: Map<string, QuantizedWeight>;
  readonly parts: Set<string>;
}

/** Throws `UserError` about a tensor. */
export function refuseTensor(name: string, place: TensorPlace, what: string): never {
  throw new UserError(`${place.file}: tensor ${name} ${what}`);
}

const FLOAT_TYPES: Readonly<Record<string, PackedType>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** A tensor of plain numbers as it lies. Throws `UserError` where it is of another type. */
export function floats(name: string, place: TensorPlace, order: readonly number[] | null = null): Packed {
  const type = FLOAT_TYPES[place.dtype];
  if (type === undefined) return refuseTensor(name, place, `is of type ${place.dtype}; expected F32, F16 or BF16`);
  return { place, type, dims: place.shape, order, table: null };
}

/** The tensor of this name. Throws `UserError` that names the one that needs it. */
export function need(tensors: Tensors, name: string, by: string, byPlace: TensorPlace): TensorPlace {
  return tensors.get(name) ?? refuseTensor(by, byPlace, `needs ${name}, which is missing; the model is incomplete`);
}

/** Throws `UserError` unless the tensor has this type and these sizes (null: any). */
export function expectTensor(name: string, place: TensorPlace, dtype: string, shape: readonly (number | null)[]): void {
  if (place.dtype !== dtype) refuseTensor(name, place, `is of type ${place.dtype}; expected ${dtype}`);
  if (place.shape.length !== shape.length || !shape.every((d, i) => d === null || d === place.shape[i]))
    refuseTensor(name, place, `has shape [${place.shape.join(', ')}]; expected [${shape.map((d) => d ?? 'any').join(', ')}]`);
}

/**
 * Returns the grid and the blocks of factors of `scaleShape` for a matrix. `hint`: the blocks that the config names. A factor may be one for all, one for each row, or one for each
 * block, the last of which may be smaller. Throws `UserError` where the sizes do not fit.
 */
export function gridOf(
  name: string,
  place: TensorPlace,
  [rows, columns]: readonly [number, number],
  hint: readonly [number, number] | null,
): Pick<AffineWeight, 'grid' | 'block'> {
  const { shape } = place;
  const [r = 1, c = 1] = shape;
  const fits = (size: number, count: number, hinted: number | undefined): number | null => {
    if (hinted !== undefined && Math.ceil(size / hinted) === count) return hinted;
    return count === 1 ? size : null;
  };
  const block = [r === rows ? 1 : fits(rows, r, hint?.[0]), fits(columns, c, hint?.[1])] as const;
  if (shape.length > 2 || block[0] === null || block[1] === null)
    return refuseTensor(name, place, `has shape [${shape.join(', ')}], which divides no matrix of [${rows}, ${columns}]`);
  return { grid: [r, c], block: [block[0], block[1]] };
}
