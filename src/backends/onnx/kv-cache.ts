/**
 * Keys and values: the stack, on which packed texts lie, and the slots of generation. One buffer `[1, kv heads, capacity, head]` per layer and kind (key, value), which a graph is
 * given as it is.
 */
import type { CacheShape, Range, RunMessage, StepMessage } from './protocol.js';

/** Positions by which the stack grows. */
const CAPACITY_STEP = 256;

/** Buffers `[heads, capacity, head]`, key of layer 0, value of layer 0, key of layer 1, ...; a buffer may be longer than that. */
interface Shelf {
  readonly buffers: Float32Array[];
  heads: number;
  capacity: number;
}

export interface KvCache {
  readonly shape: CacheShape;
  /** Heads are the model's key-value heads. */
  readonly stack: Shelf;
  /** Heads are those of slot 0, then those of slot 1, ... */
  readonly slots: Shelf;
}

/**
 * Returns an empty cache.
 */
export function newCache(shape: CacheShape): KvCache {
  const empty = (): Shelf => ({
    buffers: Array.from({ length: 2 * shape.layers }, () => new Float32Array(0)),
    heads: shape.kvHeads,
    capacity: 0,
  });
  return { shape, stack: empty(), slots: { ...empty(), heads: 0 } };
}

/**
 * Makes room for `heads` heads of `capacity` positions; what is there is kept. Buffers are made twice as long as they must be: what was never written takes no memory, and to
 * grow in place leaves nothing behind for the garbage collector. Throws `RangeError` when memory does not suffice.
 */
function makeRoom(shelf: Shelf, heads: number, capacity: number, headDim: number): void {
  for (const [i, old] of shelf.buffers.entries()) {
    const fits = old.length >= heads * capacity * headDim;
    const next = fits ? old : new Float32Array(heads * 2 * capacity * headDim);
    // From the end, so that nothing is overwritten before it has moved.
    for (let h = shelf.heads - 1; h >= 0; h--) {
      const from = h * shelf.capacity * headDim;
      const to = h * capacity * headDim;
      if (!fits) next.set(old.subarray(from, from + shelf.capacity * headDim), to);
      else if (from !== to) next.copyWithin(to, from, from + shelf.capacity * headDim);
    }
    shelf.buffers[i] = next;
  }
  shelf.heads = heads;
  shelf.capacity = capacity;
}

/**
 * Makes room for `needed` positions of the stack; what is there is kept. Throws `RangeError` when memory does not suffice.
 */
export function growStack(c: KvCache, needed: number): void {
  if (needed > c.stack.capacity) makeRoom(c.stack, c.shape.kvHeads, Math.ceil(needed / CAPACITY_STEP) * CAPACITY_STEP, c.shape.headDim);
}

/**
 * Moves parts of the stack down.
 */
export function moveStack(c: KvCache, moves: RunMessage['moves']): void {
  const { kvHeads, headDim } = c.shape;
  for (const buffer of c.stack.buffers) {
    for (let h = 0; h < kvHeads; h++) {
      const start = h * c.stack.capacity;
      for (const { from, to, length } of moves) {
        buffer.copyWithin((start + to) * headDim, (start + from) * headDim, (start + from + length) * headDim);
      }
    }
  }
}

/**
 * Copies ranges of one head of a stack buffer, one behind the other, to `target` at element `at`.
 */
export function copyRanges(
  c: KvCache,
  buffer: Float32Array,
  head: number,
  ranges: readonly Range[],
  target: Float32Array,
  at: number,
): void {
  const { headDim } = c.shape;
  const first = head * c.stack.capacity;
  let to = at;
  for (const range of ranges) {
    target.set(buffer.subarray((first + range.from) * headDim, (first + range.to) * headDim), to);
    to += (range.to - range.from) * headDim;
  }
}

/**
 * Gives the slots room for a step, then moves and fills them as it says. Only what holds tokens is touched: the rest of a slot costs no memory until it is written.
 */
export function prepareSlots(c: KvCache, m: StepMessage): void {
  const { kvHeads, headDim } = c.shape;
  const heads = Math.max(Math.max(m.ids.length, m.slots) * kvHeads, c.slots.heads);
  const capacity = Math.max(c.slots.capacity, m.capacity);
  if (heads > c.slots.heads || capacity > c.slots.capacity) makeRoom(c.slots, heads, capacity, headDim);
  const place = (slot: number, head: number): number => (slot * kvHeads + head) * c.slots.capacity * headDim;
  for (const [i, slots] of c.slots.buffers.entries()) {
    const stack = c.stack.buffers[i] ?? new Float32Array(0);
    for (let h = 0; h < kvHeads; h++) {
      for (const { from, to } of m.moves) slots.copyWithin(place(to, h), place(from, h), place(from, h) + (m.lengths[to] ?? 0) * headDim);
      for (const { slot, ranges } of m.places) copyRanges(c, stack, h, ranges, slots, place(slot, h));
    }
  }
}
