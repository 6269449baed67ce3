import { UserError } from '../errors.js';
import type { Value } from '../types.js';
import { fromEntries } from './fields.js';
import { toFloat, toInteger } from './number.js';

const MAX_DEPTH = 50;

interface Reader {
  readonly text: string;
  at: number;
}

/**
 * Returns the value of a Python literal as `ast.literal_eval` reads it: texts, numbers, None, True, False, lists, tuples (as lists) and dicts
 * with text keys. Throws `UserError` for anything else, also for f-strings and byte strings.
 */
export function literalEval(text: string): Value {
  const reader: Reader = { text: text.replace(/^[ \t]+/, ''), at: 0 };
  const value = readValue(reader, 0);
  skip(reader);
  if (reader.at < reader.text.length) fail(reader, 'unexpected text behind the value');
  return value;
}

function fail(reader: Reader, what: string): never {
  throw new UserError(`not a Python literal at character ${reader.at + 1}: ${what}`);
}

function skip(reader: Reader): void {
  while (/[ \t\n\r\f]/.test(reader.text[reader.at] ?? '')) reader.at++;
}

const NUMBER = /[+-]?(?:\d[\d_]*)?(\.\d*)?([eE][+-]?\d+)?/y;
const WORDS: readonly (readonly [string, Value])[] = [
  ['None', null],
  ['True', true],
  ['False', false],
];

function readValue(reader: Reader, depth: number): Value {
  if (depth > MAX_DEPTH) fail(reader, `nested deeper than ${MAX_DEPTH}`);
  skip(reader);
  const { text, at } = reader;
  const first = text[at] ?? '';
  if (first === "'" || first === '"' || /^[rRuU]['"]/.test(text.slice(at, at + 2))) return readStrings(reader);
  if (first === '[') return readItems(reader, ']', depth).items;
  if (first === '(') {
    const { items, commas } = readItems(reader, ')', depth);
    return items.length === 1 && commas === 0 ? (items[0] ?? null) : items;
  }
  if (first === '{') return readDict(reader, depth);
  const word = WORDS.find(([name]) => text.startsWith(name, at) && !/[\w]/.test(text[at + name.length] ?? ''));
  if (word !== undefined) {
    reader.at += word[0].length;
    return word[1];
  }
  NUMBER.lastIndex = at;
  const match = NUMBER.exec(text);
  if (match === null || !/\d/.test(match[0])) fail(reader, 'expected a value');
  reader.at = NUMBER.lastIndex;
  const digits = match[0].replaceAll('_', '');
  if (match[1] !== undefined || match[2] !== undefined) return toFloat(Number(digits));
  if (/^[+-]?0\d*[1-9]/.test(digits)) fail(reader, 'an integer with leading zeros');
  return toInteger(BigInt(digits.replace(/^\+/, '')));
}

function readItems(reader: Reader, close: string, depth: number): { items: Value[]; commas: number } {
  const items: Value[] = [];
  let commas = 0;
  reader.at++;
  for (;;) {
    skip(reader);
    if (reader.text[reader.at] === close) {
      reader.at++;
      return { items, commas };
    }
    if (items.length > commas) fail(reader, `expected ',' or '${close}'`);
    items.push(readValue(reader, depth + 1));
    skip(reader);
    if (reader.text[reader.at] === ',') {
      reader.at++;
      commas++;
    }
  }
}

function readDict(reader: Reader, depth: number): Value {
  const entries: [string, Value][] = [];
  reader.at++;
  for (;;) {
    skip(reader);
    if (reader.text[reader.at] === '}') {
      reader.at++;
      return fromEntries(entries);
    }
    const key = readValue(reader, depth + 1);
    if (typeof key !== 'string') fail(reader, 'a dict with keys that are no texts');
    skip(reader);
    if (reader.text[reader.at] !== ':') fail(reader, "expected ':'");
    reader.at++;
    entries.push([key, readValue(reader, depth + 1)]);
    skip(reader);
    if (reader.text[reader.at] === ',') reader.at++;
    else if (reader.text[reader.at] !== '}') fail(reader, "expected ',' or '}'");
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Adjacent texts are one text. */
function readStrings(reader: Reader): string {
  let out = readString(reader);
  for (;;) {
    const before = reader.at;
    skip(reader);
    if (reader.text[reader.at] !== "'" && reader.text[reader.at] !== '"') {
      reader.at = before;
      return out;
    }
    out += readString(reader);
  }
}

function readString(reader: Reader): string {
  const { text } = reader;
  const raw = /[rR]/.test(text[reader.at] ?? '');
  if (/[rRuU]/.test(text[reader.at] ?? '')) reader.at++;
  const single = text[reader.at] ?? '';
  const quote = text.startsWith(single.repeat(3), reader.at) ? single.repeat(3) : single;
  reader.at += quote.length;
  let out = '';
  for (;;) {
    const char = text[reader.at];
    if (char === undefined || (char === '\n' && quote.length === 1)) fail(reader, 'a text without end');
    if (text.startsWith(quote, reader.at)) {
      reader.at += quote.length;
      return out;
    }
    if (char === '\\' && !raw) out += readEscape(reader);
    else {
      out += char === '\\' ? char + (text[++reader.at] ?? '') : char;
      reader.at++;
    }
  }
}

function readEscape(reader: Reader): string {
  const next = reader.text[reader.at + 1] ?? '';
  const lengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
  const length = lengths[next];
  if (length !== undefined) {
    const hex = reader.text.slice(reader.at + 2, reader.at + 2 + length);
    const point = Number.parseInt(hex, 16);
    if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < length || point > 0x10ffff) fail(reader, 'a broken escape');
    reader.at += 2 + length;
    return String.fromCodePoint(point);
  }
  if (next === 'N') fail(reader, 'characters by name (\\N) are not read');
  const octal = /^[0-7]{1,3}/.exec(reader.text.slice(reader.at + 1, reader.at + 4))?.[0];
  reader.at += 1 + (octal?.length ?? 1);
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
  return ESCAPES[next] ?? `\\${next}`;
}
