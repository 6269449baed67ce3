import { isFloat, isInteger } from '../python/number.js';
import type { Environment, Filter, Test } from './environment.js';
import { isIterable } from './iterate.js';
import { isNumber, NUMBER_FILTERS } from './number-filters.js';
import { arithmetic, type ComparisonOperator, compared, equals } from './operators.js';
import { toText } from './print.js';
import { isSequence, sequenceFilters } from './sequence-filters.js';
import { isLower, isUpper } from './text-case.js';
import { TEXT_FILTERS } from './text-filters.js';
import { bind, Callable, Dict, isList, Markup, type Runtime, typeName, Undefined } from './values.js';
import { TemplateError } from './work.js';

/** Jinja's filters; those that make HTML or are random are not supported. */
const FILTERS: Readonly<Record<string, Filter>> = {
  ...TEXT_FILTERS,
  ...NUMBER_FILTERS,
  ...sequenceFilters({ filter: filterNamed, test: testNamed }),
};
const UNSUPPORTED = ['filesizeformat', 'pprint', 'random', 'striptags', 'urlize', 'wordwrap', 'xmlattr'];

/**
 * Returns whether there is a filter of this name here.
 */
export function isFilter(name: string): boolean {
  return Object.hasOwn(FILTERS, name);
}

/**
 * Returns the filter of a name. Throws `TemplateError` with the names there are.
 */
export function filterNamed(name: string): Filter {
  const filter = isFilter(name) ? FILTERS[name] : undefined;
  if (filter !== undefined) return filter;
  if (UNSUPPORTED.includes(name)) throw new TemplateError(`the filter '${name}' is not supported`);
  throw new TemplateError(`no filter '${name}' here; there are ${Object.keys(FILTERS).sort().join(', ')}`);
}

function plainTest(run: (value: Runtime, environment: Environment) => boolean): Test {
  return (value, args, environment) => {
    bind('the test', args, []);
    return run(value, environment);
  };
}

function comparing(operator: ComparisonOperator): Test {
  return (value, args) => {
    const [other] = bind('the test', args, ['/other']);
    if (other === undefined) throw new TemplateError('the test wants a value to compare with');
    return compared(operator, value, other);
  };
}

function remainderIs(wanted: number, divisor?: number): Test {
  return (value, args) => {
    const [num] = bind('the test', args, divisor === undefined ? ['num'] : []);
    const by = divisor ?? num;
    if (by === undefined) throw new TemplateError('divisibleby wants a number');
    return equals(arithmetic('%', value, by), wanted);
  };
}

/** Whether two values are one object in Python; equal texts and numbers may be or not be. */
const sameAs: Test = (value, args) => {
  const [other] = bind('sameas', args, ['other']);
  if (other === undefined) throw new TemplateError('sameas wants a value');
  if (value === null || typeof value === 'boolean' || other === null || typeof other === 'boolean') return value === other;
  if (typeof value === 'object' && typeof other === 'object') return value === other;
  throw new TemplateError('sameas is not supported for texts and numbers');
};

const TESTS: Readonly<Record<string, Test>> = {
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
  filter: plainTest((value) => named(value, (name) => isFilter(name) || UNSUPPORTED.includes(name))),
  test: plainTest((value) => named(value, isTest)),
  odd: remainderIs(1, 2),
  even: remainderIs(0, 2),
  divisibleby: remainderIs(0),
  lower: plainTest((value) => isLower(toText(value))),
  upper: plainTest((value) => isUpper(toText(value))),
  sameas: sameAs,
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
};

/** Jinja looks the value up in a table, so that it must be hashable. */
function named(value: Runtime, known: (name: string) => boolean): boolean {
  if (isList(value) || value instanceof Dict) throw new TemplateError(`unhashable: ${typeName(value)}`);
  return typeof value === 'string' && known(value);
}

/**
 * Returns whether there is a test of this name.
 */
export function isTest(name: string): boolean {
  return Object.hasOwn(TESTS, name);
}

/**
 * Returns the test of a name (`is NAME`). Throws `TemplateError` with the names there are.
 */
export function testNamed(name: string): Test {
  const test = isTest(name) ? TESTS[name] : undefined;
  if (test === undefined) throw new TemplateError(`no test '${name}' here; there are ${Object.keys(TESTS).sort().join(', ')}`);
  return test;
}
