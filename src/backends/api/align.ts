/**
 * Finds where a prompt's text ends and its continuation begins among the tokens that a server returned.
 *
 * The tokens' texts are laid along the bytes of the text that was sent. Part of a character comes back as U+FFFD, as every decoder of UTF-8 writes it (one for each maximal
 * subpart), and some tokenizers drop a leading space when they decode a token alone, so a token may fit in more than one place: all of them are followed.
 */
import { at } from '../../at.js';

export interface Alignment {
  /** Index of the first token behind the boundary. */
  readonly index: number;
  /** True when no token begins at the boundary; `index` is then that of the token behind the one that straddles it. */
  readonly straddled: boolean;
  /** Tokens before the text, put there by the server (BOS). */
  readonly added: number;
}

/**
 * Returns the place of `boundary` (an index into `text`, in UTF-16 units) among the tokens, or null when the tokens do not spell the text or the place is
 * not certain. A null piece is a token whose text is not known.
 */
export function alignTokens(pieces: readonly (string | null)[], text: string, boundary: number): Alignment | null {
  for (const added of [0, 1]) {
    const found = alignFrom(pieces, added, text, boundary);
    if (found !== 'other text') return found;
  }
  return null;
}

function alignFrom(pieces: readonly (string | null)[], added: number, text: string, boundary: number): Alignment | null | 'other text' {
  const bytes = encoder.encode(text);
  const end = encoder.encode(text.slice(0, boundary)).length;
  let places = new Set([0]);
  const work = { left: MAX_PLACES };
  const after: Set<number>[] = [];
  for (let i = added; i < pieces.length; i++) {
    const next = new Set<number>();
    for (const place of places) for (const to of ends(at(pieces, i), bytes, place, work)) next.add(to);
    if (next.size === 0) return 'other text';
    after.push(next);
    places = next;
  }
  if (!places.has(bytes.length)) return 'other text';
  // Walk back from the end, keeping only places from which the end can be reached.
  const reachable = new Array<Set<number>>(after.length);
  let wanted = new Set([bytes.length]);
  for (let i = after.length - 1; i >= 0; i--) {
    reachable[i] = wanted;
    const before = i === 0 ? new Set([0]) : at(after, i - 1);
    const piece = at(pieces, added + i);
    const earlier = new Set<number>();
    for (const place of before) if (ends(piece, bytes, place, work).some((to) => wanted.has(to))) earlier.add(place);
    wanted = earlier;
  }
  if (!wanted.has(0)) return 'other text';
  if (boundary === 0) return { index: added, straddled: false, added };
  // Certain only where every way to lay the tokens agrees.
  const every = (i: number, holds: (place: number) => boolean): boolean => [...at(reachable, i)].every(holds);
  const i = reachable.findIndex((places) => [...places].every((place) => place >= end));
  if (i === -1) return null;
  if (every(i, (place) => place === end)) return { index: added + i + 1, straddled: false, added };
  const starts = i === 0 || every(i - 1, (place) => place < end);
  return starts && every(i, (place) => place > end) ? { index: added + i + 1, straddled: true, added } : null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** No token is longer than this many bytes, special ones included. */
const LONGEST_PIECE = 200;
/** Unreadable characters of one token: a token of more is made up, and each adds places where it may end. */
const MOST_UNREADABLE = 32;
/** Bytes that are looked at in all: a real answer needs a few times its length, a made-up one could need the square. When they are used up, no place fits. */
const MAX_PLACES = 4_000_000;
const SPACE = 0x20;

/** Places (in bytes) at which a token may end that begins at `place`; a token of unknown text (null) may end anywhere. */
function ends(piece: string | null, bytes: Uint8Array, place: number, work: { left: number }): number[] {
  if (work.left < 0) return [];
  if (piece === null) work.left -= LONGEST_PIECE;
  if (piece === null) return Array.from({ length: Math.min(LONGEST_PIECE, bytes.length - place) }, (_, i) => place + i + 1);
  const unreadable = piece.split('\uFFFD').length - 1;
  if (unreadable > MOST_UNREADABLE) return [];
  const clean = encoder.encode(piece).length - 3 * unreadable;
  const found: number[] = [];
  for (const start of bytes[place] === SPACE && !piece.startsWith(' ') ? [place, place + 1] : [place]) {
    // One to three bytes became one U+FFFD.
    for (let to = start + clean + unreadable; to <= Math.min(start + clean + 3 * unreadable, bytes.length); to++) {
      work.left -= to - start + 1;
      if (decoder.decode(bytes.subarray(start, to)) === piece) found.push(to);
    }
  }
  return found;
}

/**
 * The same from `text_offset`, for servers whose tokens are written as numbers or bytes. Offsets count characters (code points); `end` is the text's length in them.
 * Returns null when no offset is the boundary or offsets go past the text (they drift where tokens are parts of characters).
 */
export function alignOffsets(offsets: readonly number[], text: string, boundary: number): Alignment | null {
  const codePoints = (s: string): number => [...s].length;
  const [base, last] = [offsets[0], offsets.at(-1)];
  if (base === undefined || last === undefined || last - base >= codePoints(text)) return null;
  const wanted = base + codePoints(text.slice(0, boundary));
  const index = offsets.indexOf(wanted);
  if (index === -1 || offsets.lastIndexOf(wanted) !== index) return null;
  return { index, straddled: false, added: 0 };
}
