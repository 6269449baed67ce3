/**
 * Masks of a packed run (`attention-packed.ts`), made on the card from a few vectors of numbers, so that a run moves no matrices.
 *
 * Inputs: position_ids [S,1] (prefix, then blocks), row_sizes [2] = rows of the prefix P and of all blocks B x L, prefix_columns [1,1,1,P] (positions; `FAR` where a row
 * only fills up), line [1,1,1,L] = 0 .. L-1, block_ends [B,1,1,L], and for sliding layers block_columns [B,1,1,L] (positions).
 *
 * A block holds the tokens of a tree of texts, each subtree in one piece: row i sees column j of its block when j <= i < end(j), the place behind the last token that
 * continues j. Tokens that only fill up have the end 0: nobody sees them.
 */
import { type Blueprint, windowsOf } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';

/** Position of columns that nobody may see: behind every row. */
export const FAR = 2 ** 30;

/** Added where a row may not look; finite in every type, so that no row becomes NaN. */
export const HIDDEN = { float32: -1e30, bfloat16: -1e30, float16: -60_000 } as const;

/** Names of additive masks; rows are those of a group of query heads, one behind the other. */
export interface Masks {
  /** Prefix on itself: [1, 1, P x group, P]. */
  readonly prefix: string;
  /** Blocks on the prefix: [1, 1, 1, P], or [1, 1, B x L x group, P] where a window cuts. */
  readonly blocksOnPrefix: string;
  /** Blocks on themselves: [B, L x group, L]. */
  readonly withinBlock: string;
}

/**
 * Declares the inputs of the masks.
 */
export function declareMaskInputs(g: GraphBuilder, b: Blueprint): void {
  g.input('position_ids', 'int64', ['S', 1]);
  g.input('row_sizes', 'int64', [2]);
  g.input('prefix_columns', 'int64', [1, 1, 1, 'P']);
  g.input('line', 'int64', [1, 1, 1, 'L']);
  g.input('block_ends', 'int64', ['B', 1, 1, 'L']);
  if (windowsOf(b).some((window) => window !== null)) g.input('block_columns', 'int64', ['B', 1, 1, 'L']);
}

/** 0 where `visible`, else the hiding number; `visible` may be spread over a group of heads by the shape of `zero`. */
export function biasOf(g: GraphBuilder, visible: string, zero: string): string {
  const type = g.compute === 'float16' || g.compute === 'bfloat16' ? g.compute : 'float32';
  return g.node('Where', [visible, zero, g.scalar(HIDDEN[type])]);
}

/** Columns not further back than the window of a row: `column > row - window`. */
export function inWindow(g: GraphBuilder, rows: string, columns: string, window: number): string {
  return g.node('Less', [g.node('Sub', [rows, g.int64([window], [])]), columns]);
}

/**
 * Adds the masks of the layers with this window (null: none) and so many query heads for each key head, and returns their names.
 */
export function packedMasks(g: GraphBuilder, group: number, window: number | null): Masks {
  const zeros = g.filled(0, [group, 1]);
  const and = (a: string, b: string): string => g.node('And', [a, b]);
  const [ofPrefix, ofBlocks] = [`prefix_positions${window ?? ''}_${group}`, `block_positions${window ?? ''}_${group}`];
  g.nodeTo([ofPrefix, ofBlocks], 'Split', ['position_ids', 'row_sizes'], { axis: 0 });
  const tall = g.int64([1, -1, 1, 1]);
  const prefixRows = g.node('Reshape', [ofPrefix, tall]);

  let seen = g.node('LessOrEqual', ['prefix_columns', prefixRows]);
  if (window !== null) seen = and(seen, inWindow(g, prefixRows, 'prefix_columns', window));
  // A 0 in a shape keeps the size that stands at its place.
  const prefix = g.node('Reshape', [biasOf(g, seen, zeros), g.int64([1, 1, -1, 0])]);

  const real = g.node('Less', ['prefix_columns', g.int64([FAR], [])]);
  let blocksOnPrefix: string;
  if (window === null) blocksOnPrefix = biasOf(g, real, g.scalar(0));
  else {
    const near = and(real, inWindow(g, g.node('Reshape', [ofBlocks, tall]), 'prefix_columns', window));
    blocksOnPrefix = g.node('Reshape', [biasOf(g, near, zeros), g.int64([1, 1, -1, 0])]);
  }

  const lines = g.node('Reshape', ['line', tall]);
  let within = and(g.node('LessOrEqual', ['line', lines]), g.node('Less', [lines, 'block_ends']));
  if (window !== null) {
    const rows = g.node('Reshape', ['block_columns', g.int64([0, -1, 1, 1])]);
    within = and(within, inWindow(g, rows, 'block_columns', window));
  }
  const tree = g.node('Reshape', [biasOf(g, within, zeros), g.int64([0, 1, -1, 0])]);
  return { prefix, blocksOnPrefix, withinBlock: g.node('Squeeze', [tree, g.int64([1])]) };
}
