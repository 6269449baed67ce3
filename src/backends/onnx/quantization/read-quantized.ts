/** Turns the tensors of a quantized model into those that it would have if it were not quantized, each with what it is made of. */

import { UserError } from '../../../errors.js';
import { OTHER_WAYS, type Quantization } from '../../../models/quantization-config.js';
import type { Stacked } from '../blueprint.js';
import type { Weights } from '../safetensors.js';
import type { QuantizedWeight, TensorPlace } from '../tensor-place.js';
import { findBitsAndBytes4 } from './bitsandbytes4.js';
import { findCompressedTensors } from './compressed-tensors.js';
import { findAwq, findGptq } from './gptq.js';
import { findMxfp4 } from './mxfp4.js';
import type { Found, Tensors } from './quantized-weight.js';
import { findBitsAndBytes8, findFloat8 } from './scaled.js';
import { factorDigest } from './small-tensors.js';

function find(tensors: Tensors, q: Quantization, stacks: readonly Stacked[]): Found | Promise<Found> {
  switch (q.method) {
    case 'fp8':
      return findFloat8(tensors, q.block);
    case 'compressed-tensors':
      return findCompressedTensors(tensors, q.groups);
    case 'gptq':
      return findGptq(tensors, q.bits, q.groupSize, q.zeroOffset);
    case 'awq':
      return findAwq(tensors, q.groupSize);
    case 'mxfp4':
      return findMxfp4(tensors, stacks);
    case 'bitsandbytes':
      return q.bits === 8 ? findBitsAndBytes8(tensors) : findBitsAndBytes4(tensors);
  }
}

/** The logical tensor: its own shape, and for messages the file of its codes. */
function placeOf(quantized: QuantizedWeight): TensorPlace {
  return { ...quantized.codes.place, shape: quantized.shape, quantized };
}

/**
 * Returns the weights with quantized matrices in the place of their parts, under their common names (`withCommonNames`), and a digest of what turns codes into weights.
 * `stacks`: tensors of all experts of a model. Rejects with `UserError` where parts are missing or do not fit, a factor is no number, or nothing is quantized.
 */
export async function readQuantized(
  weights: Weights,
  quantization: Quantization,
  stacks: readonly Stacked[],
  configFile: string,
): Promise<Weights> {
  const found = await find(weights.tensors, quantization, stacks);
  if (found.weights.size === 0)
    throw new UserError(
      `${configFile}: quantization_config names ${quantization.name}, but the files hold no tensors of that kind; ${OTHER_WAYS}`,
    );
  const tensors = new Map([...weights.tensors].filter(([name]) => !found.parts.has(name)));
  for (const [name, quantized] of found.weights) tensors.set(name, placeOf(quantized));
  return { ...weights, tensors, digests: { ...weights.digests, factors: await factorDigest(found.weights) } };
}
