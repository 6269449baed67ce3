/** Matrices of GPTQ and AWQ: codes packed into words of 32 bits along the inputs (GPTQ) or the outputs (AWQ), factors and zero points for groups of inputs. */
import type { CodeTable, Packed, TensorPlace } from '../tensor-place.js';
import { expectTensor, type Found, floats, need, refuseTensor, type Tensors } from './quantized-weight.js';
import { groupsOf } from './small-tensors.js';

const PARTS = ['qweight', 'qzeros', 'scales', 'g_idx'] as const;
/** The four codes of two bits in a byte, the lowest first. */
const QUARTERS: CodeTable = {
  name: 'quarters of a byte',
  type: 'uint8',
  each: 4,
  values: Array.from({ length: 1024 }, (_, i) => ((i >> 2) >> (2 * (i & 3))) & 3),
};

/** How words of codes are read: dimensions behind those of the words. */
const WITHIN = {
  2: { type: 'uint8', dims: [4], table: QUARTERS },
  4: { type: 'uint4', dims: [8], table: null },
  8: { type: 'uint8', dims: [4], table: null },
} as const;

interface Module {
  readonly name: string;
  readonly codes: TensorPlace;
  readonly zeros: TensorPlace;
  readonly scales: TensorPlace;
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  readonly groupSize: number;
}

/** The modules that have packed codes, with sizes that were checked. `perWord`: codes of a word; `along`: what a word holds several of. */
function modules(tensors: Tensors, perWord: number, groupSize: number | null, along: 'inputs' | 'outputs', parts: Set<string>): Module[] {
  const found: Module[] = [];
  for (const [name, codes] of tensors) {
    const module = /^(.*)\.qweight$/.exec(name)?.[1];
    if (module === undefined) continue;
    for (const part of PARTS) parts.add(`${module}.${part}`);
    expectTensor(name, codes, 'I32', [null, null]);
    const [first = 0, second = 0] = codes.shape;
    const inputs = along === 'inputs' ? first * perWord : first;
    const outputs = along === 'outputs' ? second * perWord : second;
    const scales = need(tensors, `${module}.scales`, name, codes);
    const size = groupSize ?? inputs;
    const groups = Math.ceil(inputs / size);
    expectTensor(`${module}.scales`, scales, scales.dtype, [groups, outputs]);
    const zeros = need(tensors, `${module}.qzeros`, name, codes);
    if (outputs % perWord !== 0) refuseTensor(name, codes, `has ${outputs} outputs, which fill no words of ${perWord} codes`);
    expectTensor(`${module}.qzeros`, zeros, 'I32', [groups, outputs / perWord]);
    found.push({ name: module, codes, zeros, scales, inputs, outputs, groups, groupSize: size });
  }
  return found;
}

/** Finds the matrices of GPTQ. `zeroOffset`: what is added to zero points as they are stored. Rejects with `UserError` where parts are missing or do not fit. */
export async function findGptq(tensors: Tensors, bits: 2 | 4 | 8, groupSize: number | null, zeroOffset: number): Promise<Found> {
  const found: Found = { weights: new Map(), parts: new Set() };
  const { type, dims, table } = WITHIN[bits];
  for (const m of modules(tensors, 32 / bits, groupSize, 'inputs', found.parts)) {
    const grid = { grid: [m.outputs, m.groups], block: [1, m.groupSize] } as const;
    const [words = 0] = m.codes.shape;
    const codes: Packed = {
      place: m.codes,
      type,
      dims: [words, m.outputs, ...dims],
      order: table === null ? [1, 0, 2] : [1, 0, 2, 3],
      table,
    };
    const zeros: Packed = {
      place: m.zeros,
      type,
      dims: [m.groups, ...(m.zeros.shape[1] === undefined ? [] : [m.zeros.shape[1]]), ...dims],
      order: table === null ? [1, 2, 0] : [1, 2, 3, 0],
      table,
    };
    found.weights.set(`${m.name}.weight`, {
      kind: 'affine',
      shape: [m.outputs, m.inputs],
      codes,
      zero: { packed: zeros, plus: zeroOffset },
      scales: floats(`${m.name}.scales`, m.scales, [1, 0]),
      scaleFactor: 1,
      groups: await groupsOf(`${m.name}.g_idx`, tensors.get(`${m.name}.g_idx`), m.inputs, grid),
      ...grid,
    });
  }
  return found;
}

/**
 * Finds the matrices of AWQ (its `gemm` version). The eight codes of a word are those of outputs 0, 2, 4, 6, 1, 3, 5, 7: two halves of four, which take turns.
 * Throws `UserError` where parts are missing or do not fit.
 */
export function findAwq(tensors: Tensors, groupSize: number | null): Found {
  const found: Found = { weights: new Map(), parts: new Set() };
  const packed = (place: TensorPlace): Packed => {
    const [rows = 0, words = 0] = place.shape;
    return { place, type: 'uint4', dims: [rows, words, 2, 4], order: [1, 3, 2, 0], table: null };
  };
  for (const m of modules(tensors, 8, groupSize, 'outputs', found.parts))
    found.weights.set(`${m.name}.weight`, {
      kind: 'affine',
      shape: [m.outputs, m.inputs],
      codes: packed(m.codes),
      zero: { packed: packed(m.zeros), plus: 0 },
      scales: floats(`${m.name}.scales`, m.scales, [1, 0]),
      grid: [m.outputs, m.groups],
      scaleFactor: 1,
      block: [1, m.groupSize],
      groups: null,
    });
  return found;
}
