import type { ScalarTag } from 'yaml';

/**
 * What PyYAML's resolver takes for other values than texts when it stands without quotes. The `yaml` library's schemas differ from it: `y` and `n` are
 * texts in Python, so is `1e3` (an exponent wants a point before it and a sign), `08` and `0o7`.
 */
const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const INTEGER = /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const TIMESTAMP =
  /^(?:(\d{4})-(\d\d)-(\d\d)|(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::(\d\d))?))?)$/;

type OnError = (message: string) => void;

function signOf(text: string): -1 | 1 {
  return text.startsWith('-') ? -1 : 1;
}

/** Digits in groups of base 60, `1:30`. */
function sexagesimal(text: string): number {
  return text.split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
}

function integer(text: string, onError: OnError): number | bigint | string {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  if (digits.includes(':')) return signOf(text) * sexagesimal(digits);
  const written = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (/^0[bx]?$/.test(written) && written !== '0') {
    onError(`${text} is no integer`);
    return text;
  }
  const value = BigInt(written) * BigInt(signOf(text));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function float(text: string): number {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '').toLowerCase();
  if (digits === '.nan') return Number.NaN;
  const size = digits === '.inf' ? Number.POSITIVE_INFINITY : digits.includes(':') ? sexagesimal(digits) : Number(digits);
  return signOf(text) * size;
}

function timestamp(text: string, onError: OnError): Date | string {
  const [, y, m, d, year = y, month = m, day = d, hour = 0, minute = 0, second = 0, fraction = '', , sign, zoneHour = 0, zoneMinute = 0] =
    TIMESTAMP.exec(text) ?? [];
  const [yy, mm, dd] = [Number(year), Number(month), Number(day)];
  const [h, min, s] = [Number(hour), Number(minute), Number(second)];
  const date = new Date(0);
  date.setUTCFullYear(yy, mm - 1, dd);
  date.setUTCHours(h, min, s, Number(fraction.slice(0, 3).padEnd(3, '0')));
  const real = yy > 0 && date.getUTCMonth() === mm - 1 && date.getUTCDate() === dd && h < 24 && min < 60 && s < 60;
  if (!real) {
    onError(`${text} is no date; write it in quotes if it is a text`);
    return text;
  }
  const away = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1);
  return new Date(date.getTime() - away * 60_000);
}

function tag(name: string, test: RegExp, resolve: NonNullable<ScalarTag['resolve']>): ScalarTag {
  return { tag: `tag:yaml.org,2002:${name}`, default: true, test, resolve };
}

/** Tags for the scalars of YAML files as PyYAML reads them, to be added to the library's schema of plain texts. */
export const PYTHON_SCALARS: readonly ScalarTag[] = [
  tag('bool', BOOLEAN, (text) => /^(?:yes|true|on)$/i.test(text)),
  tag('null', NULL, () => null),
  tag('int', INTEGER, integer),
  tag('float', FLOAT, float),
  tag('timestamp', TIMESTAMP, timestamp),
  tag('value', /^=$/, (text, onError) => {
    onError("a bare '=' is no value; write it in quotes");
    return text;
  }),
];
