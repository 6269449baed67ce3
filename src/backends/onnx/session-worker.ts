/**
 * The thread that owns the inference session and the cache of keys and values. `run()` of the runtime blocks its thread, so it has one to itself.
 *
 * The cache of a layer is one buffer `[1, kv heads, capacity, head]`, given to the graph as past and as output at once: new keys are written behind the old
 * ones without any copy.
 */
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { fillBias, HIDDEN } from './bias.js';
import type { OpenMessage, Reply, Request, RunMessage, StepMessage, TablesMessage } from './protocol.js';

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
  /** Caches of generation, `[slots, kv heads, capacity, head]` per layer and kind. */
  slots: Float32Array[];
  slotCount: number;
  slotCapacity: number;
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
  const cache = Array.from({ length: 2 * message.cache.layers }, () => new Float32Array(0));
  state = { session, open: message, cache, capacity: 0, slots: [], slotCount: 0, slotCapacity: 0, tables: null, broken: false };
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

/** What differs between a run on the stack and a step of generation. */
interface Feed {
  readonly id: number;
  readonly ids: Int32Array;
  readonly batch: number;
  readonly positions: Int32Array;
  readonly lengths: Int32Array;
  readonly total: number;
  readonly bias: (window: number | null) => ort.Tensor;
  readonly window: number | null;
  readonly rows: Int32Array;
  readonly pairs: Int32Array;
  readonly cache: readonly Float32Array[];
  readonly capacity: number;
}

async function infer(s: State, f: Feed, start: number): Promise<void> {
  const { layers, kvHeads, headDim } = s.open.cache;
  const tables = s.tables;
  if (tables === null) throw new Error('rotary tables are missing');
  const half = s.open.headHalf;
  const table = (data: Float32Array): ort.Tensor => new ort.Tensor('float32', data, [data.length / half, half]);
  const feeds: Record<string, ort.Tensor> = {
    input_ids: int64(f.ids, [f.ids.length]),
    batch: int64(Int32Array.of(f.batch), [1]),
    position_ids: int64(f.positions, [f.batch, f.ids.length / f.batch]),
    bias: f.bias(null),
    seqlens_k: new ort.Tensor('int32', f.lengths, [f.batch]),
    total_length: new ort.Tensor('int32', Int32Array.of(f.total), []),
    cos: table(tables.cos),
    sin: table(tables.sin),
    rows: int64(f.rows, [f.rows.length]),
    pairs: int64(f.pairs, [f.pairs.length / 2, 2]),
  };
  if (s.open.sliding) {
    feeds.bias_local = f.bias(f.window);
    feeds.cos_local = table(tables.cosLocal);
    feeds.sin_local = table(tables.sinLocal);
  }
  const fetches: Record<string, ort.Tensor | null> = { logprob: null, greedy: null };
  for (let l = 0; l < layers; l++) {
    for (const [t, part] of ['key', 'value'].entries()) {
      const data = (f.cache[2 * l + t] ?? new Float32Array(0)).subarray(0, f.batch * kvHeads * f.capacity * headDim);
      const tensor = new ort.Tensor('float32', data, [f.batch, kvHeads, f.capacity, headDim]);
      feeds[`past_${part}_${l}`] = tensor;
      fetches[`${part}_${l}`] = tensor;
    }
  }
  const out = await s.session.run(feeds, fetches);
  const logprobs = Float32Array.from(out.logprob?.data as Float32Array);
  const greedy = Int32Array.from(out.greedy?.data as BigInt64Array, Number);
  post({ kind: 'result', id: f.id, logprobs, greedy, seconds: (performance.now() - start) / 1000 }, [logprobs.buffer, greedy.buffer]);
}

async function run(s: State, m: RunMessage): Promise<void> {
  const start = performance.now();
  const size = m.ids.length;
  const base = m.base + FLOOR;
  const total = base + size;
  grow(s, total);
  move(s, m.moves);
  const segments = m.segments.map(({ start: first, end, sees }) => ({
    start: first,
    end,
    sees: sees.map(({ from, to }) => ({ from: from + FLOOR, to: to + FLOOR })),
  }));
  const bias = (window: number | null): ort.Tensor =>
    new ort.Tensor('float32', fillBias({ rows: size, base, segments, window }), [1, 1, size, total]);
  const lengths = Int32Array.of(total - 1);
  await infer(s, { ...m, batch: 1, lengths, total, bias, cache: s.cache, capacity: s.capacity }, start);
}

async function step(s: State, m: StepMessage): Promise<void> {
  const start = performance.now();
  const batch = m.ids.length;
  prepareSlots(s, m);
  const total = m.lengths.reduce((longest, n) => Math.max(longest, n), 0) + 1;
  const bias = (window: number | null): ort.Tensor => {
    if (window === null) return new ort.Tensor('float32', new Float32Array(total), [1, 1, 1, total]);
    const values = new Float32Array(batch * total);
    m.lengths.forEach((n, b) => {
      values.fill(HIDDEN, b * total, b * total + Math.max(0, n + 1 - window));
    });
    return new ort.Tensor('float32', values, [batch, 1, 1, total]);
  };
  const rows = Int32Array.from(m.ids.keys());
  // The log-probability of some token comes along and shows whether the numbers are sound.
  const pairs = Int32Array.from({ length: 2 * batch }, (_, i) => (i % 2 === 0 ? i / 2 : 0));
  await infer(
    s,
    { ...m, batch, positions: m.lengths, lengths: m.lengths, total, bias, rows, pairs, cache: s.slots, capacity: s.slotCapacity },
    start,
  );
}

/** Gives the slots room, moves and fills them. */
function prepareSlots(s: State, m: StepMessage): void {
  const { kvHeads, headDim } = s.open.cache;
  const count = Math.max(m.ids.length, s.slotCount);
  if (count > s.slotCount || m.capacity > s.slotCapacity) {
    const capacity = Math.max(s.slotCapacity, m.capacity);
    s.slots = s.cache.map((_, i) => {
      const old = s.slots[i];
      const next = new Float32Array(count * kvHeads * capacity * headDim);
      for (let h = 0; old !== undefined && h < s.slotCount * kvHeads; h++) {
        next.set(old.subarray(h * s.slotCapacity * headDim, (h + 1) * s.slotCapacity * headDim), h * capacity * headDim);
      }
      return next;
    });
    s.slotCapacity = capacity;
    s.slotCount = count;
  }
  const size = kvHeads * s.slotCapacity * headDim;
  for (const [i, slots] of s.slots.entries()) {
    const stack = s.cache[i] ?? new Float32Array(0);
    for (const { from, to } of m.moves) slots.copyWithin(to * size, from * size, (from + 1) * size);
    for (const { slot, ranges } of m.places) {
      for (let h = 0; h < kvHeads; h++) {
        let at = slot * size + h * s.slotCapacity * headDim;
        for (const { from, to } of ranges) {
          const first = h * s.capacity + FLOOR;
          slots.set(stack.subarray((first + from) * headDim, (first + to) * headDim), at);
          at += (to - from) * headDim;
        }
      }
    }
  }
}

async function handle(message: Request): Promise<void> {
  if (message.kind === 'open') return open(message);
  if (message.kind === 'close') {
    await state?.session.release();
    process.exit(0);
  }
  if (state === null) throw new Error('no session is open');
  if (message.kind === 'tables') state.tables = message;
  else if (message.kind === 'step') await step(state, message);
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
        id: message.kind === 'run' || message.kind === 'step' ? message.id : null,
        message: error instanceof Error ? error.message : String(error),
      }),
    );
});
