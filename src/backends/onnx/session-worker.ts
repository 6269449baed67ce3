/**
 * The thread that owns the inference session and the cache of keys and values. `run()` of the runtime blocks its thread, so it has one to itself.
 *
 * The cache of a layer is one buffer `[1, kv heads, capacity, head]`, given to the graph as past and as output at once: new keys are written behind the old
 * ones without any copy.
 */
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { fillBias } from './bias.js';
import type { OpenMessage, Reply, Request, RunMessage, TablesMessage } from './protocol.js';

/**
 * Positions at the bottom of the cache that hold nothing and that nobody sees. With an empty past the kernel takes a run for a first prompt and counts its
 * positions from the first one, whatever `position_ids` says; packed texts have positions of their own.
 */
const FLOOR = 1;
/** Positions by which the cache grows. */
const CAPACITY_STEP = 512;

interface State {
  readonly session: ort.InferenceSession;
  readonly open: OpenMessage;
  readonly cache: Float32Array[];
  capacity: number;
  tables: TablesMessage | null;
  /** A run failed, so what lies on the stack is not to be trusted until a run starts at its bottom. */
  broken: boolean;
}

let state: State | null = null;

function post(reply: Reply, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, transfer);
}

async function open(message: OpenMessage): Promise<void> {
  const start = performance.now();
  const session = await ort.InferenceSession.create(message.graph, {
    executionProviders: [message.provider],
    intraOpNumThreads: message.threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: { session: { set_denormal_as_zero: '1', model_external_initializers_file_folder_path: message.folder } },
  });
  state = {
    session,
    open: message,
    cache: Array.from({ length: 2 * message.cache.layers }, () => new Float32Array(0)),
    capacity: 0,
    tables: null,
    broken: false,
  };
  post({ kind: 'opened', seconds: (performance.now() - start) / 1000 });
}

/** Makes room for `needed` positions; what is there is kept. */
function grow(s: State, needed: number): void {
  if (needed <= s.capacity) return;
  const capacity = Math.ceil(needed / CAPACITY_STEP) * CAPACITY_STEP;
  const { kvHeads, headDim } = s.open.cache;
  s.cache.forEach((old, i) => {
    const next = new Float32Array(kvHeads * capacity * headDim);
    for (let h = 0; h < kvHeads; h++)
      next.set(old.subarray(h * s.capacity * headDim, (h + 1) * s.capacity * headDim), h * capacity * headDim);
    s.cache[i] = next;
  });
  s.capacity = capacity;
}

/** Moves positions of the cache down. */
function move(s: State, moves: RunMessage['moves']): void {
  const { kvHeads, headDim } = s.open.cache;
  for (const buffer of s.cache) {
    for (let h = 0; h < kvHeads; h++) {
      const start = h * s.capacity + FLOOR;
      for (const { from, to, length } of moves)
        buffer.copyWithin((start + to) * headDim, (start + from) * headDim, (start + from + length) * headDim);
    }
  }
}

const int64 = (values: Int32Array, dims: readonly number[]): ort.Tensor => {
  const out = new BigInt64Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = BigInt(values[i] ?? 0);
  return new ort.Tensor('int64', out, dims);
};

async function run(s: State, m: RunMessage): Promise<void> {
  const start = performance.now();
  const size = m.ids.length;
  const base = m.base + FLOOR;
  const total = base + size;
  const segments = m.segments.map(({ start: from, end, sees }) => ({
    start: from,
    end,
    sees: sees.map((range) => ({ from: range.from + FLOOR, to: range.to + FLOOR })),
  }));
  const { layers, kvHeads, headDim } = s.open.cache;
  grow(s, total);
  move(s, m.moves);
  const tables = s.tables;
  if (tables === null) throw new Error('rotary tables are missing');
  const half = s.open.headHalf;
  const table = (data: Float32Array): ort.Tensor => new ort.Tensor('float32', data, [data.length / half, half]);
  const bias = (window: number | null): ort.Tensor =>
    new ort.Tensor('float32', fillBias({ rows: size, base, segments, window }), [1, 1, size, total]);
  const feeds: Record<string, ort.Tensor> = {
    input_ids: int64(m.ids, [size]),
    position_ids: int64(m.positions, [1, size]),
    bias: bias(null),
    seqlens_k: new ort.Tensor('int32', Int32Array.of(total - 1), [1]),
    total_length: new ort.Tensor('int32', Int32Array.of(total), []),
    cos: table(tables.cos),
    sin: table(tables.sin),
    rows: int64(m.rows, [m.rows.length]),
    pairs: int64(m.pairs, [m.pairs.length / 2, 2]),
  };
  if (s.open.sliding) {
    feeds.bias_local = bias(m.window);
    feeds.cos_local = table(tables.cosLocal);
    feeds.sin_local = table(tables.sinLocal);
  }
  const fetches: Record<string, ort.Tensor | null> = { logprob: null, greedy: null };
  for (let l = 0; l < layers; l++) {
    for (const [t, part] of ['key', 'value'].entries()) {
      const tensor = new ort.Tensor('float32', s.cache[2 * l + t] ?? new Float32Array(0), [1, kvHeads, s.capacity, headDim]);
      feeds[`past_${part}_${l}`] = tensor;
      fetches[`${part}_${l}`] = tensor;
    }
  }
  const out = await s.session.run(feeds, fetches);
  const logprobs = Float32Array.from(out.logprob?.data as Float32Array);
  const greedy = Int32Array.from(out.greedy?.data as BigInt64Array, Number);
  post({ kind: 'result', id: m.id, logprobs, greedy, seconds: (performance.now() - start) / 1000 }, [logprobs.buffer, greedy.buffer]);
}

async function handle(message: Request): Promise<void> {
  if (message.kind === 'open') return open(message);
  if (message.kind === 'close') {
    await state?.session.release();
    process.exit(0);
  }
  if (state === null) throw new Error('no session is open');
  if (message.kind === 'tables') state.tables = message;
  else if (state.broken && message.base > 0) throw new Error('out of memory in an earlier run of the batch');
  else {
    state.broken = true;
    await run(state, message);
    state.broken = false;
  }
}

// One message at a time, in order.
let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (message: Request) => {
  last = last
    .then(() => handle(message))
    .catch((error: unknown) =>
      post({
        kind: 'failed',
        id: message.kind === 'run' ? message.id : null,
        message: error instanceof Error ? error.message : String(error),
      }),
    );
});
