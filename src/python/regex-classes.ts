/** Character classes and case folding of Python's `re` on str patterns, by code point. */

/** Whether a single code point matches. */
export type Test = (c: number) => boolean;

const DIGIT = /^\p{Nd}$/u;
const WORD = /^[\p{L}\p{N}_]$/u;

/** Python's `\d`, `\w` and `\s` without the ASCII flag, and with it. */
export const classes: Record<'d' | 'w' | 's', { readonly unicode: Test; readonly ascii: Test }> = {
  d: { unicode: (c) => (c < 128 ? isDigit(c) : DIGIT.test(String.fromCodePoint(c))), ascii: isDigit },
  w: { unicode: (c) => (c < 128 ? isWord(c) : WORD.test(String.fromCodePoint(c))), ascii: isWord },
  s: { unicode: isSpace, ascii: (c) => c === 32 || (c >= 9 && c <= 13) },
};

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function isWord(c: number): boolean {
  return isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
}

/** Python's `str.isspace` for one code point: unlike JavaScript's \s it has U+001C to U+001F and U+0085 and not U+FEFF. */
function isSpace(c: number): boolean {
  if (c < 128) return c === 32 || (c >= 9 && c <= 13) || (c >= 28 && c <= 31);
  return (
    c === 0x85 ||
    c === 0xa0 ||
    c === 0x1680 ||
    (c >= 0x2000 && c <= 0x200a) ||
    c === 0x2028 ||
    c === 0x2029 ||
    c === 0x202f ||
    c === 0x205f ||
    c === 0x3000
  );
}

/**
 * Lower-case letters that Python's IGNORECASE takes for the same although their lower case differs: those with the same upper case
 * (source: the Unicode character database, as `re` lists them for Python 3.11).
 */
const SAME_LETTER: readonly (readonly number[])[] = [
  [0x69, 0x131],
  [0x73, 0x17f],
  [0xb5, 0x3bc],
  [0x345, 0x3b9, 0x1fbe],
  [0x390, 0x1fd3],
  [0x3b0, 0x1fe3],
  [0x3b2, 0x3d0],
  [0x3b5, 0x3f5],
  [0x3b8, 0x3d1],
  [0x3ba, 0x3f0],
  [0x3c0, 0x3d6],
  [0x3c1, 0x3f1],
  [0x3c2, 0x3c3],
  [0x3c6, 0x3d5],
  [0x432, 0x1c80],
  [0x434, 0x1c81],
  [0x43e, 0x1c82],
  [0x441, 0x1c83],
  [0x442, 0x1c84, 0x1c85],
  [0x44a, 0x1c86],
  [0x463, 0x1c87],
  [0x1c88, 0xa64b],
  [0x1e61, 0x1e9b],
  [0xfb05, 0xfb06],
];
const same = new Map(SAME_LETTER.flatMap((letters) => letters.map((c) => [c, letters] as const)));

/**
 * Returns the code point's simple lower case as CPython's regular expressions take it: the first code point of the full lower case.
 */
export function lowerOf(c: number): number {
  if (c < 128) return c >= 65 && c <= 90 ? c + 32 : c;
  return String.fromCodePoint(c).toLowerCase().codePointAt(0) ?? c;
}

/**
 * Returns every lower-case code point that stands for the same letter as `c` when case is ignored.
 */
export function foldsOf(c: number, ascii: boolean): readonly number[] {
  if (ascii) return [c < 128 ? lowerOf(c) : c];
  const lower = lowerOf(c);
  return same.get(lower) ?? [lower];
}

/**
 * Returns a test that ignores case for a range of code points: the lower case of the text's character must be a fold of one in the range.
 */
export function foldedRange(low: number, high: number, ascii: boolean): Test {
  const folds = new Set<number>();
  for (let c = low; c <= high; c++) for (const fold of foldsOf(c, ascii)) folds.add(fold);
  return (c) => folds.has(ascii ? (c < 128 ? lowerOf(c) : c) : lowerOf(c));
}
