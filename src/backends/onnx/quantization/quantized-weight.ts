/** What the methods of quantization need when they look for their tensors. */
import { UserError } from '../../../errors.js';
import type { AffineWeight, Packed, PackedType, QuantizedWeight, TensorPlace } from '../tensor-place.js';

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
