/**
 * Which column of a device's keys and values belongs to which text (`attention-stacked.ts`). The planner speaks of a stack and of slots, as on a CPU; here both are lists of
 * columns, so that what the planner moves is moved in lists, and columns that nobody needs any more are dropped when they are many. Pure but for its own state.
 */
import { at } from '../../at.js';
import type { Range, RunMessage, StepMessage } from './protocol.js';

/** Rows and columns are filled up to multiples of this, for which kernels are faster. */
export const ALIGN = 4;
/** Columns that nobody needs are dropped when they are more than this part of the others, and so many. */
const DROPPED_PART = 0.25;
const DROPPED_LEAST = 64;

/** What a run says about its rows and all columns. */
export interface RowsAndColumns {
  /** Rows, filled up. */
  readonly rows: number;
  readonly rowText: Int32Array;
  readonly rowPosition: Int32Array;
  readonly columnFirst: Int32Array;
  readonly columnEnd: Int32Array;
  readonly columnPosition: Int32Array;
}

export interface Columns {
  /** Columns on the device. */
  readonly width: number;
  /** Plans a run on the stack; call `done` when it has succeeded. */
  planRun(m: Pick<RunMessage, 'base' | 'moves' | 'segments' | 'positions'>): RowsAndColumns;
  /** Plans a step of generation. */
  planStep(m: Pick<StepMessage, 'lengths' | 'moves' | 'places'>): RowsAndColumns;
  /** The run that was planned has added its columns. */
  done(): void;
  /** Which columns to keep before `next` is planned, filled up; null where it is not worth it. Empty: nothing is needed. */
  toKeep(
    next:
      | { readonly kind: 'run'; readonly base: number; readonly moves: RunMessage['moves'] }
      | { readonly kind: 'step'; readonly slots: number },
  ): Int32Array | null;
  /** Columns were kept as `toKeep` said. */
  kept(columns: Int32Array): void;
}

const aligned = (n: number): number => Math.ceil(n / ALIGN) * ALIGN;

/** Order of two texts by their columns: texts that share a beginning come together. */
function comparePaths(a: readonly number[], b: readonly number[]): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const difference = at(a, i) - at(b, i);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * Returns the columns of a device that holds none but `ALIGN` that nobody sees.
 */
export function newColumns(): Columns {
  let position = new Int32Array(ALIGN);
  let width = ALIGN;
  let stack: number[] = [];
  let slots: number[][] = [];
  let pending: { readonly positions: Int32Array; readonly place: () => void } | null = null;

  const moveStack = (moves: RunMessage['moves']): void => {
    for (const { from, to, length } of moves) for (let i = 0; i < length; i++) stack[to + i] = at(stack, from + i);
  };

  /** Vectors for `count` new rows with their positions, nobody sees anything yet. */
  const blank = (positions: Int32Array): RowsAndColumns => {
    const rows = aligned(positions.length);
    const total = width + rows;
    const columnPosition = new Int32Array(total);
    columnPosition.set(position.subarray(0, width));
    columnPosition.set(positions, width);
    const rowPosition = new Int32Array(rows);
    rowPosition.set(positions);
    return {
      rows,
      rowText: new Int32Array(rows).fill(-1),
      rowPosition,
      columnFirst: new Int32Array(total).fill(-1),
      columnEnd: new Int32Array(total),
      columnPosition,
    };
  };
  /** Column `c` is seen by text `text`; texts come in order. */
  const see = (v: RowsAndColumns, c: number, text: number): void => {
    if (v.columnFirst[c] === -1) v.columnFirst[c] = text;
    v.columnEnd[c] = text + 1;
  };

  return {
    get width() {
      return width;
    },
    planRun({ base, moves, segments, positions }) {
      moveStack(moves);
      stack.length = base;
      const v = blank(positions);
      const columnOf = (place: number): number => (place < base ? at(stack, place) : width + place - base);
      const each = (range: Range, text: number): void => {
        for (let place = range.from; place < range.to; place++) see(v, columnOf(place), text);
      };
      segments.forEach(({ start, end, sees }, text) => {
        for (const range of sees) each(range, text);
        each({ from: base + start, to: base + end }, text);
        v.rowText.fill(text, start, end);
      });
      const first = width;
      const place = (): void => {
        for (const i of positions.keys()) stack.push(first + i);
      };
      pending = { positions: v.rowPosition, place };
      return v;
    },
    planStep({ lengths, moves, places }) {
      for (const { from, to } of moves) slots[to] = at(slots, from);
      for (const { slot, ranges } of places) slots[slot] = ranges.flatMap(({ from, to }) => stack.slice(from, to));
      slots.length = lengths.length;
      const v = blank(lengths);
      const order = slots.map((_, slot) => slot).sort((a, b) => comparePaths(at(slots, a), at(slots, b)));
      order.forEach((slot, text) => {
        for (const c of at(slots, slot)) see(v, c, text);
        see(v, width + slot, text);
        v.rowText[slot] = text;
      });
      const first = width;
      const place = (): void => {
        for (const [slot, columns] of slots.entries()) columns.push(first + slot);
      };
      pending = { positions: v.rowPosition, place };
      return v;
    },
    done() {
      if (pending === null) return;
      const { positions, place } = pending;
      place();
      const next = new Int32Array(width + positions.length);
      next.set(position.subarray(0, width));
      next.set(positions, width);
      [position, width, pending] = [next, next.length, null];
    },
    toKeep(next) {
      pending = null;
      const used = new Uint8Array(width);
      if (next.kind === 'run') {
        // What the moves bring down is not at its place yet.
        const moved = new Set(next.moves.flatMap(({ from, to, length }) => Array.from({ length }, (_, i) => [from + i, to + i])).flat());
        stack.forEach((c, place) => {
          if (place < next.base || moved.has(place)) used[c] = 1;
        });
      } else for (const c of stack) used[c] = 1;
      for (const columns of slots) for (const c of columns) used[c] = 1;
      const live = used.reduce((sum, n) => sum + n, 0);
      if (live === 0) return width > ALIGN ? new Int32Array(0) : null;
      if (width - live <= DROPPED_LEAST + DROPPED_PART * live) return null;
      const out = new Int32Array(aligned(live));
      let n = 0;
      for (const [c, there] of used.entries()) if (there === 1) out[n++] = c;
      return out;
    },
    kept(columns) {
      const places = new Int32Array(width).fill(-1);
      // From the end: what only fills up repeats column 0, whose own place comes first.
      for (let i = columns.length - 1; i >= 0; i--) places[at(columns, i)] = i;
      const to = (c: number): number => Math.max(0, at(places, c));
      stack = stack.map(to);
      slots = slots.map((list) => list.map(to));
      const next = columns.length === 0 ? new Int32Array(ALIGN) : columns.map((c) => at(position, c));
      [position, width] = [next, next.length];
    },
  };
}
