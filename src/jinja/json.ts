import { PyFloat } from '../python/float.js';
import { floatRepr } from '../python/number.js';
import { compare } from './operators.js';
import { Dict, isFloat, isList, Markup, type Runtime, Tuple, typeName, weightOf } from './values.js';
import { spend, TemplateError } from './work.js';

/** Options of Python's `json.dumps`. */
export interface JsonOptions {
  readonly ascii: boolean;
  /** What one level is indented by, null for one line. */
  readonly indent: string | null;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly sortKeys: boolean;
}

/**
 * Returns the text that Python's `json.dumps` writes. Throws `TemplateError` for values that it refuses.
 */
export function dumps(value: Runtime, options: JsonOptions): string {
  spend(6 * weightOf(value));
  return write(value, options, '\n');
}

function write(value: Runtime, options: JsonOptions, line: string): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted(value, options.ascii);
  if (value instanceof Markup) return quoted(value.text, options.ascii);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (isFloat(value)) return float(value instanceof PyFloat ? value.value : value);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const inner = options.indent === null ? line : line + options.indent;
  if (isList(value) || value instanceof Tuple) {
    const items = (isList(value) ? value : value.items).map((item) => write(item, options, inner));
    return wrapped('[', items, ']', options, line);
  }
  if (value instanceof Dict) {
    const entries = options.sortKeys ? [...value.entries()].sort(([a], [b]) => compare(a, b)) : value.entries();
    const fields = entries.map(
      ([key, item]) => `${quoted(keyText(key), options.ascii)}${options.keySeparator}${write(item, options, inner)}`,
    );
    return wrapped('{', fields, '}', options, line);
  }
  throw new TemplateError(`tojson does not work on ${typeName(value)}`);
}

function wrapped(open: string, items: readonly string[], close: string, options: JsonOptions, line: string): string {
  if (items.length === 0) return open + close;
  if (options.indent === null) return open + items.join(options.itemSeparator) + close;
  const inner = line + options.indent;
  spend(inner.length * items.length);
  return open + inner + items.join(options.itemSeparator + inner) + line + close;
}

function keyText(key: Runtime): string {
  if (typeof key === 'string') return key;
  if (key instanceof Markup) return key.text;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return key ? 'true' : 'false';
  if (isFloat(key)) return float(key instanceof PyFloat ? key.value : key);
  if (typeof key === 'number' || typeof key === 'bigint') return String(key);
  throw new TemplateError(`tojson: a key cannot be ${typeName(key)}`);
}

function float(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatRepr(value);
}

const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

const NOT_ASCII = /["\\]|[^ -~]/g;
/** Escaped also where others than ASCII are not: the C0 controls, Unicode's Cc without U+007F to U+009F. */
const CONTROLS = /["\\]|(?![\u007f-\u009f])\p{Cc}/gu;

function quoted(text: string, ascii: boolean): string {
  return `"${text.replace(ascii ? NOT_ASCII : CONTROLS, (c) => NAMED[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
}
