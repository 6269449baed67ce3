import { at } from '../at.js';
import type { Token, TokenKind } from './lex.js';
import { TemplateError } from './work.js';

/** Statements and expressions inside one another; what parses and runs them calls itself for each level. */
const MAX_NESTING = 100;
/** Operators in a row (`a + b + c` nests as deep as it is long). */
const MAX_CHAIN = 500;

interface Lookup {
  readonly found: () => unknown;
  /** Whether no condition forgives it. */
  firm: boolean;
}

/** The tokens of a template while they are parsed. */
export class TokenStream {
  /** Names that the expressions so far read. */
  readonly loads: string[] = [];
  readonly #lookups: Lookup[] = [];
  #at = 0;
  #depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get current(): Token {
    return this.#token(this.#at);
  }

  get next(): Token {
    return this.#token(this.#at + 1);
  }

  #token(index: number): Token {
    return at(this.tokens, Math.min(index, this.tokens.length - 1));
  }

  /** Returns the current token and moves on. */
  take(): Token {
    const token = this.current;
    this.#at++;
    return token;
  }

  is(kind: TokenKind, ...texts: readonly string[]): boolean {
    const { current } = this;
    return current.kind === kind && (texts.length === 0 || texts.includes(current.text));
  }

  isName(...names: readonly string[]): boolean {
    return this.is('name', ...names);
  }

  isOperator(...operators: readonly string[]): boolean {
    return this.is('operator', ...operators);
  }

  /** Moves on when the current token is this one. */
  skip(kind: TokenKind, text: string): boolean {
    if (!this.is(kind, text)) return false;
    this.#at++;
    return true;
  }

  /** Returns the current token, which must be of this kind and text. Throws `TemplateError`. */
  expect(kind: TokenKind, text?: string): Token {
    if (!this.is(kind, ...(text === undefined ? [] : [text]))) this.fail(`expected ${text === undefined ? WORDS[kind] : `'${text}'`}`);
    return this.take();
  }

  fail(message: string): never {
    const { kind, text, line } = this.current;
    throw new TemplateError(`line ${line}: ${message}, found ${kind === 'eof' || text === '' ? WORDS[kind] : `'${text.slice(0, 30)}'`}`);
  }

  /** Parses one level deeper. Throws `TemplateError` when the template nests too deeply. */
  deeper<T>(parse: () => T): T {
    if (++this.#depth > MAX_NESTING) this.fail(`nested deeper than ${MAX_NESTING} levels`);
    const result = parse();
    this.#depth--;
    return result;
  }

  /** Notes that the template names a filter or test, and returns the function that gives what `find` finds. */
  lookup<T>(find: () => T): () => T {
    let known: T | null = null;
    const found = (): T => (known ??= find());
    this.#lookups.push({ found, firm: false });
    return found;
  }

  /** What has been looked up so far, for `forgive`. */
  get mark(): number {
    return this.#lookups.length;
  }

  /** What was looked up since the mark stands in a condition: where it is not known, that is an error only when it is reached. */
  forgive(mark: number): void {
    for (const lookup of this.#lookups.splice(mark)) if (lookup.firm) this.#lookups.push(lookup);
  }

  /** Parses what Jinja holds to be no part of the conditions around it. */
  insisting<T>(parse: () => T): T {
    const { mark } = this;
    const result = parse();
    for (const lookup of this.#lookups.slice(mark)) lookup.firm = true;
    return result;
  }

  /** Throws the error of what was looked up, is not forgiven and not known. */
  check(): void {
    for (const { found } of this.#lookups) found();
  }

  /** Checks the length of a row of operators. */
  checkChain(length: number): void {
    if (length > MAX_CHAIN) this.fail(`more than ${MAX_CHAIN} operators in a row`);
  }
}

const WORDS: Readonly<Record<TokenKind, string>> = {
  data: 'text',
  block_begin: "'{%'",
  block_end: "'%}'",
  variable_begin: "'{{'",
  variable_end: "'}}'",
  name: 'a name',
  string: 'a text',
  number: 'a number',
  operator: 'an operator',
  eof: 'the end of the template',
};
