/**
 * Keys and values: the stack, on which packed texts lie, and the slots of generation. One buffer `[1, kv heads, capacity, head]` per layer and kind (key, value), which a graph is
 * given as it is.
 */
import { at } from '../../at.js';
import type { CacheShape, LayerCache, Range, RunMessage, StepMessage } from './protocol.js';

/** Positions by which the stack grows. */
const CAPACITY_STEP = 256;

/** Buffers `[texts x kv heads, capacity, head]`, key of the first layer, its value, key of the second, ...; a buffer may be longer than that. */
interface Shelf {
  readonly buffers: Float32Array[];
  /** Caches that lie behind one another: one on the stack, one for each slot. */
  texts: number;
  capacity: number;
}

export interface KvCache {
  readonly shape: CacheShape;
  readonly stack: Shelf;
  readonly slots: Shelf;
}

/**
 * Returns an empty cache.
 */
export function newCache(shape: CacheShape): KvCache {
  const empty = (): Shelf => ({
    buffers: Array.from({ length: 2 * shape.length }, () => new Float32Array(0)),
    texts: 1,
    capacity: 0,
  });
  return { shape, stack: empty(), slots: { ...empty(), texts: 0 } };
}

/** The layer of buffer `i`. */
const layerOf = (shape: CacheShape, i: number): LayerCache => at(shape, i >> 1);

/**
 * Makes room for `texts` caches of `capacity` positions; what is there is kept. Buffers are made twice as long as they must be: what was never written takes no memory, and to
 * grow in place leaves nothing behind for the garbage collector. Throws `RangeError` when memory does not suffice.
 */
function makeRoom(shape: CacheShape, shelf: Shelf, texts: number, capacity: number): void {
  for (const [i, old] of shelf.buffers.entries()) {
    const { kvHeads, headDim } = layerOf(shape, i);
    const heads = texts * kvHeads;
    const fits = old.length >= heads * capacity * headDim;
    const next = fits ? old : new Float32Array(heads * 2 * capacity * headDim);
    // From the end, so that nothing is overwritten before it has moved.
    for (let h = shelf.texts * kvHeads - 1; h >= 0; h--) {
      const from = h * shelf.capacity * headDim;
      const to = h * capacity * headDim;
      if (!fits) next.set(old.subarray(from, from + shelf.capacity * headDim), to);
      else if (from !== to) next.copyWithin(to, from, from + shelf.capacity * headDim);
    }
    shelf.buffers[i] = next;
  }
  shelf.texts = texts;
  shelf.capacity = capacity;
}

/**
 * Makes room for `needed` positions of the stack; what is there is kept. Throws `RangeError` when memory does not suffice.
 */
export function growStack(c: KvCache, needed: number): void {
  if (needed > c.stack.capacity) makeRoom(c.shape, c.stack, 1, Math.ceil(needed / CAPACITY_STEP) * CAPACITY_STEP);
}

/**
 * Moves parts of the stack down.
 */
export function moveStack(c: KvCache, moves: RunMessage['moves']): void {
  for (const [i, buffer] of c.stack.buffers.entries()) {
    const { kvHeads, headDim } = layerOf(c.shape, i);
    for (let h = 0; h < kvHeads; h++) {
      const start = h * c.stack.capacity;
      for (const { from, to, length } of moves) {
        buffer.copyWithin((start + to) * headDim, (start + from) * headDim, (start + from + length) * headDim);
      }
    }
  }
}

/**
 * Copies ranges of one head of stack buffer `i`, one behind the other, to `target` from element `place` on.
 */
export function copyRanges(c: KvCache, i: number, head: number, ranges: readonly Range[], target: Float32Array, place: number): void {
  const { headDim } = layerOf(c.shape, i);
  const buffer = at(c.stack.buffers, i);
  const first = head * c.stack.capacity;
  let to = place;
  for (const range of ranges) {
    target.set(buffer.subarray((first + range.from) * headDim, (first + range.to) * headDim), to);
    to += (range.to - range.from) * headDim;
  }
}

/**
 * Gives the slots room for a step, then moves and fills them as it says. Only what holds tokens is touched: the rest of a slot costs no memory until it is written.
 */
export function prepareSlots(c: KvCache, m: StepMessage): void {
  const texts = Math.max(m.ids.length, m.slots, c.slots.texts);
  const capacity = Math.max(c.slots.capacity, m.capacity);
  if (texts > c.slots.texts || capacity > c.slots.capacity) makeRoom(c.shape, c.slots, texts, capacity);
  for (const [i, slots] of c.slots.buffers.entries()) {
    const { kvHeads, headDim } = layerOf(c.shape, i);
    const place = (slot: number, head: number): number => (slot * kvHeads + head) * c.slots.capacity * headDim;
    for (let h = 0; h < kvHeads; h++) {
      for (const { from, to } of m.moves) slots.copyWithin(place(to, h), place(from, h), place(from, h) + at(m.lengths, to) * headDim);
      for (const { slot, ranges } of m.places) copyRanges(c, i, h, ranges, slots, place(slot, h));
    }
  }
}
