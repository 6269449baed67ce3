/** Experts of gpt-oss in MXFP4: floats of four bits (E2M1), 32 of which share a power of two (OCP Microscaling Formats 1.0). */

import { at } from '../../../at.js';
import type { Stacked } from '../blueprint.js';
import type { CodeTable, TensorPlace } from '../tensor-place.js';
import { expectTensor, type Found, need, refuseTensor, type Tensors } from './quantized-weight.js';
import { exponents } from './scaled.js';

/** Twice the value of each code: the sign, two bits of exponent and one of mantissa. */
const DOUBLED = [0, 1, 2, 3, 4, 6, 8, 12];
const doubled = (code: number): number => (code < 8 ? at(DOUBLED, code) : -at(DOUBLED, code - 8));
const VALUES: CodeTable = {
  name: 'doubled E2M1',
  type: 'int8',
  each: 2,
  values: Array.from({ length: 512 }, (_, i) => doubled(((i >> 1) >> (4 * (i & 1))) & 15)),
};
/** Numbers of a block, and its bytes. */
const BLOCK = 32;
const BYTES = 16;

function slice(place: TensorPlace, part: number, shape: readonly number[]): TensorPlace {
  const length = place.length / at(place.shape, 0);
  return { ...place, shape, offset: place.offset + part * length, length };
}

/**
 * Finds the experts' matrices `<stack>_blocks` [experts, rows, blocks, 16] with their exponents `<stack>_scales` [experts, rows, blocks] under the names that they have by themselves.
 * Throws `UserError` where parts are missing or do not fit.
 */
export function findMxfp4(tensors: Tensors, stacks: readonly Stacked[]): Found {
  const found: Found = { weights: new Map(), parts: new Set() };
  for (const [name, place] of tensors) {
    const whole = /^(.*)_blocks$/.exec(name)?.[1];
    if (whole === undefined) continue;
    const stack = stacks.find((entry) => whole.endsWith(entry.name) && entry.parts.length === 1);
    if (stack === undefined) return refuseTensor(name, place, 'is none of the experts that MXFP4 is read for');
    expectTensor(name, place, 'U8', [null, null, null, BYTES]);
    const [experts = 0, rows = 0, blocks = 0] = place.shape;
    // Of nothing there may be any number, and each expert gets an entry.
    if (place.length === 0) refuseTensor(name, place, 'is empty; the file is damaged');
    const scales = need(tensors, `${whole}_scales`, name, place);
    expectTensor(`${whole}_scales`, scales, 'U8', [experts, rows, blocks]);
    found.parts.add(name).add(`${whole}_scales`);
    const layer = whole.slice(0, -stack.name.length);
    for (let e = 0; e < experts; e++)
      found.weights.set(`${layer}${stack.before}${e}.${stack.parts[0]}`, {
        kind: 'affine',
        shape: [rows, blocks * BLOCK],
        codes: { place: slice(place, e, [rows, blocks, BYTES]), type: 'uint8', dims: [rows, blocks, BYTES], order: null, table: VALUES },
        zero: 0,
        scales: exponents(slice(scales, e, [rows, blocks])),
        grid: [rows, blocks],
        scaleFactor: 0.5,
        block: [1, BLOCK],
        groups: null,
      });
  }
  return found;
}
