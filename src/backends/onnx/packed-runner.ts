/**
 * Runs the graphs without a cache: the one that scores (`attention-packed.ts`) and the one that generates (`decode-loop.ts`). Both hold all weights, so only one of them is
 * open: the other is opened when a run needs it, after the first has been released.
 */
import './no-telemetry.js';
import type * as ort from 'onnxruntime-node';
import { FAR } from './packed-masks.js';
import type { DecodeMessage, GraphSource, MovedBytes, PackedMessage, PackedRunner, RunNumbers, TablesMessage } from './protocol.js';
import { packedStateFeeds } from './state-store.js';
import { bytesOf, type Feeds, floats, int32, int64, tableFeeds, wholeNumbers } from './tensors.js';

/** Bytes of what a run is given and gives back. */
function moved(feeds: Feeds, out: ort.InferenceSession.OnnxValueMapType): MovedBytes {
  return { toCard: bytesOf(feeds), fromCard: bytesOf(out), kept: 0 };
}

/** One array behind the other, as float32. */
function joinFloats(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/**
 * Wraps an open session of the scoring graph; `open` makes a session of another graph over the same weights.
 */
export function packedRunner(
  scoring: ort.InferenceSession,
  source: GraphSource,
  open: (graph: Uint8Array) => Promise<ort.InferenceSession>,
): PackedRunner {
  let tables: TablesMessage | null = null;
  let session: ort.InferenceSession | null = scoring;
  let generates = false;

  /** The session that a run needs. */
  async function ready(generate: boolean): Promise<ort.InferenceSession> {
    if (session !== null && generate === generates) return session;
    const graph = generate ? source.generator : source.bytes;
    if (graph === null) throw new Error('this model has no graph that generates');
    const old = session;
    session = null;
    await old?.release();
    session = await open(graph);
    generates = generate;
    return session;
  }

  function sharedFeeds(m: PackedMessage, t: TablesMessage): Feeds {
    const prefix = m.prefixColumns.length;
    const rows = m.ids.length - prefix;
    const length = rows / m.blocks;
    const feeds: Feeds = {
      input_ids: int64(m.ids, [m.ids.length]),
      position_ids: int64(m.positions, [m.ids.length, 1]),
      row_sizes: int64([prefix, rows], [2]),
      widths: int64([prefix, length], [2]),
      apart: int64([0, m.blocks, -1, 0], [4]),
      prefix_columns: int64(m.prefixColumns, [1, 1, 1, prefix]),
      line: int64(
        Int32Array.from({ length }, (_, i) => i),
        [1, 1, 1, length],
      ),
      block_ends: int64(m.ends, [m.blocks, 1, 1, length]),
      ...tableFeeds(source, t),
      rows: int64(m.rows, [m.rows.length]),
    };
    const real = m.prefixColumns.filter((column) => column < FAR).length;
    Object.assign(feeds, packedStateFeeds(source.states, m, real, m.decode === null ? [] : [...m.rows]));
    for (const group of source.groups) feeds[`query_sizes_${group}`] = int64([prefix * group, rows * group], [2]);
    if (source.windows.some((window) => window !== null))
      feeds.block_columns = int64(m.positions.subarray(prefix), [m.blocks, 1, 1, length]);
    return feeds;
  }

  async function score(m: PackedMessage, feeds: Feeds): Promise<RunNumbers> {
    const all = {
      ...feeds,
      pairs: int64(m.pairs, [m.pairs.length / 2, 2]),
      pair_rows: int32(
        m.pairs.filter((_, i) => i % 2 === 0),
        [m.pairs.length / 2],
      ),
    };
    const out = await (await ready(false)).run(all);
    return { logprobs: Float32Array.from(floats(out.logprob)), greedy: wholeNumbers(out.greedy), moved: moved(all, out) };
  }

  async function generate(m: PackedMessage, d: DecodeMessage, feeds: Feeds): Promise<RunNumbers> {
    const all = {
      ...feeds,
      steps: int64([d.steps], []),
      prompt_columns: int64(d.columns, [1, m.blocks, 1, d.columns.length / m.blocks]),
      nowhere: int64(new Int32Array(m.blocks).fill(FAR), [1, m.blocks, 1, 1]),
      starts: int64(d.starts, [m.blocks, 1]),
      lasts: int64(d.lasts, [m.blocks]),
      eos: int64(d.eos, [d.eos.length]),
      prefix_width: int64([m.prefixColumns.length], [1]),
      prompt_width: int64([m.prefixColumns.length + d.columns.length / m.blocks], [1]),
    };
    const out = await (await ready(true)).run(all);
    return {
      logprobs: joinFloats(floats(out.first_logprob), floats(out.logprobs)),
      greedy: Int32Array.from([...wholeNumbers(out.first_token), ...wholeNumbers(out.tokens)]),
      moved: moved(all, out),
    };
  }

  return {
    keeps: false,
    setTables(message) {
      tables = message;
    },
    release: async () => {
      await session?.release();
    },
    packed(m) {
      if (tables === null) return Promise.reject(new Error('rotary tables are missing'));
      const feeds = sharedFeeds(m, tables);
      return m.decode === null ? score(m, feeds) : generate(m, m.decode, feeds);
    },
  };
}
