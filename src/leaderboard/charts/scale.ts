/** From values to pixels, and the round values to write at an axis. */
import { extent } from '../statistics.js';

export interface Scale {
  /** Pixels of a value. */
  (value: number): number;
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
}

/**
 * Returns a linear scale. A domain without width maps to the middle.
 */
export function linear(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [from, to] = domain;
  const of = (value: number): number =>
    to === from ? (range[0] + range[1]) / 2 : range[0] + ((value - from) / (to - from)) * (range[1] - range[0]);
  return Object.assign(of, { domain, range });
}

/**
 * Returns round values inside a domain (steps of 1, 2 or 5 times a power of ten), about as many as wished.
 */
export function ticks([low, high]: readonly [number, number], wished: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / Math.max(1, wished);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/**
 * Returns beginnings of years, or of quarters or months where there are few years, as days since the epoch with their text (`2025`, `2025-04`); days
 * (`2025-04-12`) where no month begins.
 */
export function dayTicks([low, high]: readonly [number, number], wished: number): { readonly day: number; readonly text: string }[] {
  const first = new Date(low * DAY);
  for (const months of [1, 3, 6, 12, 24, 60]) {
    const found: { day: number; text: string }[] = [];
    for (let m = Math.floor((first.getUTCFullYear() * 12) / months) * months; found.length < 200; m += months) {
      const day = Date.UTC(Math.floor(m / 12), m % 12) / DAY;
      if (day > high) break;
      if (day >= low)
        found.push({ day, text: m % 12 === 0 ? String(m / 12) : `${Math.floor(m / 12)}-${String((m % 12) + 1).padStart(2, '0')}` });
    }
    if (found.length === 0) break;
    if (found.length <= wished) return found;
  }
  return ticks([low, high], wished)
    .filter(Number.isInteger)
    .map((day) => ({ day, text: new Date(day * DAY).toISOString().slice(0, 10) }));
}

const DAY = 86_400_000;

/**
 * Returns days since the epoch of `YYYY-MM-DD`, or of the middle of `YYYY-MM`.
 */
export function dayOf(released: string): number {
  return Date.parse(released.length === 7 ? `${released}-15` : released) / DAY;
}

/**
 * Returns the extent of values with a margin, so that nothing stands at the edge.
 */
export function padded(values: readonly number[], share = 0.06): [number, number] {
  const [low, high] = extent(values);
  const pad = (high - low || 1) * share;
  return [low - pad, high + pad];
}
