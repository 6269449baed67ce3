import { at } from '../at.js';
import type { Environment } from './environment.js';
import { call, type Expression, parseCommas, parseExpression, parseFilterChain, parseTargetName, parseTuple } from './expression.js';
import { iterate, truth } from './iterate.js';
import { tokenize } from './lex.js';
import { Loop } from './loop.js';
import { Macro } from './macro.js';
import { checkedLength } from './operators.js';
import { ENTRY, type Part, part } from './part.js';
import { toText } from './print.js';
import { type Evaluate, Output, type Run, type Scope, type Signal } from './scope.js';
import { TokenStream } from './token-stream.js';
import { Namespace, present, type Runtime, typeName } from './values.js';
import { nested, spend, TemplateError } from './work.js';

/** `elif` of one `if`; each nests in the one before. */
const MAX_ELIF = 300;
/** Jinja's statements that need a loader of templates or HTML. */
const UNSUPPORTED = ['block', 'extends', 'include', 'from', 'import', 'autoescape'];

/** A statement as the function that runs it. */
interface Statement extends Part<Run> {
  /** The value that the statement prints, where it does nothing else. */
  readonly value?: Evaluate;
}

/** Binds a loop variable or the left side of `set`. */
type Target = Part<(scope: Scope, value: Runtime) => void>;

/** A macro's or call block's parameters, and the values of the last ones. */
interface Signature {
  readonly parameters: readonly string[];
  readonly defaults: readonly Evaluate[];
}

interface ForParts {
  readonly target: Target;
  readonly test: Expression | null;
  readonly recursive: boolean;
  readonly body: Part<Run>;
  readonly otherwise: Part<Run>;
  /** Of one turn. */
  readonly cost: number;
}

/** A template as functions. */
export interface ParsedTemplate {
  readonly run: Run;
  /** The value of a template that is nothing but one printed expression; null for all others. */
  readonly value: Evaluate | null;
  /** Throws `TemplateError` for filters and tests that there are not. */
  readonly check: () => void;
}

/**
 * Returns what a template stands for. Throws `TemplateError` with the line when it is no template.
 */
export function parseTemplate(source: string, environment: Environment): ParsedTemplate {
  const stream = new TokenStream(tokenize(source, environment));
  const statements = new Parser(stream, environment.extensions).template();
  const [only] = statements;
  const single = statements.length === 1 && source.startsWith('{{') ? only?.value : undefined;
  return { run: sequence(statements).run, value: single ?? null, check: () => stream.check() };
}

function write(out: Output, text: string): Signal {
  spend(text.length);
  out.text = checkedLength(out.text + text);
  return null;
}

/** What statements print, as a text of its own. */
function textOf(body: Part<Run>): (scope: Scope) => string {
  return (scope) => {
    const out = new Output();
    body.run(scope, out);
    return out.text;
  };
}

/** Statements as one, which ends where one of them leaves its loop. */
function sequence(statements: readonly Statement[]): Part<Run> {
  const [first, second] = statements;
  if (first !== undefined && second === undefined) return first;
  const run: Run = (scope, out) => {
    for (const statement of statements) {
      const signal = statement.run(scope, out);
      if (signal !== null) return signal;
    }
    return null;
  };
  return part(run, statements);
}

function printing(value: Expression): Statement {
  return { ...part<Run>((scope, out) => write(out, toText(value.run(scope))), [value]), value: value.run };
}

class Parser {
  #loops = 0;

  constructor(
    private readonly stream: TokenStream,
    private readonly extensions: boolean,
  ) {}

  template(): readonly Statement[] {
    return this.#statements([]);
  }

  /** Statements up to one of the names, whose token is current afterwards; up to the end where there are no names. */
  #statements(ends: readonly string[]): readonly Statement[] {
    const { stream } = this;
    const body: Statement[] = [];
    for (;;) {
      const { kind, text } = stream.take();
      if (kind === 'data') body.push(part((_scope, out) => write(out, text)));
      else if (kind === 'variable_begin') {
        body.push(printing(parseTuple(stream)));
        stream.expect('variable_end');
      } else if (kind === 'block_begin') {
        if (ends.length > 0 && stream.isName(...ends)) return body;
        body.push(...stream.deeper(() => this.#statement()));
        stream.expect('block_end');
      } else {
        if (ends.length > 0) stream.fail(`expected '{% ${ends.at(-1) ?? ''} %}'`);
        return body;
      }
    }
  }

  /** The statements of a block, from the end of its opening tag on. */
  #block(...ends: readonly string[]): Part<Run> {
    this.stream.skip('operator', ':');
    this.stream.expect('block_end');
    return sequence(this.#statements(ends));
  }

  /** The statements of a block that only `end` closes. */
  #closed(end: string): Part<Run> {
    const body = this.#block(end);
    this.stream.take();
    return body;
  }

  /** A block of its own: what is named in it must be known, also where a condition stands around it. */
  #own(end: string): Part<Run> {
    return this.stream.insisting(() => this.#closed(end));
  }

  #statement(): readonly Statement[] {
    const { stream } = this;
    const name = stream.expect('name').text;
    switch (name) {
      case 'if': {
        const { mark } = stream;
        const statement = this.#if(0);
        stream.forgive(mark);
        return [statement];
      }
      case 'for':
        return [this.#for()];
      case 'set':
        return [this.#set()];
      case 'with':
        return [this.#with()];
      case 'macro':
        return [this.#macro()];
      case 'call':
        return [this.#call()];
      case 'filter': {
        const filters = parseFilterChain(stream);
        const body = this.#own('endfilter');
        const text = textOf(body);
        return [part((scope, out) => write(out, toText(filters.run(text(scope.inner()), scope))), [filters, body])];
      }
      case 'print':
        return this.#print();
      default:
    }
    if (this.extensions && name === 'generation') {
      const body = this.#own('endgeneration');
      const text = textOf(body);
      return [part((scope, out) => write(out, text(scope.inner())), [body])];
    }
    if (this.extensions && (name === 'break' || name === 'continue')) {
      if (this.#loops === 0) stream.fail(`'${name}' outside of a loop`);
      return [part(() => name)];
    }
    return stream.fail(UNSUPPORTED.includes(name) ? `'${name}' is not supported` : `there is no statement '${name}' here`);
  }

  #if(elifs: number): Statement {
    const { stream } = this;
    if (elifs > MAX_ELIF) stream.fail(`more than ${MAX_ELIF} elif`);
    const test = parseTuple(stream, { conditions: false });
    const yes = this.#block('elif', 'else', 'endif');
    const end = stream.take().text;
    const no = end === 'elif' ? this.#if(elifs + 1) : end === 'else' ? this.#closed('endif') : sequence([]);
    return part((scope, out) => (truth(test.run(scope)) ? yes.run(scope, out) : no.run(scope, out)), [test, yes, no]);
  }

  #for(): Statement {
    const { stream } = this;
    const target = this.#target(false, ['in']);
    stream.expect('name', 'in');
    const items = parseTuple(stream, { conditions: false, ends: ['recursive'] });
    const parts = stream.insisting((): ForParts => {
      const test = stream.skip('name', 'if') ? parseExpression(stream) : null;
      const recursive = stream.skip('name', 'recursive');
      this.#loops++;
      const body = this.#block('endfor', 'else');
      this.#loops--;
      const otherwise = stream.take().text === 'else' ? this.#closed('endfor') : sequence([]);
      return { target, test, recursive, body, otherwise, cost: body.cost + ENTRY + (test === null ? 0 : test.cost + ENTRY) };
    });
    return part((scope, out) => runLoop(parts, items.run(scope), scope, out, 0), [target, items, parts.body, parts.otherwise]);
  }

  #set(): Statement {
    const { stream } = this;
    const target = this.#target(true, []);
    if (stream.skip('operator', '=')) {
      const value = parseTuple(stream);
      return part((scope) => assigned(target, scope, value.run(scope)), [target, value]);
    }
    return stream.insisting(() => {
      const filters = stream.skip('operator', '|') ? parseFilterChain(stream) : null;
      const body = this.#closed('endset');
      const text = textOf(body);
      const run: Run = (scope) => {
        const value = text(scope.inner());
        return assigned(target, scope, filters === null ? value : filters.run(value, scope));
      };
      return part(run, filters === null ? [target, body] : [target, filters, body]);
    });
  }

  #with(): Statement {
    const { stream } = this;
    const values: (readonly [Target, Expression])[] = [];
    while (!stream.is('block_end')) {
      if (values.length > 0) stream.expect('operator', ',');
      const target = this.#target(false, []);
      stream.expect('operator', '=');
      values.push([target, parseExpression(stream)]);
    }
    const body = this.#own('endwith');
    const run: Run = (scope, out) => {
      const inner = scope.inner();
      // The values do not see the names of the statement.
      for (const [target, value] of values) target.run(inner, value.run(scope));
      return body.run(inner, out);
    };
    return part(run, [...values.flat(), body]);
  }

  /** The function that makes a macro, or a caller without a name, at the place of its definition; its body follows. */
  #function(name: string | null, { parameters, defaults }: Signature, end: string): Part<(scope: Scope) => Macro> {
    const { stream } = this;
    // A loop around a function's definition is none around its statements.
    const [loops, loads] = [this.#loops, stream.loads.length];
    this.#loops = 0;
    const body = this.#own(end);
    this.#loops = loops;
    const uses = new Set(stream.loads.slice(loads));
    const parts = { name, parameters, defaults, body: textOf(body), uses, cost: body.cost + ENTRY, depth: body.depth };
    return part((scope) => new Macro(parts, scope), [body]);
  }

  #signature(): Signature {
    const { stream } = this;
    const parameters: string[] = [];
    const defaults: Evaluate[] = [];
    stream.expect('operator', '(');
    while (!stream.isOperator(')')) {
      if (parameters.length > 0) stream.expect('operator', ',');
      const name = parseTargetName(stream);
      if (parameters.includes(name)) stream.fail(`a second parameter '${name}'`);
      parameters.push(name);
      if (stream.skip('operator', '=')) defaults.push(parseExpression(stream).run);
      else if (defaults.length > 0) stream.fail('a parameter without a default behind one with a default');
    }
    stream.take();
    return { parameters, defaults };
  }

  #macro(): Statement {
    const { stream } = this;
    const name = parseTargetName(stream);
    const macro = this.#function(
      name,
      stream.insisting(() => this.#signature()),
      'endmacro',
    );
    const run: Run = (scope) => {
      scope.set(name, macro.run(scope));
      return null;
    };
    return part(run, [macro]);
  }

  #call(): Statement {
    const { stream } = this;
    const signature = stream.isOperator('(') ? stream.insisting(() => this.#signature()) : { parameters: [], defaults: [] };
    const { callee, args } = parseExpression(stream).call ?? stream.fail('expected a call');
    const caller = this.#function(null, signature, 'endcall');
    const run: Run = (scope, out) => {
      const { positional, named } = args.run(scope);
      const withCaller = new Map<string, Runtime>([...named, ['caller', caller.run(scope)]]);
      return write(out, toText(call(callee.run(scope), { positional, named: withCaller }, callee.name ?? null, scope)));
    };
    return part(run, [callee, args, caller]);
  }

  #print(): readonly Statement[] {
    const { stream } = this;
    const prints: Statement[] = [];
    while (!stream.is('block_end')) {
      if (prints.length > 0) stream.expect('operator', ',');
      prints.push(printing(parseExpression(stream)));
    }
    return prints;
  }

  /** What stands left of `=` or behind `for`; several names unpack a list. */
  #target(fields: boolean, ends: readonly string[]): Target {
    const { stream } = this;
    const { items, commas } = parseCommas(stream, ends, () => this.#singleTarget(fields));
    const [only] = items;
    if (only === undefined) return stream.fail('expected a name');
    return commas ? part((scope, value) => unpack(items, scope, value), items) : only;
  }

  #singleTarget(fields: boolean): Target {
    const { stream } = this;
    if (stream.skip('operator', '(')) {
      const inside = stream.deeper(() => this.#target(fields, []));
      stream.expect('operator', ')');
      return inside;
    }
    const name = parseTargetName(stream);
    if (!fields || !stream.skip('operator', '.')) return part((scope, value) => scope.set(name, value));
    const field = stream.expect('name').text;
    return part((scope, value) => setField(scope.get(name), name, field, value));
  }
}

function assigned(target: Target, scope: Scope, value: Runtime): Signal {
  target.run(scope, value);
  return null;
}

function setField(owner: Runtime, name: string, field: string, value: Runtime): void {
  present(owner);
  if (!(owner instanceof Namespace)) throw new TemplateError(`'${name}' is ${typeName(owner)}; only the fields of a namespace can be set`);
  spend(1);
  owner.fields.set(field, value);
}

function unpack(targets: readonly Target[], scope: Scope, value: Runtime): void {
  const items: Runtime[] = [];
  for (const item of iterate(value)) {
    items.push(item);
    if (items.length > targets.length)
      throw new TemplateError(`cannot unpack more than ${targets.length} values into ${targets.length} names`);
  }
  if (items.length !== targets.length) throw new TemplateError(`cannot unpack ${items.length} values into ${targets.length} names`);
  for (const [i, target] of targets.entries()) target.run(scope, at(items, i));
}

function runLoop(parts: ForParts, items: Runtime, scope: Scope, out: Output, depth0: number): Signal {
  const recurse = (inner: Runtime, depth: number): string =>
    nested(parts.body.depth + 1, () => {
      const text = new Output();
      runLoop(parts, inner, scope, text, depth);
      return text.text;
    });
  const { strict } = scope.context.environment;
  const loop = new Loop(chosen(parts, items, scope), depth0, strict, parts.recursive ? recurse : null);
  let completed = false;
  for (let item = loop.next(); item !== undefined; item = loop.next()) {
    spend(parts.cost);
    const inner = scope.inner();
    inner.set('loop', loop);
    parts.target.run(inner, item);
    const signal = parts.body.run(inner, out);
    if (signal === 'break') break;
    // Jinja runs `else` unless the end of the body was reached once: a loop that always leaves with `continue` counts as empty.
    if (signal === null) completed = true;
  }
  return completed ? null : parts.otherwise.run(scope.inner(), out);
}

/** The items that the loop's condition lets through, looked at one by one. A `loop` in the condition is that of the loop around. */
function* chosen({ test, target, cost }: ForParts, items: Runtime, scope: Scope): Generator<Runtime> {
  for (const item of iterate(items)) {
    if (test !== null) {
      spend(cost);
      const inner = scope.inner();
      target.run(inner, item);
      if (!truth(test.run(inner))) continue;
    }
    yield item;
  }
}
