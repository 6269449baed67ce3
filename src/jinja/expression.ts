import { toFloat, toInteger } from '../python/number.js';
import { getAttribute, getItem, Slice } from './attributes.js';
import { filterNamed, testNamed } from './filters.js';
import { iterate, truth } from './iterate.js';
import { arithmetic, type BinaryOperator, type ComparisonOperator, checkedLength, compared, signed } from './operators.js';
import { type Part, part } from './part.js';
import { toText } from './print.js';
import type { Evaluate, Scope } from './scope.js';
import type { TokenStream } from './token-stream.js';
import { type Arguments, asText, Callable, Dict, type Runtime, Tuple, typeName, Undefined } from './values.js';
import { spend, TemplateError } from './work.js';

/** An expression as the function that gives its value. There is no tree of it: each rule of the grammar makes its function at once. */
export interface Expression extends Part<Evaluate> {
  /** The name or attribute that the expression is, for messages. */
  readonly name?: string;
  /** What is called with what, where the expression is a call. */
  readonly call?: { readonly callee: Expression; readonly args: CallArguments };
}

type CallArguments = Part<(scope: Scope) => Arguments>;
/** Filters, applied to a value. */
export type Filters = Part<(value: Runtime, scope: Scope) => Runtime>;
type Operand = (stream: TokenStream) => Expression;

/** Names that are values of the language. */
const CONSTANTS: ReadonlyMap<string, Runtime> = new Map<string, Runtime>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];
const NO_ARGUMENTS: CallArguments = part(() => ({ positional: [], named: new Map() }));
const NONE = constant(null);
/** Jinja's value for a missing else prints as nothing, even where undefined names are errors. */
const NOTHING = constant(new Undefined('the inline if-expression has no else', false));

function constant(value: Runtime): Expression {
  return part(() => value);
}

interface TupleRules {
  /** Whether `a if b else c` may stand without parentheses. */
  readonly conditions?: boolean;
  /** Names that end the list. */
  readonly ends?: readonly string[];
  readonly parentheses?: boolean;
}

/**
 * Returns an expression, Jinja's `parse_expression`. Throws `TemplateError` when there is none.
 */
export function parseExpression(stream: TokenStream, conditions = true): Expression {
  return stream.deeper(() => (conditions ? parseCondition(stream) : parseOr(stream)));
}

/**
 * Returns one expression or, where commas follow, a tuple.
 */
export function parseTuple(stream: TokenStream, rules: TupleRules = {}): Expression {
  const { items, commas } = parseCommas(stream, rules.ends ?? [], () => parseExpression(stream, rules.conditions !== false));
  const [only] = items;
  if (!commas && only !== undefined) return only;
  if (!commas && rules.parentheses !== true) stream.fail('expected an expression');
  return tuple(items);
}

/**
 * Returns what stands between commas up to the end of a tag, a closing parenthesis or one of the names, and whether there are commas.
 */
export function parseCommas<T>(
  stream: TokenStream,
  ends: readonly string[],
  item: () => T,
): { readonly items: readonly T[]; readonly commas: boolean } {
  const items: T[] = [];
  for (;;) {
    if (stream.is('variable_end') || stream.is('block_end') || stream.isOperator(')') || (ends.length > 0 && stream.isName(...ends)))
      return { items, commas: items.length > 0 };
    items.push(item());
    if (!stream.skip('operator', ',')) return { items, commas: items.length > 1 };
  }
}

function tuple(items: readonly Expression[]): Expression {
  return part((scope) => new Tuple(items.map((item) => item.run(scope))), items);
}

/** All parts of a condition may never run. */
function parseCondition(stream: TokenStream): Expression {
  const { mark } = stream;
  let value = parseOr(stream);
  for (let n = 0; stream.skip('name', 'if'); n++) {
    stream.checkChain(n);
    const yes = value;
    const test = parseOr(stream);
    const no = stream.skip('name', 'else') ? stream.deeper(() => parseCondition(stream)) : NOTHING;
    value = part((scope) => (truth(test.run(scope)) ? yes.run(scope) : no.run(scope)), [test, yes, no]);
    stream.forgive(mark);
  }
  return value;
}

/** `or` goes on behind a false value, `and` behind a true one. */
function parseLogic(stream: TokenStream, word: 'or' | 'and', operand: Operand): Expression {
  let left = operand(stream);
  for (let n = 0; stream.skip('name', word); n++) {
    stream.checkChain(n);
    const [first, second] = [left, operand(stream)];
    left = part(
      (scope) => {
        const value = first.run(scope);
        return truth(value) === (word === 'and') ? second.run(scope) : value;
      },
      [first, second],
    );
  }
  return left;
}

function parseOr(stream: TokenStream): Expression {
  return parseLogic(stream, 'or', (s) => parseLogic(s, 'and', parseNot));
}

function parseNot(stream: TokenStream): Expression {
  return stream.skip('name', 'not') ? negated(stream.deeper(() => parseNot(stream))) : parseCompare(stream);
}

function negated(operand: Expression): Expression {
  return part((scope) => !truth(operand.run(scope)), [operand]);
}

function comparisonHere(stream: TokenStream): ComparisonOperator | null {
  const { kind, text } = stream.current;
  if (kind === 'operator' && isComparison(text)) return text;
  if (kind !== 'name') return null;
  if (text === 'in') return 'in';
  return text === 'not' && stream.next.kind === 'name' && stream.next.text === 'in' ? 'not in' : null;
}

function isComparison(text: string): text is ComparisonOperator {
  return COMPARISONS.includes(text);
}

function parseCompare(stream: TokenStream): Expression {
  const first = parseSum(stream);
  const rest: { readonly operator: ComparisonOperator; readonly value: Expression }[] = [];
  for (let operator = comparisonHere(stream); operator !== null; operator = comparisonHere(stream)) {
    stream.take();
    if (operator === 'not in') stream.take();
    rest.push({ operator, value: parseSum(stream) });
    stream.checkChain(rest.length);
  }
  if (rest.length === 0) return first;
  const run = (scope: Scope): boolean => {
    let left = first.run(scope);
    for (const { operator, value } of rest) {
      const right = value.run(scope);
      if (!compared(operator, left, right)) return false;
      left = right;
    }
    return true;
  };
  return part(run, [first, ...rest.map(({ value }) => value)]);
}

function parseBinary(stream: TokenStream, operators: readonly BinaryOperator[], operand: Operand): Expression {
  let left = operand(stream);
  for (let n = 0; ; n++) {
    const operator = operators.find((text) => stream.skip('operator', text));
    if (operator === undefined) return left;
    stream.checkChain(n);
    const [first, second] = [left, operand(stream)];
    left = part((scope) => arithmetic(operator, first.run(scope), second.run(scope)), [first, second]);
  }
}

function parseSum(stream: TokenStream): Expression {
  return parseBinary(stream, ['+', '-'], parseConcat);
}

function parseConcat(stream: TokenStream): Expression {
  const first = parseProduct(stream);
  const parts = [first];
  while (stream.skip('operator', '~')) parts.push(parseProduct(stream));
  if (parts.length === 1) return first;
  const run = (scope: Scope): string => {
    let text = '';
    for (const one of parts) {
      const more = toText(one.run(scope));
      spend(more.length);
      text += more;
    }
    return checkedLength(text);
  };
  return part(run, parts);
}

/** Unlike Python's, Jinja's `**` binds looser than a sign and groups to the left. */
function parseProduct(stream: TokenStream): Expression {
  return parseBinary(stream, ['*', '/', '//', '%'], (s) => parseBinary(s, ['**'], (power) => parseUnary(power, true)));
}

function parseUnary(stream: TokenStream, withFilters: boolean): Expression {
  let node: Expression;
  if (stream.isOperator('-', '+')) {
    const sign = stream.take().text === '-' ? '-' : '+';
    const operand = stream.deeper(() => parseUnary(stream, false));
    node = part((scope) => signed(sign, operand.run(scope)), [operand]);
  } else node = parsePrimary(stream);
  node = parsePostfix(stream, node);
  return withFilters ? parseFiltered(stream, node) : node;
}

function parsePrimary(stream: TokenStream): Expression {
  const { kind, text } = stream.current;
  if (kind === 'name') {
    stream.take();
    const value = CONSTANTS.get(text);
    if (value !== undefined) return constant(value);
    stream.loads.push(text);
    return { ...part((scope: Scope) => scope.get(text)), name: text };
  }
  if (kind === 'string') {
    // Texts side by side are one text, as in Python.
    let value = '';
    while (stream.is('string')) value += stream.take().text;
    return constant(value);
  }
  if (kind === 'number') return constant(numberIn(stream.take().text));
  if (stream.skip('operator', '(')) {
    const inside = parseTuple(stream, { parentheses: true });
    stream.expect('operator', ')');
    return inside;
  }
  if (stream.skip('operator', '[')) {
    const items = parseItems(stream, ']', () => parseExpression(stream));
    return part((scope) => items.map((item) => item.run(scope)), items);
  }
  if (!stream.skip('operator', '{')) return stream.fail('expected an expression');
  const entries = parseItems(stream, '}', () => {
    const key = parseExpression(stream);
    stream.expect('operator', ':');
    return [key, parseExpression(stream)] as const;
  });
  return part((scope) => new Dict(entries.map(([key, value]) => [key.run(scope), value.run(scope)] as const)), entries.flat());
}

/** Items between commas up to the closing bracket, which is taken; a comma may stand behind the last one. */
function parseItems<T>(stream: TokenStream, close: string, item: () => T): T[] {
  const items: T[] = [];
  while (!stream.isOperator(close)) {
    if (items.length > 0) {
      stream.expect('operator', ',');
      if (stream.isOperator(close)) break;
    }
    items.push(item());
  }
  stream.take();
  return items;
}

function numberIn(written: string): Runtime {
  const text = written.replaceAll('_', '').toLowerCase();
  return /^0[box]|^\d+$/.test(text) ? toInteger(BigInt(text)) : toFloat(Number(text));
}

function parsePostfix(stream: TokenStream, start: Expression): Expression {
  let node = start;
  for (let n = 0; ; n++) {
    stream.checkChain(n);
    if (stream.isOperator('.', '[')) node = parseSubscript(stream, node);
    else if (stream.isOperator('(')) node = parseCall(stream, node);
    else return node;
  }
}

function parseSubscript(stream: TokenStream, owner: Expression): Expression {
  if (stream.skip('operator', '.')) {
    if (stream.is('name')) {
      const name = stream.take().text;
      return { ...part((scope: Scope) => getAttribute(owner.run(scope), name, scope.context.environment), [owner]), name };
    }
    const index = numberIn(stream.expect('number').text);
    if (typeof index !== 'number' || !Number.isInteger(index)) return stream.fail('expected a name or an index');
    return itemOf(owner, constant(index));
  }
  stream.take();
  const items: Expression[] = [];
  while (!stream.isOperator(']')) {
    if (items.length > 0) stream.expect('operator', ',');
    items.push(parseIndex(stream));
  }
  stream.take();
  const [first] = items;
  return itemOf(owner, first !== undefined && items.length === 1 ? first : tuple(items));
}

function itemOf(owner: Expression, index: Expression): Expression {
  return part((scope) => getItem(owner.run(scope), index.run(scope), scope.context.environment), [owner, index]);
}

/** What stands in brackets behind a value: an expression or `start:stop:step`. */
function parseIndex(stream: TokenStream): Expression {
  const bound = (): Expression | null => (stream.isOperator(':', ']', ',') ? null : parseExpression(stream));
  const start = bound();
  if (!stream.skip('operator', ':')) return start ?? stream.fail('expected an expression');
  const stop = bound();
  const step = stream.skip('operator', ':') ? bound() : null;
  const [from, to, by] = [start ?? NONE, stop ?? NONE, step ?? NONE];
  return part((scope) => new Slice(from.run(scope), to.run(scope), by.run(scope)), [from, to, by]);
}

function parseCall(stream: TokenStream, callee: Expression): Expression {
  const args = parseArguments(stream);
  const run = (scope: Scope): Runtime => call(callee.run(scope), args.run(scope), callee.name ?? null, scope);
  return { ...part(run, [callee, args]), call: { callee, args } };
}

function parseArguments(stream: TokenStream): CallArguments {
  stream.expect('operator', '(');
  const positional: Expression[] = [];
  const named = new Map<string, Expression>();
  let rest: Expression | null = null;
  let namedRest: Expression | null = null;
  parseItems(stream, ')', () => {
    if (namedRest !== null) stream.fail("expected ')'");
    if (stream.skip('operator', '*')) {
      if (rest !== null) stream.fail("a second '*'");
      rest = parseExpression(stream);
    } else if (stream.skip('operator', '**')) namedRest = parseExpression(stream);
    else if (stream.is('name') && stream.next.kind === 'operator' && stream.next.text === '=') {
      const name = stream.take().text;
      stream.take();
      if (named.has(name)) stream.fail(`'${name}' is given twice`);
      named.set(name, parseExpression(stream));
    } else {
      if (rest !== null || named.size > 0) stream.fail('an argument without a name behind one with a name');
      positional.push(parseExpression(stream));
    }
  });
  return argumentsOf(positional, [...named], rest, namedRest);
}

function argumentsOf(
  positional: readonly Expression[],
  named: readonly (readonly [string, Expression])[],
  rest: Expression | null,
  namedRest: Expression | null,
): CallArguments {
  const run = (scope: Scope): Arguments => {
    const values = positional.map((value) => value.run(scope));
    const byName = new Map(named.map(([name, value]) => [name, value.run(scope)]));
    if (rest !== null) for (const value of iterate(rest.run(scope))) values.push(value);
    if (namedRest !== null) addNamed(byName, namedRest.run(scope));
    return { positional: values, named: byName };
  };
  return part(run, [...positional, ...named.map(([, value]) => value), ...[rest, namedRest].filter((one) => one !== null)]);
}

function addNamed(byName: Map<string, Runtime>, fields: Runtime): void {
  if (!(fields instanceof Dict)) throw new TemplateError(`'**' wants an object, not ${typeName(fields)}`);
  spend(fields.size);
  for (const [key, value] of fields.entries()) {
    const name = asText(key, "each key behind '**'");
    if (byName.has(name)) throw new TemplateError(`two values for '${name}'`);
    byName.set(name, value);
  }
}

/**
 * Returns the result of calling a value. Throws `TemplateError` naming what cannot be called.
 */
export function call(value: Runtime, args: Arguments, name: string | null, scope: Scope): Runtime {
  spend(1 + args.positional.length + args.named.size);
  if (value instanceof Callable) return value.call(args);
  if (value instanceof Undefined) {
    const advice = name === null ? undefined : scope.context.environment.advice[name];
    throw new TemplateError(value.message + (advice === undefined ? '' : `: ${advice}`));
  }
  throw new TemplateError(`${name === null ? typeName(value) : `'${name}' is ${typeName(value)} and`} cannot be called`);
}

function parseFiltered(stream: TokenStream, start: Expression): Expression {
  let node = start;
  for (let n = 0; ; n++) {
    stream.checkChain(n);
    if (stream.skip('operator', '|')) {
      const [operand, filter] = [node, parseFilter(stream)];
      node = part((scope) => filter.run(operand.run(scope), scope), [operand, filter]);
    } else if (stream.skip('name', 'is')) node = parseTest(stream, node);
    else if (stream.isOperator('(')) node = parseCall(stream, node);
    else return node;
  }
}

function dottedName(stream: TokenStream): string {
  let name = stream.expect('name').text;
  while (stream.skip('operator', '.')) name += `.${stream.expect('name').text}`;
  return name;
}

function parseFilter(stream: TokenStream): Filters {
  const name = dottedName(stream);
  const args = stream.isOperator('(') ? parseArguments(stream) : NO_ARGUMENTS;
  const filter = stream.lookup(() => filterNamed(name));
  return part((value, scope) => filter()(value, args.run(scope), scope.context.environment), [args]);
}

/**
 * Returns the filters of a `filter` or `set` block, `a|b(1)`, which are applied to the block's text.
 */
export function parseFilterChain(stream: TokenStream): Filters {
  let filters = parseFilter(stream);
  for (let n = 0; stream.skip('operator', '|'); n++) {
    stream.checkChain(n);
    const [first, second] = [filters, parseFilter(stream)];
    filters = part((value, scope) => second.run(first.run(value, scope), scope), [first, second]);
  }
  return filters;
}

function parseTest(stream: TokenStream, operand: Expression): Expression {
  const not = stream.skip('name', 'not');
  const name = dottedName(stream);
  const args = parseTestArguments(stream);
  const found = stream.lookup(() => testNamed(name));
  const test: Expression = part((scope) => found()(operand.run(scope), args.run(scope), scope.context.environment), [operand, args]);
  return not ? negated(test) : test;
}

/** A test takes arguments in parentheses, or one value behind its name. */
function parseTestArguments(stream: TokenStream): CallArguments {
  if (stream.isOperator('(')) return parseArguments(stream);
  const value = stream.is('string') || stream.is('number') || stream.isOperator('[', '{') || stream.is('name');
  if (!value || stream.isName('else', 'or', 'and')) return NO_ARGUMENTS;
  if (stream.isName('is')) stream.fail("tests cannot follow each other without 'and'");
  return argumentsOf([parsePostfix(stream, parsePrimary(stream))], [], null, null);
}

/**
 * Returns a name that can be assigned to.
 */
export function parseTargetName(stream: TokenStream): string {
  if (stream.is('name') && CONSTANTS.has(stream.current.text)) stream.fail('expected a name that can be assigned to');
  return stream.expect('name').text;
}
