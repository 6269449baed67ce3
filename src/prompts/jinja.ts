import { parse } from '@huggingface/jinja';
import { isFields } from '../python/equal.js';
import { fieldOf, fromEntries } from '../python/fields.js';
import { isArray } from '../python/json.js';
import type { Doc, Value } from '../types.js';
import { filterNamed, testNamed } from './jinja-filters.js';
import { type Arguments, callMethod, isDictMethod } from './jinja-methods.js';
import { tokenizeBounded } from './jinja-nesting.js';
import { BINARY, signed } from './jinja-operators.js';
import {
  asIndex,
  asTuple,
  iterate,
  Namespace,
  orUndefined,
  plain,
  type Runtime,
  spend,
  startWork,
  TemplateError,
  toText,
  truth,
  typeName,
  Undefined,
} from './jinja-values.js';

/**
 * Jinja templates of task files. The text is parsed by @huggingface/jinja; the tree is compiled here, once, to functions with Python's
 * meaning (its own interpreter prints values as JavaScript does, knows no strict undefined names and lacks methods such as `list.index`).
 * Settings are those of the harness: undefined names are errors, blocks are not trimmed, the last line break stays.
 */
export interface CompiledTemplate {
  /** The text for a document. Throws `TemplateError`. */
  readonly render: (doc: Doc) => string;
  /** The value of a template that is a single expression, before it is printed; null for all others. */
  readonly value: ((doc: Doc) => Value) | null;
}

/** Iterations of all loops of one rendering; a template that needs more is not a prompt. */
const MAX_STEPS = 1_000_000;

interface Scope {
  readonly doc: Doc;
  readonly parent: Scope | null;
  variables: Map<string, Runtime> | null;
  readonly steps: { left: number };
}

type Evaluate = (scope: Scope) => Runtime;
type Print = (scope: Scope) => string;

/** A node of the parser's tree; its parts are checked when they are read. */
interface Node {
  readonly type: string;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function part(node: Node, key: string): Node {
  const value: unknown = Reflect.get(node, key);
  if (!isNode(value)) throw new TemplateError(`a ${node.type} without ${key}`);
  return value;
}

function optionalPart(node: Node, key: string): Node | null {
  const value: unknown = Reflect.get(node, key);
  return isNode(value) ? value : null;
}

function parts(node: Node, key: string): readonly Node[] {
  const value: unknown = Reflect.get(node, key);
  if (!Array.isArray(value) || !value.every(isNode)) throw new TemplateError(`a ${node.type} without a list of ${key}`);
  return value;
}

function textOf(node: Node, key: string): string {
  const value: unknown = Reflect.get(node, key);
  if (typeof value !== 'string') throw new TemplateError(`a ${node.type} without ${key}`);
  return value;
}

/**
 * Compiles a template. Throws `TemplateError` when it does not parse or uses what is not supported (macros, `include`, unknown filters...).
 */
export function compileTemplate(source: string): CompiledTemplate {
  // Jinja turns every line break of the source into \n; the parser always drops the last one, so it is put back.
  const text = source.replace(/\r\n?/g, '\n');
  let body: readonly Node[];
  try {
    const tree: unknown = parse(tokenizeBounded(text.endsWith('\n') ? `${text}\n` : text, {}));
    if (!isNode(tree)) throw new TemplateError('no tree');
    body = parts(tree, 'body');
  } catch (error) {
    throw new TemplateError(`the template does not parse: ${error instanceof Error ? error.message : String(error)}`);
  }
  const print = compileBody(body);
  const only = body[0];
  const single = body.length === 1 && only !== undefined && isExpression(only) && text.startsWith('{{') ? compile(only) : null;
  const start = (doc: Doc): Scope => {
    startWork();
    return { doc, parent: null, variables: null, steps: { left: MAX_STEPS } };
  };
  return { render: (doc) => print(start(doc)), value: single === null ? null : (doc) => plain(single(start(doc))) };
}

const STATEMENTS = new Set(['If', 'For', 'Set', 'Comment', 'FilterStatement', 'Macro', 'CallStatement', 'Break', 'Continue']);

function isExpression(node: Node): boolean {
  return !STATEMENTS.has(node.type);
}

function compileBody(body: readonly Node[]): Print {
  const prints = body.map(compilePrint);
  const [first, second] = prints;
  if (first === undefined) return () => '';
  if (second === undefined) return first;
  return (scope) => {
    let out = '';
    for (const print of prints) out += print(scope);
    return out;
  };
}

function compilePrint(node: Node): Print {
  switch (node.type) {
    case 'StringLiteral': {
      const text = textOf(node, 'value');
      return () => text;
    }
    case 'Comment':
      return () => '';
    case 'If': {
      const test = compile(part(node, 'test'));
      const yes = compileBody(parts(node, 'body'));
      const no = compileBody(parts(node, 'alternate'));
      return (scope) => (truth(test(scope)) ? yes(scope) : no(scope));
    }
    case 'For':
      return compileFor(node);
    case 'Set':
      return compileSet(node);
    case 'FilterStatement': {
      const body = compileBody(parts(node, 'body'));
      const filter = compileFilter(part(node, 'filter'));
      return (scope) => toText(filter(body(scope), scope));
    }
    case 'Macro':
    case 'CallStatement':
    case 'Break':
    case 'Continue':
      throw new TemplateError(`'${node.type.toLowerCase()}' is not supported in task files`);
    default: {
      const value = compile(node);
      return (scope) => {
        const text = toText(value(scope));
        spend(text.length);
        return text;
      };
    }
  }
}

function lookup(scope: Scope, name: string): Runtime {
  for (let s: Scope | null = scope; s !== null; s = s.parent) {
    const value = s.variables?.get(name);
    if (value !== undefined) return value;
  }
  return orUndefined(fieldOf(scope.doc, name), `'${name}' is undefined`);
}

/** Binds a loop variable or the left side of `set`; several names unpack a list. */
function binder(target: Node): (scope: Scope, value: Runtime) => void {
  const bind = (scope: Scope, name: string, value: Runtime) => {
    scope.variables ??= new Map();
    scope.variables.set(name, value);
  };
  if (target.type === 'Identifier') {
    const name = textOf(target, 'value');
    return (scope, value) => bind(scope, name, value);
  }
  if (target.type !== 'TupleLiteral') throw new TemplateError(`cannot assign to a ${target.type}`);
  const names = parts(target, 'value').map((node) => textOf(node, 'value'));
  return (scope, value) => {
    const items = iterate(value);
    if (items.length !== names.length) throw new TemplateError(`cannot unpack ${items.length} values into ${names.length} names`);
    names.forEach((name, i) => {
      bind(scope, name, items[i] ?? null);
    });
  };
}

function compileSet(node: Node): Print {
  const target = part(node, 'assignee');
  const valueNode = optionalPart(node, 'value');
  const body = valueNode === null ? compileBody(parts(node, 'body')) : null;
  const value: Evaluate = valueNode === null ? (scope) => body?.(scope) ?? '' : compile(valueNode);
  if (target.type === 'MemberExpression') {
    const object = compile(part(target, 'object'));
    const name = textOf(part(target, 'property'), 'value');
    return (scope) => {
      const owner = object(scope);
      if (!(owner instanceof Namespace)) throw new TemplateError('only the fields of a namespace can be set');
      owner.fields.set(name, plain(value(scope)));
      return '';
    };
  }
  const bind = binder(target);
  return (scope) => {
    bind(scope, value(scope));
    return '';
  };
}

function compileFor(node: Node): Print {
  const iterable = part(node, 'iterable');
  const filtered = iterable.type === 'SelectExpression';
  const items = compile(filtered ? part(iterable, 'lhs') : iterable);
  const test = filtered ? compile(part(iterable, 'test')) : null;
  const bind = binder(part(node, 'loopvar'));
  const body = compileBody(parts(node, 'body'));
  const otherwise = compileBody(parts(node, 'defaultBlock'));
  return (scope) => {
    const inner = (): Scope => ({ doc: scope.doc, parent: scope, variables: null, steps: scope.steps });
    const kept = iterate(items(scope)).filter((item) => {
      if (test === null) return true;
      const s = inner();
      bind(s, item);
      return truth(test(s));
    });
    if (kept.length === 0) return otherwise(scope);
    let out = '';
    kept.forEach((item, i) => {
      if (--scope.steps.left < 0) throw new TemplateError(`loops of more than ${MAX_STEPS} steps`);
      const s = inner();
      bind(s, item);
      s.variables?.set('loop', loopValue(kept, i));
      out += body(s);
    });
    return out;
  };
}

function loopValue(items: readonly Value[], i: number): Value {
  const last = items.length - 1;
  const fields: [string, Value][] = [
    ['index', i + 1],
    ['index0', i],
    ['revindex', last - i + 1],
    ['revindex0', last - i],
    ['first', i === 0],
    ['last', i === last],
    ['length', items.length],
  ];
  if (i > 0) fields.push(['previtem', items[i - 1] ?? null]);
  if (i < last) fields.push(['nextitem', items[i + 1] ?? null]);
  return fromEntries(fields);
}

/** Names that are values of the language, not fields of the document. */
const LITERALS: Readonly<Record<string, Value>> = { true: true, false: false, none: null, True: true, False: false, None: null };

function compile(node: Node): Evaluate {
  switch (node.type) {
    case 'StringLiteral':
    case 'IntegerLiteral':
    case 'FloatLiteral': {
      const value = literal(node);
      return () => value;
    }
    case 'Identifier': {
      const name = textOf(node, 'value');
      const value = Object.hasOwn(LITERALS, name) ? LITERALS[name] : undefined;
      return value === undefined ? (scope) => lookup(scope, name) : () => value;
    }
    case 'ArrayLiteral': {
      const items = parts(node, 'value').map(compile);
      return (scope) => items.map((item) => plain(item(scope)));
    }
    case 'TupleLiteral': {
      const items = parts(node, 'value').map(compile);
      return (scope) => asTuple(items.map((item) => plain(item(scope))));
    }
    case 'ObjectLiteral':
      return compileObject(node);
    case 'MemberExpression':
      return compileMember(node);
    case 'CallExpression':
      return compileCall(node);
    case 'UnaryExpression':
      return compileUnary(node);
    case 'BinaryExpression':
      return compileBinary(node);
    case 'FilterExpression': {
      const operand = compile(part(node, 'operand'));
      const filter = compileFilter(part(node, 'filter'));
      return (scope) => filter(operand(scope), scope);
    }
    case 'TestExpression': {
      const operand = compile(part(node, 'operand'));
      const test = testNamed(textOf(part(node, 'test'), 'value'));
      const negate: unknown = Reflect.get(node, 'negate');
      return (scope) => test(operand(scope), []) !== (negate === true);
    }
    case 'Ternary': {
      const condition = compile(part(node, 'condition'));
      const yes = compile(part(node, 'trueExpr'));
      const no = compile(part(node, 'falseExpr'));
      return (scope) => (truth(condition(scope)) ? yes(scope) : no(scope));
    }
    case 'SelectExpression': {
      const value = compile(part(node, 'lhs'));
      const test = compile(part(node, 'test'));
      // Jinja's value for a missing else prints as nothing, even where undefined names are errors.
      return (scope) => (truth(test(scope)) ? value(scope) : '');
    }
    default:
      throw new TemplateError(`'${node.type}' is not supported in task files`);
  }
}

function literal(node: Node): Value {
  const value: unknown = Reflect.get(node, 'value');
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') throw new TemplateError(`a ${node.type} without a value`);
  if (node.type === 'FloatLiteral') return plain(filterNamed('float')(String(value), { positional: [], named: new Map() }));
  if (!Number.isSafeInteger(value)) throw new TemplateError('an integer literal beyond 2^53');
  return value;
}

function compileObject(node: Node): Evaluate {
  const map: unknown = Reflect.get(node, 'value');
  if (!(map instanceof Map)) throw new TemplateError('an object literal without fields');
  const entries = [...map].map(([key, value]: [unknown, unknown]) => {
    if (!isNode(key) || !isNode(value)) throw new TemplateError('an object literal without fields');
    return [compile(key), compile(value)] as const;
  });
  return (scope) => fromEntries(entries.map(([key, value]) => [toText(key(scope)), plain(value(scope))] as const));
}

function compileMember(node: Node): Evaluate {
  const object = compile(part(node, 'object'));
  const property = part(node, 'property');
  const computed: unknown = Reflect.get(node, 'computed');
  if (computed !== true) {
    const name = property.type === 'IntegerLiteral' ? literal(property) : textOf(property, 'value');
    return (scope) => getAttribute(object(scope), name);
  }
  if (property.type === 'SliceExpression') {
    const [start, stop, step] = (['start', 'stop', 'step'] as const).map((key) => {
      const bound = optionalPart(property, key);
      return bound === null ? null : compile(bound);
    });
    return (scope) => slice(object(scope), bound(start, scope), bound(stop, scope), bound(step, scope));
  }
  const key = compile(property);
  return (scope) => getItem(object(scope), key(scope));
}

function bound(evaluate: Evaluate | null | undefined, scope: Scope): number | null {
  const value = evaluate?.(scope) ?? null;
  return value === null ? null : asIndex(value, 'a slice bound');
}

/** `value.name`: Python looks for a method or attribute first, then for a field. */
function getAttribute(value: Runtime, name: Value): Runtime {
  if (value instanceof Namespace) return orUndefined(value.fields.get(toText(name)), `the namespace has no '${toText(name)}'`);
  const v = plain(value);
  if (isFields(v) && typeof name === 'string' && isDictMethod(name)) {
    throw new TemplateError(`'.${name}' is a method; the field of that name is ['${name}']`);
  }
  return getItem(v, name);
}

function getItem(value: Runtime, key: Runtime): Runtime {
  const v = plain(value);
  const k = plain(key);
  if (isFields(v)) return orUndefined(fieldOf(v, toText(k)), `no field '${toText(k)}'`);
  if (typeof v === 'string' || isArray(v)) {
    if (typeof k === 'string') return new Undefined(`${typeName(v)} has no attribute '${k}'`);
    if (typeof v === 'string') spend(v.length);
    const items = typeof v === 'string' ? Array.from(v) : v;
    return orUndefined(items.at(asIndex(k, 'an index')), `${typeName(v)} of ${items.length} has no item ${toText(k)}`);
  }
  return new Undefined(`${typeName(v)} has no field '${toText(k)}'`);
}

function slice(value: Runtime, start: number | null, stop: number | null, step: number | null): Value {
  const v = plain(value);
  if (typeof v !== 'string' && !isArray(v)) throw new TemplateError(`${typeName(v)} cannot be sliced`);
  spend(v.length);
  const items: readonly Value[] = typeof v === 'string' ? Array.from(v) : v;
  const by = step ?? 1;
  if (by === 0) throw new TemplateError('a slice step of zero');
  const low = by > 0 ? 0 : -1;
  const high = by > 0 ? items.length : items.length - 1;
  const clip = (at: number | null, otherwise: number) =>
    at === null ? otherwise : Math.min(high, Math.max(low, at < 0 ? at + items.length : at));
  const end = clip(stop, by > 0 ? high : low);
  const picked: Value[] = [];
  for (let i = clip(start, by > 0 ? low : high); by > 0 ? i < end : i > end; i += by) picked.push(items[i] ?? null);
  return typeof v === 'string' ? picked.join('') : picked;
}

function compileArguments(nodes: readonly Node[]): (scope: Scope) => Arguments {
  const positional: Evaluate[] = [];
  const named: [string, Evaluate][] = [];
  for (const node of nodes) {
    if (node.type === 'KeywordArgumentExpression') named.push([textOf(part(node, 'key'), 'value'), compile(part(node, 'value'))]);
    else positional.push(compile(node));
  }
  return (scope) => ({
    positional: positional.map((evaluate) => evaluate(scope)),
    named: new Map(named.map(([name, evaluate]) => [name, evaluate(scope)])),
  });
}

function compileFilter(node: Node): (value: Runtime, scope: Scope) => Runtime {
  const called = node.type === 'CallExpression';
  const filter = filterNamed(textOf(called ? part(node, 'callee') : node, 'value'));
  const args = compileArguments(called ? parts(node, 'args') : []);
  return (value, scope) => filter(value, args(scope));
}

function compileCall(node: Node): Evaluate {
  const callee = part(node, 'callee');
  const args = compileArguments(parts(node, 'args'));
  if (callee.type === 'MemberExpression') {
    const object = compile(part(callee, 'object'));
    const name = textOf(part(callee, 'property'), 'value');
    return (scope) => callMethod(object(scope), name, args(scope));
  }
  const name = callee.type === 'Identifier' ? textOf(callee, 'value') : '';
  const make = Object.hasOwn(GLOBALS, name) ? GLOBALS[name] : undefined;
  if (make === undefined) throw new TemplateError(`no function '${name}' here; there are ${Object.keys(GLOBALS).join(', ')}`);
  return (scope) => make(args(scope));
}

/** Jinja's global functions. */
const GLOBALS: Readonly<Record<string, (args: Arguments) => Runtime>> = {
  range: (args) => {
    const bounds = args.positional.map((x) => asIndex(x, 'a bound of range'));
    const [start, stop, step] = bounds.length === 1 ? [0, bounds[0] ?? 0, 1] : [bounds[0] ?? 0, bounds[1] ?? 0, bounds[2] ?? 1];
    const length = Math.max(0, Math.ceil((stop - start) / step));
    if (step === 0 || length > 100_000) throw new TemplateError('range of more than 100000 numbers or with step 0');
    spend(length);
    return Array.from({ length }, (_, i) => start + i * step);
  },
  dict: (args) => fromEntries([...args.named].map(([key, value]) => [key, plain(value)] as const)),
  namespace: (args) => new Namespace(new Map([...args.named].map(([key, value]) => [key, plain(value)]))),
};

function operatorOf(node: Node): string {
  const token: unknown = Reflect.get(node, 'operator');
  const value: unknown = typeof token === 'object' && token !== null && 'value' in token ? token.value : undefined;
  if (typeof value !== 'string') throw new TemplateError(`a ${node.type} without operator`);
  return value;
}

function compileUnary(node: Node): Evaluate {
  const operator = operatorOf(node);
  const value = compile(part(node, 'argument'));
  if (operator === 'not') return (scope) => !truth(value(scope));
  if (operator === '-' || operator === '+') return (scope) => signed(operator, value(scope));
  throw new TemplateError(`no operator '${operator}'`);
}

function isBinary(operator: string): operator is keyof typeof BINARY {
  return Object.hasOwn(BINARY, operator);
}

function compileBinary(node: Node): Evaluate {
  const operator = operatorOf(node);
  const left = compile(part(node, 'left'));
  const right = compile(part(node, 'right'));
  if (operator === 'and' || operator === 'or') {
    return (scope) => {
      const value = left(scope);
      return truth(value) === (operator === 'and') ? right(scope) : value;
    };
  }
  if (!isBinary(operator)) throw new TemplateError(`no operator '${operator}'`);
  const apply = BINARY[operator];
  return (scope) => apply(left(scope), right(scope));
}
