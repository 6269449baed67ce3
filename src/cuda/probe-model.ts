/** The tiny model of a probe: the product of a square matrix with itself. */
import { ELEMENT, encodeModel } from '../backends/onnx/proto.js';

/** Rows and columns: enough that a card multiplies as it does for a model. */
export const SIDE = 128;

/** Returns an ONNX model with one MatMul, input `x` and output `y` of SIDE by SIDE float32. */
export function probeModel(): Uint8Array {
  const type = { tensorType: { elemType: ELEMENT.float32, shape: { dim: [{ dimValue: SIDE }, { dimValue: SIDE }] } } };
  return encodeModel({
    irVersion: 9,
    producerName: 'eus-eval',
    opsetImport: [{ domain: '', version: 18 }],
    graph: {
      name: 'probe',
      node: [{ name: 'product', opType: 'MatMul', domain: '', input: ['x', 'x'], output: ['y'], attribute: [] }],
      initializer: [],
      input: [{ name: 'x', type }],
      output: [{ name: 'y', type }],
    },
  });
}
