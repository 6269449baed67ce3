import { toFloat, toInteger } from '../python/number.js';
import type { BinaryOperator, CallArguments, Comparison, ComparisonOperator, Expression, Target } from './nodes.js';
import type { TokenStream } from './token-stream.js';
import type { Runtime } from './values.js';

/** Names that are values of the language. */
const CONSTANTS: Readonly<Record<string, Runtime>> = { true: true, True: true, false: false, False: false, none: null, None: null };
const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];
const NO_ARGUMENTS: CallArguments = { positional: [], named: [], rest: null, namedRest: null };

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
  const items: Expression[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) stream.expect('operator', ',');
    if (endsTuple(stream, rules)) break;
    items.push(parseExpression(stream, rules.conditions !== false));
    if (!stream.isOperator(',')) break;
    isTuple = true;
  }
  const [only] = items;
  if (!isTuple && only !== undefined) return only;
  if (!isTuple && rules.parentheses !== true) stream.fail('expected an expression');
  return { kind: 'tuple', items };
}

function endsTuple(stream: TokenStream, rules: TupleRules): boolean {
  if (stream.is('variable_end') || stream.is('block_end') || stream.isOperator(')')) return true;
  return rules.ends !== undefined && rules.ends.length > 0 && stream.isName(...rules.ends);
}

function parseCondition(stream: TokenStream): Expression {
  let value = parseOr(stream);
  for (let n = 0; stream.skip('name', 'if'); n++) {
    stream.checkChain(n);
    const test = parseOr(stream);
    const no: Expression | null = stream.skip('name', 'else') ? stream.deeper(() => parseCondition(stream)) : null;
    value = { kind: 'if', test, yes: value, no };
  }
  return value;
}

function parseOr(stream: TokenStream): Expression {
  let left = parseAnd(stream);
  for (let n = 0; stream.skip('name', 'or'); n++) {
    stream.checkChain(n);
    left = { kind: 'or', left, right: parseAnd(stream) };
  }
  return left;
}

function parseAnd(stream: TokenStream): Expression {
  let left = parseNot(stream);
  for (let n = 0; stream.skip('name', 'and'); n++) {
    stream.checkChain(n);
    left = { kind: 'and', left, right: parseNot(stream) };
  }
  return left;
}

function parseNot(stream: TokenStream): Expression {
  if (!stream.skip('name', 'not')) return parseCompare(stream);
  return { kind: 'not', operand: stream.deeper(() => parseNot(stream)) };
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
  const rest: Comparison[] = [];
  for (let operator = comparisonHere(stream); operator !== null; operator = comparisonHere(stream)) {
    stream.take();
    if (operator === 'not in') stream.take();
    rest.push({ operator, value: parseSum(stream) });
    stream.checkChain(rest.length);
  }
  return rest.length === 0 ? first : { kind: 'compare', first, rest };
}

function parseBinary(stream: TokenStream, operators: readonly BinaryOperator[], operand: (stream: TokenStream) => Expression): Expression {
  let left = operand(stream);
  for (let n = 0; ; n++) {
    const operator = operators.find((text) => stream.isOperator(text));
    if (operator === undefined) return left;
    stream.take();
    stream.checkChain(n);
    left = { kind: 'binary', operator, left, right: operand(stream) };
  }
}

function parseSum(stream: TokenStream): Expression {
  return parseBinary(stream, ['+', '-'], parseConcat);
}

function parseConcat(stream: TokenStream): Expression {
  const first = parseProduct(stream);
  const parts = [first];
  while (stream.skip('operator', '~')) parts.push(parseProduct(stream));
  return parts.length === 1 ? first : { kind: 'concat', parts };
}

function parseProduct(stream: TokenStream): Expression {
  return parseBinary(stream, ['*', '/', '//', '%'], parsePower);
}

/** Unlike Python's, Jinja's `**` binds looser than a sign and groups to the left. */
function parsePower(stream: TokenStream): Expression {
  return parseBinary(stream, ['**'], (s) => parseUnary(s, true));
}

function parseUnary(stream: TokenStream, withFilters: boolean): Expression {
  let node: Expression;
  if (stream.isOperator('-', '+')) {
    const kind = stream.take().text === '-' ? 'negative' : 'positive';
    node = { kind, operand: stream.deeper(() => parseUnary(stream, false)) };
  } else node = parsePrimary(stream);
  node = parsePostfix(stream, node);
  return withFilters ? parseFilters(stream, node) : node;
}

function parsePrimary(stream: TokenStream): Expression {
  const { kind, text } = stream.current;
  switch (kind) {
    case 'name':
      stream.take();
      return Object.hasOwn(CONSTANTS, text) ? { kind: 'const', value: CONSTANTS[text] ?? null } : { kind: 'name', name: text };
    case 'string': {
      // Texts side by side are one text, as in Python.
      let value = '';
      while (stream.is('string')) value += stream.take().text;
      return { kind: 'const', value };
    }
    case 'number':
      stream.take();
      return { kind: 'const', value: numberIn(text) };
    default:
  }
  if (stream.skip('operator', '(')) {
    const inside = parseTuple(stream, { parentheses: true });
    stream.expect('operator', ')');
    return inside;
  }
  if (stream.skip('operator', '[')) return { kind: 'list', items: parseItems(stream, ']', () => parseExpression(stream)) };
  if (stream.skip('operator', '{')) {
    const entries = parseItems(stream, '}', () => {
      const key = parseExpression(stream);
      stream.expect('operator', ':');
      return [key, parseExpression(stream)] as const;
    });
    return { kind: 'dict', entries };
  }
  return stream.fail('expected an expression');
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
    else if (stream.isOperator('(')) node = { kind: 'call', callee: node, args: parseArguments(stream) };
    else return node;
  }
}

function parseSubscript(stream: TokenStream, owner: Expression): Expression {
  if (stream.skip('operator', '.')) {
    if (stream.is('name')) return { kind: 'attribute', owner, name: stream.take().text };
    const { text } = stream.expect('number');
    const index = numberIn(text);
    if (typeof index !== 'number' || !Number.isInteger(index)) return stream.fail('expected a name or an index');
    return { kind: 'item', owner, index: { kind: 'const', value: index } };
  }
  stream.take();
  const items: Expression[] = [];
  while (!stream.isOperator(']')) {
    if (items.length > 0) stream.expect('operator', ',');
    items.push(parseSubscribed(stream));
  }
  stream.take();
  const [first] = items;
  return { kind: 'item', owner, index: first !== undefined && items.length === 1 ? first : { kind: 'tuple', items } };
}

function parseSubscribed(stream: TokenStream): Expression {
  const bound = (): Expression | null => (stream.isOperator(':', ']', ',') ? null : parseExpression(stream));
  const start = bound();
  if (!stream.skip('operator', ':')) return start ?? stream.fail('expected an expression');
  const stop = bound();
  const step = stream.skip('operator', ':') ? bound() : null;
  return { kind: 'slice', start, stop, step };
}

function parseArguments(stream: TokenStream): CallArguments {
  stream.expect('operator', '(');
  const positional: Expression[] = [];
  const named: (readonly [string, Expression])[] = [];
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
      if (named.some(([other]) => other === name)) stream.fail(`'${name}' is given twice`);
      named.push([name, parseExpression(stream)]);
    } else {
      if (rest !== null || named.length > 0) stream.fail('an argument without a name behind one with a name');
      positional.push(parseExpression(stream));
    }
  });
  return { positional, named, rest, namedRest };
}

function parseFilters(stream: TokenStream, start: Expression): Expression {
  let node = start;
  for (let n = 0; ; n++) {
    stream.checkChain(n);
    if (stream.skip('operator', '|')) node = parseFilterName(stream, node);
    else if (stream.skip('name', 'is')) node = parseTest(stream, node);
    else if (stream.isOperator('(')) node = { kind: 'call', callee: node, args: parseArguments(stream) };
    else return node;
  }
}

function dottedName(stream: TokenStream): string {
  let name = stream.expect('name').text;
  while (stream.skip('operator', '.')) name += `.${stream.expect('name').text}`;
  return name;
}

function parseFilterName(stream: TokenStream, operand: Expression | null): Expression {
  const name = dottedName(stream);
  return { kind: 'filter', operand, name, args: stream.isOperator('(') ? parseArguments(stream) : NO_ARGUMENTS };
}

/**
 * Returns the filters of a `filter` or `set` block, `a|b(1)`, applied to the block's text.
 */
export function parseFilterChain(stream: TokenStream): Expression {
  let node = parseFilterName(stream, null);
  for (let n = 0; stream.skip('operator', '|'); n++) {
    stream.checkChain(n);
    node = parseFilterName(stream, node);
  }
  return node;
}

function parseTest(stream: TokenStream, operand: Expression): Expression {
  const negated = stream.skip('name', 'not');
  const name = dottedName(stream);
  const test: Expression = { kind: 'test', operand, name, args: parseTestArguments(stream) };
  return negated ? { kind: 'not', operand: test } : test;
}

/** A test takes arguments in parentheses, or one value behind its name. */
function parseTestArguments(stream: TokenStream): CallArguments {
  if (stream.isOperator('(')) return parseArguments(stream);
  const value = stream.is('string') || stream.is('number') || stream.isOperator('[', '{') || stream.is('name');
  if (!value || stream.isName('else', 'or', 'and')) return NO_ARGUMENTS;
  if (stream.isName('is')) stream.fail("tests cannot follow each other without 'and'");
  return { ...NO_ARGUMENTS, positional: [parsePostfix(stream, parsePrimary(stream))] };
}

/**
 * Returns what stands left of `=` or behind `for`. Throws `TemplateError` for what cannot be assigned to.
 */
export function parseTarget(stream: TokenStream, options: { readonly fields?: boolean; readonly ends?: readonly string[] } = {}): Target {
  const items: Target[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) stream.expect('operator', ',');
    if (endsTuple(stream, { ends: options.ends ?? [] })) break;
    items.push(parseSingleTarget(stream, options.fields === true));
    if (!stream.isOperator(',')) break;
    isTuple = true;
  }
  const [only] = items;
  if (only === undefined) return stream.fail('expected a name');
  return isTuple ? { kind: 'tuple', items } : only;
}

function parseSingleTarget(stream: TokenStream, fields: boolean): Target {
  if (stream.skip('operator', '(')) {
    const inside = stream.deeper(() => parseTarget(stream, { fields }));
    stream.expect('operator', ')');
    return inside;
  }
  const name = parseTargetName(stream);
  if (fields && stream.skip('operator', '.')) return { kind: 'field', owner: name, name: stream.expect('name').text };
  return { kind: 'name', name };
}

/**
 * Returns a name that can be assigned to.
 */
export function parseTargetName(stream: TokenStream): string {
  if (stream.is('name') && Object.hasOwn(CONSTANTS, stream.current.text)) stream.fail('expected a name that can be assigned to');
  return stream.expect('name').text;
}
