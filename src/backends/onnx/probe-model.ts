/** The tiny model of a probe: the product of a square matrix with itself. */
import { NO_WEIGHTS, newGraph } from './graph-builder.js';
import { ELEMENT } from './proto.js';

/** Rows and columns: enough that a card multiplies as it does for a model. */
export const SIDE = 128;

/** Returns an ONNX model with one MatMul, input `x` and output `y` of SIDE by SIDE float32; `x` may be turned into float16 and back before. */
export function probeModel(throughFloat16 = false): Uint8Array {
  const g = newGraph(NO_WEIGHTS, 'float32', '');
  const x = g.input('x', 'float32', [SIDE, SIDE]);
  const factor = throughFloat16 ? g.node('Cast', [g.node('Cast', [x], { to: ELEMENT.float16 })], { to: ELEMENT.float32 }) : x;
  g.nodeTo(['y'], 'MatMul', [factor, factor]);
  g.output('y', 'float32', [SIDE, SIDE]);
  return g.build();
}
