/** Places for the names of points in a picture. */

export interface Point<T> {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  /** What stands at the point. */
  readonly of: T;
}

/** A point with the place of its name; `text` is empty where there was no room. Coordinates in pixels, `anchor` as in SVG. */
export interface Label<T = unknown> extends Point<T> {
  readonly labelX: number;
  readonly labelY: number;
  readonly anchor: 'start' | 'middle' | 'end';
  /** True where the name stands so far off that a line should lead to it. */
  readonly led: boolean;
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Mean width of a letter, as a share of the font size. */
const LETTER = 0.56;

/** How far from its point a name may stand, in pixels beyond the usual gap. */
const RINGS = [0, 12, 24] as const;

/**
 * Returns the width of a text in pixels, as far as can be told without the font.
 */
export function textWidth(text: string, font: number): number {
  return text.length * font * LETTER;
}

/**
 * Returns a text that fits into a width. What is too long loses its middle: names of one family begin alike.
 */
export function fitted(text: string, width: number, font: number): string {
  const most = Math.max(3, Math.floor(width / (font * LETTER)));
  const letters = [...text];
  if (letters.length <= most) return text;
  const head = Math.floor((most - 1) * 0.4);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (most - 1 - head)).join('')}`;
}

/** Free space between two names, in pixels: a hair less than a name keeps from its own point, so that rounding never makes the two overlap. */
const APART = 2.999;

/**
 * Returns for every point a place for its name beside it where it covers neither a point nor an earlier name and stays inside the area; a point that has no such
 * place goes without. Greedy, points from top to bottom, near places before far ones. `before` are names that have their places already.
 */
export function placeLabels<T>(
  points: readonly Point<T>[],
  area: Box & { readonly font: number; readonly radius: number },
  before: readonly Label<T>[] = [],
): Label<T>[] {
  const { font, radius } = area;
  const boxOf = (x: number, y: number, anchor: Label['anchor'], text: string): Box => {
    const w = textWidth(text, font);
    const left = x - (anchor === 'end' ? w : anchor === 'middle' ? w / 2 : 0);
    return { left, right: left + w, top: y - font / 2, bottom: y + font / 2 };
  };
  const taken: Box[] = [
    ...points.map((p) => ({ left: p.x - radius, right: p.x + radius, top: p.y - radius, bottom: p.y + radius })),
    ...before.flatMap((l) => (l.text === '' ? [] : [boxOf(l.labelX, l.labelY, l.anchor, l.text)])),
  ];
  return [...points]
    .sort((a, b) => a.y - b.y || a.x - b.x)
    .map((p) => {
      for (const ring of p.text === '' ? [] : RINGS) {
        for (const [anchor, dx, dy] of placesOf(radius + 3 + ring, font, ring)) {
          const box = boxOf(p.x + dx, p.y + dy, anchor, p.text);
          const inside = box.left >= area.left && box.right <= area.right && box.top >= area.top && box.bottom <= area.bottom;
          if (!inside || taken.some((t) => overlap(t, box))) continue;
          taken.push(box);
          return { ...p, labelX: p.x + dx, labelY: p.y + dy, anchor, led: ring > 0 };
        }
      }
      return { ...p, text: '', labelX: p.x, labelY: p.y, anchor: 'start' as const, led: false };
    });
}

/** Places around a point, the ones that read best first. */
function placesOf(gap: number, font: number, ring: number): readonly (readonly [Label['anchor'], number, number])[] {
  const slant = font * 0.8 + ring * 0.7;
  return [
    ['start', gap, 0],
    ['end', -gap, 0],
    ['middle', 0, -gap - font / 2],
    ['middle', 0, gap + font / 2],
    ['start', gap - 2, -slant],
    ['start', gap - 2, slant],
    ['end', 2 - gap, -slant],
    ['end', 2 - gap, slant],
  ];
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right + APART && b.left < a.right + APART && a.top < b.bottom && b.top < a.bottom;
}
