/** What the pictures have in common: their element, their axis of values, and the names of their rows. */
import { type SvgNode, s } from '../../page/svg.js';
import { fitted } from './labels.js';
import { type Scale, ticks } from './scale.js';

/** Size of all texts, in pixels. */
export const FONT = 12;

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** What the picture shows, for who does not see it. */
  readonly summary: string;
}

/**
 * Returns a picture at its size in pixels; `kind` is a further class.
 */
export function picture({ width, height, summary }: Frame, kind: string, children: readonly SvgNode[]): SvgNode {
  const attributes = { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': summary, class: `chart${kind}` };
  return s('svg', attributes, ...children);
}

/**
 * Returns the values along the foot of rows with a line up to the top for each; a value needs `each` pixels.
 */
export function valueAxis(x: Scale, bottom: number, each: number, number: (value: number) => string): SvgNode {
  const [left, right] = x.range;
  return s(
    'g',
    { class: 'axis', 'font-size': FONT },
    ...ticks(x.domain, Math.max(2, Math.floor((right - left) / each))).flatMap((value) => [
      s('line', { class: 'grid', x1: x(value), x2: x(value), y1: 0, y2: bottom }),
      s('text', { x: x(value), y: bottom + 18, 'text-anchor': 'middle' }, number(value)),
    ]),
  );
}

/**
 * Returns the name of a row, which ends at `x` and takes `room` pixels at most.
 */
export function rowName(name: string, x: number, y: number, room: number): SvgNode {
  return s('text', { class: 'name', x, y, dy: '0.35em', 'text-anchor': 'end' }, fitted(name, room, FONT), s('title', {}, name));
}

/**
 * Returns the number at the end of a row.
 */
export function rowNumber(text: string, width: number, y: number): SvgNode {
  return s('text', { class: 'number', x: width - 2, y, dy: '0.35em', 'text-anchor': 'end' }, text);
}
