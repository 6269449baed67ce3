import { toFloat, toInteger } from '../python/number.js';
import type { Value } from '../types.js';

/** Cells that mean "no value", quoted or not: the list of pandas, which Python's `datasets` reads CSV with. */
const MISSING: ReadonlySet<string> = new Set(
  [
    '',
    '#N/A',
    '#N/A N/A',
    '#NA',
    '-1.#IND',
    '-1.#QNAN',
    '-NaN',
    '-nan',
    '1.#IND',
    '1.#QNAN',
    '<NA>',
    'N/A',
    'NA',
    'NULL',
    'NaN',
    'None',
    'n/a',
  ].concat(['nan', 'null']),
);
const INTEGER = /^[ \t]*[+-]?\d{1,40}[ \t]*$/;
const FLOAT = /^[ \t]*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf|infinity)[ \t]*$/i;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['True', true],
  ['TRUE', true],
  ['true', true],
  ['False', false],
  ['FALSE', false],
  ['false', false],
]);
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** What has been seen in a column so far. */
export interface ColumnFacts {
  /** Some cell has no value. */
  missing: boolean;
  allIntegers: boolean;
  allFloats: boolean;
  allBooleans: boolean;
  least: bigint;
  most: bigint;
}

type ColumnType = 'integer' | 'float' | 'boolean' | 'string';

/**
 * Returns the facts of a column of which nothing has been seen.
 */
export function emptyFacts(): ColumnFacts {
  return { missing: false, allIntegers: true, allFloats: true, allBooleans: true, least: 0n, most: 0n };
}

/**
 * Takes one cell into account; changes `facts`.
 */
export function noteCell(facts: ColumnFacts, cell: string): void {
  if (MISSING.has(cell)) {
    facts.missing = true;
    return;
  }
  if (facts.allIntegers) {
    facts.allIntegers = INTEGER.test(cell);
    // Short numbers cannot leave 64 bits, so most cells need no bigint.
    if (facts.allIntegers && cell.length > 17) {
      const value = BigInt(cell.trim().replace('+', ''));
      if (value < facts.least) facts.least = value;
      if (value > facts.most) facts.most = value;
    } else if (facts.allIntegers && cell.includes('-')) {
      if (facts.least > -1n) facts.least = -1n;
    }
  }
  if (facts.allFloats) facts.allFloats = FLOAT.test(cell);
  if (facts.allBooleans) facts.allBooleans = BOOLEANS.has(cell);
}

/**
 * Returns the type of a column, as pandas infers it: all integers (of 64 bits, signed or not) and no gap: `integer`; all numbers: `float`
 * (so one gap makes integers floats); all booleans: `boolean`; else `string`. A column without any value is `float`, all null.
 */
export function columnType(facts: ColumnFacts): ColumnType {
  if (facts.allIntegers && !facts.missing) {
    const fits = (facts.least >= INT64_MIN && facts.most <= INT64_MAX) || (facts.least >= 0n && facts.most <= UINT64_MAX);
    return fits ? 'integer' : 'string';
  }
  if (facts.allFloats) return 'float';
  return facts.allBooleans ? 'boolean' : 'string';
}

/**
 * Returns the value of a cell in a column of type `type`; null where it has none.
 */
export function typedCell(type: ColumnType, cell: string): Value {
  if (MISSING.has(cell)) return null;
  switch (type) {
    case 'integer':
      return cell.length <= 15 ? Number(cell) || 0 : toInteger(BigInt(cell.trim().replace('+', '')));
    case 'float':
      return toFloat(/inf/i.test(cell) ? (cell.includes('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : Number(cell));
    case 'boolean':
      return BOOLEANS.get(cell) ?? null;
    case 'string':
      return cell;
  }
}
