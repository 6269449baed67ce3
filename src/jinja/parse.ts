import { type LexerSettings, tokenize } from './lex.js';
import type { Expression, Signature, Statement, Target } from './nodes.js';
import { parseExpression, parseFilterChain, parseTarget, parseTargetName, parseTuple } from './parse-expression.js';
import { TokenStream } from './token-stream.js';

/** `elif` of one `if`; each nests in the one before. */
const MAX_ELIF = 300;
/** Jinja's statements that need a loader of templates or HTML. */
const UNSUPPORTED = ['block', 'extends', 'include', 'from', 'import', 'autoescape'];

export interface ParserSettings extends LexerSettings {
  /** Statements of extensions: `break`, `continue`, `generation`. */
  readonly extensions: boolean;
}

/**
 * Returns the statements of a template. Throws `TemplateError` with the line when it is no template.
 */
export function parseTemplate(source: string, settings: ParserSettings): readonly Statement[] {
  const parser = new Parser(new TokenStream(tokenize(source, settings)), settings.extensions);
  return parser.template();
}

class Parser {
  #loops = 0;

  constructor(
    private readonly stream: TokenStream,
    private readonly extensions: boolean,
  ) {}

  template(): readonly Statement[] {
    return this.#body([]);
  }

  /** Statements up to one of the names, whose token is current afterwards; up to the end where there are no names. */
  #body(ends: readonly string[]): readonly Statement[] {
    const { stream } = this;
    const body: Statement[] = [];
    for (;;) {
      const token = stream.take();
      if (token.kind === 'data') body.push({ kind: 'text', text: token.text });
      else if (token.kind === 'variable_begin') {
        body.push({ kind: 'print', value: parseTuple(stream) });
        stream.expect('variable_end');
      } else if (token.kind === 'block_begin') {
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
  #block(...ends: readonly string[]): readonly Statement[] {
    this.stream.skip('operator', ':');
    this.stream.expect('block_end');
    return this.#body(ends);
  }

  /** The statements of a block that only `end` closes. */
  #closed(end: string): readonly Statement[] {
    const body = this.#block(end);
    this.stream.take();
    return body;
  }

  #statement(): readonly Statement[] {
    const { stream } = this;
    const name = stream.expect('name').text;
    switch (name) {
      case 'if':
        return [this.#if(0)];
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
      case 'filter':
        return [{ kind: 'filter', filter: parseFilterChain(stream), body: this.#closed('endfilter') }];
      case 'print':
        return this.#print();
      default:
    }
    if (this.extensions && name === 'generation') return [{ kind: 'generation', body: this.#closed('endgeneration') }];
    if (this.extensions && (name === 'break' || name === 'continue')) {
      if (this.#loops === 0) stream.fail(`'${name}' outside of a loop`);
      return [{ kind: name }];
    }
    return stream.fail(UNSUPPORTED.includes(name) ? `'${name}' is not supported` : `there is no statement '${name}' here`);
  }

  #if(elifs: number): Statement {
    const { stream } = this;
    if (elifs > MAX_ELIF) stream.fail(`more than ${MAX_ELIF} elif`);
    const test = parseTuple(stream, { conditions: false });
    const yes = this.#block('elif', 'else', 'endif');
    const end = stream.take().text;
    if (end === 'elif') return { kind: 'if', test, yes, no: [this.#if(elifs + 1)] };
    return { kind: 'if', test, yes, no: end === 'else' ? this.#closed('endif') : [] };
  }

  #for(): Statement {
    const { stream } = this;
    const target = parseTarget(stream, { ends: ['in'] });
    stream.expect('name', 'in');
    const items = parseTuple(stream, { conditions: false, ends: ['recursive'] });
    const test = stream.skip('name', 'if') ? parseExpression(stream) : null;
    const recursive = stream.skip('name', 'recursive');
    this.#loops++;
    const body = this.#block('endfor', 'else');
    this.#loops--;
    const otherwise = stream.take().text === 'else' ? this.#closed('endfor') : [];
    return { kind: 'for', target, items, test, recursive, body, otherwise };
  }

  #set(): Statement {
    const { stream } = this;
    const target = parseTarget(stream, { fields: true });
    if (stream.skip('operator', '=')) return { kind: 'set', target, value: parseTuple(stream) };
    const filter: Expression | null = stream.skip('operator', '|') ? parseFilterChain(stream) : null;
    return { kind: 'set block', target, filter, body: this.#closed('endset') };
  }

  #with(): Statement {
    const { stream } = this;
    const values: (readonly [Target, Expression])[] = [];
    while (!stream.is('block_end')) {
      if (values.length > 0) stream.expect('operator', ',');
      const target = parseTarget(stream);
      stream.expect('operator', '=');
      values.push([target, parseExpression(stream)]);
    }
    return { kind: 'with', values, body: this.#closed('endwith') };
  }

  #signature(): Signature {
    const { stream } = this;
    const names: string[] = [];
    const defaults: Expression[] = [];
    stream.expect('operator', '(');
    while (!stream.isOperator(')')) {
      if (names.length > 0) stream.expect('operator', ',');
      const name = parseTargetName(stream);
      if (names.includes(name)) stream.fail(`a second parameter '${name}'`);
      names.push(name);
      if (stream.skip('operator', '=')) defaults.push(parseExpression(stream));
      else if (defaults.length > 0) stream.fail('a parameter without a default behind one with a default');
    }
    stream.take();
    return { names, defaults };
  }

  #macro(): Statement {
    const name = parseTargetName(this.stream);
    return { kind: 'macro', name, signature: this.#signature(), body: this.#outsideLoops('endmacro') };
  }

  #call(): Statement {
    const { stream } = this;
    const signature = stream.isOperator('(') ? this.#signature() : { names: [], defaults: [] };
    const call = parseExpression(stream);
    if (call.kind !== 'call') stream.fail('expected a call');
    return { kind: 'call', call, signature, body: this.#outsideLoops('endcall') };
  }

  /** The body of a function: a loop around its definition is none around its statements. */
  #outsideLoops(end: string): readonly Statement[] {
    const loops = this.#loops;
    this.#loops = 0;
    const body = this.#closed(end);
    this.#loops = loops;
    return body;
  }

  #print(): readonly Statement[] {
    const { stream } = this;
    const prints: Statement[] = [];
    while (!stream.is('block_end')) {
      if (prints.length > 0) stream.expect('operator', ',');
      prints.push({ kind: 'print', value: parseExpression(stream) });
    }
    return prints;
  }
}
