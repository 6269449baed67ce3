/**
 * Keys and values: the stack, on which packed texts lie, and the slots of generation. One buffer `[1, kv heads, capacity, head]` per layer and kind (key, value), so that
 * a graph can be given it as past and as output at once and writes new keys behind the old ones without any copy.
 */
import type { CacheShape, Range, RunMessage, StepMessage } from './protocol.js';

/**
 * Positions at the bottom of the stack that hold nothing and that nobody sees. With an empty past the kernel takes a run for a first prompt and counts its
 * positions from the first one, whatever `position_ids` says; packed texts have positions of their own.
 */
export const FLOOR = 1;
/** Positions by which the stack grows. */
const CAPACITY_STEP = 512;

export interface KvCache {
  readonly shape: CacheShape;
  /** Stack buffers: key of layer 0, value of layer 0, key of layer 1, ... */
  readonly stack: Float32Array[];
  capacity: number;
  /** Buffers `[slots, kv heads, capacity, head]` in the same order. */
  slots: Float32Array[];
  slotCount: number;
  slotCapacity: number;
}

/**
 * Returns an empty cache.
 */
export function newCache(shape: CacheShape): KvCache {
  const stack = Array.from({ length: 2 * shape.layers }, () => new Float32Array(0));
  return { shape, stack, capacity: 0, slots: [], slotCount: 0, slotCapacity: 0 };
}

/**
 * Makes room for `needed` positions of the stack (the floor included); what is there is kept. Throws `RangeError` when memory does not suffice.
 */
export function growStack(c: KvCache, needed: number): void {
  if (needed <= c.capacity) return;
  const capacity = Math.ceil(needed / CAPACITY_STEP) * CAPACITY_STEP;
  const { kvHeads, headDim } = c.shape;
  c.stack.forEach((old, i) => {
    const next = new Float32Array(kvHeads * capacity * headDim);
    for (let h = 0; h < kvHeads; h++) {
      next.set(old.subarray(h * c.capacity * headDim, (h + 1) * c.capacity * headDim), h * capacity * headDim);
    }
    c.stack[i] = next;
  });
  c.capacity = capacity;
}

/**
 * Moves parts of the stack down.
 */
export function moveStack(c: KvCache, moves: RunMessage['moves']): void {
  const { kvHeads, headDim } = c.shape;
  for (const buffer of c.stack) {
    for (let h = 0; h < kvHeads; h++) {
      const start = h * c.capacity + FLOOR;
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
  const first = head * c.capacity + FLOOR;
  let to = at;
  for (const range of ranges) {
    target.set(buffer.subarray((first + range.from) * headDim, (first + range.to) * headDim), to);
    to += (range.to - range.from) * headDim;
  }
}

/**
 * Gives the slots room for a step, then moves and fills them as it says.
 */
export function prepareSlots(c: KvCache, m: StepMessage): void {
  const { kvHeads, headDim } = c.shape;
  const count = Math.max(m.ids.length, c.slotCount);
  if (count > c.slotCount || m.capacity > c.slotCapacity) {
    const capacity = Math.max(c.slotCapacity, m.capacity);
    c.slots = c.stack.map((_, i) => {
      const old = c.slots[i];
      const next = new Float32Array(count * kvHeads * capacity * headDim);
      for (let h = 0; old !== undefined && h < c.slotCount * kvHeads; h++) {
        next.set(old.subarray(h * c.slotCapacity * headDim, (h + 1) * c.slotCapacity * headDim), h * capacity * headDim);
      }
      return next;
    });
    c.slotCapacity = capacity;
    c.slotCount = count;
  }
  const size = kvHeads * c.slotCapacity * headDim;
  for (const [i, slots] of c.slots.entries()) {
    const stack = c.stack[i] ?? new Float32Array(0);
    for (const { from, to } of m.moves) slots.copyWithin(to * size, from * size, (from + 1) * size);
    for (const { slot, ranges } of m.places) {
      for (let h = 0; h < kvHeads; h++) copyRanges(c, stack, h, ranges, slots, slot * size + h * c.slotCapacity * headDim);
    }
  }
}
