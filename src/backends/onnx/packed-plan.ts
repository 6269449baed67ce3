/** Chooses which documents go into one packed run: as many as memory allows, as long as going together costs less than going apart. Pure. */
import { at } from '../../at.js';
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
  /** What a key costs a row, in rows without attention (`packed-layout.ts`). */
  readonly keyCost: number;
}

/** Rows that a run must have so that a card is busy; below, a run costs as much as one of this size. */
const BUSY_ROWS = 1024;
/** A block is about this long where its texts are short (`packed-layout.ts`). */
const BLOCK = 512;
/** Largest part of a run that padding may take, as the estimate assumes. */
const PADDING = 1.1;

/** The shape of a laid-out run. Of scored rows it counts at least as many as there are: those of one token that share a context and a block count once. */
export function shapeOf(layout: Layout, sequences: readonly Sequence[]): RunShape {
  let scored = 0;
  for (const members of layout.blocks) {
    const single = new Set<string>();
    for (const i of members) {
      const { ids, targets } = at(sequences, i);
      if (targets.length === 1) single.add(ids.slice(layout.prefix).join());
      else scored += targets.length;
    }
    scored += single.size;
  }
  return { prefix: layout.prefixRows, blocks: layout.blocks.length, length: layout.length, scored };
}

/** Part of the tokens that neighbours must share for their order to matter more than their lengths. */
const SHARING = 0.15;

/**
 * Returns the documents, which are sorted by their tokens, in the order in which they are best taken: as they are where neighbours share much; else by how little their length
 * differs from that of the first, because texts of one length fill blocks without padding.
 */
export function bestOrder<T extends PlannedDocument>(documents: readonly T[]): readonly T[] {
  const [first] = documents;
  if (first === undefined) return documents;
  let shared = 0;
  let tokens = 0;
  let before: readonly number[] = [];
  for (const d of documents) {
    tokens += d.tokens;
    shared += commonPrefix(before, d.ids);
    before = d.ids;
  }
  if (shared >= SHARING * tokens) return documents;
  return [...documents].sort((a, b) => Math.abs(a.tokens - first.tokens) - Math.abs(b.tokens - first.tokens));
}

/**
 * Returns how many of the first documents go into the next run; at least one. A document that shares less than those before it
 * makes all blocks longer: it is left for the next run when that costs more than computing its own prefix there.
 */
export function documentsForRun(documents: readonly PlannedDocument[], limits: RunLimits): number {
  let count = 0;
  let prefix = Number.POSITIVE_INFINITY;
  /** Distinct tokens beyond the first document's neighbours, as if all sharing were kept. */
  let own = 0;
  let longest = 1;
  let scored = 0;
  /** Tokens that blocks hold again because the prefix became shorter. */
  let repeated = 0;
  for (const [i, d] of documents.entries()) {
    const before = documents[i - 1];
    const withBefore = before === undefined ? Number.POSITIVE_INFINITY : commonPrefix(before.ids, d.ids);
    const within = d.sequences.reduce((least, s) => Math.min(least, commonPrefix(s.ids, d.ids)), d.ids.length);
    const nextPrefix = Math.min(prefix, withBefore, within);
    const nextOwn = own + d.tokens - (before === undefined ? 0 : Math.min(withBefore, d.tokens));
    const nextLongest = Math.max(longest, d.tokens - nextPrefix);
    const nextScored =
      scored + new Set(d.sequences.map((s) => s.ids.length)).size - 1 + Math.max(...d.sequences.map((s) => s.targets.length));
    let lost = 0;
    if (count > 0) {
      const blocks = Math.max(1, Math.ceil((own - Math.min(prefix, own)) / Math.max(BLOCK, longest)));
      lost = (prefix - nextPrefix) * (Math.min(blocks, count) - 1);
      if (lost > nextPrefix + (own < BUSY_ROWS ? BUSY_ROWS : BUSY_ROWS / 4)) break;
      const inBlocks = PADDING * (Math.max(0, nextOwn - nextPrefix) + repeated + lost);
      const length = Math.max(1, Math.min(inBlocks, Math.max(BLOCK, nextLongest)));
      const shape = { prefix: nextPrefix, length, blocks: Math.ceil(inBlocks / length), scored: nextScored };
      if (nextPrefix + inBlocks > limits.rows || limits.bytesOf(shape) > limits.bytes) break;
    }
    repeated += lost;
    [prefix, own, longest, scored] = [nextPrefix, nextOwn, nextLongest, nextScored];
    count++;
  }
  // The estimate may be too low where texts fit badly into blocks; then a few documents are left.
  while (count > 1) {
    const sequences = documents.slice(0, count).flatMap((d) => d.sequences);
    const shape = shapeOf(layOut(sequences, limits.keyCost), sequences);
    if (shape.prefix + shape.blocks * shape.length <= limits.rows && limits.bytesOf(shape) <= limits.bytes) break;
    count = Math.floor(count * 0.85);
  }
  return Math.max(1, count);
}
