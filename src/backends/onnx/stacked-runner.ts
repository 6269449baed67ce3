/** Runs the graph whose keys and values stay on the device (`attention-stacked.ts`): what a run computed is there for all that follow. */
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import { at } from '../../at.js';
import { COLUMN_INPUTS, ROW_INPUTS } from './attention-stacked.js';
import { type CardTools, cardTools, type OpenTool } from './card-tools.js';
import type { GraphSource, RunMessage, RunNumbers, StackRunner, StepMessage, TablesMessage } from './protocol.js';
import { ALIGN, newColumns, type RowsAndColumns } from './stacked-columns.js';
import { newStates } from './state-store.js';
import { bytesOf, type Feeds, floats, int32, int64, tableFeeds, wholeNumbers } from './tensors.js';
import { partName, type VocabularyPart } from './vocabulary.js';

/** What both kinds of runs ask for. */
interface Wanted {
  readonly ids: Int32Array;
  readonly rows: Int32Array;
  readonly pairs: Int32Array;
}

/**
 * Returns where each token lies in the parts of a vocabulary: `own[k]` is its place in part `k`, the nearest there is where it lies in another.
 */
function placesInParts(tokens: Int32Array, parts: readonly VocabularyPart[]): { readonly part: Int32Array; readonly own: Int32Array[] } {
  return {
    part: tokens.map((token) => parts.findIndex(({ start, count }) => token < start + count)),
    own: parts.map(({ start, count }) => tokens.map((token) => Math.min(Math.max(token - start, 0), count - 1))),
  };
}

/**
 * Wraps an open session of such a graph; `open` opens another one on the same device, whose outputs stay there.
 */
export function stackedRunner(session: ort.InferenceSession, source: GraphSource, open: OpenTool): StackRunner {
  const parts = source.vocabulary ?? [{ start: 0, count: 0 }];
  const tools: CardTools = cardTools(source.compute, open);
  const tables: Feeds = {};
  let fresh: TablesMessage | null = null;
  let columns = newColumns();
  const states = newStates(source.states);
  /** Key of the first layer, its value, key of the second, ... */
  let cache = empty();

  /** Columns that nobody sees: no kernel likes to begin with none. */
  function empty(): ort.Tensor[] {
    const tensor = (dims: readonly number[]): ort.Tensor => {
      const size = dims.reduce((product, n) => product * n, 1);
      return source.compute === 'float32'
        ? new ort.Tensor('float32', new Float32Array(size), dims)
        : new ort.Tensor('float16', new Uint16Array(size), dims);
    };
    return source.cache.flatMap(({ kvHeads, headDim }) => [tensor([kvHeads, 1, headDim, ALIGN]), tensor([kvHeads, 1, ALIGN, headDim])]);
  }

  function reset(): void {
    for (const tensor of cache) tensor.dispose();
    cache = empty();
    columns = newColumns();
  }

  /** Brings new rotary tables to the device. */
  async function bringTables(): Promise<number> {
    if (fresh === null) return 0;
    let bytes = 0;
    for (const [name, tensor] of Object.entries(tableFeeds(source, fresh))) {
      const held = await tools.hold(tensor);
      tables[name]?.dispose();
      tables[name] = held;
      bytes += 4 * tensor.size;
    }
    fresh = null;
    return bytes;
  }

  /** Drops columns that nobody needs. */
  async function drop(keep: Int32Array | null): Promise<void> {
    if (keep === null) return;
    if (keep.length === 0) {
      reset();
      return;
    }
    for (let i = 0; i < cache.length; i += 2) {
      const [keys, values] = [at(cache, i), at(cache, i + 1)];
      [cache[i], cache[i + 1]] = await tools.gather(keys, values, keep);
      keys.dispose();
      values.dispose();
    }
    columns.kept(keep);
  }

  function idFeeds(ids: Int32Array, rows: number): Feeds {
    const filled = new Int32Array(rows);
    filled.set(ids);
    if (parts.length === 1) return { input_ids: int64(filled, [rows]) };
    const { part, own } = placesInParts(filled, parts);
    return {
      id_parts: int32(part, [rows, 1]),
      ...Object.fromEntries(own.map((places, k) => [partName('input_ids', k, parts.length), int64(places, [rows])])),
    };
  }

  function pairFeeds(pairs: Int32Array): Feeds {
    const count = pairs.length / 2;
    const rows = pairs.filter((_, i) => i % 2 === 0);
    const tokens = pairs.filter((_, i) => i % 2 === 1);
    const feeds: Feeds = { pair_rows: int32(rows, [count]) };
    const { part, own } = parts.length === 1 ? { part: tokens, own: [tokens] } : placesInParts(tokens, parts);
    if (parts.length > 1) feeds.pair_parts = int32(part, [count]);
    for (const [k, places] of own.entries()) {
      const joined = new Int32Array(pairs.length);
      for (let i = 0; i < count; i++) [joined[2 * i], joined[2 * i + 1]] = [at(rows, i), at(places, i)];
      feeds[partName('pairs', k, parts.length)] = int64(joined, [count, 2]);
    }
    return feeds;
  }

  /** The best token of each row, from the best of each part. */
  function bestTokens(out: ort.InferenceSession.OnnxValueMapType): Int32Array<ArrayBuffer> {
    const best = parts.map(({ start }, k) => wholeNumbers(out[partName('greedy', k, parts.length)]).map((token) => token + start));
    const [first] = best;
    if (first === undefined || parts.length === 1) return first ?? new Int32Array(0);
    const maxima = parts.map((_, k) => floats(out[`maximum_${k}`]));
    return first.map((_, row) => {
      let winner = 0;
      for (let k = 1; k < parts.length; k++) if (at(at(maxima, k), row) > at(at(maxima, winner), row)) winner = k;
      return at(at(best, winner), row);
    });
  }

  async function infer(v: RowsAndColumns, wanted: Wanted, carried: Feeds): Promise<RunNumbers> {
    let toCard = await bringTables();
    if (Object.keys(tables).length < 2 * source.rotary.length) throw new Error('rotary tables are missing');
    // A run of which nothing is wanted has a row of scores all the same: no kernel likes to have none.
    const rows = wanted.rows.length === 0 ? Int32Array.of(0) : wanted.rows;
    const pairs = wanted.pairs.length === 0 ? Int32Array.of(0, 0) : wanted.pairs;
    const [rowText, rowPosition] = ROW_INPUTS;
    const [first, end, position] = COLUMN_INPUTS;
    const ofColumns = [1, 1, 1, v.columnFirst.length];
    const moved: Feeds = {
      ...idFeeds(wanted.ids, v.rows),
      position_ids: int64(v.rowPosition, [v.rows, 1]),
      [rowText]: int32(v.rowText, [1, v.rows, 1, 1]),
      [rowPosition]: int32(v.rowPosition, [1, v.rows, 1, 1]),
      [first]: int32(v.columnFirst, ofColumns),
      [end]: int32(v.columnEnd, ofColumns),
      [position]: int32(v.columnPosition, ofColumns),
      rows: int64(rows, [rows.length]),
      ...pairFeeds(pairs),
      ...carried,
    };
    toCard += bytesOf(moved);
    const names = source.cache.flatMap(({ layer }) => [`key_${layer}`, `value_${layer}`]);
    const past = Object.fromEntries(cache.map((tensor, i) => [`past_${names[i]}`, tensor]));
    const out = await session.run({ ...moved, ...tables, ...past });
    const grown = names.map((name) => out[name]);
    const next = grown.filter((tensor): tensor is ort.Tensor => tensor !== undefined);
    if (next.length < cache.length) throw new Error('the runtime gave no keys and values');
    for (const tensor of cache) tensor.dispose();
    cache = next;
    columns.done();
    states.done(out);
    const logprobs = Float32Array.from(floats(out.logprob)).slice(0, wanted.pairs.length / 2);
    const greedy = bestTokens(out).slice(0, wanted.rows.length);
    const fromCard = 4 * pairs.length + rows.length * (parts.length === 1 ? 8 : 12 * parts.length);
    const kept = next.reduce((sum, tensor) => sum + tensor.size * (source.compute === 'float32' ? 4 : 2), 0);
    return { logprobs, greedy, moved: { toCard, fromCard, kept } };
  }

  /** What lies on the device after a failure is not to be trusted, and its memory is wanted. */
  async function guarded(work: () => Promise<RunNumbers>): Promise<RunNumbers> {
    try {
      return await work();
    } catch (error) {
      reset();
      throw error;
    }
  }

  return {
    keeps: true,
    setTables(message) {
      fresh = message;
    },
    release: async () => {
      reset();
      for (const table of Object.values(tables)) table.dispose();
      await tools.release();
      await session.release();
    },
    run: (m: RunMessage) =>
      guarded(async () => {
        await drop(columns.toKeep({ kind: 'run', base: m.base, moves: m.moves }));
        const v = columns.planRun(m);
        return infer(v, m, states.run(m, v.rows));
      }),
    step: (m: StepMessage) =>
      guarded(async () => {
        await drop(columns.toKeep({ kind: 'step', slots: m.ids.length }));
        const rows = Int32Array.from(m.ids.keys());
        const v = columns.planStep(m);
        return infer(v, { ids: m.ids, rows, pairs: m.pairs }, states.step(m, v.rows));
      }),
  };
}
