import { exponentText } from './number.js';

/** A finite float as `numerator / 2^shift`, exactly. */
function exact(value: number): { readonly numerator: bigint; readonly shift: bigint } {
  let shift = 0n;
  let scaled = value;
  // Each doubling is exact; 1074 of them make the smallest float an integer.
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  return { numerator: BigInt(scaled), shift };
}

/**
 * Returns a non-negative fraction rounded to the nearest integer, halves to even.
 */
function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  if (twice > denominator || (twice === denominator && quotient % 2n === 1n)) return quotient + 1n;
  return quotient;
}

/** |value| * 10^digits as an integer, rounded from the exact value, halves to even. */
function scaledAbs(value: number, digits: number): bigint {
  const { numerator, shift } = exact(Math.abs(value));
  const denominator = 1n << shift;
  return digits >= 0
    ? divideHalfEven(numerator * 10n ** BigInt(digits), denominator)
    : divideHalfEven(numerator, denominator * 10n ** BigInt(-digits));
}

/**
 * Returns a finite float with a number of digits behind the point, rounded from its exact value with halves to even, as Python's `'%.2f'`;
 * `toFixed` rounds halves up.
 */
export function fixed(value: number, digits: number): string {
  const text = scaledAbs(value, digits)
    .toString()
    .padStart(digits + 1, '0');
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/**
 * Returns a finite float with one digit before the point and `digits` behind it, as Python's `'%.2e'`.
 */
export function exponential(value: number, digits: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  let exponent = value === 0 ? 0 : Number(Math.abs(value).toExponential().split('e')[1]);
  let text = scaledAbs(value, digits - exponent).toString();
  if (text.length > digits + 1) {
    exponent++;
    text = scaledAbs(value, digits - exponent).toString();
  }
  text = text.padStart(digits + 1, '0');
  return `${sign}${text[0]}${digits > 0 ? `.${text.slice(1)}` : ''}e${exponentText(exponent)}`;
}

/**
 * Returns a finite float as Python's `'%g'` with a number of significant digits; `keepZeros` as its `#`.
 */
export function general(value: number, significant: number, keepZeros: boolean): string {
  const digits = Math.max(1, significant);
  const long = exponential(value, digits - 1);
  const exponent = Number(long.split('e')[1]);
  const strip = (text: string) => (keepZeros || !text.includes('.') ? text : text.replace(/\.?0+$/, ''));
  if (exponent >= -4 && exponent < digits) return strip(fixed(value, digits - 1 - exponent));
  const [mantissa = '', power = ''] = long.split('e');
  return `${strip(mantissa)}e${power}`;
}

/**
 * Returns the float rounded to a number of digits behind the point (before it where negative), as Python's `round`: from the exact value, halves to even.
 */
export function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 323) return value;
  if (digits < -308) return value < 0 || Object.is(value, -0) ? -0 : 0;
  const size = Number(`${scaledAbs(value, digits)}e${-digits}`);
  return value < 0 || Object.is(value, -0) ? -size : size;
}

/**
 * Returns the integer rounded to a multiple of 10^-digits where `digits` is negative, halves to even, as Python's `round`.
 */
export function roundInteger(value: bigint, digits: number): bigint {
  if (digits >= 0) return value;
  const unit = 10n ** BigInt(-digits);
  const size = divideHalfEven(value < 0n ? -value : value, unit) * unit;
  return value < 0n ? -size : size;
}
