import { at } from '../at.js';
import { PyFloat } from '../python/float.js';
import { isFloat, numberOf, toFloat, toInteger } from '../python/number.js';
import { iterate } from './iterate.js';
import { printf } from './printf.js';
import {
  checkStrict,
  Dict,
  indexOf,
  isList,
  Markup,
  present,
  Range,
  type Runtime,
  Tuple,
  textOf,
  typeName,
  Undefined,
  View,
  weightOf,
} from './values.js';
import { spend, TemplateError } from './work.js';

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

/** Longest text or list that `*` may make, and largest power; templates come from strangers' files. */
const MAX_REPEAT = 1_000_000;
const MAX_POWER = 1_000;
/** Binary digits of an integer; Python itself prints no more than 4300 decimal ones. */
const MAX_BITS = 20_000;
const LARGE = 1n << BigInt(MAX_BITS);

/**
 * Returns whether two values are equal in Python; counts the work. Throws `TemplateError` for undefined names of the strict kind.
 */
export function equals(a: Runtime, b: Runtime): boolean {
  const [first, second] = [textOf(a), textOf(b)];
  if (first !== null && second !== null) spend(Math.min(first.length, second.length) >> 4);
  else if (typeof a === 'object' && typeof b === 'object') spend(Math.min(weightOf(a), weightOf(b)));
  return same(a, b);
}

function same(a: Runtime, b: Runtime): boolean {
  checkStrict(a);
  checkStrict(b);
  const x = numberOf(a);
  const y = numberOf(b);
  // biome-ignore lint/suspicious/noDoubleEquals: a number and a bigint of one value are equal only for this operator.
  if (x !== null && y !== null) return x == y;
  if (a instanceof Markup) return same(a.text, b);
  if (b instanceof Markup) return same(a, b.text);
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (isList(a) && isList(b)) return sameItems(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return sameItems(a.items, b.items);
  if (a instanceof Undefined && b instanceof Undefined) return true;
  if (a instanceof Dict && b instanceof Dict) {
    return a.size === b.size && a.entries().every(([key, value]) => holds(b, key, value));
  }
  if (a instanceof Range && b instanceof Range) return sameItems(a.walked(), b.walked());
  if (a instanceof View && b instanceof View && a.kind !== 'values') {
    if (a.kind !== b.kind || a.dict.size !== b.dict.size) return false;
    return a.dict.entries().every(([key, value]) => (a.kind === 'keys' ? b.dict.has(key) : holds(b.dict, key, value)));
  }
  return false;
}

function holds(dict: Dict, key: Runtime, value: Runtime): boolean {
  const other = dict.get(key);
  return other !== undefined && sameOrIdentical(value, other);
}

/** Containers hold a value equal to itself without asking, even NaN. */
function sameOrIdentical(a: Runtime, b: Runtime): boolean {
  return (a === b && a instanceof Object) || same(a, b);
}

function sameItems(a: readonly Runtime[], b: readonly Runtime[]): boolean {
  return a.length === b.length && a.every((item, i) => sameOrIdentical(item, at(b, i)));
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
export function contains(container: Runtime, item: Runtime): boolean {
  const text = textOf(container);
  if (text !== null) {
    const part = textOf(item);
    if (part === null) throw new TemplateError(`'in' a text wants a text, not ${typeName(item)}`);
    spendSearch(text, part);
    return text.includes(part);
  }
  if (container instanceof Dict) return container.has(item);
  if (container instanceof View && container.kind === 'keys') return container.dict.has(item);
  for (const other of iterate(container)) if (equals(other, item)) return true;
  return false;
}

/**
 * Returns a negative, zero or positive number as a sorts before, with or behind b: numbers by value, texts by code points, lists item by item;
 * NaN for comparisons with NaN. Throws `TemplateError` for values that Python cannot order.
 */
export function compare(a: Runtime, b: Runtime, operator: ComparisonOperator = '<'): number {
  const x = numberOf(a);
  const y = numberOf(b);
  if (x !== null && y !== null) return x < y ? -1 : x > y ? 1 : Number.isNaN(Number(x)) || Number.isNaN(Number(y)) ? Number.NaN : 0;
  const [first, second] = [textOf(a), textOf(b)];
  if (first !== null && second !== null) {
    spend(Math.min(first.length, second.length) >> 3);
    return compareTexts(first, second);
  }
  spend(Math.min(weightOf(a), weightOf(b)));
  if (isList(a) && isList(b)) return compareItems(a, b, operator);
  if (a instanceof Tuple && b instanceof Tuple) return compareItems(a.items, b.items, operator);
  present(a);
  present(b);
  throw new TemplateError(`'${operator}' does not work between ${typeName(a)} and ${typeName(b)}`);
}

function compareItems(a: readonly Runtime[], b: readonly Runtime[], operator: ComparisonOperator): number {
  for (const [i, item] of a.slice(0, b.length).entries()) {
    const other = at(b, i);
    if (!sameOrIdentical(item, other)) return compare(item, other, operator);
  }
  return a.length - b.length;
}

/** By code points, as Python: JavaScript's own order puts U+FFxx behind the surrogates of emoji. */
function compareTexts(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i >= a.length || i >= b.length) return a.length - b.length;
  const x = a.charCodeAt(i);
  const y = b.charCodeAt(i);
  const bothBelowSurrogates = x < 0xd800 || y < 0xd800;
  const high = (unit: number) => (unit >= 0xd800 && unit < 0xe000 ? 1 : 0);
  return bothBelowSurrogates ? x - y : high(x) - high(y) || x - y;
}

/**
 * Returns the result of a comparison. Throws `TemplateError` where Python does.
 */
export function compared(operator: ComparisonOperator, a: Runtime, b: Runtime): boolean {
  if (operator === '==' || operator === '!=') return equals(a, b) === (operator === '==');
  if (operator === 'in' || operator === 'not in') return contains(b, a) === (operator === 'in');
  const order = compare(a, b, operator);
  if (operator === '<' || operator === '<=') return order < 0 || (order === 0 && operator === '<=');
  return order > 0 || (order === 0 && operator === '>=');
}

/** Two texts as one; joined texts share their memory until they are read, so only the shorter one counts. */
function joined(a: string, b: string): string {
  spend(Math.min(a.length, b.length));
  return checkedLength(a + b);
}

/** Longest text. */
const MAX_TEXT = 16 * 1024 * 1024;

/**
 * Returns the text. Throws `TemplateError` when it is too long for a prompt.
 */
export function checkedLength(text: string): string {
  if (text.length > MAX_TEXT) throw new TemplateError(`the template makes a text of more than ${MAX_TEXT} characters`);
  return text;
}

/**
 * Returns the result of an operator on two values. Throws `TemplateError` where Python does, and for results too large for a prompt.
 */
export function arithmetic(operator: BinaryOperator, a: Runtime, b: Runtime): Runtime {
  present(a);
  if (!(operator === '%' && typeof a === 'string')) present(b);
  if (a instanceof Markup || b instanceof Markup) return onMarkup(operator, a, b);
  if (operator === '%' && typeof a === 'string') return printf(a, b);
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return joined(a, b);
    if (isList(a) && isList(b)) return [...a, ...counted(b, a.length)];
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...counted(b.items, a.items.length)]);
  }
  if (operator === '*') {
    const repeated = repeat(a, b) ?? repeat(b, a);
    if (repeated !== null) return repeated;
  }
  const x = numberOf(a);
  const y = numberOf(b);
  if (x === null || y === null) throw new TemplateError(`'${operator}' does not work between ${typeName(a)} and ${typeName(b)}`);
  if ((operator === '/' || operator === '//' || operator === '%') && Number(y) === 0) throw new TemplateError('division by zero');
  if (operator === '/' && !isFloat(a) && !isFloat(b) && (typeof x === 'bigint' || typeof y === 'bigint'))
    return toFloat(divided(BigInt(x), BigInt(y)));
  if (operator === '/' || isFloat(a) || isFloat(b) || (operator === '**' && y < 0)) {
    return toFloat(ON_FLOATS[operator](asFloat(x), asFloat(y)));
  }
  const result = onIntegers(operator, x, y);
  if (result >= LARGE || result <= -LARGE) throw new TemplateError(`'${operator}' makes an integer of more than ${MAX_BITS} bits`);
  return typeof result === 'number' ? result : toInteger(result);
}

function counted(items: readonly Runtime[], more: number): readonly Runtime[] {
  spend(items.length + more);
  return items;
}

/** Markup keeps what is added to it from being HTML. */
function onMarkup(operator: BinaryOperator, a: Runtime, b: Runtime): Runtime {
  const text = (value: Runtime) => (value instanceof Markup ? value.text : typeof value === 'string' ? escapeHtml(value) : null);
  const x = text(a);
  const y = text(b);
  if (operator === '+' && x !== null && y !== null) return new Markup(joined(x, y));
  throw new TemplateError(`'${operator}' is not supported on a text marked as safe`);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };

/**
 * Returns a text with the special characters of HTML written as entities, as markupsafe's `escape`.
 */
export function escapeHtml(text: string): string {
  spend(text.length);
  return text.replace(/[&<>'"]/g, (c) => ENTITIES[c] ?? c);
}

/** A float of a number. Throws `TemplateError` where Python's OverflowError stands. */
function asFloat(value: number | bigint): number {
  const number = Number(value);
  if (typeof value === 'bigint' && !Number.isFinite(number)) throw new TemplateError('an integer too large for a float');
  return number;
}

/** The quotient of two integers of any size, rounded once: what the division leaves shows as a last bit, so that it is no tie. */
function divided(x: bigint, y: bigint): number {
  const digits = 60n;
  const size = (n: bigint) => BigInt((n < 0n ? -n : n).toString(2).length);
  const shift = digits + size(y) - size(x);
  const [above, below] = shift > 0n ? [x << shift, y] : [x, y << -shift];
  const scaled = above / below;
  const sticky = above % below === 0n ? 0n : 1n;
  const number = Number(scaled < 0n ? scaled * 2n - sticky : scaled * 2n + sticky) * 2 ** Number(-shift - 1n);
  if (!Number.isFinite(number)) throw new TemplateError('a quotient too large for a float');
  return number;
}

function repeat(a: Runtime, b: Runtime): Runtime | null {
  const times = indexOf(b);
  if (times === null || !(typeof a === 'string' || isList(a) || a instanceof Tuple)) return null;
  const items = a instanceof Tuple ? a.items : a;
  if (items.length === 0) return a;
  const count = Math.max(0, times);
  if (count * items.length > MAX_REPEAT) throw new TemplateError(`'*' would make more than ${MAX_REPEAT} items`);
  spend(count * items.length);
  if (typeof items === 'string') return items.repeat(count);
  const repeated = Array.from({ length: count }, () => items).flat();
  return a instanceof Tuple ? new Tuple(repeated) : repeated;
}

const ON_FLOATS: Readonly<Record<BinaryOperator, (x: number, y: number) => number>> = {
  '+': (x, y) => x + y,
  '-': (x, y) => x - y,
  '*': (x, y) => x * y,
  '/': (x, y) => x / y,
  '%': remainder,
  '//': floorDivision,
  '**': power,
};

/** The remainder with the sign of the divisor, as CPython's `float_rem`. */
function remainder(x: number, y: number): number {
  const rest = x % y;
  if (rest === 0) return y < 0 ? -0 : 0;
  return rest < 0 !== y < 0 ? rest + y : rest;
}

/** CPython's `float_floor_div`: from the exact remainder, not from the rounded quotient. */
function floorDivision(x: number, y: number): number {
  const rest = x % y;
  let quotient = (x - rest) / y;
  if (rest !== 0 && rest < 0 !== y < 0) quotient -= 1;
  if (quotient === 0) return x / y < 0 || Object.is(x / y, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function power(x: number, y: number): number {
  if (x === 0 && y < 0) throw new TemplateError('zero to a negative power');
  if (x === 1 || (x === -1 && !Number.isFinite(y))) return 1;
  const result = x ** y;
  if (Number.isNaN(result) && !Number.isNaN(x) && !Number.isNaN(y)) throw new TemplateError('a complex number');
  if (!Number.isFinite(result) && Number.isFinite(x) && Number.isFinite(y)) throw new TemplateError('a power too large for a float');
  return result;
}

function onIntegers(operator: BinaryOperator, x: number | bigint, y: number | bigint): number | bigint {
  if (typeof x === 'number' && typeof y === 'number' && operator !== '**') {
    const quick = operator === '+' ? x + y : operator === '-' ? x - y : operator === '*' ? x * y : Number.NaN;
    if (Number.isSafeInteger(quick)) return quick === 0 ? 0 : quick;
  }
  const a = BigInt(x);
  const b = BigInt(y);
  if (typeof x === 'bigint' || typeof y === 'bigint') spend(weightOf(a) + weightOf(b));
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '**':
      if (b > MAX_POWER) throw new TemplateError(`a power above ${MAX_POWER}`);
      if (a.toString(16).length * 4 * Number(b) > 4 * MAX_BITS)
        throw new TemplateError(`'**' makes an integer of more than ${MAX_BITS} bits`);
      return a ** b;
    default: {
      const rest = ((a % b) + b) % b;
      return operator === '%' ? rest : (a - rest) / b;
    }
  }
}

/**
 * Returns -value or +value. Throws `TemplateError` when it is no number.
 */
export function signed(sign: '-' | '+', value: Runtime): Runtime {
  const v = numberOf(present(value));
  if (v === null) throw new TemplateError(`'${sign}' does not work on ${typeName(value)}`);
  if (sign === '+') return typeof value === 'boolean' ? v : value;
  if (value instanceof PyFloat) return new PyFloat(-value.value);
  return typeof v === 'bigint' ? toInteger(-v) : v === 0 ? 0 : -v;
}
