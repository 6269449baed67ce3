import { unescaped } from '../python/escapes.js';
import { rstrip, SPACE } from '../python/strings.js';
import { TemplateError } from './work.js';

/** How a template is read; Jinja's options of the same names. */
export interface LexerSettings {
  /** Remove the line break behind a statement. */
  readonly trimBlocks: boolean;
  /** Remove the blanks of a line in front of a statement. */
  readonly lstripBlocks: boolean;
  readonly keepTrailingNewline: boolean;
}

export type TokenKind =
  | 'data'
  | 'block_begin'
  | 'block_end'
  | 'variable_begin'
  | 'variable_end'
  | 'name'
  | 'string'
  | 'number'
  | 'operator'
  | 'eof';

export interface Token {
  readonly kind: TokenKind;
  /** The token as written; of texts, what they hold. */
  readonly text: string;
  readonly line: number;
}

const S = `[${SPACE}]`;
const BLANK = new RegExp(`${S}+`, 'y');
const ALL_BLANK = new RegExp(`^${S}+$`);
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{N}_\p{M}]+/uy;
const RAW = new RegExp(`${S}*raw${S}*-?%\\}`, 'y');
const STRING = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/sy;
const OPERATOR = /\*\*|\/\/|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * Returns the tokens of a template, as Jinja's lexer finds them, ending in `eof`. Throws `TemplateError` for what is no template.
 */
export function tokenize(source: string, settings: LexerSettings): Token[] {
  let text = source.replace(/\r\n?/g, '\n');
  if (!settings.keepTrailingNewline && text.endsWith('\n')) text = text.slice(0, -1);
  return new Lexer(text, settings).run();
}

class Lexer {
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #counted = 0;

  constructor(
    private readonly text: string,
    private readonly settings: LexerSettings,
  ) {}

  run(): Token[] {
    const begin = /\{([%{#])([-+]?)/g;
    while (this.#at < this.text.length) {
      begin.lastIndex = this.#at;
      const found = begin.exec(this.text);
      if (found === null) {
        this.#data(this.text.slice(this.#at));
        break;
      }
      const [tag, kind = '', sign = ''] = found;
      this.#data(this.#before(found.index, sign, kind === '{'));
      this.#at = found.index + tag.length;
      if (kind === '#') this.#comment();
      else if (kind === '{') this.#inside('variable_begin', 'variable_end');
      else if (!this.#raw()) this.#inside('block_begin', 'block_end');
    }
    this.#push('eof', '');
    return this.#tokens;
  }

  /** The text up to a tag, without the blanks that the tag takes away. */
  #before(end: number, sign: string, variable: boolean): string {
    const text = this.text.slice(this.#at, end);
    if (sign === '-') return rstrip(text);
    if (sign === '+' || !this.settings.lstripBlocks || variable) return text;
    const line = text.lastIndexOf('\n') + 1;
    const starts = line > 0 || this.#at === 0 || this.text[this.#at - 1] === '\n';
    return starts && ALL_BLANK.test(text.slice(line)) ? text.slice(0, line) : text;
  }

  #comment(): void {
    const end = this.text.indexOf('#}', this.#at);
    if (end < 0) this.#fail('a comment without end');
    this.#closeBlock(end + 2, end > this.#at ? this.text.charAt(end - 1) : '');
  }

  /** Moves behind a tag that ends at `end`, with a sign or another character in front of its end. */
  #closeBlock(end: number, sign: string): void {
    this.#at = end;
    if (sign === '-') this.#skipBlank();
    else if (sign !== '+' && this.settings.trimBlocks && this.text[end] === '\n') this.#at++;
  }

  #skipBlank(): boolean {
    return this.#match(BLANK) !== null;
  }

  #raw(): boolean {
    const open = this.#match(RAW);
    if (open === null) return false;
    if (open.endsWith('-%}')) this.#skipBlank();
    const close = new RegExp(`\\{%([-+]?)${S}*endraw${S}*([-+]?)%\\}`, 'g');
    close.lastIndex = this.#at;
    const end = close.exec(this.text);
    if (end === null) return this.#fail('a raw block without end');
    this.#data(this.#before(end.index, end[1] ?? '', false));
    this.#closeBlock(close.lastIndex, end[2] ?? '');
    return true;
  }

  #inside(begin: TokenKind, end: TokenKind): void {
    this.#push(begin, '');
    const open: string[] = [];
    const mark = end === 'block_end' ? '%}' : '}}';
    for (;;) {
      if (open.length === 0) {
        const next = this.text.charAt(this.#at);
        const sign = next === '-' || (next === '+' && end === 'block_end') ? next : '';
        if (this.text.startsWith(mark, this.#at + sign.length)) {
          this.#push(end, '');
          // Behind a value the line break stays, as behind `+%}`.
          this.#closeBlock(this.#at + sign.length + 2, end === 'block_end' || sign === '-' ? sign : '+');
          return;
        }
      }
      if (this.#at >= this.text.length) this.#fail(`'${begin === 'block_begin' ? '{%' : '{{'}' without end`);
      this.#token(open);
    }
  }

  #token(open: string[]): void {
    if (this.#skipBlank()) return;
    for (const [kind, expression] of [
      ['number', FLOAT],
      ['number', INTEGER],
      ['name', NAME],
      ['string', STRING],
      ['operator', OPERATOR],
    ] as const) {
      const text = this.#match(expression);
      if (text === null) continue;
      if (kind === 'name' && !/^[\p{L}\p{Nl}_]/u.test(text)) this.#fail(`'${text.slice(0, 30)}' is no name`);
      if (kind === 'operator') this.#balance(text, open);
      this.#push(kind, kind === 'string' ? unescaped(text.slice(1, -1), refuse) : text);
      return;
    }
    this.#fail(`unexpected character '${String.fromCodePoint(this.text.codePointAt(this.#at) ?? 0)}'`);
  }

  #balance(text: string, open: string[]): void {
    const close = CLOSING[text];
    if (close !== undefined) open.push(close);
    else if (text === ')' || text === ']' || text === '}') {
      const expected = open.pop();
      if (expected !== text) this.#fail(expected === undefined ? `unexpected '${text}'` : `unexpected '${text}', expected '${expected}'`);
    }
  }

  #match(expression: RegExp): string | null {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.text);
    if (found === null) return null;
    this.#at = expression.lastIndex;
    return found[0];
  }

  #data(text: string): void {
    if (text !== '') this.#push('data', text);
  }

  #push(kind: TokenKind, text: string): void {
    this.#tokens.push({ kind, text, line: this.#lineHere() });
  }

  #lineHere(): number {
    for (; this.#counted < this.#at; this.#counted++) if (this.text[this.#counted] === '\n') this.#line++;
    return this.#line;
  }

  #fail(message: string): never {
    throw new TemplateError(`line ${this.#lineHere()}: ${message}`);
  }
}

function refuse(what: string): never {
  throw new TemplateError(what);
}
