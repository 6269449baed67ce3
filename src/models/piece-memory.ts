/** A memory of the token ids of pieces, in two generations: when the young one is full, the old one is forgotten. */

/** Pieces of one generation at most. */
const MEMORY_PIECES = 20_000;
/** Longer pieces are not remembered: few texts repeat them, and they would fill the memory. */
const MEMORY_PIECE_LENGTH = 2_000;

export interface PieceMemory {
  /** Ids of a piece, or undefined where it is not known (any more). */
  get(piece: string): readonly number[] | undefined;
  set(piece: string, ids: readonly number[]): void;
}

/**
 * Returns an empty memory.
 */
export function newPieceMemory(): PieceMemory {
  let young = new Map<string, readonly number[]>();
  let old = new Map<string, readonly number[]>();
  const set = (piece: string, ids: readonly number[]): void => {
    if (piece.length > MEMORY_PIECE_LENGTH) return;
    if (young.size >= MEMORY_PIECES) {
      old = young;
      young = new Map();
    }
    young.set(piece, ids);
  };
  return {
    set,
    get(piece) {
      const found = young.get(piece);
      if (found !== undefined) return found;
      const kept = old.get(piece);
      if (kept !== undefined) set(piece, kept);
      return kept;
    },
  };
}
