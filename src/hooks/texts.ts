/** Texts as Python's string methods change them, for hooks. */
import { unescapeHtml } from '../python/html.js';
import { SPACE } from '../python/strings.js';

/**
 * Returns a text whose first letter is a small one (`text[0].lower() + text[1:]`). Throws `RangeError` for an empty text.
 */
export function lowerFirst(text: string): string {
  const [first] = text;
  if (first === undefined) throw new RangeError('an empty text has no first letter');
  return first.toLowerCase() + text.slice(first.length);
}

const BLANK = `[${SPACE}]`;
const STEPS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`${BLANK}+([.,;:!?)])`, 'gu'), '$1'],
  [new RegExp(`(${BLANK}+|^)\\(${BLANK}+([^)]+)${BLANK}+\\)`, 'gu'), '$1($2)'],
  [new RegExp(`(${BLANK}+|^)\\[${BLANK}+([^)]+)${BLANK}+\\]`, 'gu'), '$1[$2]'],
  [new RegExp(`(${BLANK}+|^)"${BLANK}+([^"]+)${BLANK}+"`, 'gu'), '$1"$2"'],
  [new RegExp(`(${BLANK}+|^)'${BLANK}+([^']+)${BLANK}+'`, 'gu'), "$1'$2'"],
];

/**
 * Returns a tokenized text as it is written: no blank before punctuation or inside brackets and quotes, character references replaced.
 */
export function detokenize(text: string): string {
  return STEPS.reduce((current, [pattern, by]) => current.replace(pattern, by), unescapeHtml(text));
}

/**
 * Returns a text whose UTF-8 bytes were read as Latin-1, put right. Throws `RangeError` where it is none.
 */
export function repairLatin1(text: string): string {
  const bytes = Uint8Array.from(text, (character) => {
    const point = character.codePointAt(0) ?? 0;
    if (point > 0xff)
      throw new RangeError(`the character ${JSON.stringify(character)} is not in Latin-1, so the text was not read as such`);
    return point;
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new RangeError('the text, read as Latin-1, is no UTF-8');
  }
}
