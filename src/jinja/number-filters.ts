import { fixed, roundFloat, roundInteger } from '../python/decimal.js';
import { PyFloat } from '../python/float.js';
import { isFloat, isInteger, numberOf, toFloat, toInteger } from '../python/number.js';
import { strip } from '../python/strings.js';
import type { Declared } from './environment.js';
import { arithmetic } from './operators.js';
import { plainDigits } from './text-case.js';
import { asIndex, asText, type Given, present, type Runtime, textOf, typeName } from './values.js';
import { spend, TemplateError } from './work.js';

/** Digits of a text that Python's int() takes in a base that is no power of two. */
const MAX_DIGITS = 4300;
/** Those that are read in the others. */
const MAX_BINARY_DIGITS = 20_000;
const PREFIXES: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 16: '0x' };

/** The integer that `int(text, base)` gives, null where Python's is a ValueError. */
function integerIn(written: string, base: number): bigint | null {
  const text = plainDigits(strip(written)).toLowerCase();
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  let digits = text.slice(sign.length);
  let radix = base;
  for (const [known, prefix] of Object.entries(PREFIXES)) {
    if ((base === 0 || base === Number(known)) && digits.startsWith(prefix)) {
      radix = Number(known);
      digits = digits.slice(2).replace(/^_/, '');
    }
  }
  if (radix === 0) {
    if (/^0[\d_]*[1-9]/.test(digits)) return null;
    radix = 10;
  }
  if (!/^[\da-z]+(?:_[\da-z]+)*$/.test(digits)) return null;
  const plain = digits.replaceAll('_', '');
  // As Python, which takes any number of digits where the base is a power of two.
  const isPowerOfTwo = Number.isInteger(Math.log2(radix));
  if (!isPowerOfTwo && plain.length > MAX_DIGITS) return null;
  if (plain.length > MAX_BINARY_DIGITS) throw new TemplateError(`int: an integer of more than ${MAX_BINARY_DIGITS} digits`);
  spend((plain.length * plain.length) / 256);
  let value = 0n;
  if (radix === 10) {
    if (!/^\d+$/.test(plain)) return null;
    value = BigInt(plain);
  } else {
    for (const digit of plain) {
      const place = Number.parseInt(digit, 36);
      if (place >= radix) return null;
      value = value * BigInt(radix) + BigInt(place);
    }
  }
  return sign === '-' ? -value : value;
}

/** The float that `float(text)` gives, null where Python's is a ValueError. */
function floatIn(written: string): number | null {
  const text = plainDigits(strip(written)).toLowerCase();
  const named = /^([-+]?)(inf|infinity|nan)$/.exec(text);
  if (named !== null) return named[2] === 'nan' ? Number.NaN : named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!/^[-+]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+(?:_\d+)*)?$/.test(text)) return null;
  return Number(text.replaceAll('_', ''));
}

/** A whole number of a float: NaN and infinity have none. */
function whole(value: number): Runtime | null {
  return Number.isFinite(value) ? toInteger(BigInt(Math.trunc(value))) : null;
}

function toInt(value: Runtime, [fallback = 0, base = 10]: Given): Runtime {
  present(value);
  const radix = asIndex(base, 'base');
  if (radix !== 0 && (radix < 2 || radix > 36)) return fallback;
  const text = textOf(value);
  if (text !== null) {
    spend(text.length);
    const integer = integerIn(text, radix);
    if (integer !== null) return toInteger(integer);
    const float = floatIn(text);
    return float === null ? fallback : (whole(float) ?? fallback);
  }
  const number = numberOf(value);
  if (number === null) return fallback;
  if (!isFloat(value)) return number;
  const result = whole(Number(number));
  if (result === null && !Number.isNaN(Number(number))) throw new TemplateError('int: infinity is no integer');
  return result ?? fallback;
}

function toFloatOr(value: Runtime, [fallback = new PyFloat(0)]: Given): Runtime {
  present(value);
  const text = textOf(value);
  spend(text?.length ?? 0);
  const number = text === null ? numberOf(value) : floatIn(text);
  if (number === null) return fallback;
  if (typeof number === 'bigint' && !Number.isFinite(Number(number))) throw new TemplateError('an integer too large for a float');
  return toFloat(Number(number));
}

function round(value: Runtime, [precision = 0, how = 'common']: Given): Runtime {
  const method = asText(how, 'method');
  if (method !== 'common' && method !== 'ceil' && method !== 'floor')
    throw new TemplateError('round: method must be common, ceil or floor');
  present(value);
  const number = numberOf(value);
  if (number === null) throw new TemplateError(`round does not work on ${typeName(value)}`);
  const digits = precision === null ? null : asIndex(precision, 'precision');
  if (digits !== null && Math.abs(digits) > 1000) throw new TemplateError('round: a precision above 1000');
  spend(Math.abs(digits ?? 0));
  if (method === 'common') {
    if (!isFloat(value)) return toInteger(roundInteger(BigInt(number), digits ?? 0));
    if (digits !== null) return toFloat(roundFloat(Number(number), digits));
    if (!Number.isFinite(Number(number))) throw new TemplateError('round: infinity and NaN are no integers');
    return toInteger(BigInt(fixed(Number(number), 0)));
  }
  // As the filter is written: the number is scaled, rounded to an integer, and divided again.
  const scale = arithmetic('**', 10, digits ?? 0);
  const scaled = arithmetic('*', value, scale);
  return arithmetic('/', toWhole(scaled, method), scale);
}

function toWhole(value: Runtime, method: 'ceil' | 'floor'): Runtime {
  if (!isFloat(value)) return value;
  const number = value instanceof PyFloat ? value.value : value;
  if (!Number.isFinite(number)) throw new TemplateError(`round: infinity and NaN are no integers`);
  return toInteger(BigInt(method === 'ceil' ? Math.ceil(number) : Math.floor(number)));
}

function abs(value: Runtime): Runtime {
  present(value);
  if (value instanceof PyFloat) return new PyFloat(Math.abs(value.value));
  const number = numberOf(value);
  if (number === null) throw new TemplateError(`abs does not work on ${typeName(value)}`);
  if (typeof number === 'bigint') return number < 0n ? -number : number;
  return Math.abs(number);
}

/** Filters of numbers. */
export const NUMBER_FILTERS: Readonly<Record<string, Declared<Runtime>>> = {
  int: ['default base', toInt],
  float: ['default', toFloatOr],
  round: ['precision method', round],
  abs: ['', abs],
};

/** Whether a value counts as a number for `is number`. */
export function isNumber(value: Runtime): boolean {
  return isInteger(value) || isFloat(value) || typeof value === 'boolean';
}
