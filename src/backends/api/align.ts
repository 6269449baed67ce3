/**
 * Finds where a prompt's text ends and its continuation begins among the tokens that a server returned.
 *
 * The tokens' texts are laid along the text that was sent. Part of a character comes back as U+FFFD, and some tokenizers drop a leading space when they
 * decode a token alone, so a token may fit in more than one place: all of them are followed.
 */

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
  let places = new Set([0]);
  const work = { left: MAX_PLACES };
  const after: Set<number>[] = [];
  for (let i = added; i < pieces.length; i++) {
    const next = new Set<number>();
    for (const place of places) for (const end of ends(pieces[i] ?? null, text, place, work)) next.add(end);
    if (next.size === 0) return 'other text';
    after.push(next);
    places = next;
  }
  if (!places.has(text.length)) return 'other text';
  // Walk back from the end, keeping only places from which the end can be reached.
  const reachable = new Array<Set<number>>(after.length);
  let wanted = new Set([text.length]);
  for (let i = after.length - 1; i >= 0; i--) {
    reachable[i] = wanted;
    const before = i === 0 ? new Set([0]) : (after[i - 1] ?? new Set<number>());
    const piece = pieces[added + i] ?? null;
    const earlier = new Set<number>();
    for (const place of before) if (ends(piece, text, place, work).some((end) => wanted.has(end))) earlier.add(place);
    wanted = earlier;
  }
  if (!wanted.has(0)) return 'other text';
  if (boundary === 0) return { index: added, straddled: false, added };
  const at: number[] = [];
  for (const [i, set] of reachable.entries()) if (set.has(boundary)) at.push(i);
  const [earliest, last] = [at[0], at.at(-1)];
  if (earliest !== undefined && last !== undefined) {
    // A token of whole characters that ends here is the one; else the last part of a character, if the next token is whole again.
    if (!unclean(pieces[added + earliest])) return { index: added + earliest + 1, straddled: false, added };
    return unclean(pieces[added + last + 1]) ? null : { index: added + last + 1, straddled: false, added };
  }
  const first = reachable.findIndex((set) => [...set].every((place) => place > boundary));
  return first === -1 ? null : { index: added + first + 1, straddled: true, added };
}

function unclean(piece: string | null | undefined): boolean {
  return piece?.includes('\uFFFD') ?? false;
}

/** No token is longer than this many characters, special ones included. */
const LONGEST_PIECE = 200;
/** Unreadable characters of one token: a token of more is made up, and each adds places where it may end. */
const MOST_UNREADABLE = 32;
/** Steps over places that are followed: a real answer has few for each token, a made-up one could have the square of its length. When they are used up, no place fits. */
const MAX_PLACES = 2_000_000;

/** Places at which a token may end that begins at `place`; a token of unknown text (null) may end anywhere. */
function ends(piece: string | null, text: string, place: number, work: { left: number }): number[] {
  if (--work.left < 0) return [];
  if (piece === null) work.left -= LONGEST_PIECE;
  if (piece === null) return Array.from({ length: Math.min(LONGEST_PIECE, text.length - place) }, (_, i) => place + i + 1);
  const found: number[] = [];
  const parts = piece.split('\uFFFD');
  if (parts.length > MOST_UNREADABLE) return found;
  for (const start of text[place] === ' ' && !piece.startsWith(' ') ? [place, place + 1] : [place]) {
    let at = [start];
    for (const [i, clean] of parts.entries()) {
      const next: number[] = [];
      for (const from of at) {
        // Every U+FFFD stands for a whole unreadable character or for part of one, counted with its first or its last token.
        const width = (text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1;
        const places = i === 0 ? [from] : from < text.length && (text.codePointAt(from) ?? 0) > 0x7f ? [from, from + width] : [from];
        for (const begin of places) if (text.startsWith(clean, begin)) next.push(begin + clean.length);
      }
      at = [...new Set(next)];
      work.left -= at.length;
    }
    found.push(...at);
  }
  return found;
}

/**
 * The same from `text_offset`, for servers whose tokens are written as numbers or bytes. Offsets count characters (code points); `end` is the text's length in them.
 * Returns null when no offset is the boundary or offsets go past the text (they drift where tokens are parts of characters).
 */
export function alignOffsets(offsets: readonly number[], text: string, boundary: number): Alignment | null {
  const codePoints = (s: string): number => [...s].length;
  const base = offsets[0] ?? 0;
  const wanted = base + codePoints(text.slice(0, boundary));
  const last = offsets.at(-1);
  if (last === undefined || last - base >= codePoints(text)) return null;
  const index = offsets.indexOf(wanted);
  if (index === -1 || offsets.lastIndexOf(wanted) !== index) return null;
  return { index, straddled: false, added: 0 };
}
