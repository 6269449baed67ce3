import { UserError } from '../errors.js';
import type { Value } from '../types.js';
import { entriesOf, fromEntries } from './fields.js';
import { PyFloat } from './float.js';
import { floatRepr, toFloat, toInteger } from './number.js';
import { Reader } from './reader.js';

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
  const reader = new Reader(text, BLANK, 'not valid JSON');
  const value = readValue(reader, 0);
  if (reader.next() !== '') reader.fail('unexpected text after the value');
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

const BLANK = ' \t\n\r';
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const WORD = /null|true|false|-?Infinity|NaN/y;
const WORDS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function readValue(reader: Reader, depth: number): Value {
  if (depth > MAX_DEPTH) reader.fail(`nested deeper than ${MAX_DEPTH}`);
  const first = reader.next();
  if (first === '"') return readString(reader);
  if (reader.skip('{')) return readObject(reader, depth);
  if (reader.skip('[')) {
    const items: Value[] = [];
    reader.items(']', false, () => items.push(readValue(reader, depth + 1)));
    return items;
  }
  const match = reader.match(NUMBER);
  if (match === null) {
    const word = reader.match(WORD) ?? reader.fail(first === '' ? 'the text ends too early' : 'expected a value');
    return WORDS.get(word[0]) ?? null;
  }
  if (match[1] !== undefined || match[2] !== undefined) return toFloat(Number(match[0]));
  if (match[0].length < 16) return Number(match[0]) || 0;
  if (match[0].length > MAX_DIGITS) reader.fail(`an integer of more than ${MAX_DIGITS} digits`);
  return toInteger(BigInt(match[0]));
}

function readString(reader: Reader): string {
  const { text, at } = reader;
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  try {
    const value: string = JSON.parse(text.slice(at, end + 1));
    reader.at = end + 1;
    return value;
  } catch {
    return reader.fail(end >= text.length ? 'a string without end' : 'a control character or a broken escape in a string');
  }
}

function readObject(reader: Reader, depth: number): Value {
  const entries: [string, Value][] = [];
  reader.items('}', false, () => {
    if (reader.next() !== '"') reader.fail('expected a key in double quotes');
    const key = readString(reader);
    if (!reader.skip(':')) reader.fail("expected ':' after a key");
    entries.push([key, readValue(reader, depth + 1)]);
  });
  return fromEntries(entries);
}

/** How Python's `json.dumps` lays its text out. */
export interface JsonLayout {
  /** Whether all but ASCII is escaped. */
  readonly ascii: boolean;
  /** What one level is indented by, null for one line. */
  readonly indent: string | null;
  readonly itemSeparator: string;
  readonly keySeparator: string;
}

type Scalar = null | boolean | number | bigint | string | PyFloat;

/** What a value is in JSON: a text, a list, or pairs of key and value in their order. */
export type JsonForm<T> = string | readonly (Scalar | T)[] | { readonly pairs: readonly (readonly [string, Scalar | T])[] };

/**
 * Returns the text that Python's `json.dumps` writes. `formOf` says what the values are that are no scalars; it also gets what stands before each of their items.
 * `line` is the line break with the indentation of the value itself.
 */
export function writeJson<T extends object>(
  value: Scalar | T,
  layout: JsonLayout,
  formOf: (value: T, inner: string) => JsonForm<T>,
  line = '\n',
): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : jsonFloat(value);
  if (value instanceof PyFloat) return jsonFloat(value.value);
  const { ascii, indent, itemSeparator, keySeparator } = layout;
  const inner = indent === null ? '' : line + indent;
  const form = typeof value === 'string' ? value : formOf(value, inner);
  if (typeof form === 'string') return jsonText(form, ascii);
  const write = (item: Scalar | T) => writeJson(item, layout, formOf, inner);
  const [open, items, close] =
    'pairs' in form
      ? ['{', form.pairs.map(([key, item]) => jsonText(key, ascii) + keySeparator + write(item)), '}']
      : ['[', form.map(write), ']'];
  if (items.length === 0) return open + close;
  return open + inner + items.join(itemSeparator + inner) + (indent === null ? '' : line) + close;
}

function jsonText(text: string, ascii: boolean): string {
  const written = JSON.stringify(text);
  return ascii ? written.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : written;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatRepr(value);
}

const ONE_LINE: JsonLayout = { ascii: false, indent: null, itemSeparator: ', ', keySeparator: ': ' };
const INDENTED: JsonLayout = { ...ONE_LINE, indent: '  ', itemSeparator: ',' };

/**
 * Returns the text that Python's `json.dumps(value, ensure_ascii=False)` writes, on one line with ", " and ": ".
 */
export function dumpsJson(value: Value): string {
  return writeJson(value, ONE_LINE, formOfValue);
}

/**
 * Returns the text that Python's `json.dumps(value, indent=2, ensure_ascii=False)` writes; the fingerprint of a document is its digest.
 */
export function dumpsJsonIndented(value: Value): string {
  return writeJson(value, INDENTED, formOfValue);
}

function formOfValue(value: Exclude<Value, Scalar>): JsonForm<Exclude<Value, Scalar>> {
  return isArray(value) ? value : { pairs: entriesOf(value) };
}

/** `Array.isArray` for values: TypeScript does not narrow read-only arrays by itself. */
export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
