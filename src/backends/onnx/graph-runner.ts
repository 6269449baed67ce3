/** Runs the graph that this program wrote (`decoder.ts`): whole packed runs at once, behind the keys and values of earlier ones. */
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import { at } from '../../at.js';
import { fillBias, HIDDEN } from './bias.js';
import { growStack, moveStack, newCache, prepareSlots } from './kv-cache.js';
import type { GraphSource, RunNumbers, StackRunner, TablesMessage } from './protocol.js';
import { newStates } from './state-store.js';
import { type Feeds, floats, int64, tableFeeds, wholeNumbers } from './tensors.js';

const PARTS = ['key', 'value'] as const;

/** What differs between a run on the stack and a step of generation. */
interface Feed {
  readonly ids: Int32Array;
  readonly batch: number;
  readonly positions: Int32Array;
  /** Per document of the batch, tokens seen less one. */
  readonly lengths: Int32Array;
  readonly total: number;
  readonly bias: (window: number | null) => ort.Tensor;
  readonly rows: Int32Array;
  readonly pairs: Int32Array;
  /** What layers are fed that carry a state. */
  readonly states: Feeds;
  readonly buffers: readonly Float32Array[];
  readonly capacity: number;
}

/**
 * Wraps an open session of such a graph.
 */
export function graphRunner(session: ort.InferenceSession, source: GraphSource): StackRunner {
  const cache = newCache(source.cache);
  const states = newStates(source.states);
  let tables: TablesMessage | null = null;

  async function infer(f: Feed): Promise<RunNumbers> {
    if (tables === null) throw new Error('rotary tables are missing');
    const feeds: Feeds = {
      input_ids: int64(f.ids, [f.ids.length]),
      batch: int64(Int32Array.of(f.batch), [1]),
      position_ids: int64(f.positions, [f.batch, f.ids.length / f.batch]),
      seqlens_k: new ort.Tensor('int32', f.lengths, [f.batch]),
      total_length: new ort.Tensor('int32', Int32Array.of(f.total), []),
      ...tableFeeds(source, tables),
      ...f.states,
      rows: int64(f.rows, [f.rows.length]),
      pairs: int64(f.pairs, [f.pairs.length / 2, 2]),
    };
    for (const [w, window] of source.windows.entries()) feeds[`bias_${w}`] = f.bias(window);
    for (const [i, { layer, kvHeads, headDim }] of source.cache.entries()) {
      for (const [t, part] of PARTS.entries()) {
        const data = at(f.buffers, 2 * i + t).subarray(0, f.batch * kvHeads * f.capacity * headDim);
        feeds[`past_${part}_${layer}`] = new ort.Tensor('float32', data, [f.batch, kvHeads, f.capacity, headDim]);
      }
    }
    const out = await session.run(feeds);
    states.done(out);
    const each = f.ids.length / f.batch;
    for (const [i, { layer, kvHeads, headDim }] of source.cache.entries()) {
      for (const [t, part] of PARTS.entries()) {
        const fresh = floats(out[`${part}_${layer}`]);
        const buffer = at(f.buffers, 2 * i + t);
        for (let h = 0; h < f.batch * kvHeads; h++) {
          const first = at(f.lengths, Math.floor(h / kvHeads)) + 1 - each;
          buffer.set(fresh.subarray(h * each * headDim, (h + 1) * each * headDim), (h * f.capacity + first) * headDim);
        }
      }
    }
    return { logprobs: Float32Array.from(floats(out.logprob)), greedy: wholeNumbers(out.greedy) };
  }

  return {
    keeps: true,
    setTables(message) {
      tables = message;
    },
    release: () => session.release(),
    run(m) {
      const rows = m.ids.length;
      const { base, segments } = m;
      const total = base + rows;
      growStack(cache, total);
      moveStack(cache, m.moves);
      const bias = (window: number | null): ort.Tensor =>
        new ort.Tensor('float32', fillBias({ rows, base, segments, window }), [1, 1, rows, total]);
      return infer({ ...m, batch: 1, lengths: Int32Array.of(total - 1), total, bias, states: states.run(m, rows), ...cache.stack });
    },
    step(m) {
      const batch = m.ids.length;
      prepareSlots(cache, m);
      const total = m.lengths.reduce((longest, n) => Math.max(longest, n), 0) + 1;
      const bias = (window: number | null): ort.Tensor => {
        if (window === null) return new ort.Tensor('float32', new Float32Array(total), [1, 1, 1, total]);
        const values = new Float32Array(batch * total);
        m.lengths.forEach((n, b) => {
          values.fill(HIDDEN, b * total, b * total + Math.max(0, n + 1 - window));
        });
        return new ort.Tensor('float32', values, [batch, 1, 1, total]);
      };
      return infer({
        ids: m.ids,
        batch,
        positions: m.lengths,
        lengths: m.lengths,
        total,
        bias,
        states: states.step(m, batch),
        rows: Int32Array.from(m.ids.keys()),
        pairs: m.pairs,
        ...cache.slots,
      });
    },
  };
}
