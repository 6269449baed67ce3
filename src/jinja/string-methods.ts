import { codePointLength, isSpace, lstrip, rstrip, splitSpace, strip } from '../python/strings.js';
import { placeIn } from './container-methods.js';
import { formatText, type Lookup } from './format.js';
import { iterate } from './iterate.js';
import { checkedLength, spendSearch } from './operators.js';
import { capitalize, isLower, isTitle, isUpper, KINDS, swapCase, title } from './text-case.js';
import { asIndex, asText, Dict, type Given, NativeFunction, native, type Runtime, Tuple } from './values.js';
import { spend, TemplateError } from './work.js';

/** A method with its signature (see `bind`) and what it does with a text and the values of its parameters. */
type Method = readonly [signature: string, run: (text: string, given: Given) => Runtime];

/** `chars` of the strip methods: None and nothing mean white space. */
function stripping(strip_: (text: string, chars?: string) => string): Method {
  return [
    '/chars',
    (text, [chars = null]) => strip_(text, chars === null ? undefined : characterSet(asText(chars, 'the characters to strip'))),
  ];
}

/**
 * Returns the characters that a strip method takes off; counts the work of looking at each.
 */
export function characterSet(chars: string): string {
  spend(chars.length);
  return chars;
}

/** The prefixes to try on a text; counts the work of comparing each. */
function affixes(text: string, value: Runtime | undefined): readonly string[] {
  if (!(value instanceof Tuple)) return [asText(value, 'the prefix')];
  spend(value.items.length);
  const parts = value.items.map((item) => asText(item, 'each prefix'));
  spend(parts.reduce((n, part) => n + Math.min(part.length, text.length), 0) / 16);
  return parts;
}

/** The part of a text between two places in code points, and how many code points stand in front of it. */
function between(
  text: string,
  start: Runtime | undefined,
  stop: Runtime | undefined,
): { readonly part: string; readonly before: number } | null {
  if ((start ?? null) === null && (stop ?? null) === null) return { part: text, before: 0 };
  const characters = Array.from(text);
  const begin = placeIn(characters.length, start, 0);
  const end = Math.min(characters.length, placeIn(characters.length, stop, characters.length));
  if (begin > end) return null;
  return { part: characters.slice(begin, end).join(''), before: begin };
}

function affix(test: (text: string, part: string) => boolean): Method {
  const run = (text: string, [prefix, start, stop]: Given): boolean => {
    const wanted = affixes(text, prefix);
    const range = between(text, start, stop);
    return range !== null && wanted.some((part) => test(range.part, part));
  };
  return ['/prefix! /start /end', run];
}

/** Position in code points, or -1. */
function finding(from: 'indexOf' | 'lastIndexOf', mustFind: boolean): Method {
  const run = (text: string, [sub, start, stop]: Given): number => {
    const wanted = asText(sub, 'the text to find');
    spendSearch(text, wanted);
    const range = between(text, start, stop);
    const index = range === null ? -1 : range.part[from](wanted);
    if (range !== null && index >= 0) return range.before + codePointLength(range.part.slice(0, index));
    if (mustFind) throw new TemplateError('substring not found');
    return -1;
  };
  return ['/sub! /start /end', run];
}

function counting(text: string, [sub, start, stop]: Given): number {
  const wanted = asText(sub, 'what to count');
  spendSearch(text, wanted);
  const range = between(text, start, stop);
  if (range === null) return 0;
  return wanted === '' ? codePointLength(range.part) + 1 : range.part.split(wanted).length - 1;
}

function splitFrom(side: 'left' | 'right'): Method {
  const run = (text: string, [sep = null, maxsplit = -1]: Given): Runtime => {
    const most = asIndex(maxsplit, 'maxsplit');
    if (sep === null) return side === 'left' ? splitSpace(text, most) : splitSpaceRight(text, most);
    const by = asText(sep, 'the separator');
    if (by === '') throw new TemplateError('split: empty separator');
    spendSearch(text, by);
    if (side === 'right') return splitRight(text, by, most);
    const parts = text.split(by);
    return most < 0 || parts.length <= most + 1 ? parts : [...parts.slice(0, most), parts.slice(most).join(by)];
  };
  return ['sep maxsplit', run];
}

/** From the right: in `aaa` the last `aa` counts. */
function splitRight(text: string, by: string, most: number): string[] {
  const parts: string[] = [];
  let end = text.length;
  while (most < 0 || parts.length < most) {
    const at = end < by.length ? -1 : text.lastIndexOf(by, end - by.length);
    if (at < 0) break;
    parts.push(text.slice(at + by.length, end));
    end = at;
  }
  parts.push(text.slice(0, end));
  return parts.reverse();
}

function splitSpaceRight(text: string, most: number): string[] {
  const reversed = (t: string) => Array.from(t).reverse().join('');
  return splitSpace(reversed(text), most).map(reversed).reverse();
}

/**
 * Returns the text with `old` replaced, at most `count` times when that is not negative; an empty `old` matches around every character.
 */
export function replaceText(text: string, old: string, by: string, count: number): string {
  spendSearch(text, old);
  const parts = old === '' ? ['', ...Array.from(text), ''] : text.split(old);
  spend(parts.length * by.length);
  if (count < 0 || count >= parts.length - 1) return checkedLength(parts.join(by));
  return checkedLength([...parts.slice(0, count), parts.slice(count).join(old)].join(by));
}

/**
 * Returns the text with `missing` more characters on the left and the right.
 */
export function pad(text: string, width: number, fill: string, side: 'left' | 'right' | 'center'): string {
  const missing = Math.max(0, width - codePointLength(text));
  if (codePointLength(fill) !== 1) throw new TemplateError('the fill character must be one character');
  if (missing > 100_000) throw new TemplateError('a width above 100000');
  spend(text.length + missing);
  if (side === 'left') return fill.repeat(missing) + text;
  if (side === 'right') return text + fill.repeat(missing);
  // As CPython: the odd character goes left when the width is odd.
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

function padding(side: 'left' | 'right' | 'center'): Method {
  return [
    '/width! /fillchar',
    (text, [width, fill = ' ']) => pad(text, asIndex(width, 'the width'), asText(fill, 'the fill character'), side),
  ];
}

/** What `str.splitlines` splits at. */
const LINE_ENDS = '\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029';
const LINE_BREAK = new RegExp(`\\r\\n|[${LINE_ENDS}]`, 'g');

/**
 * Returns the lines of a text, as `str.splitlines`.
 */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const found of text.matchAll(LINE_BREAK)) {
    lines.push(text.slice(start, keepEnds ? found.index + found[0].length : found.index));
    start = found.index + found[0].length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/**
 * Returns texts with a separator between them; counts the work.
 */
export function joinTexts(texts: readonly string[], by: string): string {
  spend(texts.reduce((n, text) => n + text.length + by.length, 0));
  return checkedLength(texts.join(by));
}

function partition(text: string, [sep]: Given, side: 'left' | 'right'): Tuple {
  const by = asText(sep, 'the separator');
  if (by === '') throw new TemplateError('partition: empty separator');
  spendSearch(text, by);
  const at = side === 'left' ? text.indexOf(by) : text.lastIndexOf(by);
  if (at < 0) return new Tuple(side === 'left' ? [text, '', ''] : ['', '', text]);
  return new Tuple([text.slice(0, at), by, text.slice(at + by.length)]);
}

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['strip', stripping(strip)],
  ['lstrip', stripping(lstrip)],
  ['rstrip', stripping(rstrip)],
  ['lower', ['', (text) => text.toLowerCase()]],
  ['upper', ['', (text) => text.toUpperCase()]],
  ['capitalize', ['', capitalize]],
  ['title', ['', title]],
  ['swapcase', ['', swapCase]],
  ['split', splitFrom('left')],
  ['rsplit', splitFrom('right')],
  ['partition', ['/sep!', (text, given) => partition(text, given, 'left')]],
  ['rpartition', ['/sep!', (text, given) => partition(text, given, 'right')]],
  ['splitlines', ['keepends', (text, [keep = false]) => splitLines(text, asIndex(keep, 'keepends') !== 0)]],
  [
    'replace',
    [
      '/old! /new! /count',
      (text, [old, by, count = -1]) =>
        replaceText(text, asText(old, 'what to replace'), asText(by, 'the replacement'), asIndex(count, 'count')),
    ],
  ],
  ['startswith', affix((text, part) => text.startsWith(part))],
  ['endswith', affix((text, part) => text.endsWith(part))],
  ['removeprefix', ['/prefix!', (text, [prefix]) => withoutPrefix(text, asText(prefix, 'the prefix'))]],
  ['removesuffix', ['/suffix!', (text, [suffix]) => withoutSuffix(text, asText(suffix, 'the suffix'))]],
  ['find', finding('indexOf', false)],
  ['rfind', finding('lastIndexOf', false)],
  ['index', finding('indexOf', true)],
  ['rindex', finding('lastIndexOf', true)],
  ['count', ['/sub! /start /end', counting]],
  ['join', ['/iterable!', joining]],
  ['isspace', ['', isSpace]],
  ['islower', ['', isLower]],
  ['isupper', ['', isUpper]],
  ['istitle', ['', isTitle]],
  ...Object.entries(KINDS).map(([name, test]) => [name, ['', test]] as const),
  ['ljust', padding('right')],
  ['rjust', padding('left')],
  ['center', padding('center')],
  ['zfill', ['/width!', (text, [width]) => zeroFilled(text, asIndex(width, 'the width'))]],
  ['expandtabs', ['tabsize', (text, [size = 8]) => expandTabs(text, asIndex(size, 'tabsize'))]],
]);

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function withoutSuffix(text: string, suffix: string): string {
  return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
}

function joining(text: string, [items = null]: Given): string {
  const texts = Array.from(iterate(items), (item) => asText(item, 'each item to join'));
  return joinTexts(texts, text);
}

/** Zeros stand behind a sign. */
function zeroFilled(text: string, width: number): string {
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  return sign + pad(text.slice(sign.length), width - sign.length, '0', 'left');
}

function expandTabs(text: string, size: number): string {
  if (size > 1000) throw new TemplateError('a tab size above 1000');
  let column = 0;
  let out = '';
  for (const character of text) {
    if (character === '\t') {
      const blanks = size > 0 ? size - (column % size) : 0;
      spend(blanks);
      out += ' '.repeat(blanks);
      column += blanks;
    } else {
      out += character;
      column = character === '\n' || character === '\r' ? 0 : column + 1;
    }
  }
  return out;
}

/** Python's other methods of texts. */
const UNSUPPORTED = ['casefold', 'encode', 'maketrans', 'translate'];

/**
 * Returns the method of a text, or undefined when Python has none of that name. Throws `TemplateError` for methods that are not supported.
 */
export function stringMethod(text: string, name: string, look: Lookup): NativeFunction | undefined {
  if (name === 'format') return new NativeFunction(name, (args) => formatText(text, args, look));
  if (name === 'format_map') {
    return native(name, '/mapping', ([fields]) => {
      if (!(fields instanceof Dict)) throw new TemplateError('format_map wants an object');
      spend(fields.size);
      const named = fields.entries().map(([key, value]) => [asText(key, 'each key'), value] as const);
      return formatText(text, { positional: [], named: new Map(named) }, look);
    });
  }
  if (UNSUPPORTED.includes(name)) throw new TemplateError(`the method '${name}' of texts is not supported`);
  const [signature, run] = METHODS.get(name) ?? [];
  if (signature === undefined || run === undefined) return undefined;
  return native(name, signature, (given) => {
    spend(text.length);
    return run(text, given);
  });
}
