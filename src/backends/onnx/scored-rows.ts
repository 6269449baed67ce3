/** The rows of a run that are scored, and what is wanted of each. */
import { at } from '../../at.js';
import type { TargetSequence as Sequence } from '../../models/encode.js';

/** One value wanted of a run: of sequence `sequence` the target number `target`. */
export interface Wanted {
  readonly sequence: number;
  readonly target: number;
}

/** What is picked of a run: `pairs` are the index of a scored row and a token, and so on; `wanted` says for each whose it is. */
export interface Picked {
  readonly pairs: Int32Array;
  readonly wanted: readonly Wanted[];
}

export interface ScoredRows {
  add(row: number, wanted: Wanted): void;
  /** The rows in ascending order. */
  sorted(): number[];
  /** What to pick of these rows, in their order. */
  pick(rows: readonly number[]): Picked;
}

/** Returns the scored rows of `sequences`, none yet: choices of one token share theirs. */
export function newScoredRows(sequences: readonly Sequence[]): ScoredRows {
  const scored = new Map<number, Wanted[]>();
  return {
    add(row, wanted) {
      const there = scored.get(row);
      if (there === undefined) scored.set(row, [wanted]);
      else there.push(wanted);
    },
    sorted: () => [...scored.keys()].sort((a, b) => a - b),
    pick(rows) {
      const pairs: number[] = [];
      const wanted: Wanted[] = [];
      for (const [r, row] of rows.entries())
        for (const own of scored.get(row) ?? []) {
          pairs.push(r, at(at(sequences, own.sequence).targets, own.target));
          wanted.push(own);
        }
      return { pairs: Int32Array.from(pairs), wanted };
    },
  };
}
