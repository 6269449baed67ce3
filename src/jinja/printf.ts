import { exponential, fixed, general } from '../python/decimal.js';
import { PyFloat } from '../python/float.js';
import { isFloat, isInteger, numberOf } from '../python/number.js';
import { codePointLength } from '../python/strings.js';
import { toRepr, toText } from './print.js';
import { asIndex, Dict, isList, type Runtime, Tuple, typeName, Undefined } from './values.js';
import { spend, TemplateError } from './work.js';

/** Widest field and longest fraction. */
const MAX_WIDTH = 1_000;

interface Spec {
  readonly left: boolean;
  readonly zero: boolean;
  readonly sign: string;
  readonly alternate: boolean;
  readonly width: number;
  readonly precision: number | null;
}

const CONVERSION = /%(?:\(([^()]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?(.)?/gs;

/**
 * Returns Python's `text % value`: `%s`, `%r`, `%d`, `%i`, `%u`, `%f`, `%e`, `%g`, `%x`, `%o`, `%c` with flags, width and precision. Throws `TemplateError`
 * where Python does.
 */
export function printf(text: string, value: Runtime): string {
  spend(text.length);
  const values = value instanceof Tuple ? value.items : [value];
  let next = 0;
  let named = false;
  const take = (): Runtime => {
    const taken = values[next++];
    if (taken === undefined) throw new TemplateError("'%': not enough values for the text");
    return taken;
  };
  const out = text.replace(CONVERSION, (whole, name?: string, flags = '', width?: string, precision?: string, letter?: string) => {
    if (letter === undefined) throw new TemplateError("'%': an incomplete format");
    if (letter === '%') {
      if (whole !== '%%') throw new TemplateError("'%': an unsupported format");
      return '%';
    }
    const number = (written: string | undefined) => (written === '*' ? asIndex(take(), 'a width') : Number(written));
    const wide = width === undefined ? 0 : number(width);
    const exactly = precision === undefined ? null : number(precision);
    if (Math.abs(wide) > MAX_WIDTH || (exactly ?? 0) > MAX_WIDTH) throw new TemplateError(`'%': a width above ${MAX_WIDTH}`);
    const spec: Spec = {
      left: flags.includes('-') || wide < 0,
      zero: flags.includes('0'),
      sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '',
      alternate: flags.includes('#'),
      width: Math.abs(wide),
      precision: exactly,
    };
    named ||= name !== undefined;
    const converted = convert(letter, name === undefined ? take() : fieldNamed(value, name), spec);
    spend(converted.length);
    return converted;
  });
  // Python does not complain where the right side has items by key: objects, lists, and Jinja's undefined values.
  if (!named && next < values.length && !(value instanceof Dict) && !isList(value) && !(value instanceof Undefined))
    throw new TemplateError("'%': more values than the text has formats");
  if (next > 0 && value instanceof Undefined) throw new TemplateError(value.message);
  return out;
}

function fieldNamed(value: Runtime, name: string): Runtime {
  if (!(value instanceof Dict)) throw new TemplateError("'%': a format with a name wants an object");
  const field = value.get(name);
  if (field === undefined) throw new TemplateError(`'%': no field '${name}'`);
  return field;
}

function convert(letter: string, value: Runtime, spec: Spec): string {
  switch (letter) {
    case 's':
    case 'r': {
      const text = letter === 's' ? toText(value) : toRepr(value);
      spend(text.length);
      return padded(spec.precision === null ? text : Array.from(text).slice(0, spec.precision).join(''), spec);
    }
    case 'c':
      return padded(character(value), spec);
    case 'd':
    case 'i':
    case 'u':
      return numeric(wholeOf(value).toString(), '', spec);
    case 'x':
    case 'X':
    case 'o': {
      if (!isInteger(value) && typeof value !== 'boolean') throw new TemplateError(`'%${letter}' wants an integer, not ${typeName(value)}`);
      const digits = BigInt(value).toString(letter === 'o' ? 8 : 16);
      const prefix = spec.alternate ? `0${letter}` : '';
      return numeric(letter === 'X' ? digits.toUpperCase() : digits, prefix, spec);
    }
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G': {
      const number = numberOf(value);
      if (number === null) throw new TemplateError(`'%${letter}' wants a number, not ${typeName(value)}`);
      const text = formatFloat(Number(number), letter, spec.precision ?? 6, spec.alternate);
      return numeric(text, '', { ...spec, precision: null });
    }
    default:
      throw new TemplateError(`'%${letter}' is not supported`);
  }
}

/**
 * Returns a float in the format of a letter of Python's (`f`, `e`, `g` and their capitals) with a precision.
 */
export function formatFloat(value: number, letter: string, precision: number, alternate: boolean): string {
  const small = letter.toLowerCase();
  let text: string;
  if (!Number.isFinite(value)) text = Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  else if (small === 'f') text = fixed(value, precision);
  else if (small === 'e') text = exponential(value, precision);
  else text = general(value, precision, alternate);
  return small === letter ? text : text.toUpperCase();
}

function character(value: Runtime): string {
  if (typeof value === 'string' && codePointLength(value) === 1) return value;
  if (isInteger(value) && value >= 0 && value < 0x110000) return String.fromCodePoint(Number(value));
  throw new TemplateError("'%c' wants one character");
}

function wholeOf(value: Runtime): bigint {
  if (isInteger(value) || typeof value === 'boolean') return BigInt(value);
  if (!isFloat(value)) throw new TemplateError(`'%d' wants a number, not ${typeName(value)}`);
  const number = value instanceof PyFloat ? value.value : value;
  if (!Number.isFinite(number)) throw new TemplateError("'%d' wants a finite number");
  return BigInt(Math.trunc(number));
}

/**
 * Returns a text in so many code points, filled up behind it (`<`), in front of it (`>`), on both sides (`^`) or between its head and its body (`=`).
 */
export function aligned(head: string, body: string, fill: string, align: string, width: number): string {
  const missing = Math.max(0, width - head.length - codePointLength(body));
  if (align === '=') return head + fill.repeat(missing) + body;
  if (align === '<') return head + body + fill.repeat(missing);
  if (align === '>') return fill.repeat(missing) + head + body;
  const before = Math.floor(missing / 2);
  return fill.repeat(before) + head + body + fill.repeat(missing - before);
}

function padded(text: string, { left, width }: Spec): string {
  return aligned('', text, ' ', left ? '<' : '>', width);
}

function numeric(text: string, prefix: string, spec: Spec): string {
  const negative = text.startsWith('-');
  const digits = (negative ? text.slice(1) : text).padStart(spec.precision ?? 0, '0');
  const head = (negative ? '-' : spec.sign) + prefix;
  if (!spec.zero || spec.left) return padded(head + digits, spec);
  return aligned(head, digits, '0', '=', spec.width);
}
