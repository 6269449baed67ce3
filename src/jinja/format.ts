import { isFloat, isInteger, numberOf } from '../python/number.js';
import { toRepr, toText } from './print.js';
import { aligned, formatFloat } from './printf.js';
import { type Arguments, present, type Runtime, typeName } from './values.js';
import { spend, TemplateError } from './work.js';

const MAX_WIDTH = 1_000;
const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/su;

/** How a field's attributes and items are found. */
export interface Lookup {
  attribute(value: Runtime, name: string): Runtime;
  item(value: Runtime, key: Runtime): Runtime;
}

/**
 * Returns Python's `text.format(...)`: fields by place or name, with attributes and items, `!r` and `!s`, and format specifications of texts and numbers.
 * Throws `TemplateError` where Python does and for specifications within specifications.
 */
export function formatText(text: string, args: Arguments, look: Lookup): string {
  spend(text.length);
  let next = 0;
  let explicit = false;
  const field = (name: string): Runtime => {
    if (name !== '' && !/^\d+$/.test(name)) return given(args.named.get(name), name);
    if (name === '') {
      if (explicit) throw new TemplateError('format: numbered and unnumbered fields in one text');
      return given(args.positional[next++], String(next - 1));
    }
    if (next > 0) throw new TemplateError('format: numbered and unnumbered fields in one text');
    explicit = true;
    return given(args.positional[Number(name)], name);
  };
  return text.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (whole: string, inside: string | undefined) => {
    if (inside === undefined) {
      if (whole.length === 2) return whole.charAt(0);
      throw new TemplateError("format: a single '{' or '}', or a field within a field");
    }
    const parsed = /^([^.[\]!:]*)((?:\.[^.[\]!:]+|\[[^\]]+\])*)(?:!([^:]))?(?::(.*))?$/s.exec(inside);
    if (parsed === null) throw new TemplateError(`format: '{${inside}}' is no field`);
    const [, name = '', path = '', conversion, spec = ''] = parsed;
    let value = field(name);
    for (const [, attribute, index] of path.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
      if (attribute !== undefined) value = present(look.attribute(value, attribute));
      else if (index !== undefined) value = present(look.item(value, /^\d+$/.test(index) ? Number(index) : index));
    }
    if (conversion !== undefined && conversion !== 'r' && conversion !== 's')
      throw new TemplateError(`format: '!${conversion}' is not supported`);
    const converted = conversion === 'r' ? toRepr(value) : conversion === 's' ? toText(value) : value;
    const out = formatValue(converted, spec);
    spend(out.length);
    return out;
  });
}

function given(value: Runtime | undefined, name: string): Runtime {
  if (value === undefined) throw new TemplateError(`format: no argument for {${name}}`);
  return value;
}

function formatValue(value: Runtime, spec: string): string {
  if (spec === '') return toText(value);
  const parsed = SPEC.exec(spec);
  if (parsed === null) throw new TemplateError(`format: '${spec}' is no format`);
  const [, fillGiven, alignGiven, sign = '', alternate, zero, width = '0', group, precision, letter] = parsed;
  if (Number(width) > MAX_WIDTH || Number(precision ?? 0) > MAX_WIDTH) throw new TemplateError(`format: a width above ${MAX_WIDTH}`);
  const number = numberOf(value);
  const fill = fillGiven ?? (zero === undefined ? ' ' : '0');
  if (number === null) {
    if (typeof value !== 'string') throw new TemplateError(`format: ${typeName(value)} takes no format`);
    if ((letter ?? 's') !== 's' || sign !== '' || group !== undefined || alternate !== undefined || alignGiven === '=')
      throw new TemplateError(`format: '${spec}' is no format of a text`);
    spend(value.length);
    const cut = precision === undefined ? value : Array.from(value).slice(0, Number(precision)).join('');
    return aligned('', cut, fill, alignGiven ?? '<', Number(width));
  }
  const digits = digitsOf(value, number, letter, precision === undefined ? null : Number(precision), alternate !== undefined);
  const negative = digits.startsWith('-');
  const head = negative ? '-' : sign === '-' ? '' : sign;
  const grouped = grouping(negative ? digits.slice(1) : digits, group);
  if (group !== undefined && zero !== undefined) throw new TemplateError('format: zeros with groups are not supported');
  return aligned(head, grouped, fill, alignGiven ?? (zero === undefined ? '>' : '='), Number(width));
}

function grouping(digits: string, group: string | undefined): string {
  if (group === undefined) return digits;
  const [, whole = '', rest = ''] = /^(\d*)(.*)$/.exec(digits) ?? [];
  const parts: string[] = [];
  for (let end = whole.length; end > 0; end -= 3) parts.unshift(whole.slice(Math.max(0, end - 3), end));
  return parts.join(group) + rest;
}

function digitsOf(
  value: Runtime,
  number: number | bigint,
  letter: string | undefined,
  precision: number | null,
  alternate: boolean,
): string {
  if (isFloat(value) || (letter !== undefined && 'eEfFgG%'.includes(letter))) {
    if (letter === '%') return `${formatFloat(Number(number) * 100, 'f', precision ?? 6, alternate)}%`;
    if (letter === undefined && precision === null) return toText(value);
    if (letter !== undefined && 'eEfFgG'.includes(letter)) return formatFloat(Number(number), letter, precision ?? 6, alternate);
    throw new TemplateError(`format: '${letter ?? `.${precision ?? ''}`}' is not supported for a float`);
  }
  if (precision !== null) throw new TemplateError('format: a precision for an integer');
  if (typeof value === 'boolean' && letter === undefined) return String(Number(value));
  if (!isInteger(number)) throw new TemplateError('format: no integer');
  const bases: Readonly<Record<string, number>> = { d: 10, b: 2, o: 8, x: 16, X: 16 };
  const base = bases[letter ?? 'd'];
  if (base === undefined) throw new TemplateError(`format: '${letter ?? ''}' is not supported for an integer`);
  const digits = BigInt(number).toString(base);
  if (alternate && base !== 10) throw new TemplateError("format: '#' is not supported");
  return letter === 'X' ? digits.toUpperCase() : digits;
}
