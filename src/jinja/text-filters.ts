import { SPACE, strip } from '../python/strings.js';
import { lengthOf } from './attributes.js';
import type { Environment, Filter } from './environment.js';
import { iterate, truth } from './iterate.js';
import { dumps } from './json.js';
import { escapeHtml } from './operators.js';
import { toText } from './print.js';
import { printf } from './printf.js';
import { pad, replaceText, splitLines } from './string-methods.js';
import { capitalize } from './text-case.js';
import {
  type Arguments,
  asIndex,
  asText,
  bind,
  checkStrict,
  Dict,
  isList,
  Markup,
  type Runtime,
  Special,
  Tuple,
  Undefined,
} from './values.js';
import { spend, TemplateError } from './work.js';

/** A filter that first turns its operand into text; a text marked as safe stays so. */
function soft(run: (text: string) => string): Filter {
  return (value, args) => {
    bind('the filter', args, []);
    const text = toText(value);
    spend(text.length);
    return value instanceof Markup ? new Markup(run(text)) : run(text);
  };
}

function indent(value: Runtime, args: Arguments): Runtime {
  const [width = 4, first = false, blank = false] = bind('indent', args, ['width', 'first', 'blank']);
  checkStrict(value);
  if (value instanceof Undefined) throw new TemplateError(value.message);
  const text = asText(value, 'what to indent');
  const by = typeof width === 'string' ? width : ' '.repeat(Math.min(Math.max(0, asIndex(width, 'width')), 1000));
  const lines = splitLines(`${text}\n`);
  spend(text.length + lines.length * by.length);
  const out = lines.map((line, i) => (i > 0 && (truth(blank) || line !== '') ? by + line : line)).join('\n');
  const all = truth(first) ? by + out : out;
  return value instanceof Markup ? new Markup(all) : all;
}

function truncate(value: Runtime, args: Arguments): Runtime {
  const [length = 255, killwords = false, end = '...', leeway = null] = bind('truncate', args, ['length', 'killwords', 'end', 'leeway']);
  const most = asIndex(length, 'length');
  const slack = leeway === null ? 5 : asIndex(leeway, 'leeway');
  const mark = Array.from(asText(end, 'end'));
  if (most < mark.length) throw new TemplateError(`truncate: expected length >= ${mark.length}`);
  if (slack < 0) throw new TemplateError('truncate: expected leeway >= 0');
  if (lengthOf(value) <= most + slack) return value;
  const characters = Array.from(asText(value, 'what to truncate'));
  const kept = characters.slice(0, most - mark.length).join('');
  if (truth(killwords)) return kept + mark.join('');
  const space = kept.lastIndexOf(' ');
  return (space < 0 ? kept : kept.slice(0, space)) + mark.join('');
}

function wordcount(value: Runtime, args: Arguments): Runtime {
  bind('wordcount', args, []);
  const text = toText(value);
  spend(text.length);
  return text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0;
}

const UNRESERVED = /[A-Za-z0-9\-._~/]/;

function quoteUrl(text: string, keepSlash: boolean): string {
  spend(3 * text.length);
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(byte);
    out += UNRESERVED.test(char) && (keepSlash || char !== '/') ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

function urlencode(value: Runtime, args: Arguments): Runtime {
  bind('urlencode', args, []);
  if (typeof value === 'string' || !(isList(value) || value instanceof Special) || value instanceof Markup)
    return quoteUrl(toText(value), true);
  const pairs = value instanceof Dict ? value.entries().map((pair) => new Tuple(pair)) : iterate(value);
  const quote = (part: Runtime | undefined) => quoteUrl(toText(part ?? null), false).replaceAll('%20', '+');
  return Array.from(pairs, (pair) => {
    const items = Array.from(iterate(pair));
    if (items.length !== 2) throw new TemplateError('urlencode wants pairs');
    return `${quote(items[0])}=${quote(items[1])}`;
  }).join('&');
}

function tojson(value: Runtime, args: Arguments, environment: Environment): Runtime {
  if (environment.json === 'html') {
    const [indentation = null] = bind('tojson', args, ['indent']);
    const text = dumps(value, { ...jsonLayout(indentation, null), ascii: true }, true);
    return new Markup(text.replace(/[<>&']/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`));
  }
  const names = ['ensure_ascii', 'indent', 'separators', 'sort_keys'];
  const [ascii = false, indentation = null, separators = null, sortKeys = false] = bind('tojson', args, names);
  return dumps(value, { ...jsonLayout(indentation, separators), ascii: truth(ascii) }, truth(sortKeys));
}

function jsonLayout(indentation: Runtime, separators: Runtime) {
  const width = typeof indentation === 'boolean' ? Number(indentation) : indentation;
  const level =
    width === null ? null : typeof width === 'string' ? width : ' '.repeat(Math.min(Math.max(0, asIndex(width, 'indent')), 1000));
  const parts = separators === null ? [level === null ? ', ' : ',', ': '] : Array.from(iterate(separators));
  const [itemSeparator, keySeparator] = parts;
  if (parts.length !== 2) throw new TemplateError('tojson: separators are two texts');
  return { indent: level, itemSeparator: asText(itemSeparator, 'a separator'), keySeparator: asText(keySeparator, 'a separator') };
}

function escaped(value: Runtime, args: Arguments): Runtime {
  bind('escape', args, []);
  return value instanceof Markup ? value : new Markup(escapeHtml(toText(value)));
}

/** What Jinja's `title` begins a word after: Python's `\s`, hyphens and opening brackets. */
const WORD_BEGIN = new RegExp(`([-${SPACE}({[<]+)`, 'u');

/** Filters of texts. */
export const TEXT_FILTERS: Readonly<Record<string, Filter>> = {
  upper: soft((text) => text.toUpperCase()),
  lower: soft((text) => text.toLowerCase()),
  capitalize: soft(capitalize),
  // Unlike str.title, the filter starts a word only after white space, hyphens and opening brackets, and gives the first letter as a capital.
  title: (value, args) => {
    bind('title', args, []);
    const text = toText(value);
    spend(text.length);
    const words = text.split(WORD_BEGIN);
    return words
      .map(
        (word) => Array.from(word, (c, i) => (i === 0 ? c.toUpperCase() : '')).join('') + Array.from(word).slice(1).join('').toLowerCase(),
      )
      .join('');
  },
  trim: (value, args) => {
    const [chars = null] = bind('trim', args, ['chars']);
    const text = toText(value);
    spend(text.length);
    const out = chars === null ? strip(text) : strip(text, asText(chars, 'chars'));
    return value instanceof Markup ? new Markup(out) : out;
  },
  center: (value, args) => {
    const [width = 80] = bind('center', args, ['width']);
    const text = pad(toText(value), asIndex(width, 'the width'), ' ', 'center');
    return value instanceof Markup ? new Markup(text) : text;
  },
  string: (value, args) => {
    bind('string', args, []);
    return value instanceof Markup ? value : toText(value);
  },
  safe: (value, args) => {
    bind('safe', args, []);
    return value instanceof Markup ? value : new Markup(toText(value));
  },
  escape: escaped,
  e: escaped,
  forceescape: (value, args) => {
    bind('forceescape', args, []);
    return new Markup(escapeHtml(toText(value)));
  },
  replace: (value, args) => {
    const [old, by, count = null] = bind('replace', args, ['old', 'new', 'count']);
    if (old === undefined || by === undefined) throw new TemplateError('replace wants what to replace and the replacement');
    return replaceText(toText(value), toText(old), toText(by), count === null ? -1 : asIndex(count, 'count'));
  },
  format: (value, args) => {
    if (args.positional.length > 0 && args.named.size > 0) throw new TemplateError('format: values by place and by name');
    const named = [...args.named].map(([key, item]) => [key, item] as const);
    // A text marked as safe would escape what is put into it.
    if (value instanceof Markup) throw new TemplateError('format is not supported on a text marked as safe');
    return printf(toText(value), named.length > 0 ? new Dict(named) : new Tuple(args.positional));
  },
  indent,
  truncate,
  wordcount,
  urlencode,
  tojson,
};
