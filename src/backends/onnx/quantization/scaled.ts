/** Matrices of one number for each byte with factors beside them: float8 with `weight_scale_inv` or `weight_scale`, and 8 bit of bitsandbytes. */
import type { Packed, TensorPlace } from '../tensor-place.js';
import { expectTensor, type Found, floats, gridOf, refuseTensor, type Tensors } from './quantized-weight.js';
import { POWERS } from './small-tensors.js';

const CODE_TYPES = { F8_E4M3: 'float8', I8: 'int8' } as const;

/** The matrix `name` as codes of a byte each. Throws `UserError` where it is of another type or no matrix. */
export function byteCodes(name: string, place: TensorPlace): { codes: Packed; shape: readonly [number, number] } {
  const { dtype, shape } = place;
  const [rows, columns] = shape;
  if (dtype !== 'F8_E4M3' && dtype !== 'I8')
    return refuseTensor(name, place, `has factors beside it but is of type ${dtype}; expected F8_E4M3 or I8`);
  if (shape.length !== 2 || rows === undefined || columns === undefined)
    return refuseTensor(name, place, `has shape [${shape.join(', ')}]; a quantized matrix has two dimensions`);
  return { codes: { place, type: CODE_TYPES[dtype], dims: shape, order: null, table: null }, shape: [rows, columns] };
}

/**
 * Finds float8 matrices `X.weight` with `X.weight_scale_inv` (DeepSeek, Qwen 3) or `X.weight_scale`, by which they are multiplied whatever the name says.
 * Throws `UserError` where one is without the other.
 */
export function findFloat8(tensors: Tensors, block: readonly [number, number] | null): Found {
  const found: Found = { weights: new Map(), parts: new Set() };
  for (const [name, place] of tensors) {
    const [, module] = /^(.*)\.(?:weight_scale_inv|weight_scale)$/.exec(name) ?? [];
    if (/\.(?:input_scale|activation_scale|output_scale|k_scale|v_scale)$/.test(name)) found.parts.add(name);
    if (module === undefined) continue;
    const weight = `${module}.weight`;
    const own = tensors.get(weight) ?? refuseTensor(name, place, `has no ${weight} beside it; the model is incomplete`);
    const { codes, shape } = byteCodes(weight, own);
    const scales = place.dtype === 'F8_E8M0' ? exponents(place) : floats(name, place);
    found.weights.set(weight, {
      kind: 'affine',
      shape,
      codes,
      zero: 0,
      scales,
      scaleFactor: 1,
      groups: null,
      ...gridOf(name, place, shape, block),
    });
    found.parts.add(name);
  }
  return found;
}

/** Powers of two, stored as exponents with a bias of 127 (E8M0). */
export function exponents(place: TensorPlace): Packed {
  const values = Array.from({ length: 256 }, (_, e) => (e === 255 ? Number.NaN : 2 ** (e - 127)));
  return { place, type: 'uint8', dims: place.shape, order: null, table: { name: POWERS, type: 'float32', each: 1, values } };
}

/** Finds the matrices of bitsandbytes in 8 bits: `X.weight` and `X.SCB`, the largest size of each row, which 127 stands for. Throws `UserError` where parts do not fit. */
export function findBitsAndBytes8(tensors: Tensors): Found {
  const found: Found = { weights: new Map(), parts: new Set() };
  for (const [name, place] of tensors) {
    if (name.endsWith('.weight_format')) found.parts.add(name);
    if (!name.endsWith('.SCB')) continue;
    const weight = `${name.slice(0, -'.SCB'.length)}.weight`;
    const own = tensors.get(weight) ?? refuseTensor(name, place, `has no ${weight} beside it; the model is incomplete`);
    expectTensor(weight, own, 'I8', [null, null]);
    const { codes, shape } = byteCodes(weight, own);
    expectTensor(name, place, 'F32', [shape[0]]);
    const scales = floats(name, place);
    found.weights.set(weight, {
      kind: 'affine',
      shape,
      codes,
      zero: 0,
      scales,
      scaleFactor: 1 / 127,
      groups: null,
      ...gridOf(name, place, shape, null),
    });
    found.parts.add(name);
  }
  return found;
}
