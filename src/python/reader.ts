import { UserError } from '../errors.js';

/** A place in a text that is read from left to right, in a language with brackets, commas and blanks that do not count (JSON, Python's literals). */
export class Reader {
  at = 0;

  /** `blank` holds the characters that do not count; `fault` is what messages say of a text that cannot be read. */
  constructor(
    readonly text: string,
    private readonly blank: string,
    private readonly fault: string,
  ) {}

  /** Throws the `UserError` for a text that cannot be read, with the position. */
  fail(what: string): never {
    throw new UserError(`${this.fault} at character ${this.at + 1}: ${what}`);
  }

  /** Moves behind blanks and returns the character there; an empty text at the end. */
  next(): string {
    while (this.at < this.text.length && this.blank.includes(this.text.charAt(this.at))) this.at++;
    return this.text.charAt(this.at);
  }

  /** Moves behind a character where it is the next one. */
  skip(character: string): boolean {
    if (this.next() !== character) return false;
    this.at++;
    return true;
  }

  /** Moves behind what a sticky expression finds here, and returns the match. */
  match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const match = expression.exec(this.text);
    if (match !== null) this.at = expression.lastIndex;
    return match;
  }

  /**
   * Reads items between commas, from behind the opening bracket up to and with the closing one, each with `item`. Returns whether a comma stands behind the last
   * one, which must be allowed (`trailing`).
   */
  items(close: string, trailing: boolean, item: () => void): boolean {
    if (this.skip(close)) return false;
    for (;;) {
      item();
      if (this.skip(close)) return false;
      if (!this.skip(',')) this.fail(`expected ',' or '${close}'`);
      if (trailing && this.skip(close)) return true;
    }
  }
}
