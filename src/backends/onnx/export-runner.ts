/**
 * Runs an ordinary ONNX export (`input_ids`, `attention_mask`, `past_key_values.<l>.key`, ...). It knows one text at a time, so a packed run becomes one call per
 * stretch, with the keys and values that the stretch sees gathered as its past. What is computed once stays so; the calls are smaller.
 */
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import { at } from '../../at.js';
import { copyRanges, growStack, moveStack, newCache, prepareSlots } from './kv-cache.js';
import type { CacheShape, Range, RunNumbers, StackRunner } from './protocol.js';
import { type Feeds, floats, int64 } from './tensors.js';

const PARTS = ['key', 'value'] as const;

/** Size of dimension `index` of a tensor in the model's metadata, or null where it is symbolic. */
function dimension(meta: readonly ort.InferenceSession.ValueMetadata[], name: string, index: number): number | null {
  const found = meta.find((entry) => entry.name === name);
  const size = found?.isTensor === true ? found.shape[index] : undefined;
  return typeof size === 'number' && size > 0 ? size : null;
}

/** What an export says of itself. */
interface ExportFacts {
  readonly cache: CacheShape;
  /** Null where its outputs do not say. */
  readonly vocabSize: number | null;
}

/**
 * Wraps an open session of an export. Throws `Error` naming what the export lacks.
 */
export function exportRunner(session: ort.InferenceSession): StackRunner & ExportFacts {
  const inputs = new Set(session.inputNames);
  const layers = session.inputNames.filter((name) => /^past_key_values\.\d+\.key$/.test(name)).length;
  if (layers === 0 || !inputs.has('input_ids') || !inputs.has('attention_mask')) {
    throw new Error(
      `the export must have the inputs input_ids, attention_mask and past_key_values.<layer>.key and .value; it has ${session.inputNames.slice(0, 6).join(', ')}, ...`,
    );
  }
  const known = new Set(['input_ids', 'attention_mask', 'position_ids']);
  const strange = session.inputNames.find((name) => !known.has(name) && !/^past_key_values\.\d+\.(key|value)$/.test(name));
  if (strange !== undefined) throw new Error(`the export has an input that is not known: ${strange}`);
  const past = session.inputMetadata.find((entry) => entry.name === 'past_key_values.0.key');
  if (past?.isTensor === true && past.type !== 'float32')
    throw new Error(`the export's cache is ${past.type}; supported is float32 (model.onnx)`);
  const sizeOfKeys = (index: number): number => {
    const size = dimension(session.inputMetadata, 'past_key_values.0.key', index);
    if (size === null) throw new Error('the export does not say the shape of its keys');
    return size;
  };
  const kvHeads = sizeOfKeys(1);
  const headDim = sizeOfKeys(3);
  const cache = newCache(Array.from({ length: layers }, (_, layer) => ({ layer, kvHeads, headDim })));

  /** One call: `ids` behind a past whose buffers `fill` provides; new keys and values go to `keep`. Returns logits [ids, vocabulary]. */
  async function call(
    ids: Int32Array,
    length: number,
    gather: (buffer: number, target: Float32Array) => void,
    keep: (buffer: number, present: Float32Array) => void,
  ): Promise<{ logits: Float32Array; width: number }> {
    const n = ids.length;
    const feeds: Feeds = { input_ids: int64(ids, [1, n]), attention_mask: int64(new Int32Array(length + n).fill(1), [1, length + n]) };
    if (inputs.has('position_ids'))
      feeds.position_ids = int64(
        ids.map((_, i) => length + i),
        [1, n],
      );
    for (let l = 0; l < layers; l++) {
      for (const [t, part] of PARTS.entries()) {
        const data = new Float32Array(kvHeads * length * headDim);
        gather(2 * l + t, data);
        feeds[`past_key_values.${l}.${part}`] = new ort.Tensor('float32', data, [1, kvHeads, length, headDim]);
      }
    }
    const out = await session.run(feeds);
    for (let l = 0; l < layers; l++) for (const [t, part] of PARTS.entries()) keep(2 * l + t, floats(out[`present.${l}.${part}`]));
    return { logits: floats(out.logits), width: floats(out.logits).length / n };
  }

  /** Copies the last `n` of `length + n` positions of a present tensor to each head's place in `target`. */
  function store(present: Float32Array, length: number, n: number, target: Float32Array, place: (head: number) => number): void {
    for (let h = 0; h < kvHeads; h++) {
      const from = (h * (length + n) + length) * headDim;
      target.set(present.subarray(from, from + n * headDim), place(h));
    }
  }

  return {
    keeps: true,
    cache: cache.shape,
    vocabSize: dimension(session.outputMetadata, 'logits', 2),
    // An export has its rotation inside.
    setTables() {},
    release: () => session.release(),
    async run(m) {
      growStack(cache, m.base + m.ids.length);
      moveStack(cache, m.moves);
      const logprobs = new Float32Array(m.pairs.length / 2);
      const greedy = new Int32Array(m.rows.length);
      for (const { start, end, sees } of m.segments) {
        const length = sees.reduce((sum: number, r: Range) => sum + r.to - r.from, 0);
        const n = end - start;
        const first = m.base + start;
        const { logits, width } = await call(
          m.ids.subarray(start, end),
          length,
          (b, target) => {
            for (let h = 0; h < kvHeads; h++) copyRanges(cache, b, h, sees, target, h * length * headDim);
          },
          (b, present) => store(present, length, n, at(cache.stack.buffers, b), (h) => (h * cache.stack.capacity + first) * headDim),
        );
        m.rows.forEach((row, r) => {
          if (row < start || row >= end) return;
          const scores = logits.subarray((row - start) * width, (row - start + 1) * width);
          const { best, logSum } = summary(scores);
          greedy[r] = best;
          for (let k = 0; k < logprobs.length; k++) if (m.pairs[2 * k] === r) logprobs[k] = at(scores, at(m.pairs, 2 * k + 1)) - logSum;
        });
      }
      return { logprobs, greedy };
    },
    async step(m): Promise<RunNumbers> {
      prepareSlots(cache, m);
      const logprobs = new Float32Array(m.pairs.length / 2);
      const greedy = new Int32Array(m.ids.length);
      const size = kvHeads * cache.slots.capacity * headDim;
      for (let slot = 0; slot < m.ids.length; slot++) {
        const length = at(m.lengths, slot);
        const place = (h: number, position: number): number => slot * size + (h * cache.slots.capacity + position) * headDim;
        const { logits } = await call(
          m.ids.subarray(slot, slot + 1),
          length,
          (b, target) => {
            for (let h = 0; h < kvHeads; h++)
              target.set(at(cache.slots.buffers, b).subarray(place(h, 0), place(h, length)), h * length * headDim);
          },
          (b, present) => store(present, length, 1, at(cache.slots.buffers, b), (h) => place(h, length)),
        );
        const { best, logSum } = summary(logits);
        greedy[slot] = best;
        for (let k = 0; k < logprobs.length; k++) if (m.pairs[2 * k] === slot) logprobs[k] = at(logits, at(m.pairs, 2 * k + 1)) - logSum;
      }
      return { logprobs, greedy };
    },
  };
}

/**
 * Returns the index of the largest number (the first on ties) and the logarithm of the sum of exponentials.
 */
function summary(scores: Float32Array): { best: number; logSum: number } {
  let best = 0;
  let top = Number.NEGATIVE_INFINITY;
  scores.forEach((score, i) => {
    if (score > top) [best, top] = [i, score];
  });
  const sum = scores.reduce((total, score) => total + Math.exp(score - top), 0);
  return { best, logSum: top + Math.log(sum) };
}
