/** Character classes and case folding of Python's `re` on str patterns, by code point. */

import { SPACE } from './strings.js';

/** Whether a single code point matches. */
export type Test = (c: number) => boolean;

const DIGIT = /^\p{Nd}$/u;
const WORD = /^[\p{L}\p{N}_]$/u;
const SPACE_CHARACTER = new RegExp(`[${SPACE}]`);

/** Python's `\d`, `\w` and `\s` without the ASCII flag, and with it. */
export const classes: Record<'d' | 'w' | 's', { readonly unicode: Test; readonly ascii: Test }> = {
  d: { unicode: (c) => (c < 128 ? isDigit(c) : DIGIT.test(String.fromCodePoint(c))), ascii: isDigit },
  w: { unicode: (c) => (c < 128 ? isWord(c) : WORD.test(String.fromCodePoint(c))), ascii: isWord },
  s: { unicode: (c) => (c < 128 ? isBlank(c) || (c >= 28 && c <= 31) : SPACE_CHARACTER.test(String.fromCodePoint(c))), ascii: isBlank },
};

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function isWord(c: number): boolean {
  return isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
}

function isBlank(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13);
}

/**
 * Lower-case letters that Python's IGNORECASE takes for the same although their lower case differs: those with the same upper case
 * (source: the Unicode character database, as `re` lists them for Python 3.11).
 */
const SAME_LETTER =
  'i\u0131 s\u017f \u00b5\u03bc \u0345\u03b9\u1fbe \u0390\u1fd3 \u03b0\u1fe3 \u03b2\u03d0 \u03b5\u03f5 \u03b8\u03d1 \u03ba\u03f0 ' +
  '\u03c0\u03d6 \u03c1\u03f1 \u03c2\u03c3 \u03c6\u03d5 \u0432\u1c80 \u0434\u1c81 \u043e\u1c82 \u0441\u1c83 \u0442\u1c84\u1c85 ' +
  '\u044a\u1c86 \u0463\u1c87 \u1c88\ua64b \u1e61\u1e9b \ufb05\ufb06';
const same = new Map(
  SAME_LETTER.split(' ').flatMap((letters) => Array.from(letters, (c) => [codeOf(c), Array.from(letters, codeOf)] as const)),
);

/**
 * Returns the first code point of a text that is not empty.
 */
export function codeOf(text: string): number {
  return text.codePointAt(0) ?? 0;
}

/**
 * Returns the code point's simple lower case as CPython's regular expressions take it: the first code point of the full lower case; of ASCII only,
 * where `ascii` is set.
 */
export function lowerOf(c: number, ascii: boolean): number {
  if (c < 128 || ascii) return c >= 65 && c <= 90 ? c + 32 : c;
  return codeOf(String.fromCodePoint(c).toLowerCase());
}

/**
 * Returns a test that ignores case for a range of code points: the lower case of the text's character must be a fold of one in the range.
 */
export function foldedRange(low: number, high: number, ascii: boolean): Test {
  const folds = new Set<number>();
  for (let c = low; c <= high; c++) {
    const lower = lowerOf(c, ascii);
    for (const fold of (ascii ? undefined : same.get(lower)) ?? [lower]) folds.add(fold);
  }
  return (c) => folds.has(lowerOf(c, ascii));
}
