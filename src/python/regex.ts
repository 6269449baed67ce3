import { at } from '../at.js';
import { UserError } from '../errors.js';
import { codeOf } from './regex-classes.js';
import { matchAt, type Run, TooManySteps } from './regex-match.js';
import { parseRegex } from './regex-parse.js';
import { type Step, writeProgram } from './regex-program.js';

/**
 * A Python regular expression, ready to use. It is matched by a matcher of its own instead of being translated, because JavaScript
 * forgets a group's text at every turn of a loop, lets an unmatched group's reference match nothing, has other classes behind \w, \s, \b,
 * $ and (?i), and cannot be stopped when a pattern takes exponential time.
 */
export interface PythonRegex {
  readonly pattern: string;
  readonly groups: number;
  readonly steps: readonly Step[];
  readonly slots: number;
}

/** Steps that one text may take with one pattern; ten million are about a second. Python has no limit and would go on for hours. */
const MAX_FUEL = 10_000_000;

const compiled = new Map<string, PythonRegex>();

/**
 * Returns a pattern of Python 3.11's `re` (for str), compiled; each is compiled once.
 * Throws `UserError` for what Python refuses, and for `\N{...}`, the flag L and counted repeats that write out to more than 100,000 steps.
 */
export function pythonRegex(pattern: string): PythonRegex {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const { tree, groups } = parseRegex(pattern);
  const { steps, slots } = writeProgram(tree, groups, pattern);
  const regex = { pattern, groups, steps, slots };
  compiled.set(pattern, regex);
  return regex;
}

/**
 * Returns what `re.findall` gives: for each match its whole text (no group), its group's text (one group), or the texts of all its
 * groups (more); a group that did not match is an empty text.
 * Throws `UserError` when the pattern takes too many steps on this text.
 */
export function findAll(regex: PythonRegex, text: string): readonly (string | readonly string[])[] {
  const chars = Array.from(text);
  const found: (string | readonly string[])[] = [];
  const textOf = (start: number, end: number): string => (end === -1 ? '' : chars.slice(start, end).join(''));
  eachMatch(regex, chars, (start, end, slots) => {
    const groups = Array.from({ length: regex.groups }, (_, i) => textOf(at(slots, 2 * i), at(slots, 2 * i + 1)));
    found.push(regex.groups === 0 ? textOf(start, end) : regex.groups === 1 ? at(groups, 0) : groups);
  });
  return found;
}

/**
 * Returns the text without the pattern's matches: `re.sub(pattern, '', text)`.
 * Throws `UserError` when the pattern takes too many steps on this text.
 */
export function removeAll(regex: PythonRegex, text: string): string {
  const chars = Array.from(text);
  const kept: string[] = [];
  let from = 0;
  eachMatch(regex, chars, (start, end) => {
    kept.push(chars.slice(from, start).join(''));
    from = end;
  });
  return kept.join('') + chars.slice(from).join('');
}

/**
 * Returns whether a pattern matches the whole text: `re.fullmatch(pattern, text) is not None`. Flags must not stand at its beginning.
 * Throws `UserError` for what Python refuses, and when the pattern takes too many steps on this text.
 */
export function fullMatch(pattern: string, text: string): boolean {
  let found = false;
  eachMatch(pythonRegex(`(?:${pattern})\\Z`), Array.from(text), (start) => {
    found ||= start === 0;
  });
  return found;
}

/** Calls `use` for every match from left to right; after an empty match the next one may begin there but not be empty again. */
function eachMatch(regex: PythonRegex, chars: readonly string[], use: (start: number, end: number, slots: Int32Array) => void): void {
  const run: Run = {
    text: chars.map(codeOf),
    slots: new Int32Array(regex.slots).fill(-1),
    fuel: MAX_FUEL,
    trail: [],
  };
  try {
    let refused = -1;
    for (let start = 0; start <= chars.length; ) {
      run.slots.fill(-1);
      run.trail.length = 0;
      const end = matchAt(regex.steps, start, run, refused);
      if (end === -1) {
        start++;
        refused = -1;
        continue;
      }
      use(start, end, run.slots);
      refused = end === start ? end : -1;
      start = end;
    }
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
    throw new UserError(
      `the regular expression ${JSON.stringify(regex.pattern)} takes more than ${MAX_FUEL} steps on a text of ${chars.length} characters; write it so that its repeats do not overlap`,
    );
  }
}
