import { SPACE, strip } from '../python/strings.js';
import type { Declared, Filter } from './environment.js';
import { iterate, lengthOf, truth } from './iterate.js';
import { dumps } from './json.js';
import { escapeHtml } from './operators.js';
import { toText } from './print.js';
import { printf } from './printf.js';
import { characterSet, pad, replaceText, splitLines } from './string-methods.js';
import { capitalize } from './text-case.js';
import {
  asIndex,
  asText,
  bind,
  charactersOf,
  Dict,
  type Given,
  isList,
  Markup,
  markedAs,
  present,
  type Runtime,
  Special,
  Tuple,
  View,
} from './values.js';
import { spend, TemplateError } from './work.js';

/** A filter without arguments that first turns its operand into text; a text marked as safe stays so. */
function soft(run: (text: string) => string): Declared<Runtime> {
  return ['', (value) => markedAs(value, run(softText(value)))];
}

/**
 * Returns what a value prints, for a filter or test that looks at all of it; counts that work.
 */
export function softText(value: Runtime): string {
  const text = toText(value);
  spend(text.length);
  return text;
}

/** What a level is indented by: a text as it is, blanks for a number. */
function indentation(width: Runtime, what: string): string {
  return typeof width === 'string' ? width : ' '.repeat(Math.min(Math.max(0, asIndex(width, what)), 1000));
}

function indent(value: Runtime, [width = 4, first = false, blank = false]: Given): Runtime {
  const text = asText(present(value), 'what to indent');
  const by = indentation(width, 'width');
  const lines = splitLines(`${text}\n`);
  spend(text.length + lines.length * by.length);
  const out = lines.map((line, i) => (i > 0 && (truth(blank) || line !== '') ? by + line : line)).join('\n');
  return markedAs(value, truth(first) ? by + out : out);
}

function truncate(value: Runtime, [length = 255, killwords = false, end = '...', leeway = null]: Given): Runtime {
  const most = asIndex(length, 'length');
  const slack = leeway === null ? 5 : asIndex(leeway, 'leeway');
  const mark = charactersOf(asText(end, 'end'));
  if (most < mark.length) throw new TemplateError(`truncate: expected length >= ${mark.length}`);
  if (slack < 0) throw new TemplateError('truncate: expected leeway >= 0');
  if (lengthOf(value) <= most + slack) return value;
  const characters = charactersOf(asText(value, 'what to truncate'));
  const kept = characters.slice(0, most - mark.length).join('');
  if (truth(killwords)) return kept + mark.join('');
  const space = kept.lastIndexOf(' ');
  return (space < 0 ? kept : kept.slice(0, space)) + mark.join('');
}

function quoteUrl(text: string, keepSlash: boolean): string {
  spend(3 * text.length);
  // Half a pair of surrogates, which JavaScript refuses, becomes U+FFFD.
  const quoted = encodeURIComponent(Buffer.from(text).toString());
  const all = quoted.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return keepSlash ? all.replaceAll('%2F', '/') : all;
}

function urlencode(value: Runtime): Runtime {
  if (typeof value === 'string' || !(isList(value) || value instanceof Special) || value instanceof Markup)
    return quoteUrl(toText(value), true);
  const pairs = iterate(value instanceof Dict ? new View('items', value) : value);
  return Array.from(pairs, (pair) => {
    const parts = Array.from(iterate(pair), (part) => quoteUrl(toText(part), false).replaceAll('%20', '+'));
    if (parts.length !== 2) throw new TemplateError('urlencode wants pairs');
    return parts.join('=');
  }).join('&');
}

const tojson: Filter = (value, args, environment) => {
  if (environment.json === 'html') {
    const [indent = null] = bind('tojson', args, 'indent');
    const text = dumps(value, { ...jsonLayout(indent, null), ascii: true }, true);
    return new Markup(text.replace(/[<>&']/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`));
  }
  const [ascii = false, indent = null, separators = null, sortKeys = false] = bind(
    'tojson',
    args,
    'ensure_ascii indent separators sort_keys',
  );
  return dumps(value, { ...jsonLayout(indent, separators), ascii: truth(ascii) }, truth(sortKeys));
};

function jsonLayout(width: Runtime, separators: Runtime) {
  const indent = width === null ? null : indentation(width, 'indent');
  const parts = separators === null ? [indent === null ? ', ' : ',', ': '] : Array.from(iterate(separators));
  const [itemSeparator, keySeparator] = parts;
  if (parts.length !== 2) throw new TemplateError('tojson: separators are two texts');
  return { indent, itemSeparator: asText(itemSeparator, 'a separator'), keySeparator: asText(keySeparator, 'a separator') };
}

function escaped(value: Runtime): Runtime {
  return value instanceof Markup ? value : new Markup(escapeHtml(toText(value)));
}

/** What Jinja's `title` begins a word after: Python's `\s`, hyphens and opening brackets. */
const WORD_BEGIN = new RegExp(`([-${SPACE}({[<]+)`, 'u');

/** Unlike str.title, the filter starts a word only after white space, hyphens and opening brackets, and gives the first letter as a capital. */
function title(value: Runtime): Runtime {
  const words = softText(value).split(WORD_BEGIN);
  return words
    .map((word) => {
      const [first = '', ...rest] = word;
      return first.toUpperCase() + rest.join('').toLowerCase();
    })
    .join('');
}

const format: Filter = (value, { positional, named }) => {
  if (positional.length > 0 && named.size > 0) throw new TemplateError('format: values by place and by name');
  // A text marked as safe would escape what is put into it.
  if (value instanceof Markup) throw new TemplateError('format is not supported on a text marked as safe');
  return printf(toText(value), named.size > 0 ? new Dict(named) : new Tuple(positional));
};

function replace(value: Runtime, [old = null, by = null, count = null]: Given): Runtime {
  return replaceText(toText(value), toText(old), toText(by), count === null ? -1 : asIndex(count, 'count'));
}

/** Filters of texts. */
export const TEXT_FILTERS: Readonly<Record<string, Declared<Runtime>>> = {
  upper: soft((text) => text.toUpperCase()),
  lower: soft((text) => text.toLowerCase()),
  capitalize: soft(capitalize),
  title: ['', title],
  trim: [
    'chars',
    (value, [chars = null]) => markedAs(value, strip(softText(value), chars === null ? undefined : characterSet(asText(chars, 'chars')))),
  ],
  center: ['width', (value, [width = 80]) => markedAs(value, pad(toText(value), asIndex(width, 'the width'), ' ', 'center'))],
  string: ['', (value) => (value instanceof Markup ? value : toText(value))],
  safe: ['', (value) => (value instanceof Markup ? value : new Markup(toText(value)))],
  escape: ['', escaped],
  e: ['', escaped],
  forceescape: ['', (value) => new Markup(escapeHtml(toText(value)))],
  replace: ['old! new! count', replace],
  format: [null, (value, _, environment, args) => format(value, args, environment)],
  indent: ['width first blank', indent],
  truncate: ['length killwords end leeway', truncate],
  wordcount: ['', (value) => softText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0],
  urlencode: ['', urlencode],
  tojson: [null, (value, _, environment, args) => tojson(value, args, environment)],
};
