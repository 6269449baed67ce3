/// <reference lib="dom" />
/** A picture that is drawn anew for the width it has, so that its texts are always legible. */
import { h, select } from '../../page/dom.js';
import { type SvgNode, svgElement } from '../../page/svg.js';

export interface Drawn {
  readonly svg: SvgNode;
  /** What stands under it, e.g. a legend. */
  readonly below?: readonly HTMLElement[];
}

/**
 * Returns a place that `draw` fills whenever its width changes.
 */
export function drawing(draw: (width: number) => Drawn): HTMLElement {
  const place = h('div', { class: 'drawing' });
  let last = 0;
  const again = (): void => {
    const width = Math.floor(place.clientWidth);
    if (width === last || width < 120) return;
    last = width;
    const { svg, below } = draw(width);
    place.replaceChildren(svgElement(svg), ...(below ?? []));
  };
  new ResizeObserver(again).observe(place);
  return place;
}

/**
 * Returns a picture with its title, what it shows, and controls.
 */
export function figure(title: string | HTMLElement, about: string, controls: readonly HTMLElement[], content: HTMLElement): HTMLElement {
  return h(
    'figure',
    {},
    h('h3', {}, title),
    h('figcaption', { class: 'soft' }, about),
    controls.length > 0 && h('div', { class: 'controls' }, ...controls),
    content,
  );
}

/**
 * Returns a table that scrolls sideways by itself where it is too wide.
 */
export function scrolledTable(label: string, kind: string, heads: readonly HTMLElement[], rows: readonly HTMLElement[]): HTMLElement {
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    h('table', { class: kind }, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...rows)),
  );
}

/**
 * Returns a labelled choice.
 */
export function choice(
  label: string,
  options: readonly { readonly value: string; readonly text: string; readonly group?: string }[],
  chosen: string,
  choose: (value: string) => void,
  id: string,
): HTMLElement {
  const groups = new Map<string, HTMLOptGroupElement>();
  const items = options.flatMap(({ value, text, group: name }) => {
    const option = h('option', { value, selected: value === chosen }, text);
    if (name === undefined) return [option];
    const known = groups.get(name);
    const group = known ?? h('optgroup', { label: name });
    groups.set(name, group);
    group.append(option);
    return known === undefined ? [group] : [];
  });
  return h('label', {}, h('span', {}, label), select({ id }, items, choose));
}
