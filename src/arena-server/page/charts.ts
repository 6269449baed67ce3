/// <reference lib="dom" />
/** Bars as SVG, with the numbers as text beside them. */

const SVG = 'http://www.w3.org/2000/svg';

function svg(tag: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.textContent = text;
  return made;
}

/**
 * Returns a picture of one bar a row, with `title` as its name for screen readers.
 */
export function bars(title: string, rows: readonly { readonly name: string; readonly value: number }[]): SVGElement {
  const [height, left, width] = [22, 200, 640];
  const most = rows.reduce((top, row) => Math.max(top, row.value), 1);
  const picture = svg('svg', { class: 'chart', role: 'img', viewBox: `0 0 ${width} ${Math.max(1, rows.length) * height}` });
  picture.setAttribute('aria-label', `${title}: ${rows.map((row) => `${row.name} ${row.value}`).join(', ')}`);
  rows.forEach((row, i) => {
    const length = ((width - left - 60) * row.value) / most;
    picture.append(
      svg('text', { x: left - 8, y: i * height + 15, 'text-anchor': 'end' }, row.name),
      svg('rect', { x: left, y: i * height + 3, width: length, height: height - 6 }),
      svg('text', { x: left + length + 6, y: i * height + 15 }, String(row.value)),
    );
  });
  return picture;
}
