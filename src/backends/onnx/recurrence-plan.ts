import { at } from '../../at.js';
/**
 * How the rows of a run follow each other, for layers that carry a state from token to token (`recurrence.ts`). A run holds a tree of texts: each row continues another row, or a
 * state that was kept before. Rows that follow each other without a branch make a piece; pieces of one level, whose states are known, are computed together, filled up to one
 * length; the next level goes on from them. Pure.
 */

export interface RecurrencePlan {
  /** Rows of the pieces, level by level, each piece filled up with the row behind the last one. */
  readonly rowsAt: Int32Array;
  /** For each level, and behind the last: where its part of `rowsAt`, of `pieceState` and of `pieceKeep` begins. */
  readonly levelRows: Int32Array;
  readonly levelPieces: Int32Array;
  readonly levelKeeps: Int32Array;
  /** For each piece, which state it begins with: one that was given, or one that an earlier level kept, in the order in which they are kept. */
  readonly pieceState: Int32Array;
  /** For each level, the places among its pieces of those whose last state is kept. */
  readonly pieceKeep: Int32Array;
  /** Where each row comes out; 0 for rows that only fill up. */
  readonly rowPlace: Int32Array;
  /** States asked for, as `pieceState` counts them. */
  readonly keptStates: Int32Array;
  /** For each row the rows before it, the nearest first: `taps[j - 1][r]` is the row `j` back, counted behind the `given x (kernel - 1)` rows that the given states hold, oldest first. */
  readonly taps: readonly Int32Array[];
  /** The same for the states asked for: [asked, kernel - 1], the oldest first. */
  readonly keptTaps: Int32Array;
}

/** A row that only fills up: it continues nothing and nothing continues it. */
export const FILLS_UP = Number.MIN_SAFE_INTEGER;

/**
 * Plans a run. `parents[r]`: the row that row `r` continues (a smaller number), or `-1 - s` for the given state `s`, or `FILLS_UP`. `given`: number of given states; `kernel`: rows
 * that a convolution looks at, itself included; `keep`: rows whose states are asked for.
 */
export function planRecurrence(parents: readonly number[], given: number, kernel: number, keep: readonly number[]): RecurrencePlan {
  const children = new Int32Array(parents.length);
  for (const parent of parents) if (parent >= 0) children[parent] = at(children, parent) + 1;
  const asked = new Set(keep);
  const pieceOf = new Int32Array(parents.length).fill(-1);
  const pieces: { rows: number[]; parent: number; level: number }[] = [];
  for (const [r, parent] of parents.entries()) {
    if (parent === FILLS_UP) continue;
    const own = parent < 0 ? parent : at(pieceOf, parent);
    const before = own < 0 ? null : at(pieces, own);
    if (before !== null && children[parent] === 1 && !asked.has(parent)) {
      before.rows.push(r);
      pieceOf[r] = own;
    } else {
      pieceOf[r] = pieces.length;
      pieces.push({ rows: [r], parent: own, level: before === null ? 0 : before.level + 1 });
    }
  }
  const needed = new Set<number>(keep.map((r) => at(pieceOf, r)));
  for (const { parent } of pieces) if (parent >= 0) needed.add(parent);

  const levels = pieces.reduce((most, { level }) => Math.max(most, level + 1), 0);
  const stateOf = new Map<number, number>();
  const rowPlace = new Int32Array(parents.length);
  const out = {
    rowsAt: [] as number[],
    levelRows: [0],
    levelPieces: [0],
    levelKeeps: [0],
    pieceState: [] as number[],
    pieceKeep: [] as number[],
  };
  for (let level = 0; level < levels; level++) {
    const own = pieces.map((piece, p) => ({ ...piece, p })).filter((piece) => piece.level === level);
    const length = own.reduce((most, { rows }) => Math.max(most, rows.length), 0);
    for (const [b, { rows, parent, p }] of own.entries()) {
      for (const [t, r] of rows.entries()) rowPlace[r] = 1 + out.rowsAt.length + t;
      for (let t = 0; t < length; t++) out.rowsAt.push(rows[t] ?? parents.length);
      out.pieceState.push(parent < 0 ? -1 - parent : (stateOf.get(parent) ?? 0));
      if (needed.has(p)) {
        stateOf.set(p, given + out.pieceKeep.length);
        out.pieceKeep.push(b);
      }
    }
    out.levelRows.push(out.rowsAt.length);
    out.levelPieces.push(out.pieceState.length);
    out.levelKeeps.push(out.pieceKeep.length);
  }

  const held = given * (kernel - 1);
  /** Row `j` before the place behind `r`, among the rows that states hold and those of the run. */
  const back = (r: number, j: number): number => {
    let row = r;
    for (let left = j; left > 0; left--) {
      const parent = at(parents, row);
      if (parent === FILLS_UP) return 0;
      if (parent < 0) return (-1 - parent) * (kernel - 1) + (kernel - 1) - left;
      row = parent;
    }
    return held + row;
  };
  return {
    rowsAt: Int32Array.from(out.rowsAt),
    levelRows: Int32Array.from(out.levelRows),
    levelPieces: Int32Array.from(out.levelPieces),
    levelKeeps: Int32Array.from(out.levelKeeps),
    pieceState: Int32Array.from(out.pieceState),
    pieceKeep: Int32Array.from(out.pieceKeep),
    rowPlace,
    keptStates: Int32Array.from(keep, (r) => stateOf.get(at(pieceOf, r)) ?? 0),
    taps: Array.from({ length: kernel - 1 }, (_, j) => Int32Array.from(parents.keys(), (r) => back(r, j + 1))),
    keptTaps: Int32Array.from(keep.flatMap((r) => Array.from({ length: kernel - 1 }, (_, i) => back(r, kernel - 2 - i)))),
  };
}

/**
 * Returns the parents of rows that lie in segments behind a stack of height `base`, and the stack's positions whose states they begin with, in the order of the given states
 * behind the empty one, which is number 0.
 */
export function parentsOfSegments(
  base: number,
  rows: number,
  segments: readonly { readonly start: number; readonly end: number; readonly sees: readonly { readonly to: number }[] }[],
): { readonly parents: number[]; readonly from: readonly number[] } {
  const parents = Array.from({ length: rows }, () => FILLS_UP);
  const from: number[] = [];
  for (const { start, end, sees } of segments) {
    const last = sees[sees.length - 1];
    const before = last === undefined ? -1 : last.to - 1;
    for (let r = start; r < end; r++) parents[r] = r - 1;
    if (before >= base) parents[start] = before - base;
    else if (before < 0) parents[start] = -1;
    else {
      if (!from.includes(before)) from.push(before);
      parents[start] = -2 - from.indexOf(before);
    }
  }
  return { parents, from };
}

/**
 * Returns the parents of the rows of a packed run (`packed-layout.ts`): `prefix` real rows of `prefixRows`, then blocks of `length` rows, each a tree by `ends`.
 */
export function parentsOfBlocks(prefix: number, prefixRows: number, length: number, ends: Int32Array): number[] {
  const parents = Array.from({ length: prefixRows + ends.length }, () => FILLS_UP);
  for (let r = 0; r < prefix; r++) parents[r] = r - 1;
  for (let first = 0; first < ends.length; first += length) {
    /** Rows of the block that the next one may continue, the nearest last. */
    const path: number[] = [];
    for (let i = 0; i < length; i++) {
      const end = at(ends, first + i);
      if (end === 0) continue;
      let before = path.at(-1);
      while (before !== undefined && at(ends, first + before) <= i) {
        path.pop();
        before = path.at(-1);
      }
      parents[prefixRows + first + i] = before === undefined ? prefix - 1 : prefixRows + first + before;
      path.push(i);
    }
  }
  return parents;
}
