/**
 * Plans which tokens a batch computes. The cache of keys and values is a stack: below lie texts that were computed before; above them a batch puts the tokens of
 * its texts, each distinct (prefix, token) once. Sorted texts share with their neighbour all that any two share, so the plan is one walk.
 */
import { at } from '../../at.js';
import type { TargetSequence as Sequence } from '../../models/encode.js';
import type { Move, Range, RunMessage } from './protocol.js';
import { newScoredRows, type Picked } from './scored-rows.js';

/** Where the tokens of a text lie in the cache, in order. */
export type Where = readonly Range[];

/** A run without the moves before it. */
export type PlannedRun = Picked & Omit<RunMessage, 'kind' | 'id' | 'moves' | keyof Picked>;

export interface BatchPlan {
  readonly runs: readonly PlannedRun[];
  /** Place of each sequence's tokens after the runs, in the order given. */
  readonly where: readonly Where[];
  /** Tokens computed. */
  readonly tokens: number;
  /** Positions behind which states are kept after the runs. */
  readonly kept: ReadonlySet<number>;
}

/**
 * Of a model whose layers carry a state from token to token: a text can go on from a text that was computed before only where a state was kept; within a batch it can anywhere.
 */
export interface States {
  /** Positions of the stack behind which a state is kept. */
  readonly kept: ReadonlySet<number>;
  /** Texts that will be computed later: where they leave what then lies on the stack, a state is to be kept. */
  readonly next: readonly (readonly number[])[];
}

export interface Limits {
  /** Tokens per run at most. */
  readonly runTokens: number;
  /** Rows of the output layer per run at most. */
  readonly runRows: number;
  /** Layers carry a state from token to token. */
  readonly carriesStates?: boolean;
}

/** Tokens per run below which an allocation failure is not answered by smaller runs any more. */
export const SMALLEST_RUN = 16;

/**
 * Length of the common prefix of two lists of ids.
 */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const n = Math.min(a.length, b.length);
  let i = 0;
  while (i < n && a[i] === b[i]) i++;
  return i;
}

/** A text as the model sees it and what is wanted of it. */
export type { Sequence };

/**
 * Order of two lists of ids; a prefix comes before what it begins.
 */
export function compareIds(a: readonly number[], b: readonly number[]): number {
  const i = commonPrefix(a, b);
  return (a[i] ?? -1) - (b[i] ?? -1);
}

/** Of texts in their order the index of the first that does not come before `last`; 0 where all do. */
export function placeBehind(sorted: readonly { readonly ids: readonly number[] }[], last: readonly number[]): number {
  return Math.max(
    0,
    sorted.findIndex(({ ids }) => compareIds(ids, last) >= 0),
  );
}

/** The first `length` tokens of a place. */
function firstTokens(where: Where, length: number): Range[] {
  const out: Range[] = [];
  let left = length;
  for (const { from, to } of where) {
    if (left <= 0) break;
    const n = Math.min(left, to - from);
    out.push({ from, to: from + n });
    left -= n;
  }
  return out;
}

/** Adds `[from, to)` to a place, joined to its end where it is adjacent. */
export function extend(where: Where, from: number, to: number): Range[] {
  if (from === to) return [...where];
  const last = where[where.length - 1];
  if (last !== undefined && last.to === from) return [...where.slice(0, -1), { from: last.from, to }];
  return [...where, { from, to }];
}

/** Position in the cache of token number `index` of a place. */
function locate(where: Where, index: number): number {
  let left = index;
  for (const { from, to } of where) {
    if (left < to - from) return from + left;
    left -= to - from;
  }
  throw new RangeError(`token ${index} is not in the cache`);
}

interface Stretch {
  /** First new token, counted from the bottom of the batch. */
  readonly start: number;
  readonly end: number;
  readonly sees: Where;
  readonly position: number;
}

/** A text that lies in the cache already. */
export interface Known {
  readonly ids: readonly number[];
  readonly where: Where;
}

/**
 * Plans a batch on a stack of height `base` in which the `known` texts lie. Sequences need not be sorted; each has at least one token, and its scored rows
 * must lie behind what it shares with any known text. `states`: null for a model without any.
 */
export function planBatch(
  base: number,
  known: readonly Known[],
  sequences: readonly Sequence[],
  limits: Limits,
  states: States | null = null,
): BatchPlan {
  const order = sequences.map((_, i) => i).sort((a, b) => compareIds(at(sequences, a).ids, at(sequences, b).ids));
  const where: Where[] = sequences.map(() => []);
  const ids: number[] = [];
  const stretches: Stretch[] = [];
  let before: Known = { ids: [], where: [] };
  for (const s of order) {
    const { ids: own } = at(sequences, s);
    let shared = usable(before, commonPrefix(before.ids, own), states, base);
    let from = before;
    for (const text of known) {
      const n = usable(text, commonPrefix(text.ids, own), states, base);
      if (n > shared) [shared, from] = [n, text];
    }
    const sees = firstTokens(from.where, shared);
    const start = ids.length;
    for (const id of own.slice(shared)) ids.push(id);
    if (ids.length > start) stretches.push({ start, end: ids.length, sees, position: shared });
    before = { ids: own, where: extend(sees, base + start, base + ids.length) };
    where[s] = before.where;
  }

  const scored = newScoredRows(sequences);
  for (const [sequence, { ids: own, targets }] of sequences.entries())
    for (const target of targets.keys()) {
      const row = locate(at(where, sequence), own.length - targets.length + target) - base;
      if (row < 0) throw new RangeError('a scored row was computed before');
      scored.add(row, { sequence, target });
    }
  const scoredRows = scored.sorted();

  const wantedStates = new Set<number>();
  for (const text of states?.next ?? []) {
    let deepest = 0;
    let position = -1;
    sequences.forEach((sequence, s) => {
      const n = commonPrefix(sequence.ids, text);
      if (n > deepest) [deepest, position] = [n, locate(at(where, s), n - 1)];
    });
    if (position >= base) wantedStates.add(position);
  }

  const runs: PlannedRun[] = [];
  const perRun = Math.max(1, Math.ceil(ids.length / Math.max(1, Math.ceil(ids.length / limits.runTokens))));
  let next = 0;
  for (let from = 0; from < ids.length; ) {
    let to = Math.min(from + perRun, ids.length);
    const rows: number[] = [];
    for (; next < scoredRows.length; next++) {
      const row = at(scoredRows, next);
      if (row >= to) break;
      if (rows.length === limits.runRows) {
        to = row;
        break;
      }
      rows.push(row);
    }
    runs.push({
      base: base + from,
      ids: Int32Array.from(ids.slice(from, to)),
      ...cutStretches(stretches, base, from, to),
      rows: Int32Array.from(rows, (row) => row - from),
      ...scored.pick(rows),
      keep: [],
    });
    from = to;
  }
  if (states === null) return { runs, where, tokens: ids.length, kept: new Set() };
  // What a run continues of an earlier run of the batch.
  for (const run of runs)
    for (const { sees } of run.segments) {
      const last = (sees.at(-1)?.to ?? 0) - 1;
      if (last >= base && last < run.base) wantedStates.add(last);
    }
  return {
    runs: runs.map((run) => ({ ...run, keep: [...wantedStates].filter((p) => p >= run.base && p < run.base + run.ids.length) })),
    where,
    tokens: ids.length,
    kept: new Set([...[...states.kept].filter((p) => p < base), ...wantedStates]),
  };
}

/** How many of the first `shared` tokens of a known text can be gone on from: all, or where there are states up to the last one of this batch, or one whose state is kept. */
function usable({ where }: Known, shared: number, states: States | null, base: number): number {
  if (states === null) return shared;
  let n = shared;
  while (n > 0) {
    const position = locate(where, n - 1);
    if (position >= base || states.kept.has(position)) return n;
    n--;
  }
  return 0;
}

/** The parts of stretches that lie in the new tokens `[from, to)`, and the positions of these. */
function cutStretches(stretches: readonly Stretch[], base: number, from: number, to: number): Pick<PlannedRun, 'positions' | 'segments'> {
  const positions = new Int32Array(to - from);
  const segments: RunMessage['segments'][number][] = [];
  for (const stretch of stretches) {
    const start = Math.max(stretch.start, from);
    const end = Math.min(stretch.end, to);
    if (start >= end) continue;
    segments.push({ start: start - from, end: end - from, sees: extend(stretch.sees, base + stretch.start, base + start) });
    for (let i = start; i < end; i++) positions[i - from] = stretch.position + i - stretch.start;
  }
  return { positions, segments };
}

/**
 * Moves that bring the ranges (ascending, apart) to the bottom of the stack, one behind the other.
 */
function packDown(ranges: readonly Range[]): Move[] {
  const moves: Move[] = [];
  let to = 0;
  for (const range of ranges) {
    const length = range.to - range.from;
    if (range.from !== to) moves.push({ from: range.from, to, length });
    to += length;
  }
  return moves;
}

/** Shared tokens that are worth keeping from one batch to the next. */
const WORTH_KEEPING = 8;

/**
 * Chooses what to keep of the stack for the next batch: of the known texts the longest beginning that `first` shares, at most `most` tokens.
 * Returns it as it will lie at the bottom, the moves that bring it there, and where states are then kept (`kept`: where they are now; null for a model without any).
 */
export function choosePath(
  known: readonly Known[],
  first: readonly number[],
  most: number,
  kept: ReadonlySet<number> | null = null,
): { path: Known; moves: Move[]; kept: ReadonlySet<number> } {
  let best: Known = { ids: [], where: [] };
  let shared = WORTH_KEEPING - 1;
  for (const text of known) {
    const common = Math.min(commonPrefix(text.ids, first), most);
    const n = usable(text, common, kept === null ? null : { kept, next: [] }, Number.POSITIVE_INFINITY);
    if (n > shared) {
      shared = n;
      best = { ids: text.ids.slice(0, n), where: firstTokens(text.where, n) };
    }
  }
  const states = best.ids.flatMap((_, i) => (kept?.has(locate(best.where, i)) ? [i] : []));
  return { path: { ids: best.ids, where: [{ from: 0, to: best.ids.length }] }, moves: packDown(best.where), kept: new Set(states) };
}
