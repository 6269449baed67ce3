import { isFloat, isInteger } from '../python/number.js';
import type { Declared, Environment, Filter, Operation, Test } from './environment.js';
import { isIterable } from './iterate.js';
import { isNumber, NUMBER_FILTERS } from './number-filters.js';
import { arithmetic, type ComparisonOperator, compared, equals } from './operators.js';
import { isSequence, sequenceFilters } from './sequence-filters.js';
import { isLower, isUpper } from './text-case.js';
import { softText, TEXT_FILTERS } from './text-filters.js';
import { type Arguments, bind, Callable, Dict, type Given, isList, Markup, type Runtime, typeName, Undefined } from './values.js';
import { TemplateError } from './work.js';

/** Jinja's filters; those that make HTML or are random are not supported. */
const FILTERS: ReadonlyMap<string, Filter> = bound<Runtime>({
  ...TEXT_FILTERS,
  ...NUMBER_FILTERS,
  ...sequenceFilters({ filter: filterNamed, test: testNamed }),
});
const UNSUPPORTED = ['filesizeformat', 'pprint', 'random', 'striptags', 'urlize', 'wordwrap', 'xmlattr'];

/** Filters or tests by name, which bind their arguments. */
function bound<T extends Runtime>(table: Readonly<Record<string, Declared<T>>>): ReadonlyMap<string, Operation<T>> {
  return new Map(
    Object.entries(table).map(([name, [signature, run]]) => [
      name,
      (value: Runtime, args: Arguments, environment: Environment) =>
        run(value, signature === null ? [] : bind(name, args, signature), environment, args),
    ]),
  );
}

/**
 * Returns the filter of a name. Throws `TemplateError` with the names there are.
 */
export function filterNamed(name: string): Filter {
  const filter = FILTERS.get(name);
  if (filter !== undefined) return filter;
  if (UNSUPPORTED.includes(name)) throw new TemplateError(`the filter '${name}' is not supported`);
  throw new TemplateError(`no filter '${name}' here; there are ${[...FILTERS.keys()].sort().join(', ')}`);
}

function plainTest(run: (value: Runtime) => boolean): Declared<boolean> {
  return ['', run];
}

function comparing(operator: ComparisonOperator): Declared<boolean> {
  return ['/other!', (value, [other = null]) => compared(operator, value, other)];
}

function hasRemainder(value: Runtime, divisor: Runtime, wanted: number): boolean {
  return equals(arithmetic('%', value, divisor), wanted);
}

/** Whether two values are one object in Python; equal texts and numbers may be or not be. */
function sameAs(value: Runtime, [other = null]: Given): boolean {
  if (value === null || typeof value === 'boolean' || other === null || typeof other === 'boolean') return value === other;
  if (typeof value === 'object' && typeof other === 'object') return value === other;
  throw new TemplateError('sameas is not supported for texts and numbers');
}

const TESTS: ReadonlyMap<string, Test> = bound<boolean>({
  defined: plainTest((value) => !(value instanceof Undefined)),
  undefined: plainTest((value) => value instanceof Undefined),
  none: plainTest((value) => value === null),
  true: plainTest((value) => value === true),
  false: plainTest((value) => value === false),
  boolean: plainTest((value) => typeof value === 'boolean'),
  string: plainTest((value) => typeof value === 'string' || value instanceof Markup),
  integer: plainTest(isInteger),
  float: plainTest(isFloat),
  number: plainTest(isNumber),
  sequence: plainTest(isSequence),
  iterable: plainTest(isIterable),
  mapping: plainTest((value) => value instanceof Dict),
  callable: plainTest((value) => value instanceof Callable || value instanceof Undefined),
  escaped: plainTest((value) => value instanceof Markup),
  filter: plainTest((value) => named(value, (name) => FILTERS.has(name) || UNSUPPORTED.includes(name))),
  test: plainTest((value) => named(value, (name) => TESTS.has(name))),
  odd: plainTest((value) => hasRemainder(value, 2, 1)),
  even: plainTest((value) => hasRemainder(value, 2, 0)),
  divisibleby: ['num!', (value, [num = null]) => hasRemainder(value, num, 0)],
  lower: plainTest((value) => isLower(softText(value))),
  upper: plainTest((value) => isUpper(softText(value))),
  sameas: ['other!', sameAs],
  in: comparing('in'),
  ...Object.fromEntries(
    (
      [
        ['==', '== eq equalto'],
        ['!=', '!= ne'],
        ['>', '> gt greaterthan'],
        ['>=', '>= ge'],
        ['<', '< lt lessthan'],
        ['<=', '<= le'],
      ] as const
    ).flatMap(([operator, names]) => names.split(' ').map((name) => [name, comparing(operator)])),
  ),
});

/** Jinja looks the value up in a table, so that it must be hashable. */
function named(value: Runtime, known: (name: string) => boolean): boolean {
  if (isList(value) || value instanceof Dict) throw new TemplateError(`unhashable: ${typeName(value)}`);
  return typeof value === 'string' && known(value);
}

/**
 * Returns the test of a name (`is NAME`). Throws `TemplateError` with the names there are.
 */
export function testNamed(name: string): Test {
  const test = TESTS.get(name);
  if (test === undefined) throw new TemplateError(`no test '${name}' here; there are ${[...TESTS.keys()].sort().join(', ')}`);
  return test;
}
