/** Matrices as compressed-tensors (llm-compressor) writes them: a number for each byte, or packed into words of 32 bits. */

import { at } from '../../../at.js';
import type { CompressedGroup } from '../../../models/quantization-config.js';
import type { AffineWeight, Packed, TensorPlace } from '../tensor-place.js';
import { expectTensor, type Found, floats, gridOf, need, refuseTensor, type Tensors } from './quantized-weight.js';
import { byteCodes } from './scaled.js';
import { groupsOf, shapeIn } from './small-tensors.js';

/** Tensors of activations and caches, which stay as they are, and parts of weights. */
const PARTS =
  /\.(?:weight_scale|weight_zero_point|weight_g_idx|weight_shape|weight_packed|(?:input|output)_(?:scale|zero_point|global_scale)|[kqv]_(?:scale|zero_point))$/;

/** Codes of `bits` bits that fill words of 32 bits along the last dimension, the lowest bits first: as many as the words have room for. */
function packedCodes(place: TensorPlace, bits: number): { codes: Packed; columns: number } {
  const [rows = 0, words = 0] = place.shape;
  const columns = (words * 32) / bits;
  return { codes: { place, type: bits === 4 ? 'uint4' : 'uint8', dims: [rows, columns], order: null, table: null }, columns };
}

/** Zero points, packed along the rows. */
function packedZeros(name: string, place: TensorPlace, bits: number, rows: number, groups: number): Packed {
  const each = 32 / bits;
  expectTensor(name, place, 'I32', [Math.ceil(rows / each), groups]);
  const [words = 0] = place.shape;
  return { place, type: bits === 4 ? 'uint4' : 'uint8', dims: [words, groups, each], order: [0, 2, 1], table: null };
}

/** What the group that a matrix may belong to says of its blocks; all groups count, as names of modules are not looked at. */
function hintOf(groups: readonly CompressedGroup[], bits: number, columns: number, scale: TensorPlace): readonly [number, number] | null {
  const [rows = 1, parts = 1] = scale.shape;
  for (const group of groups.filter((one) => one.bits === bits)) {
    if (group.block !== null) return group.block;
    if (group.groupSize !== null && Math.ceil(columns / group.groupSize) === parts && rows > 0) return [1, group.groupSize];
  }
  return null;
}

/** The matrix of a module that has packed codes. */
async function packed(tensors: Tensors, module: string, groups: readonly CompressedGroup[]): Promise<AffineWeight> {
  const name = `${module}.weight_packed`;
  const place = need(tensors, name, name, at([...tensors.values()], 0));
  expectTensor(name, place, 'I32', [null, null]);
  const [rows, columns] = await shapeIn(`${module}.weight_shape`, need(tensors, `${module}.weight_shape`, name, place));
  const [packedRows, words = 0] = place.shape;
  const bits = [...new Set(groups.map((group) => group.bits))].find((one) => Math.ceil((columns * one) / 32) === words);
  if (packedRows !== rows || bits === undefined)
    return refuseTensor(
      name,
      place,
      `has shape [${place.shape.join(', ')}], which holds no matrix of [${rows}, ${columns}] in ${groups.map((g) => g.bits).join(' or ')} bits`,
    );
  if (bits !== 4 && bits !== 8) return refuseTensor(name, place, `has codes of ${bits} bits; read are 4 and 8`);
  const scaleName = `${module}.weight_scale`;
  const scale = need(tensors, scaleName, name, place);
  const grid = gridOf(scaleName, scale, [rows, columns], hintOf(groups, bits, columns, scale));
  const zeroName = `${module}.weight_zero_point`;
  const zero = tensors.get(zeroName);
  return {
    kind: 'affine',
    shape: [rows, columns],
    codes: packedCodes(place, bits).codes,
    // Codes are stored with half of their range added; so are zero points, where there are any.
    zero: zero === undefined ? 2 ** (bits - 1) : { packed: packedZeros(zeroName, zero, bits, rows, grid.grid[1]), plus: 0 },
    scales: floats(scaleName, scale),
    scaleFactor: 1,
    groups: await groupsOf(`${module}.weight_g_idx`, tensors.get(`${module}.weight_g_idx`), columns, grid),
    ...grid,
  };
}

/** The matrix of a module that has a number for each byte. */
async function plain(tensors: Tensors, module: string, groups: readonly CompressedGroup[]): Promise<AffineWeight> {
  const name = `${module}.weight`;
  const scaleName = `${module}.weight_scale`;
  const scale = need(tensors, scaleName, scaleName, at([...tensors.values()], 0));
  const place = need(tensors, name, scaleName, scale);
  const { codes, shape } = byteCodes(name, place);
  const grid = gridOf(scaleName, scale, shape, hintOf(groups, 8, shape[1], scale));
  const zeroName = `${module}.weight_zero_point`;
  const zero = tensors.get(zeroName);
  if (zero !== undefined && zero.dtype !== 'I8' && zero.dtype !== 'F8_E4M3')
    refuseTensor(zeroName, zero, `is of type ${zero.dtype}; expected I8`);
  if (zero !== undefined && zero.shape.join() !== scale.shape.join())
    refuseTensor(zeroName, zero, `has shape [${zero.shape.join(', ')}], its factors have [${scale.shape.join(', ')}]`);
  // Float8 is symmetric; a zero point beside it is zero.
  const shifts = zero !== undefined && zero.dtype === 'I8' && codes.type === 'int8';
  return {
    kind: 'affine',
    shape,
    codes,
    zero: shifts ? { packed: { place: zero, type: 'int8', dims: zero.shape, order: null, table: null }, plus: 0 } : 0,
    scales: floats(scaleName, scale),
    scaleFactor: 1,
    groups: await groupsOf(`${module}.weight_g_idx`, tensors.get(`${module}.weight_g_idx`), shape[1], grid),
    ...grid,
  };
}

/** Finds all quantized matrices. Rejects with `UserError` where parts of one are missing, of another type or of sizes that do not fit. */
export async function findCompressedTensors(tensors: Tensors, groups: readonly CompressedGroup[]): Promise<Found> {
  const found: Found = { weights: new Map(), parts: new Set() };
  for (const name of tensors.keys()) {
    if (PARTS.test(name)) found.parts.add(name);
    const module = /^(.*)\.weight_(?:scale|packed)$/.exec(name)?.[1];
    if (module === undefined || found.weights.has(`${module}.weight`)) continue;
    const matrix = tensors.has(`${module}.weight_packed`) ? packed : plain;
    found.weights.set(`${module}.weight`, await matrix(tensors, module, groups));
  }
  return found;
}
