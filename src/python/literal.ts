import type { Value } from '../types.js';
import { unescaped } from './escapes.js';
import { fromEntries } from './fields.js';
import { toFloat, toInteger } from './number.js';
import { Reader } from './reader.js';

const MAX_DEPTH = 50;
const BLANK = ' \t\n\r\f';
const NUMBER = /[+-]?(?:\d[\d_]*)?(\.\d*)?([eE][+-]?\d+)?/y;
const WORD = /(?:None|True|False)(?!\w)/y;
const WORDS: ReadonlyMap<string, Value> = new Map([
  ['None', null],
  ['True', true],
  ['False', false],
]);
/** A letter in front, then a text in three quotes (the third group) or in one (the fifth). */
const TEXT = /([rRuU]?)(?:('''|""")((?:(?!\2)[^\\]|\\.)*)\2|(['"])(?!\4\4)((?:(?!\4)[^\\\n]|\\.)*)\4)/sy;

/**
 * Returns the value of a Python literal as `ast.literal_eval` reads it: texts, numbers, None, True, False, lists, tuples (as lists) and dicts
 * with text keys. Throws `UserError` for anything else, also for f-strings and byte strings.
 */
export function literalEval(text: string): Value {
  const reader = new Reader(text.replace(/^[ \t]+/, ''), BLANK, 'not a Python literal');
  const value = readValue(reader, 0);
  if (reader.next() !== '') reader.fail('unexpected text behind the value');
  return value;
}

function readValue(reader: Reader, depth: number): Value {
  if (depth > MAX_DEPTH) reader.fail(`nested deeper than ${MAX_DEPTH}`);
  const first = reader.next();
  if (reader.skip('{')) return readDict(reader, depth);
  if (reader.skip('[') || reader.skip('(')) {
    const items: Value[] = [];
    const comma = reader.items(first === '[' ? ']' : ')', true, () => items.push(readValue(reader, depth + 1)));
    const [only] = items;
    return first === '(' && items.length === 1 && only !== undefined && !comma ? only : items;
  }
  if (/['"]/.test(first) || /^[rRuU]['"]/.test(reader.text.slice(reader.at, reader.at + 2))) return readTexts(reader);
  const word = reader.match(WORD);
  if (word !== null) return WORDS.get(word[0]) ?? null;
  const start = reader.at;
  const [whole, fraction, exponent] = reader.match(NUMBER) ?? [''];
  if (!/\d/.test(whole)) {
    reader.at = start;
    reader.fail('expected a value');
  }
  const digits = whole.replaceAll('_', '');
  if (fraction !== undefined || exponent !== undefined) return toFloat(Number(digits));
  if (/^[+-]?0\d*[1-9]/.test(digits)) reader.fail('an integer with leading zeros');
  return toInteger(BigInt(digits.replace(/^\+/, '')));
}

function readDict(reader: Reader, depth: number): Value {
  const entries: [string, Value][] = [];
  reader.items('}', true, () => {
    const key = readValue(reader, depth + 1);
    if (typeof key !== 'string') reader.fail('a dict with keys that are no texts');
    if (!reader.skip(':')) reader.fail("expected ':'");
    entries.push([key, readValue(reader, depth + 1)]);
  });
  return fromEntries(entries);
}

/** Texts side by side are one text. */
function readTexts(reader: Reader): string {
  let out = '';
  do {
    const match = reader.match(TEXT) ?? reader.fail('a text without end');
    const inside = match[3] ?? match[5] ?? '';
    out += /[rR]/.test(match[1] ?? '') ? inside : unescaped(inside, (what) => reader.fail(what));
  } while (/['"]/.test(reader.next()));
  return out;
}
