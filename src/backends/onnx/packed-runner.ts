/** Runs the graph without a cache (`attention-packed.ts`): every run holds whole texts. It scores; it does not generate. */
import * as ort from 'onnxruntime-node';
import { fillBias } from './bias.js';
import { floats } from './graph-runner.js';
import type { GraphSource, Runner, TablesMessage } from './protocol.js';

/**
 * Wraps an open session of such a graph. Runs must start at the bottom of the stack.
 */
export function packedRunner(session: ort.InferenceSession, source: GraphSource): Runner {
  let tables: TablesMessage | null = null;
  return {
    cache: source.cache,
    vocabSize: null,
    setTables(message) {
      tables = message;
    },
    release: () => session.release(),
    step: () => Promise.reject(new Error('this graph does not generate')),
    async run(m) {
      if (m.base !== 0) throw new Error('this graph keeps nothing between runs');
      if (tables === null) throw new Error('rotary tables are missing');
      const n = m.ids.length;
      const int64 = (values: Int32Array, dims: readonly number[]): ort.Tensor =>
        new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);
      const table = (data: Float32Array): ort.Tensor => new ort.Tensor('float32', data, [data.length / source.headHalf, source.headHalf]);
      const visible = (window: number | null): ort.Tensor => {
        const bias = fillBias({ rows: n, base: 0, segments: m.segments, window });
        const seen = new Uint8Array(n * n);
        // The bias leaves what lies behind a row at 0 because its kernel is causal; here the mask must say it.
        for (let row = 0; row < n; row++) for (let i = row * n; i <= row * n + row; i++) seen[i] = bias[i] === 0 ? 1 : 0;
        return new ort.Tensor('bool', seen, [n, n]);
      };
      const feeds: Record<string, ort.Tensor> = {
        input_ids: int64(m.ids, [n]),
        position_ids: int64(m.positions, [1, n]),
        visible: visible(null),
        cos: table(tables.cos),
        sin: table(tables.sin),
        rows: int64(m.rows, [m.rows.length]),
        pairs: int64(m.pairs, [m.pairs.length / 2, 2]),
      };
      if (source.sliding) {
        feeds.visible_local = visible(m.window);
        feeds.cos_local = table(tables.cosLocal);
        feeds.sin_local = table(tables.sinLocal);
      }
      const out = await session.run(feeds);
      const best = out.greedy?.data;
      if (!(best instanceof BigInt64Array)) throw new Error(`the runtime gave ${out.greedy?.type ?? 'nothing'} instead of int64`);
      return { logprobs: Float32Array.from(floats(out.logprob)), greedy: Int32Array.from(best, Number) };
    },
  };
}
