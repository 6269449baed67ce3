import { type CompileSettings, call, compileArguments, compileExpression, compileFilterChain } from './compile-expression.js';
import { iterate, truth } from './iterate.js';
import { Loop } from './loop.js';
import { Macro, type MacroParts } from './macro.js';
import { costOf, depthOf, loadsOf } from './measure.js';
import type { Expression, Signature, Statement, Target } from './nodes.js';
import { checkedLength } from './operators.js';
import { toText } from './print.js';
import { type Evaluate, Output, type Run, type Scope, type Signal } from './scope.js';
import { Namespace, type Runtime, typeName, Undefined } from './values.js';
import { nested, spend, TemplateError } from './work.js';

const OUTSIDE: CompileSettings = { conditional: false };
const INSIDE: CompileSettings = { conditional: true };

/**
 * Returns the function that runs statements. Throws `TemplateError` for filters and tests that there are not.
 */
export function compileStatements(body: readonly Statement[], settings: CompileSettings = OUTSIDE): Run {
  const runs = body.map((statement) => compileStatement(statement, settings));
  const [first, second] = runs;
  if (first === undefined) return () => null;
  if (second === undefined) return first;
  return (scope, out) => {
    for (const run of runs) {
      const signal = run(scope, out);
      if (signal !== null) return signal;
    }
    return null;
  };
}

function write(out: Output, text: string): void {
  spend(text.length);
  out.text = checkedLength(out.text + text);
}

/** What statements print, as a text of its own. */
function textOf(run: Run): (scope: Scope) => string {
  return (scope) => {
    const out = new Output();
    run(scope, out);
    return out.text;
  };
}

function compileStatement(node: Statement, settings: CompileSettings): Run {
  switch (node.kind) {
    case 'text': {
      const { text } = node;
      return (_scope, out) => {
        write(out, text);
        return null;
      };
    }
    case 'print': {
      const value = compileExpression(node.value, settings);
      return (scope, out) => {
        write(out, toText(value(scope)));
        return null;
      };
    }
    case 'if': {
      const test = compileExpression(node.test, INSIDE);
      const yes = compileStatements(node.yes, INSIDE);
      const no = compileStatements(node.no, INSIDE);
      return (scope, out) => (truth(test(scope)) ? yes(scope, out) : no(scope, out));
    }
    case 'for':
      return compileFor(node, settings);
    case 'set': {
      const value = compileExpression(node.value, settings);
      const assign = compileTarget(node.target);
      return (scope) => {
        assign(scope, value(scope));
        return null;
      };
    }
    case 'set block':
      return compileSetBlock(node);
    case 'with':
      return compileWith(node, settings);
    case 'macro': {
      const make = macroMaker(node.name, node.signature, node.body);
      const { name } = node;
      return (scope) => {
        scope.set(name, make(scope));
        return null;
      };
    }
    case 'call':
      return compileCallBlock(node, settings);
    case 'filter': {
      const body = textOf(compileStatements(node.body));
      const filter = compileFilterChain(node.filter, settings);
      return (scope, out) => {
        write(out, toText(filter(body(scope.inner()), scope)));
        return null;
      };
    }
    case 'generation': {
      const body = textOf(compileStatements(node.body));
      return (scope, out) => {
        write(out, body(scope.inner()));
        return null;
      };
    }
    case 'break':
    case 'continue': {
      const signal: Signal = node.kind;
      return () => signal;
    }
  }
}

/** Binds a loop variable or the left side of `set`; several names unpack a list. */
function compileTarget(target: Target): (scope: Scope, value: Runtime) => void {
  switch (target.kind) {
    case 'name': {
      const { name } = target;
      return (scope, value) => scope.set(name, value);
    }
    case 'field': {
      const { owner, name } = target;
      return (scope, value) => {
        const namespace = scope.get(owner);
        if (namespace instanceof Undefined) throw new TemplateError(namespace.message);
        if (!(namespace instanceof Namespace))
          throw new TemplateError(`'${owner}' is ${typeName(namespace)}; only the fields of a namespace can be set`);
        spend(1);
        namespace.fields.set(name, value);
      };
    }
    case 'tuple': {
      const binders = target.items.map(compileTarget);
      return (scope, value) => {
        const items: Runtime[] = [];
        for (const item of iterate(value)) {
          items.push(item);
          if (items.length > binders.length)
            throw new TemplateError(`cannot unpack more than ${binders.length} values into ${binders.length} names`);
        }
        if (items.length !== binders.length) throw new TemplateError(`cannot unpack ${items.length} values into ${binders.length} names`);
        binders.forEach((bind, i) => {
          bind(scope, items[i] ?? null);
        });
      };
    }
  }
}

function compileSetBlock(node: Statement & { readonly kind: 'set block' }): Run {
  const body = textOf(compileStatements(node.body));
  const filter = node.filter === null ? null : compileFilterChain(node.filter, OUTSIDE);
  const assign = compileTarget(node.target);
  return (scope) => {
    const text = body(scope.inner());
    assign(scope, filter === null ? text : filter(text, scope));
    return null;
  };
}

function compileWith(node: Statement & { readonly kind: 'with' }, settings: CompileSettings): Run {
  const values = node.values.map(([target, value]) => [compileTarget(target), compileExpression(value, settings)] as const);
  const body = compileStatements(node.body);
  return (scope, out) => {
    const inner = scope.inner();
    const found = values.map(([, value]) => value(scope));
    values.forEach(([assign], i) => {
      assign(inner, found[i] ?? null);
    });
    return body(inner, out);
  };
}

function macroMaker(name: string | null, signature: Signature, body: readonly Statement[]): (scope: Scope) => Macro {
  const parts: MacroParts = {
    name,
    parameters: signature.names,
    defaults: signature.defaults.map((value) => compileExpression(value, OUTSIDE)),
    body: textOf(compileStatements(body)),
    uses: loadsOf(body, ['varargs', 'kwargs', 'caller']),
    cost: costOf(body),
    depth: depthOf(body),
  };
  return (scope) => new Macro(parts, scope);
}

function compileCallBlock(node: Statement & { readonly kind: 'call' }, settings: CompileSettings): Run {
  if (node.call.kind !== 'call') throw new TemplateError('a call block without a call');
  const { callee, args } = node.call;
  const make = macroMaker(null, node.signature, node.body);
  const called = compileExpression(callee, settings);
  const given = compileArguments(args, settings);
  const name = callee.kind === 'name' ? callee.name : null;
  return (scope, out) => {
    const values = given(scope);
    const named = new Map<string, Runtime>([...values.named, ['caller', make(scope)]]);
    write(out, toText(call(called(scope), { positional: values.positional, named }, name, scope)));
    return null;
  };
}

interface ForParts {
  readonly assign: (scope: Scope, value: Runtime) => void;
  readonly test: Evaluate | null;
  readonly body: Run;
  readonly otherwise: Run;
  readonly cost: number;
  readonly depth: number;
}

function compileFor(node: Statement & { readonly kind: 'for' }, settings: CompileSettings): Run {
  const items = compileExpression(node.items, settings);
  const parts: ForParts = {
    assign: compileTarget(node.target),
    test: node.test === null ? null : compileExpression(node.test, OUTSIDE),
    body: compileStatements(node.body),
    otherwise: compileStatements(node.otherwise),
    cost: costOf(node.body) + (node.test === null ? 0 : costOf([{ kind: 'print', value: node.test }])),
    depth: depthOf(node.body),
  };
  const { recursive } = node;
  return (scope, out) => runLoop(parts, items(scope), scope, out, 0, recursive);
}

function runLoop(parts: ForParts, items: Runtime, scope: Scope, out: Output, depth0: number, recursive: boolean): Signal {
  const { strict } = scope.context.environment;
  const recurse = (inner: Runtime, depth: number): string =>
    nested(parts.depth + 1, () => {
      const text = new Output();
      runLoop(parts, inner, scope, text, depth, true);
      return text.text;
    });
  const loop = new Loop(chosen(parts, items, scope), depth0, strict, recursive ? recurse : null);
  let completed = false;
  for (let item = loop.next(); item !== undefined; item = loop.next()) {
    spend(parts.cost);
    const inner = scope.inner();
    inner.set('loop', loop);
    parts.assign(inner, item);
    const signal = parts.body(inner, out);
    if (signal === 'break') break;
    // Jinja runs `else` unless the end of the body was reached once: a loop that always leaves with `continue` counts as empty.
    if (signal === null) completed = true;
  }
  return completed ? null : parts.otherwise(scope.inner(), out);
}

/** The items that the loop's condition lets through, looked at one by one. A `loop` in the condition is that of the loop around. */
function* chosen(parts: ForParts, items: Runtime, scope: Scope): Generator<Runtime> {
  for (const item of iterate(items)) {
    if (parts.test !== null) {
      spend(parts.cost);
      const inner = scope.inner();
      parts.assign(inner, item);
      if (!truth(parts.test(inner))) continue;
    }
    yield item;
  }
}

/**
 * Returns the function that gives the value of an expression that is a whole template.
 */
export function compileValue(node: Expression): Evaluate {
  return compileExpression(node, OUTSIDE);
}
