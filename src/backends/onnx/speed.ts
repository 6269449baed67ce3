/** A measurement of about a second: how fast this machine multiplies with a matrix of a model's own shape. */
import './no-telemetry.js';
import type { InferenceSession } from 'onnxruntime-node';
import { NO_WEIGHTS, newGraph } from './graph-builder.js';
import { ELEMENT } from './proto.js';

export interface Speed {
  /** Seconds for each number of a matrix that all rows of a full run are multiplied with. */
  readonly run: number;
  /** The same for one step of texts that are generated together. */
  readonly step: number;
}

export interface SpeedQuestion {
  readonly inputs: number;
  readonly outputs: number;
  readonly runRows: number;
  readonly stepRows: number;
  readonly threads: number;
  /** How the matrix lies: float32 that the runtime repacks, or 16 bits that are widened each time. */
  readonly stored: 'float32' | 'bfloat16';
}

/** Numbers of the matrix at most: more than any cache holds, and still quick. */
const MOST_NUMBERS = 16 * 1024 ** 2;
/** Milliseconds for each of the two. */
const LEAST_MS = 250;
const LEAST_TIMES = 3;

/**
 * Measures. The fastest of several tries counts, since other programs can only slow it down. Rejects when the runtime cannot be loaded.
 */
export async function measureSpeed(q: SpeedQuestion): Promise<Speed> {
  const ort = await import('onnxruntime-node');
  ort.env.logLevel = 'fatal';
  const outputs = Math.max(1, Math.min(q.outputs, Math.floor(MOST_NUMBERS / q.inputs)));
  const numbers = q.inputs * outputs;
  const data = q.stored === 'float32' ? new Float32Array(numbers).fill(0.01) : new Uint16Array(numbers).fill(0x3c24);
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    ...{ intraOpNumThreads: q.threads, interOpNumThreads: 1, logSeverityLevel: 4 },
    externalData: [{ path: 'weight', data: new Uint8Array(data.buffer) }],
    extra: { session: q.stored === 'float32' ? {} : { disable_prepacking: '1' } },
  };
  const session = await ort.InferenceSession.create(productGraph(q.inputs, outputs, q.stored), options);
  try {
    const time = async (rows: number): Promise<number> => {
      const x = new ort.Tensor('float32', new Float32Array(rows * q.inputs).fill(0.5), [rows, q.inputs]);
      let best = Number.POSITIVE_INFINITY;
      const start = performance.now();
      for (let times = 0; times < LEAST_TIMES || performance.now() - start < LEAST_MS; times++) {
        const before = performance.now();
        await session.run({ x });
        best = Math.min(best, performance.now() - before);
      }
      return best / 1000 / numbers;
    };
    return { run: await time(q.runRows), step: await time(q.stepRows) };
  } finally {
    await session.release();
  }
}

function productGraph(inputs: number, outputs: number, stored: SpeedQuestion['stored']): Uint8Array {
  const g = newGraph(NO_WEIGHTS, 'float32', '');
  const shape = [outputs, inputs];
  const place = { file: 'weight', dtype: '', shape, offset: 0, length: inputs * outputs * (stored === 'float32' ? 4 : 2) };
  const x = g.input('x', 'float32', ['rows', inputs]);
  let weight = g.stored('weight', place, stored, shape);
  if (stored !== 'float32') {
    // A weight that is an input, too, is not widened once and for all.
    g.input(weight, stored, shape);
    weight = g.node('Cast', [weight], { to: ELEMENT.float32 });
  }
  g.nodeTo(['y'], 'Gemm', [x, weight], { transB: 1 });
  g.output('y', 'float32', ['rows', outputs]);
  return g.build();
}
