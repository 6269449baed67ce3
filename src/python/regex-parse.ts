import { classes, codeOf, lowerOf, type Test } from './regex-classes.js';
import { characterEscape, classTest, type Flags, fail, octalValue, parseSet, rangeTest, type State, scan, skip } from './regex-set.js';

/** A parsed pattern. Flags are already worked into the tests, so that no later step needs to know them. */
export type Node =
  | { readonly op: 'one'; readonly test: Test }
  | { readonly op: 'at'; readonly test: AtTest }
  | { readonly op: 'seq'; readonly items: readonly Node[] }
  | { readonly op: 'alt'; readonly branches: readonly Node[] }
  | {
      readonly op: 'repeat';
      readonly min: number;
      readonly max: number;
      readonly mode: 'greedy' | 'lazy' | 'possessive';
      readonly body: Node;
    }
  | { readonly op: 'group'; readonly index: number; readonly body: Node }
  | { readonly op: 'look'; readonly ahead: boolean; readonly negated: boolean; readonly width: number; readonly body: Node }
  | { readonly op: 'atomic'; readonly body: Node }
  | { readonly op: 'backref'; readonly index: number; readonly fold: ((c: number) => number) | null }
  | { readonly op: 'cond'; readonly index: number; readonly yes: Node; readonly no: Node };

/** Whether a position of the text (code points) fits, e.g. its end. */
export type AtTest = (text: readonly number[], at: number) => boolean;

/** Groups inside groups that are still read. */
const MAX_DEPTH = 100;
const UNLIMITED = Number.POSITIVE_INFINITY;
const GLOBAL_FLAGS = /^\(\?([aiLmsux]+)\)/;
const SCOPED_FLAGS = /^([aiLmsux]*)(?:-([imsx]+))?([:)])/;

/**
 * Returns the tree and the number of groups of a pattern in the syntax of Python 3.11's `re` (str patterns).
 * Throws `UserError` with the position for what Python refuses, and for the little that is not supported: `\N{...}`, the flag L, more
 * than 100 nested groups.
 */
export function parseRegex(pattern: string): { readonly tree: Node; readonly groups: number } {
  const flags: Flags = { ignoreCase: false, multiline: false, dotAll: false, verbose: false, ascii: false };
  const s: State = {
    pattern,
    chars: Array.from(pattern),
    at: 0,
    flags,
    groups: 0,
    open: new Set(),
    names: new Map(),
    conditions: 0,
    widths: new Map(),
    depth: 0,
  };
  for (let m = scan(s, GLOBAL_FLAGS); m !== null; m = scan(s, GLOBAL_FLAGS)) s.flags = withFlags(s, m[1] ?? '', '');
  const tree = parseAlternatives(s);
  if (s.at < s.chars.length) fail(s, 'unbalanced parenthesis');
  if (s.conditions > s.groups) fail(s, `invalid group reference ${s.conditions}`);
  return { tree, groups: s.groups };
}

function withFlags(s: State, on: string, off: string): Flags {
  const { flags } = s;
  if (on.includes('L') || off.includes('L')) fail(s, 'the flag L is only for bytes patterns and is not supported, it');
  if (on.includes('a') && on.includes('u')) fail(s, "flags 'a' and 'u' are incompatible and");
  const set = (letter: string, was: boolean): boolean => (on.includes(letter) ? true : off.includes(letter) ? false : was);
  return {
    ignoreCase: set('i', flags.ignoreCase),
    multiline: set('m', flags.multiline),
    dotAll: set('s', flags.dotAll),
    verbose: set('x', flags.verbose),
    ascii: on.includes('u') ? false : set('a', flags.ascii),
  };
}

function parseAlternatives(s: State): Node {
  const branches = [parseSequence(s)];
  while (skip(s, '|')) branches.push(parseSequence(s));
  const [only, second] = branches;
  return only !== undefined && second === undefined ? only : { op: 'alt', branches };
}

function parseSequence(s: State): Node {
  const items: Node[] = [];
  for (;;) {
    const c = s.chars[s.at];
    if (c === undefined || c === '|' || c === ')') return { op: 'seq', items };
    if (s.flags.verbose && /\s/.test(c)) s.at++;
    else if (s.flags.verbose && c === '#') skipUntil(s, '\n');
    else {
      const repeat = parseRepeat(s);
      if (repeat !== null) {
        const last = items.pop();
        if (last === undefined || last.op === 'at') fail(s, 'nothing to repeat', s.at);
        if (last.op === 'repeat') fail(s, 'multiple repeat', s.at);
        items.push({ op: 'repeat', ...repeat, body: last });
      } else {
        const item = parseItem(s);
        if (item !== null) items.push(item);
      }
    }
  }
}

function skipUntil(s: State, end: string): void {
  while (s.at < s.chars.length && s.chars[s.at] !== end) s.at++;
}

/** Reads `*`, `+`, `?` or `{m,n}` with its modifier; null, with nothing read, when there is none here. */
function parseRepeat(s: State): { min: number; max: number; mode: 'greedy' | 'lazy' | 'possessive' } | null {
  const c = s.chars[s.at];
  let min = 0;
  let max = UNLIMITED;
  if (c === '*' || c === '+' || c === '?') {
    if (c === '+') min = 1;
    if (c === '?') max = 1;
    s.at++;
  } else {
    const start = s.at;
    const match = scan(s, /^\{(?!\})(\d*)(,?)(\d*)\}/);
    if (match === null) return null;
    const [, low = '', comma, high = ''] = match;
    if (low !== '') min = Number(low);
    if (comma === '') max = low === '' ? UNLIMITED : min;
    else if (high !== '') max = Number(high);
    if (max < min) fail(s, 'min repeat greater than max repeat', start);
  }
  return { min, max, mode: skip(s, '?') ? 'lazy' : skip(s, '+') ? 'possessive' : 'greedy' };
}

/** Reads one item; null for what matches nothing and cannot be repeated (a comment). */
function parseItem(s: State): Node | null {
  const c = s.chars[s.at] ?? '';
  s.at++;
  switch (c) {
    case '(':
      return parseGroup(s);
    case '[':
      return { op: 'one', test: parseSet(s) };
    case '\\':
      return parseEscape(s);
    case '.':
      return { op: 'one', test: s.flags.dotAll ? () => true : (p) => p !== 10 };
    case '^':
      return { op: 'at', test: s.flags.multiline ? (t, i) => i === 0 || t[i - 1] === 10 : (_, i) => i === 0 };
    case '$':
      return { op: 'at', test: s.flags.multiline ? (t, i) => i === t.length || t[i] === 10 : atEnd };
    default:
      return literal(s, codeOf(c));
  }
}

/** Python's `$`: the end, or before a line feed that ends the text. */
function atEnd(text: readonly number[], at: number): boolean {
  return at === text.length || (at === text.length - 1 && text[at] === 10);
}

function literal(s: State, c: number): Node {
  return { op: 'one', test: rangeTest(s, c, c) };
}

function parseEscape(s: State): Node {
  const test = classTest(s);
  if (test !== null) return { op: 'one', test };
  if (skip(s, 'A')) return { op: 'at', test: (_, i) => i === 0 };
  if (skip(s, 'Z')) return { op: 'at', test: (t, i) => i === t.length };
  const word = classes.w[s.flags.ascii ? 'ascii' : 'unicode'];
  const side = (p: number | undefined): boolean => p !== undefined && word(p);
  if (skip(s, 'b')) return { op: 'at', test: (t, i) => side(t[i - 1]) !== side(t[i]) };
  // Python finds neither \b nor \B in an empty text.
  if (skip(s, 'B')) return { op: 'at', test: (t, i) => t.length > 0 && side(t[i - 1]) === side(t[i]) };
  const digits = scan(s, /^(?:0[0-7]{0,2}|[1-7][0-7]{2}|[1-9][0-9]?)/)?.[0];
  if (digits === undefined) return literal(s, characterEscape(s));
  if (digits.startsWith('0') || digits.length === 3) return literal(s, octalValue(s, digits));
  return backref(s, Number(digits));
}

function backref(s: State, index: number): Node {
  if (index > s.groups) fail(s, `invalid group reference ${index}`);
  if (s.open.has(index)) fail(s, 'cannot refer to an open group,');
  const { ascii, ignoreCase } = s.flags;
  return { op: 'backref', index, fold: ignoreCase ? (c) => lowerOf(c, ascii) : null };
}

/** Reads a group after its `(`. */
function parseGroup(s: State): Node | null {
  const start = s.at - 1;
  if (++s.depth > MAX_DEPTH) fail(s, `more than ${MAX_DEPTH} nested groups are not supported, the next one`, start);
  const outer = s.flags;
  const node = parseGroupBody(s, start);
  s.flags = outer;
  s.depth--;
  return node;
}

function closeGroup(s: State, start: number): void {
  if (!skip(s, ')')) fail(s, 'missing ), unterminated subpattern', start);
}

function inside(s: State, start: number): Node {
  const body = parseAlternatives(s);
  closeGroup(s, start);
  return body;
}

function parseGroupBody(s: State, start: number): Node | null {
  if (!skip(s, '?')) return capture(s, start, null);
  const c = s.chars[s.at] ?? fail(s, 'unexpected end of pattern');
  s.at++;
  switch (c) {
    case ':':
      return { op: 'seq', items: [inside(s, start)] };
    case '>':
      return { op: 'atomic', body: inside(s, start) };
    case '=':
    case '!':
      return { op: 'look', ahead: true, negated: c === '!', width: 0, body: inside(s, start) };
    case '<':
      return lookBehind(s, start);
    case 'P':
      return named(s, start);
    case '(':
      return conditional(s, start);
    case '#':
      skipUntil(s, ')');
      closeGroup(s, start);
      return null;
    default:
      s.at--;
      return scopedFlags(s, start);
  }
}

function capture(s: State, start: number, name: string | null): Node {
  const index = ++s.groups;
  if (name !== null) {
    if (s.names.has(name)) fail(s, `redefinition of group name ${JSON.stringify(name)}`);
    s.names.set(name, index);
  }
  s.open.add(index);
  const body = inside(s, start);
  s.open.delete(index);
  s.widths.set(index, widthOf(body, s));
  return { op: 'group', index, body };
}

function lookBehind(s: State, start: number): Node {
  const c = s.chars[s.at];
  if (c !== '=' && c !== '!') fail(s, `unknown extension ?<${c ?? ''}`);
  s.at++;
  const body = inside(s, start);
  const [least, most] = widthOf(body, s);
  if (least !== most) fail(s, 'look-behind requires fixed-width pattern,', start);
  return { op: 'look', ahead: false, negated: c === '!', width: least, body };
}

function nameUntil(s: State, end: string): string {
  const close = s.chars.indexOf(end, s.at);
  if (close === -1) fail(s, `missing ${end}, unterminated name`);
  const name = s.chars.slice(s.at, close).join('');
  s.at = close + 1;
  if (name === '') fail(s, 'missing group name');
  return name;
}

function named(s: State, start: number): Node {
  const c = s.chars[s.at];
  s.at++;
  if (c === '<') {
    const name = nameUntil(s, '>');
    if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) fail(s, `bad character in group name ${JSON.stringify(name)}`);
    return capture(s, start, name);
  }
  if (c !== '=') fail(s, `unknown extension ?P${c ?? ''}`);
  const name = nameUntil(s, ')');
  return backref(s, s.names.get(name) ?? fail(s, `unknown group name ${JSON.stringify(name)}`));
}

function conditional(s: State, start: number): Node {
  const name = nameUntil(s, ')');
  const index = /^\d+$/.test(name) ? Number(name) : (s.names.get(name) ?? fail(s, `unknown group name ${JSON.stringify(name)}`));
  if (index === 0) fail(s, 'bad group number');
  s.conditions = Math.max(s.conditions, index);
  const yes = parseSequence(s);
  let no: Node = { op: 'seq', items: [] };
  if (skip(s, '|')) {
    no = parseSequence(s);
    if (s.chars[s.at] === '|') fail(s, 'conditional backref with more than two branches');
  }
  closeGroup(s, start);
  return { op: 'cond', index, yes, no };
}

function scopedFlags(s: State, start: number): Node {
  const [, on = '', off = '', end] = scan(s, SCOPED_FLAGS) ?? fail(s, `unknown extension ?${s.chars[s.at] ?? ''}`);
  if (end === ')') fail(s, 'global flags not at the start of the expression', start);
  s.flags = withFlags(s, on, off);
  return { op: 'seq', items: [inside(s, start)] };
}

/** Returns the fewest and the most code points that a node can match. */
function widthOf(node: Node, s: State): readonly [number, number] {
  switch (node.op) {
    case 'one':
      return [1, 1];
    case 'at':
    case 'look':
      return [0, 0];
    case 'seq':
      return node.items.map((item) => widthOf(item, s)).reduce(([a, b], [c, d]) => [a + c, b + d] as const, [0, 0] as const);
    case 'alt':
      return either(node.branches.map((branch) => widthOf(branch, s)));
    case 'cond':
      return either([widthOf(node.yes, s), widthOf(node.no, s)]);
    case 'repeat': {
      const [least, most] = widthOf(node.body, s);
      return [least * node.min, most === 0 || node.max === 0 ? 0 : most * node.max];
    }
    case 'group':
    case 'atomic':
      return widthOf(node.body, s);
    case 'backref':
      return s.widths.get(node.index) ?? [0, UNLIMITED];
  }
}

function either(widths: readonly (readonly [number, number])[]): readonly [number, number] {
  // No spread: a pattern may have more branches than a call may have arguments.
  return [widths.reduce((w, [least]) => Math.min(w, least), UNLIMITED), widths.reduce((w, [, most]) => Math.max(w, most), 0)];
}
