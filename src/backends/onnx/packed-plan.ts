/** Chooses which documents go into one packed run: as many as memory allows, as long as going together costs less than going apart. Pure. */
import type { RunShape } from './memory-plan.js';
import { type Layout, layOut } from './packed-layout.js';
import { commonPrefix, type Sequence } from './stack.js';

/** A document: its texts, the first of which it is sorted by. */
export interface PlannedDocument {
  readonly ids: readonly number[];
  readonly tokens: number;
  readonly sequences: readonly Sequence[];
}

export interface RunLimits {
  /** Rows in a run at most; one document is always taken. */
  readonly rows: number;
  /** Bytes at most, by `bytesOf`. */
  readonly bytes: number;
  readonly bytesOf: (shape: RunShape) => number;
}

/** Rows that a run must have so that a card is busy; below, a run costs as much as one of this size. */
const BUSY_ROWS = 1024;
/** A block is about this long where its texts are short (`packed-layout.ts`). */
const BLOCK = 512;
/** Largest part of a run that padding may take, as the estimate assumes. */
const PADDING = 1.1;

/** The shape of a laid-out run; scored rows are counted before those that coincide are joined. */
export function shapeOf(layout: Layout, sequences: readonly Sequence[]): RunShape {
  const scored = new Set<string>();
  for (const [i, s] of sequences.entries()) {
    // Choices of one token behind the same context share their row; the rest have rows of their own but for what their texts share.
    if (s.targets.length === 1) scored.add(`${s.ids.length}:${s.ids[s.ids.length - 1]}:${layout.blocks.findIndex((b) => b.includes(i))}`);
    else for (let j = 0; j < s.targets.length; j++) scored.add(`${i}:${j}:`);
  }
  return { prefix: layout.prefixRows, blocks: layout.blocks.length, length: layout.length, scored: scored.size };
}

/**
 * Returns how many of the first documents, which are sorted by their tokens, go into the next run; at least one. A document that shares less than those before it
 * makes all blocks longer: it is left for the next run when that costs more than computing its own prefix there.
 */
export function documentsForRun(documents: readonly PlannedDocument[], limits: RunLimits): number {
  let count = 0;
  let prefix = Number.POSITIVE_INFINITY;
  /** Distinct tokens beyond the first document's neighbours, as if all sharing were kept. */
  let own = 0;
  let longest = 1;
  let scored = 0;
  for (const [i, d] of documents.entries()) {
    const before = documents[i - 1];
    const withBefore = before === undefined ? Number.POSITIVE_INFINITY : commonPrefix(before.ids, d.ids);
    const within = d.sequences.reduce((least, s) => Math.min(least, commonPrefix(s.ids, d.ids)), d.ids.length);
    const nextPrefix = Math.min(prefix, withBefore, within);
    const nextOwn = own + d.tokens - (before === undefined ? 0 : Math.min(withBefore, d.tokens));
    const nextLongest = Math.max(longest, d.tokens - nextPrefix);
    const nextScored =
      scored + new Set(d.sequences.map((s) => s.ids.length)).size - 1 + Math.max(...d.sequences.map((s) => s.targets.length));
    if (count > 0) {
      const blocks = Math.max(1, Math.ceil((own - Math.min(prefix, own)) / Math.max(BLOCK, longest)));
      const lost = (prefix - nextPrefix) * (Math.min(blocks, count) - 1);
      if (lost > nextPrefix + (own < BUSY_ROWS ? BUSY_ROWS : BUSY_ROWS / 4)) break;
      const length = Math.min(nextOwn, Math.max(BLOCK, nextLongest));
      const shape = { prefix: nextPrefix, length, blocks: Math.ceil((PADDING * nextOwn) / length), scored: nextScored };
      if (nextPrefix + PADDING * nextOwn > limits.rows || limits.bytesOf(shape) > limits.bytes) break;
    }
    [prefix, own, longest, scored] = [nextPrefix, nextOwn, nextLongest, nextScored];
    count++;
  }
  // The estimate may be too low where texts fit badly into blocks; then a few documents are left.
  while (count > 1) {
    const sequences = documents.slice(0, count).flatMap((d) => d.sequences);
    const shape = shapeOf(layOut(sequences), sequences);
    if (shape.prefix + shape.blocks * shape.length <= limits.rows && limits.bytesOf(shape) <= limits.bytes) break;
    count = Math.floor(count * 0.85);
  }
  return Math.max(1, count);
}
