import { UserError } from '../errors.js';
import type { Value } from '../types.js';
import { fieldsOf, setField, withFieldOrder } from './fields.js';
import { PyFloat } from './float.js';
import { floatRepr, toFloat, toInteger } from './number.js';

/** Nesting that is still read; Python itself gives up near a thousand. */
export const MAX_DEPTH = 200;
/** Characters of one JSON text that are still read. */
export const MAX_LENGTH = 256 * 1024 * 1024;
/** Digits of an integer that are still read, Python's own limit. */
const MAX_DIGITS = 4300;

/**
 * What JSON.parse would lose: floats (3.0 is no integer), integers beyond 2^53, -0, and keys that look like array indices,
 * which JavaScript moves to the front. The pattern may also hit inside a string; that only costs time.
 */
const ODD = /(?:^|[:[,])\s*(?:-?\d+[.eE]|-?\d{16}|-0)|\\u003\d|"(?:0|[1-9]\d{0,9})"\s*:/;

/**
 * Returns the value of a JSON text as Python's `json.loads` reads it: integers of any size, floats apart from integers
 * (`PyFloat` for integral ones), `NaN` and `Infinity`, the last of duplicate keys at the place of the first, and the order of keys kept.
 * Throws `UserError` with the position when the text is no JSON, nests deeper than `MAX_DEPTH` or is longer than `MAX_LENGTH`.
 */
export function parseJson(text: string): Value {
  if (text.length > MAX_LENGTH) throw new UserError(`JSON text of ${text.length} characters; at most ${MAX_LENGTH} are read`);
  if (!ODD.test(text) && !nestsDeeply(text)) {
    try {
      const value: Value = JSON.parse(text);
      return value;
    } catch {
      // The careful reader below accepts NaN and Infinity, and says where the text is broken.
    }
  }
  const reader: Reader = { text, at: 0 };
  const value = readValue(reader, 0);
  skipSpace(reader);
  if (reader.at < text.length) fail(reader, 'unexpected text after the value');
  return value;
}

/** True when there are so many brackets that nesting could exceed the limit. */
export function nestsDeeply(text: string): boolean {
  let count = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (++count > MAX_DEPTH) return true;
  }
  return false;
}

interface Reader {
  readonly text: string;
  at: number;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const WORDS: readonly (readonly [string, Value])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

function fail(reader: Reader, what: string): never {
  throw new UserError(`not valid JSON at character ${reader.at + 1}: ${what}`);
}

function skipSpace(reader: Reader): void {
  while (reader.at < reader.text.length && ' \t\n\r'.includes(reader.text[reader.at] ?? '')) reader.at++;
}

function readValue(reader: Reader, depth: number): Value {
  if (depth > MAX_DEPTH) fail(reader, `nested deeper than ${MAX_DEPTH}`);
  skipSpace(reader);
  const { text, at } = reader;
  const first = text[at];
  if (first === '"') return readString(reader);
  if (first === '{') return readObject(reader, depth);
  if (first === '[') return readArray(reader, depth);
  for (const [word, value] of WORDS) {
    if (text.startsWith(word, at)) {
      reader.at += word.length;
      return value;
    }
  }
  NUMBER.lastIndex = at;
  const match = NUMBER.exec(text);
  if (match === null) fail(reader, first === undefined ? 'the text ends too early' : 'expected a value');
  reader.at = NUMBER.lastIndex;
  if (match[1] !== undefined || match[2] !== undefined) return toFloat(Number(match[0]));
  if (match[0].length < 16) return Number(match[0]) || 0;
  if (match[0].length > MAX_DIGITS) fail(reader, `an integer of more than ${MAX_DIGITS} digits`);
  return toInteger(BigInt(match[0]));
}

function readString(reader: Reader): string {
  let end = reader.at + 1;
  while (end < reader.text.length && reader.text[end] !== '"') end += reader.text[end] === '\\' ? 2 : 1;
  const source = reader.text.slice(reader.at, end + 1);
  try {
    const value: unknown = JSON.parse(source);
    if (typeof value !== 'string') fail(reader, 'expected a string');
    reader.at = end + 1;
    return value;
  } catch {
    return fail(reader, end >= reader.text.length ? 'a string without end' : 'a control character or a broken escape in a string');
  }
}

function readArray(reader: Reader, depth: number): Value {
  const items: Value[] = [];
  reader.at++;
  skipSpace(reader);
  if (reader.text[reader.at] === ']') {
    reader.at++;
    return items;
  }
  for (;;) {
    items.push(readValue(reader, depth + 1));
    skipSpace(reader);
    const next = reader.text[reader.at];
    if (next !== ',' && next !== ']') fail(reader, "expected ',' or ']'");
    reader.at++;
    if (next === ']') return items;
  }
}

function readObject(reader: Reader, depth: number): Value {
  const fields: Record<string, Value> = {};
  const order: string[] = [];
  const seen = new Set<string>();
  reader.at++;
  skipSpace(reader);
  if (reader.text[reader.at] === '}') {
    reader.at++;
    return fields;
  }
  for (;;) {
    skipSpace(reader);
    if (reader.text[reader.at] !== '"') fail(reader, 'expected a key in double quotes');
    const key = readString(reader);
    skipSpace(reader);
    if (reader.text[reader.at] !== ':') fail(reader, "expected ':' after a key");
    reader.at++;
    setField(fields, key, readValue(reader, depth + 1));
    if (!seen.has(key)) order.push(key);
    seen.add(key);
    skipSpace(reader);
    const next = reader.text[reader.at];
    if (next !== ',' && next !== '}') fail(reader, "expected ',' or '}'");
    reader.at++;
    if (next === '}') return withFieldOrder(fields, order);
  }
}

/**
 * Returns the text that Python's `json.dumps(value, ensure_ascii=False)` writes, on one line with ", " and ": ".
 */
export function dumpsJson(value: Value): string {
  return write(value, null, '');
}

/**
 * Returns the text that Python's `json.dumps(value, indent=2, ensure_ascii=False)` writes; the fingerprint of a document is its digest.
 */
export function dumpsJsonIndented(value: Value): string {
  return write(value, '  ', '\n');
}

/** `indent` is null for the one-line form; `newline` is the line break with the indentation of the enclosing value. */
function write(value: Value, indent: string | null, newline: string): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : jsonFloat(value);
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof PyFloat) return jsonFloat(value.value);
  const inner = indent === null ? '' : newline + indent;
  const comma = indent === null ? ', ' : `,${inner}`;
  if (isArray(value)) {
    if (value.length === 0) return '[]';
    let out = `[${inner}`;
    for (let i = 0; i < value.length; i++) out += (i > 0 ? comma : '') + write(value[i] ?? null, indent, inner);
    return `${out}${newline}]`;
  }
  let out = '';
  for (const key of fieldsOf(value))
    out += `${out === '' ? `{${inner}` : comma}${JSON.stringify(key)}: ${write(value[key] ?? null, indent, inner)}`;
  return out === '' ? '{}' : `${out}${newline}}`;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatRepr(value);
}

/** `Array.isArray` for values: TypeScript does not narrow read-only arrays by itself. */
export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
