/** The tiny model of a probe: the product of a square matrix with itself. */
import { ATTRIBUTE, ELEMENT, encodeModel } from './proto.js';

/** Rows and columns: enough that a card multiplies as it does for a model. */
export const SIDE = 128;

/** Returns an ONNX model with one MatMul, input `x` and output `y` of SIDE by SIDE float32; `x` may be turned into float16 and back before. */
export function probeModel(throughFloat16 = false): Uint8Array {
  const cast = (from: string, to: string, type: number) => ({
    name: to,
    opType: 'Cast',
    domain: '' as const,
    input: [from],
    output: [to],
    attribute: [{ name: 'to', type: ATTRIBUTE.int, i: type }],
  });
  const factor = throughFloat16 ? 'wide' : 'x';
  const type = { tensorType: { elemType: ELEMENT.float32, shape: { dim: [{ dimValue: SIDE }, { dimValue: SIDE }] } } };
  return encodeModel({
    irVersion: 9,
    producerName: 'eus-eval',
    opsetImport: [{ domain: '', version: 18 }],
    graph: {
      name: 'probe',
      node: [
        ...(throughFloat16 ? [cast('x', 'half', ELEMENT.float16), cast('half', 'wide', ELEMENT.float32)] : []),
        { name: 'product', opType: 'MatMul', domain: '', input: [factor, factor], output: ['y'], attribute: [] },
      ],
      initializer: [],
      input: [{ name: 'x', type }],
      output: [{ name: 'y', type }],
    },
  });
}
