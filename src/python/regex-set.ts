import { UserError } from '../errors.js';
import { classes, foldedRange, type Test } from './regex-classes.js';

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
 * Returns the code point of a character.
 */
export function code(c: string): number {
  return c.codePointAt(0) ?? 0;
}

/**
 * Returns the test for a range of code points under the flags in force.
 */
export function rangeTest(s: State, low: number, high: number): Test {
  if (s.flags.ignoreCase) return foldedRange(low, high, s.flags.ascii);
  return low === high ? (p) => p === low : (p) => p >= low && p <= high;
}

/**
 * Returns the test of a class (`d`, `w`, `s` or the upper-case complement), or null for another letter.
 */
export function classTest(s: State, letter: string): Test | null {
  const lower = letter.toLowerCase();
  if (lower !== 'd' && lower !== 'w' && lower !== 's') return null;
  const test = classes[lower][s.flags.ascii ? 'ascii' : 'unicode'];
  return lower === letter ? test : (p) => !test(p);
}

/**
 * Reads the rest of a set, after its `[`, and returns its test. Throws `UserError` for what Python refuses.
 */
export function parseSet(s: State): Test {
  const start = s.at - 1;
  const negated = s.chars[s.at] === '^';
  if (negated) s.at++;
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
  if (c !== '\\') return code(c);
  const letter = s.chars[s.at];
  if (letter === undefined) fail(s, 'bad escape (end of pattern)');
  const test = classTest(s, letter);
  if (test !== null) {
    s.at++;
    return test;
  }
  if (letter === 'b') {
    s.at++;
    return 8;
  }
  const octal = /^[0-7]{1,3}/.exec(s.chars.slice(s.at, s.at + 3).join(''));
  if (octal !== null) {
    s.at += octal[0].length;
    return octalValue(s, octal[0]);
  }
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
    const digits = s.chars.slice(s.at, s.at + length).join('');
    const value = Number.parseInt(digits, 16);
    if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits) || value > 0x10ffff) fail(s, `bad escape \\${c}`);
    s.at += length;
    return value;
  }
  if (c === 'N') fail(s, 'the escape \\N{...} is not supported; write the character itself, it');
  if (/[a-zA-Z0-9]/.test(c)) fail(s, `bad escape \\${c}`);
  return code(c);
}
