import { getAttribute, getItem, Slice } from './attributes.js';
import type { Filter } from './environment.js';
import { filterNamed, testNamed } from './filters.js';
import { iterate, truth } from './iterate.js';
import type { CallArguments, Expression } from './nodes.js';
import { arithmetic, checkedLength, compared, signed } from './operators.js';
import { toText } from './print.js';
import type { Evaluate, Scope } from './scope.js';
import { type Arguments, asText, Callable, Dict, type Runtime, Tuple, typeName, Undefined } from './values.js';
import { spend, TemplateError } from './work.js';

/** How an expression is compiled. */
export interface CompileSettings {
  /** Inside a condition a missing filter or test is an error only when it is reached. */
  readonly conditional: boolean;
}

/**
 * Returns the function that gives an expression's value. Throws `TemplateError` for filters and tests that there are not.
 */
export function compileExpression(node: Expression, settings: CompileSettings): Evaluate {
  const compile = (inner: Expression) => compileExpression(inner, settings);
  switch (node.kind) {
    case 'const': {
      const { value } = node;
      return () => value;
    }
    case 'name': {
      const { name } = node;
      return (scope) => scope.get(name);
    }
    case 'list':
    case 'tuple': {
      const items = node.items.map(compile);
      if (node.kind === 'tuple') return (scope) => new Tuple(items.map((item) => item(scope)));
      return (scope) => items.map((item) => item(scope));
    }
    case 'dict': {
      const entries = node.entries.map(([key, value]) => [compile(key), compile(value)] as const);
      return (scope) => new Dict(entries.map(([key, value]) => [key(scope), value(scope)] as const));
    }
    case 'attribute': {
      const owner = compile(node.owner);
      const { name } = node;
      return (scope) => getAttribute(owner(scope), name, scope.context.environment);
    }
    case 'item': {
      const owner = compile(node.owner);
      const index = compile(node.index);
      return (scope) => getItem(owner(scope), index(scope), scope.context.environment);
    }
    case 'slice': {
      const [start, stop, step] = [node.start, node.stop, node.step].map((bound) => (bound === null ? null : compile(bound)));
      return (scope) => new Slice(start?.(scope) ?? null, stop?.(scope) ?? null, step?.(scope) ?? null);
    }
    case 'call':
      return compileCall(node.callee, node.args, settings);
    case 'filter':
      return compileFilter(node, settings);
    case 'test': {
      const operand = compile(node.operand);
      const test = found(node.name, testNamed, settings);
      const args = compileArguments(node.args, settings);
      return (scope) => test()(operand(scope), args(scope), scope.context.environment);
    }
    case 'not': {
      const operand = compile(node.operand);
      return (scope) => !truth(operand(scope));
    }
    case 'negative':
    case 'positive': {
      const operand = compile(node.operand);
      const sign = node.kind === 'negative' ? '-' : '+';
      return (scope) => signed(sign, operand(scope));
    }
    case 'and':
    case 'or': {
      const left = compile(node.left);
      const right = compile(node.right);
      const goesOn = node.kind === 'and';
      return (scope) => {
        const value = left(scope);
        return truth(value) === goesOn ? right(scope) : value;
      };
    }
    case 'binary': {
      const left = compile(node.left);
      const right = compile(node.right);
      const { operator } = node;
      return (scope) => arithmetic(operator, left(scope), right(scope));
    }
    case 'concat': {
      const parts = node.parts.map(compile);
      return (scope) => {
        let text = '';
        for (const part of parts) {
          const more = toText(part(scope));
          spend(more.length);
          text += more;
        }
        return checkedLength(text);
      };
    }
    case 'compare':
      return compileCompare(node, settings);
    case 'if': {
      const inside = { conditional: true };
      const test = compileExpression(node.test, inside);
      const yes = compileExpression(node.yes, inside);
      // Jinja's value for a missing else prints as nothing, even where undefined names are errors.
      const nothing = new Undefined('the inline if-expression has no else', false);
      const no: Evaluate = node.no === null ? () => nothing : compileExpression(node.no, inside);
      return (scope) => (truth(test(scope)) ? yes(scope) : no(scope));
    }
  }
}

function compileCompare(node: Expression & { readonly kind: 'compare' }, settings: CompileSettings): Evaluate {
  const first = compileExpression(node.first, settings);
  const rest = node.rest.map(({ operator, value }) => ({ operator, value: compileExpression(value, settings) }));
  return (scope) => {
    let left = first(scope);
    for (const { operator, value } of rest) {
      const right = value(scope);
      if (!compared(operator, left, right)) return false;
      left = right;
    }
    return true;
  };
}

/** A filter or test by name: at once, or when it is first used where that may never be. */
function found<T>(name: string, find: (name: string) => T, settings: CompileSettings): () => T {
  if (settings.conditional) return () => find(name);
  const known = find(name);
  return () => known;
}

function compileFilter(node: Expression & { readonly kind: 'filter' }, settings: CompileSettings): Evaluate {
  if (node.operand === null) throw new TemplateError(`the filter '${node.name}' without a value`);
  const operand = compileExpression(node.operand, settings);
  const apply = compileFilterCall(node, settings);
  return (scope) => apply(operand(scope), scope);
}

function compileFilterCall(
  node: Expression & { readonly kind: 'filter' },
  settings: CompileSettings,
): (value: Runtime, scope: Scope) => Runtime {
  const filter: () => Filter = found(node.name, filterNamed, settings);
  const args = compileArguments(node.args, settings);
  return (value, scope) => filter()(value, args(scope), scope.context.environment);
}

/**
 * Returns the function that applies the filters of a `filter` or `set` block to its text.
 */
export function compileFilterChain(node: Expression, settings: CompileSettings): (value: Runtime, scope: Scope) => Runtime {
  if (node.kind !== 'filter') throw new TemplateError('a block without a filter');
  const apply = compileFilterCall(node, settings);
  if (node.operand === null) return apply;
  const before = compileFilterChain(node.operand, settings);
  return (value, scope) => apply(before(value, scope), scope);
}

/**
 * Returns the function that evaluates the arguments of a call.
 */
export function compileArguments(node: CallArguments, settings: CompileSettings): (scope: Scope) => Arguments {
  const positional = node.positional.map((value) => compileExpression(value, settings));
  const named = node.named.map(([name, value]) => [name, compileExpression(value, settings)] as const);
  const rest = node.rest === null ? null : compileExpression(node.rest, settings);
  const namedRest = node.namedRest === null ? null : compileExpression(node.namedRest, settings);
  return (scope) => {
    const values = positional.map((evaluate) => evaluate(scope));
    const byName = new Map(named.map(([name, evaluate]) => [name, evaluate(scope)]));
    if (rest !== null) values.push(...iterate(rest(scope)));
    if (namedRest !== null) addNamed(byName, namedRest(scope));
    return { positional: values, named: byName };
  };
}

function addNamed(byName: Map<string, Runtime>, fields: Runtime): void {
  if (!(fields instanceof Dict)) throw new TemplateError(`'**' wants an object, not ${typeName(fields)}`);
  for (const [key, value] of fields.entries()) {
    const name = asText(key, "each key behind '**'");
    if (byName.has(name)) throw new TemplateError(`two values for '${name}'`);
    byName.set(name, value);
  }
}

function compileCall(callee: Expression, args: CallArguments, settings: CompileSettings): Evaluate {
  const called = compileExpression(callee, settings);
  const given = compileArguments(args, settings);
  const name = callee.kind === 'name' || callee.kind === 'attribute' ? callee.name : null;
  return (scope) => call(called(scope), given(scope), name, scope);
}

/**
 * Returns the result of calling a value. Throws `TemplateError` naming what cannot be called.
 */
export function call(value: Runtime, args: Arguments, name: string | null, scope: Scope): Runtime {
  spend(1 + args.positional.length);
  if (value instanceof Callable) return value.call(args);
  if (value instanceof Undefined) {
    const advice = name === null ? undefined : scope.context.environment.advice[name];
    throw new TemplateError(value.message + (advice === undefined ? '' : `: ${advice}`));
  }
  throw new TemplateError(`${name === null ? typeName(value) : `'${name}' is ${typeName(value)} and`} cannot be called`);
}
