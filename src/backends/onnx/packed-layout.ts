/**
 * Lays texts out for a packed run (`attention-packed.ts`): which they share as a prefix, which go together into a block, and where each token lies. Pure; sizes are tokens.
 */
import { at } from '../../at.js';
import { FAR } from './packed-masks.js';
import type { PackedMessage } from './protocol.js';
import { newScoredRows, type Picked } from './scored-rows.js';
import { commonPrefix, compareIds, type Sequence } from './stack.js';

/** Rows of the prefix and of a block are multiples of this, so that products run on aligned memory. */
const ALIGN = 8;
/** Tokens beyond the prefix that texts must share to be kept together. */
const WORTH_SHARING = 8;
/**
 * Lengths of blocks that are tried, from the least that holds the longest text in steps of this factor: longer ones keep more of what texts share and leave less padding, and
 * cost attention.
 */
const LENGTH_STEP = 1.12;
const LONGEST_BLOCK = 4096;

/** How a run is divided. */
export interface Layout {
  /** Tokens that all texts share. */
  readonly prefix: number;
  /** Rows of the prefix, filled up. */
  readonly prefixRows: number;
  /** Rows of each block, filled up. */
  readonly length: number;
  /** Indices of the sequences in each block, in their sorted order. */
  readonly blocks: readonly (readonly number[])[];
  /** Tokens in the run without padding. */
  readonly tokens: number;
}

/** The arrays of a run, as the session thread takes them. */
export interface PackedRun extends Picked, Omit<PackedMessage, 'kind' | 'id' | 'decode' | keyof Picked> {
  /** Rows that hold a token. */
  readonly tokens: number;
  readonly padding: number;
}

const aligned = (n: number): number => Math.max(ALIGN, Math.ceil(n / ALIGN) * ALIGN);

/** Texts that stay together. */
interface Unit {
  readonly sequences: number[];
  tokens: number;
}

/**
 * Returns what a run costs, in rows without attention: each row pays `keyCost` for each key that it is compared with, seen or not.
 */
export function costOf(r: { readonly prefixRows: number; readonly length: number; readonly blocks: number }, keyCost: number): number {
  return r.prefixRows * (1 + keyCost * r.prefixRows) + r.blocks * r.length * (1 + keyCost * (r.prefixRows + r.length));
}

/**
 * Divides texts into a shared prefix and blocks. Texts that share more than the prefix stay in one block as long as it has room; then units are put into blocks, the
 * largest first, each into the first that has room. Of several block lengths the one with the least cost wins.
 */
export function layOut(sequences: readonly Sequence[], keyCost: number): Layout {
  const [{ ids: any } = { ids: [] }] = sequences;
  const common = sequences.reduce((least, { ids }) => Math.min(least, commonPrefix(any, ids)), Number.POSITIVE_INFINITY);
  // What all share need not be compared again and again.
  const tails = sequences.map((s) => s.ids.slice(common));
  const order = sequences.map((_, i) => i).sort((a, b) => compareIds(at(tails, a), at(tails, b)));
  const shared = order.map((s, i) => (i === 0 ? 0 : common + commonPrefix(at(tails, at(order, i - 1)), at(tails, s))));
  // At least one token stays for a block, so that no block is empty. Texts that are all the same need no prefix.
  const shortest = sequences.reduce((least, s) => Math.min(least, s.ids.length), Number.POSITIVE_INFINITY);
  const longest = sequences.reduce((most, s) => Math.max(most, s.ids.length), 0);
  const prefix = longest === common ? 0 : Math.min(shortest - 1, common);
  const prefixRows = aligned(prefix);

  let best: Layout | null = null;
  const least = aligned(longest - prefix);
  for (let wanted = least; wanted === least || wanted <= LONGEST_BLOCK; wanted = aligned(wanted * LENGTH_STEP)) {
    const units = unitsOf(order, shared, prefix, (s) => at(sequences, s).ids.length, wanted);
    const bins = firstFit(units, wanted);
    const length = aligned(bins.reduce((most, bin) => Math.max(most, bin.tokens), 1));
    const layout = {
      prefix,
      prefixRows,
      length,
      blocks: bins.map((bin) => bin.sequences),
      tokens: prefix + bins.reduce((sum, bin) => sum + bin.tokens, 0),
    };
    const cost = (l: Layout): number => costOf({ prefixRows, length: l.length, blocks: l.blocks.length }, keyCost);
    if (best === null || cost(layout) < cost(best)) best = layout;
    if (bins.length === 1) break;
  }
  return best ?? { prefix, prefixRows, length: ALIGN, blocks: [], tokens: prefix };
}

/** Sorted texts that share more than the prefix with the one before, together as far as a block of `room` tokens holds them. */
function unitsOf(
  order: readonly number[],
  shared: readonly number[],
  prefix: number,
  lengthOf: (sequence: number) => number,
  room: number,
): Unit[] {
  const units: Unit[] = [];
  for (const [i, s] of order.entries()) {
    const unit = units[units.length - 1];
    const before = Math.max(prefix, at(shared, i));
    const own = lengthOf(s) - before;
    if (unit !== undefined && (own === 0 || before - prefix >= WORTH_SHARING) && unit.tokens + own <= room) {
      unit.sequences.push(s);
      unit.tokens += own;
    } else units.push({ sequences: [s], tokens: lengthOf(s) - prefix });
  }
  return units;
}

/** First fit decreasing (Johnson 1973): never more than 11/9 of the fewest bins and 4. */
function firstFit(units: readonly Unit[], length: number): Unit[] {
  const bins: Unit[] = [];
  for (const unit of [...units].sort((a, b) => b.tokens - a.tokens)) {
    const bin = bins.find((b) => b.tokens + unit.tokens <= length);
    if (bin === undefined) bins.push({ sequences: [...unit.sequences], tokens: unit.tokens });
    else {
      bin.sequences.push(...unit.sequences);
      bin.tokens += unit.tokens;
    }
  }
  return bins;
}

/**
 * Returns one block for each text, in the order given, behind what all share: the layout of prompts that are to be continued.
 */
export function layOutPrompts(prompts: readonly (readonly number[])[]): Layout {
  const [first = []] = prompts;
  const prefix =
    prompts.length < 2 ? 0 : prompts.reduce((least, ids) => Math.min(least, ids.length - 1, commonPrefix(first, ids)), first.length - 1);
  const own = prompts.map((ids) => ids.length - prefix);
  return {
    prefix,
    prefixRows: aligned(prefix),
    length: aligned(Math.max(...own)),
    blocks: prompts.map((_, i) => [i]),
    tokens: prefix + own.reduce((sum, n) => sum + n, 0),
  };
}

/**
 * Puts every token of a layout in its place.
 */
export function fillRun(sequences: readonly Sequence[], layout: Layout): PackedRun {
  const { prefix, prefixRows, length, blocks } = layout;
  const size = prefixRows + blocks.length * length;
  const ids = new Int32Array(size);
  const positions = new Int32Array(size);
  const prefixColumns = new Int32Array(prefixRows).fill(FAR);
  const ends = new Int32Array(blocks.length * length);
  const [{ ids: any } = { ids: [] }] = sequences;
  for (let i = 0; i < prefix; i++) {
    ids[i] = at(any, i);
    positions[i] = i;
    prefixColumns[i] = i;
  }
  const scored = newScoredRows(sequences);
  let tokens = prefix;
  for (const [b, members] of blocks.entries()) {
    const base = b * length;
    /** Places in the block of the tokens of the last text, behind the prefix. */
    const path: number[] = [];
    let before: readonly number[] = [];
    let next = 0;
    const close = (kept: number): void => {
      for (const place of path.splice(kept)) ends[base + place] = next;
    };
    for (const s of members) {
      const sequence = at(sequences, s);
      const shared = path.length === 0 ? prefix : Math.max(prefix, commonPrefix(before, sequence.ids));
      close(shared - prefix);
      for (let i = shared; i < sequence.ids.length; i++) {
        ids[prefixRows + base + next] = at(sequence.ids, i);
        positions[prefixRows + base + next] = i;
        path.push(next++);
      }
      before = sequence.ids;
      sequence.targets.forEach((_, target) => {
        const i = sequence.ids.length - sequence.targets.length + target;
        scored.add(i < prefix ? i : prefixRows + base + at(path, i - prefix), { sequence: s, target });
      });
    }
    close(0);
    tokens += next;
  }
  const rows = scored.sorted();
  return {
    blocks: blocks.length,
    ids,
    positions,
    prefixColumns,
    ends,
    rows: Int32Array.from(rows),
    ...scored.pick(rows),
    tokens,
    padding: size - tokens,
  };
}
