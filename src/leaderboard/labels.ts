/** Places for the names of points in a picture. */

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** A point with the place of its name; `text` is empty where there was no room. Coordinates in pixels, `anchor` as in SVG. */
export interface Label extends Point {
  readonly labelX: number;
  readonly labelY: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Mean width of a letter, as a share of the font size. */
const LETTER = 0.56;

/**
 * Returns for every point a place for its name beside it where it covers neither a point nor an earlier name and stays inside `width` x `height`; a point that has no such
 * place goes without. Greedy, points from top to bottom.
 */
export function placeLabels(
  points: readonly Point[],
  size: { readonly width: number; readonly height: number; readonly font: number; readonly radius: number },
): Label[] {
  const { width, height, font, radius } = size;
  const taken: Box[] = points.map((p) => ({ left: p.x - radius, right: p.x + radius, top: p.y - radius, bottom: p.y + radius }));
  const gap = radius + 3;
  return [...points]
    .sort((a, b) => a.y - b.y || a.x - b.x)
    .map((p) => {
      const w = p.text.length * font * LETTER;
      const places: readonly (readonly [Label['anchor'], number, number])[] = [
        ['start', gap, 0],
        ['end', -gap, 0],
        ['middle', 0, -gap - font / 2],
        ['middle', 0, gap + font / 2],
        ['start', gap - 2, -font * 0.8],
        ['start', gap - 2, font * 0.8],
        ['end', 2 - gap, -font * 0.8],
        ['end', 2 - gap, font * 0.8],
      ];
      for (const [anchor, dx, dy] of places) {
        const left = p.x + dx - (anchor === 'end' ? w : anchor === 'middle' ? w / 2 : 0);
        const box = { left, right: left + w, top: p.y + dy - font / 2, bottom: p.y + dy + font / 2 };
        if (box.left < 0 || box.right > width || box.top < 0 || box.bottom > height || taken.some((t) => overlap(t, box))) continue;
        taken.push(box);
        return { ...p, labelX: p.x + dx, labelY: p.y + dy, anchor };
      }
      return { ...p, text: '', labelX: p.x, labelY: p.y, anchor: 'start' as const };
    });
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
