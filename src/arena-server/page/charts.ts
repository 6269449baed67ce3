/// <reference lib="dom" />
/** Bars as SVG, with the numbers as text beside them. */
import { s, svgElement } from '../../page/svg.js';

/**
 * Returns a picture of one bar a row, with `title` as its name for screen readers.
 */
export function bars(title: string, rows: readonly { readonly name: string; readonly votes: number }[]): SVGElement {
  const [height, left, width] = [22, 200, 640];
  const most = Math.max(1, ...rows.map((row) => row.votes));
  const name = `${title}: ${rows.map((row) => `${row.name} ${row.votes}`).join(', ')}`;
  const drawn = rows.flatMap((row, i) => {
    const length = ((width - left - 60) * row.votes) / most;
    return [
      s('text', { x: left - 8, y: i * height + 15, 'text-anchor': 'end' }, row.name),
      s('rect', { x: left, y: i * height + 3, width: length, height: height - 6 }),
      s('text', { x: left + length + 6, y: i * height + 15 }, String(row.votes)),
    ];
  });
  const viewBox = `0 0 ${width} ${Math.max(1, rows.length) * height}`;
  return svgElement(s('svg', { class: 'chart', role: 'img', viewBox, 'aria-label': name }, ...drawn));
}
