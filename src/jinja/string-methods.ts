import { codePointLength, isSpace, lstrip, rstrip, splitSpace, strip } from '../python/strings.js';
import { formatText, type Lookup } from './format.js';
import { iterate } from './iterate.js';
import { checkedLength, spendSearch } from './operators.js';
import { capitalize, isLower, isTitle, isUpper, KINDS, swapCase, title } from './text-case.js';
import { asIndex, asText, bind, Dict, NativeFunction, type Runtime, Tuple } from './values.js';
import { spend, TemplateError } from './work.js';

type Given = readonly (Runtime | undefined)[];

interface Method {
  /** Names of the parameters; those with `/` in front can only be given by place. */
  readonly parameters: readonly string[];
  readonly required: number;
  readonly run: (text: string, given: Given) => Runtime;
}

function method(parameters: string, required: number, run: Method['run']): Method {
  return { parameters: parameters === '' ? [] : parameters.split(' '), required, run };
}

/** `chars` of the strip methods: None and nothing mean white space. */
function stripping(strip_: (text: string, chars?: string) => string): Method {
  return method('/chars', 0, (text, [chars = null]) =>
    chars === null ? strip_(text) : strip_(text, asText(chars, 'the characters to strip')),
  );
}

function affixes(value: Runtime | undefined): readonly string[] {
  return value instanceof Tuple ? value.items.map((item) => asText(item, 'each prefix')) : [asText(value, 'the prefix')];
}

/** The part of a text between two places in code points, and how many code points stand in front of it. */
function between(
  text: string,
  start: Runtime | undefined,
  stop: Runtime | undefined,
): { readonly part: string; readonly before: number } | null {
  const places = [start ?? null, stop ?? null].map((place) => (place === null ? null : asIndex(place, 'a place')));
  if (places.every((place) => place === null)) return { part: text, before: 0 };
  const characters = Array.from(text);
  const clip = (place: number | null | undefined, otherwise: number) => {
    const at = place ?? otherwise;
    return Math.max(0, at < 0 ? at + characters.length : at);
  };
  const begin = clip(places[0], 0);
  const end = Math.min(characters.length, clip(places[1], characters.length));
  if (begin > characters.length || begin > end) return null;
  return { part: characters.slice(begin, end).join(''), before: begin };
}

function affix(test: (text: string, part: string) => boolean): Method {
  return method('/prefix /start /end', 1, (text, [prefix, start, stop]) => {
    const wanted = affixes(prefix);
    const range = between(text, start, stop);
    return range !== null && wanted.some((part) => test(range.part, part));
  });
}

/** Position in code points, or -1. */
function finding(from: 'indexOf' | 'lastIndexOf', mustFind: boolean): Method {
  return method('/sub /start /end', 1, (text, [sub, start, stop]) => {
    const wanted = asText(sub, 'the text to find');
    spendSearch(text, wanted);
    const range = between(text, start, stop);
    const at = range === null ? -1 : range.part[from](wanted);
    if (range !== null && at >= 0) return range.before + codePointLength(range.part.slice(0, at));
    if (mustFind) throw new TemplateError('substring not found');
    return -1;
  });
}

function splitFrom(side: 'left' | 'right'): Method {
  return method('sep maxsplit', 0, (text, [sep = null, maxsplit = -1]) => {
    const most = asIndex(maxsplit, 'maxsplit');
    if (sep === null) return side === 'left' ? splitSpace(text, most) : splitSpaceRight(text, most);
    const by = asText(sep, 'the separator');
    if (by === '') throw new TemplateError('split: empty separator');
    spendSearch(text, by);
    if (side === 'right') return splitRight(text, by, most);
    const parts = text.split(by);
    return most < 0 || parts.length <= most + 1 ? parts : [...parts.slice(0, most), parts.slice(most).join(by)];
  });
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
  let out = parts[0] ?? '';
  for (let i = 1; i < parts.length; i++) out += (i <= count ? by : old) + (parts[i] ?? '');
  return checkedLength(out);
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
  return method('/width /fillchar', 1, (text, [width, fill = ' ']) =>
    pad(text, asIndex(width ?? null, 'the width'), asText(fill, 'the fill character'), side),
  );
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

function partition(text: string, sep: Runtime | undefined, side: 'left' | 'right'): Tuple {
  const by = asText(sep, 'the separator');
  if (by === '') throw new TemplateError('partition: empty separator');
  spendSearch(text, by);
  const at = side === 'left' ? text.indexOf(by) : text.lastIndexOf(by);
  if (at < 0) return new Tuple(side === 'left' ? [text, '', ''] : ['', '', text]);
  return new Tuple([text.slice(0, at), by, text.slice(at + by.length)]);
}

const METHODS: Readonly<Record<string, Method>> = {
  strip: stripping(strip),
  lstrip: stripping(lstrip),
  rstrip: stripping(rstrip),
  lower: method('', 0, (text) => text.toLowerCase()),
  upper: method('', 0, (text) => text.toUpperCase()),
  capitalize: method('', 0, capitalize),
  title: method('', 0, title),
  swapcase: method('', 0, swapCase),
  split: splitFrom('left'),
  rsplit: splitFrom('right'),
  partition: method('/sep', 1, (text, [sep]) => partition(text, sep, 'left')),
  rpartition: method('/sep', 1, (text, [sep]) => partition(text, sep, 'right')),
  splitlines: method('keepends', 0, (text, [keep]) => splitLines(text, keep !== undefined && asIndex(keep, 'keepends') !== 0)),
  replace: method('/old /new /count', 2, (text, [old, by, count = -1]) =>
    replaceText(text, asText(old, 'what to replace'), asText(by, 'the replacement'), asIndex(count, 'count')),
  ),
  startswith: affix((text, part) => text.startsWith(part)),
  endswith: affix((text, part) => text.endsWith(part)),
  removeprefix: method('/prefix', 1, (text, [prefix]) => {
    const part = asText(prefix, 'the prefix');
    return text.startsWith(part) ? text.slice(part.length) : text;
  }),
  removesuffix: method('/suffix', 1, (text, [suffix]) => {
    const part = asText(suffix, 'the suffix');
    return part !== '' && text.endsWith(part) ? text.slice(0, -part.length) : text;
  }),
  find: finding('indexOf', false),
  rfind: finding('lastIndexOf', false),
  index: finding('indexOf', true),
  rindex: finding('lastIndexOf', true),
  count: method('/sub /start /end', 1, (text, [sub, start, stop]) => {
    const wanted = asText(sub, 'what to count');
    spendSearch(text, wanted);
    const range = between(text, start, stop);
    if (range === null) return 0;
    return wanted === '' ? codePointLength(range.part) + 1 : range.part.split(wanted).length - 1;
  }),
  join: method('/iterable', 1, (text, [items]) =>
    joinTexts(
      Array.from(iterate(items ?? null), (item) => asText(item, 'each item to join')),
      text,
    ),
  ),
  isspace: method('', 0, isSpace),
  islower: method('', 0, isLower),
  isupper: method('', 0, isUpper),
  istitle: method('', 0, isTitle),
  ljust: padding('right'),
  rjust: padding('left'),
  center: padding('center'),
  zfill: method('/width', 1, (text, [width]) => {
    const sign = /^[-+]/.exec(text)?.[0] ?? '';
    return sign + pad(text.slice(sign.length), asIndex(width ?? null, 'the width') - sign.length, '0', 'left');
  }),
  expandtabs: method('tabsize', 0, (text, [size = 8]) => expandTabs(text, asIndex(size, 'tabsize'))),
};

function expandTabs(text: string, size: number): string {
  if (size > 1000) throw new TemplateError('a tab size above 1000');
  let column = 0;
  let out = '';
  for (const character of text) {
    if (character === '\t') {
      const blanks = size > 0 ? size - (column % size) : 0;
      out += ' '.repeat(blanks);
      column += blanks;
    } else {
      out += character;
      column = character === '\n' || character === '\r' ? 0 : column + 1;
    }
  }
  spend(out.length);
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
    return new NativeFunction(name, (args) => {
      const [fields] = bind(name, args, ['/mapping']);
      if (!(fields instanceof Dict)) throw new TemplateError('format_map wants an object');
      const named = fields.entries().map(([key, value]) => [asText(key, 'each key'), value] as const);
      return formatText(text, { positional: [], named: new Map(named) }, look);
    });
  }
  if (UNSUPPORTED.includes(name)) throw new TemplateError(`the method '${name}' of texts is not supported`);
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  const found = kind !== undefined ? method('', 0, kind) : Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (found === undefined) return undefined;
  return new NativeFunction(name, (args) => {
    spend(text.length);
    const given = bind(name, args, found.parameters);
    if (given.slice(0, found.required).includes(undefined) || given.length < found.required)
      throw new TemplateError(`${name} wants ${found.required} arguments`);
    return found.run(text, given);
  });
}
