import { UserError } from '../errors.js';
import { classes, codeOf, foldedRange, type Test } from './regex-classes.js';

/** Flags in force at a place of the pattern. */
export interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly verbose: boolean;
  readonly ascii: boolean;
}

/** Where the reading of a pattern is. */
export interface State {
  readonly pattern: string;
  readonly chars: readonly string[];
  at: number;
  flags: Flags;
  groups: number;
  readonly open: Set<number>;
  readonly names: Map<string, number>;
  /** Highest group number that a condition names: it may stand before the group itself. */
  conditions: number;
  /** Fewest and most characters of each closed group. */
  readonly widths: Map<number, readonly [number, number]>;
  depth: number;
}

/**
 * Throws the `UserError` for a pattern that cannot be used, with the position.
 */
export function fail(s: State, what: string, at = s.at): never {
  throw new UserError(`the regular expression ${JSON.stringify(s.pattern)} cannot be used: ${what} at position ${at}`);
}

/**
 * Moves behind what an expression finds in the next characters, and returns the match; null, with nothing read, where it finds nothing.
 */
export function scan(s: State, expression: RegExp): RegExpExecArray | null {
  const match = expression.exec(s.chars.slice(s.at, s.at + 30).join(''));
  // Only ASCII is looked for this way: each unit is a character.
  if (match !== null) s.at += match[0].length;
  return match;
}

/**
 * Moves behind a character where it is the next one.
 */
export function skip(s: State, character: string): boolean {
  if (s.chars[s.at] !== character) return false;
  s.at++;
  return true;
}

/**
 * Returns the test for a range of code points under the flags in force.
 */
export function rangeTest(s: State, low: number, high: number): Test {
  if (s.flags.ignoreCase) return foldedRange(low, high, s.flags.ascii);
  return low === high ? (p) => p === low : (p) => p >= low && p <= high;
}

/**
 * Reads the letter of a class (`d`, `w`, `s` or the upper-case complement) behind its backslash and returns its test; null, with nothing read, for another letter.
 */
export function classTest(s: State): Test | null {
  const letter = s.chars[s.at] ?? fail(s, 'bad escape (end of pattern)');
  const lower = letter.toLowerCase();
  if (lower !== 'd' && lower !== 'w' && lower !== 's') return null;
  s.at++;
  const test = classes[lower][s.flags.ascii ? 'ascii' : 'unicode'];
  return lower === letter ? test : (p) => !test(p);
}

/**
 * Reads the rest of a set, after its `[`, and returns its test. Throws `UserError` for what Python refuses.
 */
export function parseSet(s: State): Test {
  const start = s.at - 1;
  const negated = skip(s, '^');
  const tests: Test[] = [];
  for (let first = true; ; first = false) {
    const c = s.chars[s.at];
    if (c === undefined) fail(s, 'unterminated character set', start);
    if (c === ']' && !first) break;
    const low = setMember(s);
    if (s.chars[s.at] === '-' && s.chars[s.at + 1] !== undefined && s.chars[s.at + 1] !== ']') {
      s.at++;
      const high = setMember(s);
      if (typeof low !== 'number' || typeof high !== 'number' || high < low) fail(s, 'bad character range');
      tests.push(rangeTest(s, low, high));
    } else tests.push(typeof low === 'number' ? rangeTest(s, low, low) : low);
  }
  s.at++;
  const [only] = tests;
  const any: Test = tests.length === 1 && only !== undefined ? only : (p) => tests.some((test) => test(p));
  return negated ? (p) => !any(p) : any;
}

/** Reads one member of a set: a code point, or a class as a test. */
function setMember(s: State): number | Test {
  const c = s.chars[s.at];
  if (c === undefined) fail(s, 'unterminated character set');
  s.at++;
  if (c !== '\\') return codeOf(c);
  const test = classTest(s);
  if (test !== null) return test;
  if (skip(s, 'b')) return 8;
  const octal = scan(s, /^[0-7]{1,3}/);
  if (octal !== null) return octalValue(s, octal[0]);
  return characterEscape(s);
}

/**
 * Returns the code point of octal digits. Throws `UserError` beyond 0o377.
 */
export function octalValue(s: State, digits: string): number {
  const value = Number.parseInt(digits, 8);
  if (value > 0o377) fail(s, `octal escape value \\${digits} outside of range 0-0o377`);
  return value;
}

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * Reads what follows a backslash where it stands for one character, and returns its code point. Throws `UserError` for an escape that Python
 * refuses and for `\\N{...}`.
 */
export function characterEscape(s: State): number {
  const c = s.chars[s.at] ?? '';
  s.at++;
  const control = CONTROLS[c];
  if (control !== undefined) return control;
  const length = HEX[c];
  if (length !== undefined) {
    const digits = scan(s, new RegExp(`^[0-9a-fA-F]{${length}}`))?.[0] ?? '';
    const value = Number.parseInt(digits, 16);
    return value <= 0x10ffff ? value : fail(s, `bad escape \\${c}`);
  }
  if (c === 'N') fail(s, 'the escape \\N{...} is not supported; write the character itself, it');
  if (/[a-zA-Z0-9]/.test(c)) fail(s, `bad escape \\${c}`);
  return codeOf(c);
}
