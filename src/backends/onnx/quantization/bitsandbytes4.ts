/** Matrices of bitsandbytes in 4 bits (NF4 and FP4, Dettmers et al. 2023): two codes in a byte, the upper half first, a largest size for each block of the numbers one behind the other. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { at } from '../../../at.js';
import { parseJsonFile } from '../../../json-file.js';
import type { CodeTable, LookedUpWeight, TensorPlace } from '../tensor-place.js';
import { expectTensor, type Found, floats, need, refuseTensor, type Tensors } from './quantized-weight.js';
import { floatsIn, textIn } from './small-tensors.js';

const size = z.number().int().positive();
const stateSchema = z.looseObject({
  blocksize: size.max(2 ** 20),
  shape: z.tuple([size, size]),
  nested_blocksize: size.max(2 ** 20).nullish(),
  nested_offset: z.number().nullish(),
});
const PART = /\.weight\.(?:absmax|quant_map|nested_absmax|nested_quant_map|quant_state\.bitsandbytes__(?:nf4|fp4))$/;

/** What each byte stands for: one number, or one for each half of it. */
function tableOf(values: readonly number[], each: 1 | 2): CodeTable {
  const name = createHash('sha256').update(`${each}:${values.join()}`).digest('hex').slice(0, 16);
  if (each === 1) return { name, type: 'float32', each, values };
  const both = Array.from({ length: 512 }, (_, i) => at(values, ((i >> 1) >> (i % 2 === 0 ? 4 : 0)) & 15));
  return { name, type: 'float32', each, values: both };
}

/** The largest sizes of the blocks, which may be codes of eight bits themselves. */
async function largest(
  tensors: Tensors,
  weight: string,
  place: TensorPlace,
  blocks: number,
  state: z.infer<typeof stateSchema>,
): Promise<Pick<LookedUpWeight, 'scales' | 'nested'>> {
  const name = `${weight}.absmax`;
  const absmax = need(tensors, name, weight, place);
  if (!tensors.has(`${weight}.nested_absmax`)) {
    expectTensor(name, absmax, 'F32', [blocks]);
    return { scales: floats(name, absmax), nested: null };
  }
  expectTensor(name, absmax, 'U8', [blocks]);
  const { nested_blocksize: each, nested_offset: plus } = state;
  if (!each || typeof plus !== 'number' || !Number.isFinite(plus))
    return refuseTensor(weight, place, 'has a quant_state without its nested part');
  const nested = need(tensors, `${weight}.nested_absmax`, weight, place);
  expectTensor(`${weight}.nested_absmax`, nested, 'F32', [Math.ceil(blocks / each)]);
  const map = `${weight}.nested_quant_map`;
  const mapPlace = need(tensors, map, weight, place);
  expectTensor(map, mapPlace, 'F32', [256]);
  return {
    scales: { place: absmax, type: 'uint8', dims: [blocks], order: null, table: tableOf(await floatsIn(map, mapPlace), 1) },
    nested: { factors: floats(`${weight}.nested_absmax`, nested), each, plus },
  };
}

/** Finds the matrices. Rejects with `UserError` where parts are missing or do not fit. */
export async function findBitsAndBytes4(tensors: Tensors): Promise<Found> {
  const found: Found = { weights: new Map(), parts: new Set() };
  for (const [name, statePlace] of tensors) {
    if (PART.test(name)) found.parts.add(name);
    const weight = /^(.*\.weight)\.quant_state\.bitsandbytes__(?:nf4|fp4)$/.exec(name)?.[1];
    if (weight === undefined) continue;
    const parsed = stateSchema.safeParse(parseJsonFile(await textIn(name, statePlace), `${statePlace.file}: tensor ${name}`));
    if (!parsed.success) return refuseTensor(name, statePlace, `is no state of a quantized matrix: ${parsed.error.issues[0]?.message}`);
    const { shape, blocksize } = parsed.data;
    const place = need(tensors, weight, name, statePlace);
    const count = shape[0] * shape[1];
    const blocks = count / blocksize;
    if (place.length * 2 !== count || !Number.isSafeInteger(blocks) || blocksize % 2 !== 0)
      return refuseTensor(
        weight,
        place,
        `has ${place.length} bytes; [${shape.join(', ')}] in blocks of ${blocksize} codes of 4 bits were expected`,
      );
    const map = `${weight}.quant_map`;
    const mapPlace = need(tensors, map, weight, place);
    expectTensor(map, mapPlace, 'F32', [16]);
    found.weights.set(weight, {
      kind: 'looked up',
      shape,
      codes: { place, type: 'uint8', dims: [blocks, blocksize / 2], order: null, table: tableOf(await floatsIn(map, mapPlace), 2) },
      ...(await largest(tensors, weight, place, blocks, parsed.data)),
    });
  }
  return found;
}
