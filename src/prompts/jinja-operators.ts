import { isFields, pyEquals } from '../python/equal.js';
import { fieldsOf } from '../python/fields.js';
import { PyFloat } from '../python/float.js';
import { isArray } from '../python/json.js';
import { toFloat, toInteger } from '../python/number.js';
import type { Value } from '../types.js';
import { isFloat, isInteger, plain, type Runtime, spend, TemplateError, toText, typeName, weightOf } from './jinja-values.js';

/** Longest text or list that `*` may make, and largest power; templates come from strangers' files. */
const MAX_REPEAT = 1_000_000;
const MAX_POWER = 1_000;
/** Binary digits of an integer; Python itself prints no more than 4300 decimal ones. */
const MAX_BITS = 20_000;
const LARGE = 1n << BigInt(MAX_BITS);

type Arithmetic = '+' | '-' | '*' | '/' | '//' | '%' | '**';
type Comparison = '<' | '<=' | '>' | '>=';

/** Every binary operator but `and` and `or`, which do not always look at their right side. */
export const BINARY: Readonly<Record<Arithmetic | Comparison | '==' | '!=' | 'in' | 'not in' | '~', (a: Runtime, b: Runtime) => Value>> = {
  '==': (a, b) => equals(plain(a), plain(b)),
  '!=': (a, b) => !equals(plain(a), plain(b)),
  in: (a, b) => contains(plain(b), plain(a)),
  'not in': (a, b) => !contains(plain(b), plain(a)),
  '~': (a, b) => joined(toText(a), toText(b)),
  '+': (a, b) => arithmetic('+', plain(a), plain(b)),
  '-': (a, b) => arithmetic('-', plain(a), plain(b)),
  '*': (a, b) => arithmetic('*', plain(a), plain(b)),
  '/': (a, b) => arithmetic('/', plain(a), plain(b)),
  '//': (a, b) => arithmetic('//', plain(a), plain(b)),
  '%': (a, b) => arithmetic('%', plain(a), plain(b)),
  '**': (a, b) => arithmetic('**', plain(a), plain(b)),
  '<': (a, b) => compare(plain(a), plain(b), '<') < 0,
  '<=': (a, b) => compare(plain(a), plain(b), '<=') <= 0,
  '>': (a, b) => compare(plain(a), plain(b), '>') > 0,
  '>=': (a, b) => compare(plain(a), plain(b), '>=') >= 0,
};

/**
 * Returns whether two values are equal in Python; counts the work.
 */
export function equals(a: Value, b: Value): boolean {
  spend(Math.min(weightOf(a), weightOf(b)));
  return pyEquals(a, b);
}

/** Two texts as one; joined texts share their memory until they are read, so only the shorter one counts. */
function joined(a: string, b: string): string {
  spend(Math.min(a.length, b.length));
  return a + b;
}

/**
 * Counts the work of looking for a text in another one.
 */
export function spendSearch(text: string, part: string): void {
  spend(text.length * (1 + part.length / 256));
}

/**
 * Returns whether a text, list or object contains a value. Throws `TemplateError` for other containers.
 */
export function contains(container: Value, item: Value): boolean {
  if (typeof container === 'string') {
    if (typeof item !== 'string') throw new TemplateError(`'in' a text wants a text, not ${typeName(item)}`);
    spendSearch(container, item);
    return container.includes(item);
  }
  if (isArray(container)) return container.some((x) => equals(x, item));
  if (isFields(container)) return typeof item === 'string' && fieldsOf(container).includes(item);
  throw new TemplateError(`'in' does not work on ${typeName(container)}`);
}

/**
 * Returns a negative, zero or positive number as a sorts before, with or behind b: numbers by value, texts by code points, lists item by item;
 * NaN for comparisons with NaN. Throws `TemplateError` for values that Python cannot order.
 */
export function compare(a: Value, b: Value, operator = '<'): number {
  const x = number(a);
  const y = number(b);
  if (x !== null && y !== null) return x < y ? -1 : x > y ? 1 : Number.isNaN(Number(x)) || Number.isNaN(Number(y)) ? Number.NaN : 0;
  spend(Math.min(weightOf(a), weightOf(b)));
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (isArray(a) && isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      if (!pyEquals(a[i] ?? null, b[i] ?? null)) return compare(a[i] ?? null, b[i] ?? null, operator);
    }
    return a.length - b.length;
  }
  throw new TemplateError(`'${operator}' does not work between ${typeName(a)} and ${typeName(b)}`);
}

/** By code points, as Python: JavaScript's own order puts U+FFxx behind the surrogates of emoji. */
function compareTexts(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  if (i >= a.length || i >= b.length) return a.length - b.length;
  const x = a.charCodeAt(i);
  const y = b.charCodeAt(i);
  const bothBelowSurrogates = x < 0xd800 || y < 0xd800;
  const high = (unit: number) => (unit >= 0xd800 && unit < 0xe000 ? 1 : 0);
  return bothBelowSurrogates ? x - y : high(x) - high(y) || x - y;
}

/** The value of a number or boolean, else null. */
function number(value: Value): number | bigint | null {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return Number(value);
  return value instanceof PyFloat ? value.value : null;
}

function arithmetic(operator: Arithmetic, a: Value, b: Value): Value {
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return joined(a, b);
  if (operator === '+' && isArray(a) && isArray(b)) {
    spend(a.length + b.length);
    return [...a, ...b];
  }
  if (operator === '*') {
    const repeated = repeat(a, b) ?? repeat(b, a);
    if (repeated !== null) return repeated;
  }
  const x = number(a);
  const y = number(b);
  if (x === null || y === null) throw new TemplateError(`'${operator}' does not work between ${typeName(a)} and ${typeName(b)}`);
  if ((operator === '/' || operator === '//' || operator === '%') && Number(y) === 0) throw new TemplateError('division by zero');
  if (operator === '/' || isFloat(a) || isFloat(b) || (operator === '**' && y < 0))
    return toFloat(onFloats(operator, Number(x), Number(y)));
  const result = onIntegers(operator, BigInt(x), BigInt(y));
  if (result >= LARGE || result <= -LARGE) throw new TemplateError(`'${operator}' makes an integer of more than ${MAX_BITS} bits`);
  return toInteger(result);
}

function repeat(a: Value, b: Value): Value | null {
  if (!isInteger(b) || !(typeof a === 'string' || isArray(a))) return null;
  if (a.length === 0) return a;
  const times = Math.max(0, Number(b));
  if (times * a.length > MAX_REPEAT) throw new TemplateError(`'*' would make more than ${MAX_REPEAT} items`);
  spend(times * a.length);
  return typeof a === 'string' ? a.repeat(times) : Array.from({ length: times }, () => a).flat();
}

function onFloats(operator: Arithmetic, x: number, y: number): number {
  const floor = Math.floor(x / y);
  const results: Record<Arithmetic, number> = {
    '+': x + y,
    '-': x - y,
    '*': x * y,
    '/': x / y,
    '//': floor,
    // The remainder has the sign of the divisor.
    '%': ((x % y) + y) % y,
    '**': x ** y,
  };
  return results[operator];
}

function onIntegers(operator: Arithmetic, x: bigint, y: bigint): bigint {
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '**':
      if (y > MAX_POWER) throw new TemplateError(`a power above ${MAX_POWER}`);
      if (x.toString(16).length * 4 * Number(y) > 4 * MAX_BITS)
        throw new TemplateError(`'**' makes an integer of more than ${MAX_BITS} bits`);
      return x ** y;
    default: {
      const rest = ((x % y) + y) % y;
      return operator === '%' ? rest : (x - rest) / y;
    }
  }
}

/**
 * Returns -value or +value. Throws `TemplateError` when it is no number.
 */
export function signed(sign: '-' | '+', value: Runtime): Value {
  const v = number(plain(value));
  if (v === null) throw new TemplateError(`'${sign}' does not work on ${typeName(value)}`);
  if (sign === '+') return typeof value === 'boolean' ? v : plain(value);
  return value instanceof PyFloat ? new PyFloat(-value.value) : v === 0 ? 0 : -v;
}
