import { decodeHTML } from 'entities';

/** What stands for code points that HTML reads as Windows-1252, as Python's `html` has it. */
const WINDOWS_1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';
const REFERENCE = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/g;

/**
 * Returns a text with its character references replaced, as Python's `html.unescape`: by the rules of HTML 5, and code points that are no characters vanish.
 */
export function unescapeHtml(text: string): string {
  return text.replace(REFERENCE, (whole, reference: string) => (reference.startsWith('#') ? fromNumber(reference) : decodeHTML(whole)));
}

function fromNumber(reference: string): string {
  const digits = reference.replace(/;$/, '').slice(1);
  const point = /^[xX]/.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number(digits);
  if (point === 0 || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) return '\ufffd';
  if (point === 0x0d) return '\r';
  if (point >= 0x80 && point <= 0x9f) return WINDOWS_1252.charAt(point - 0x80);
  return isNoCharacter(point) ? '' : String.fromCodePoint(point);
}

function isNoCharacter(point: number): boolean {
  const control = (point >= 0x1 && point <= 0x8) || point === 0xb || (point >= 0xe && point <= 0x1f) || point === 0x7f;
  return control || (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) === 0xfffe;
}
