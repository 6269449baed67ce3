import type { Value } from '../types.js';
import { entriesOf } from './fields.js';
import { PyFloat } from './float.js';
import { isArray } from './json.js';
import { floatRepr } from './number.js';

/**
 * What `str.isspace`, `str.strip` and the `\\s` of Python's expressions call white space, for a character class; JavaScript's own set has U+FEFF instead of
 * U+001C to U+001F and U+0085.
 */
export const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const LEADING = new RegExp(`^[${SPACE}]+`);
const IS_SPACE = new RegExp(`^[${SPACE}]+$`);
const RUNS = new RegExp(`[${SPACE}]+`);
const IS_SPACE_CHARACTER = new RegExp(`[${SPACE}]`);

/**
 * Returns the text without leading characters of `chars`, or without leading white space, as `str.lstrip`.
 */
export function lstrip(text: string, chars?: string): string {
  if (chars === undefined) return text.replace(LEADING, '');
  const set = new Set(chars);
  const points = Array.from(text);
  const first = points.findIndex((point) => !set.has(point));
  return first < 0 ? '' : points.slice(first).join('');
}

/**
 * Returns the text without trailing characters of `chars`, or without trailing white space, as `str.rstrip`.
 */
export function rstrip(text: string, chars?: string): string {
  if (chars === undefined) {
    // A regular expression anchored at the end would try every run of spaces in the text.
    let end = text.length;
    while (end > 0 && IS_SPACE_CHARACTER.test(text.charAt(end - 1))) end--;
    return text.slice(0, end);
  }
  const set = new Set(chars);
  const points = Array.from(text);
  return points.slice(0, points.findLastIndex((point) => !set.has(point)) + 1).join('');
}

/**
 * Returns the text without leading and trailing white space (or `chars`), as `str.strip`.
 */
export function strip(text: string, chars?: string): string {
  return rstrip(lstrip(text, chars), chars);
}

/**
 * Returns whether the text is not empty and all white space, as `str.isspace`.
 */
export function isSpace(text: string): boolean {
  return IS_SPACE.test(text);
}

/**
 * Returns the parts of a text between runs of white space, as `str.split()` without arguments; the text may not be split more than `most` times.
 */
export function splitSpace(text: string, most = -1): string[] {
  const parts: string[] = [];
  let rest = lstrip(text);
  while (rest !== '') {
    const match = parts.length === most ? null : RUNS.exec(rest);
    if (match === null) {
      parts.push(parts.length === most ? rest : rstrip(rest));
      break;
    }
    parts.push(rest.slice(0, match.index));
    rest = rest.slice(match.index + match[0].length);
  }
  return parts;
}

/**
 * Returns the number of Unicode code points, which Python's `len` counts; lone surrogates count as one.
 */
export function codePointLength(text: string): number {
  // Without the flag `u` a pair of surrogates is two units.
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}

/**
 * Returns what `str(value)` gives, which is also what a template prints: texts as they are, `None`, `True`, `3.0`, `['a', 1]`.
 */
export function pyStr(value: Value): string {
  return typeof value === 'string' ? value : pyRepr(value);
}

/**
 * Returns what `repr(value)` gives.
 */
export function pyRepr(value: Value): string {
  if (typeof value === 'string') return reprString(value);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : floatRepr(value);
  if (value instanceof PyFloat) return floatRepr(value.value);
  if (isArray(value)) return `[${value.map(pyRepr).join(', ')}]`;
  const fields = entriesOf(value).map(([key, field]) => `${reprString(key)}: ${pyRepr(field)}`);
  return `{${fields.join(', ')}}`;
}

/** Characters that `repr` writes as they are: everything but controls, formats, surrogates, private and unassigned ones and separators other than the space. */
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]$/u;
const ALL_SIMPLE = /^[ !#-&(-[\]-~\u00a1-\u00ac\u00ae-\u024f]*$/;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

function reprString(text: string): string {
  if (ALL_SIMPLE.test(text)) return `'${text}'`;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = quote;
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    if (char === quote) out += `\\${char}`;
    else if (NAMED[char] !== undefined) out += NAMED[char];
    else if (char === ' ' || PRINTABLE.test(char)) out += char;
    else if (point < 0x100) out += `\\x${point.toString(16).padStart(2, '0')}`;
    else if (point < 0x10000) out += `\\u${point.toString(16).padStart(4, '0')}`;
    else out += `\\U${point.toString(16).padStart(8, '0')}`;
  }
  return out + quote;
}
