/** The list of documents: only the lines on the screen exist, whatever its length. */

import { at } from '../../at.js';
import { h } from '../../page/dom.js';
import type { Row } from '../protocol.js';

/** Height of a line in pixels; the style sheet has the same. */
export const LINE = 44;
/** Lines above and below the screen that are kept ready. */
const MARGIN = 8;
/** Lines that are asked for together. */
const PAGE = 100;
const KEPT_PAGES = 60;
/** While the list is dragged over many pages, only where it stays is asked for. */
const REST = 60;

export interface ListOptions {
  /** Fetches lines; fewer at the end. */
  rows(from: number, count: number): Promise<readonly Row[]>;
  /** Fills the element of a line; `row` is null while it is on its way. */
  fill(element: HTMLElement, row: Row | null): void;
  chosen(place: number, row: Row): void;
  failed(error: unknown): void;
}

export interface DocumentList {
  readonly element: HTMLElement;
  /** Shows another list from its beginning. */
  reset(total: number): void;
  /** Chooses a line and brings it to the screen. */
  select(place: number): void;
  /** Marks a line without telling `chosen`. */
  mark(place: number): void;
  readonly selected: number;
  readonly total: number;
  refresh(): void;
  focus(): void;
}

/**
 * Makes the list. It is a listbox: the lines are options, and the keys of the page move the choice.
 */
export function documentList(label: string, options: ListOptions): DocumentList {
  const box = h('div', { role: 'listbox', tabindex: 0, id: 'list', 'aria-label': label });
  const element = h('div', { class: 'scroll' }, box);
  const pool: HTMLElement[] = [];
  const pages = new Map<number, readonly Row[] | null>();
  let total = 0;
  let selected = -1;
  let generation = 0;
  let painted = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const rowAt = (place: number): Row | null => pages.get(Math.floor(place / PAGE))?.[place % PAGE] ?? null;

  const load = (page: number): void => {
    if (pages.has(page)) return;
    pages.set(page, null);
    const mine = generation;
    options.rows(page * PAGE, PAGE).then(
      (rows) => {
        if (mine !== generation) return;
        pages.set(page, rows);
        for (const oldest of pages.keys()) {
          if (pages.size <= KEPT_PAGES) break;
          pages.delete(oldest);
        }
        paint();
      },
      (error: unknown) => {
        if (mine !== generation) return;
        pages.delete(page);
        options.failed(error);
      },
    );
  };

  const range = (): readonly [number, number] => {
    const first = Math.max(0, Math.floor(element.scrollTop / LINE) - MARGIN);
    const last = Math.min(total, Math.ceil((element.scrollTop + element.clientHeight) / LINE) + MARGIN);
    return [first, last];
  };

  const loadVisible = (): void => {
    const [first, last] = range();
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) load(page);
  };

  const paint = (): void => {
    painted = false;
    const [first, last] = range();
    while (pool.length < last - first) {
      const line = h('div', { role: 'option', class: 'line' });
      pool.push(line);
      box.append(line);
    }
    // A line keeps its element while it is on the screen, so that scrolling touches only what comes in.
    for (let place = first; place < last; place++) {
      const line = at(pool, place % pool.length);
      const row = rowAt(place);
      const key = `${generation}.${place}.${row === null ? 0 : 1}`;
      if (line.dataset.key !== key) {
        line.dataset.key = key;
        line.dataset.place = String(place);
        line.id = `line-${place}`;
        line.style.transform = `translateY(${place * LINE}px)`;
        line.setAttribute('aria-posinset', String(place + 1));
        line.setAttribute('aria-setsize', String(total));
        options.fill(line, row);
      }
      line.setAttribute('aria-selected', String(place === selected));
      line.hidden = false;
    }
    for (const line of pool) {
      const place = Number(line.dataset.place);
      if (place < first || place >= last) line.hidden = true;
    }
    const active = selected >= first && selected < last ? `line-${selected}` : '';
    if (active === '') box.removeAttribute('aria-activedescendant');
    else box.setAttribute('aria-activedescendant', active);
    const missing = first < last && [first, last - 1].some((place) => !pages.has(Math.floor(place / PAGE)));
    if (!missing) return;
    clearTimeout(timer);
    timer = setTimeout(loadVisible, pages.size === 0 ? 0 : REST);
  };

  const repaint = (): void => {
    if (painted) return;
    painted = true;
    requestAnimationFrame(paint);
  };

  const reveal = (place: number): void => {
    const [top, bottom] = [place * LINE, (place + 1) * LINE];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  };

  const select = (place: number): void => {
    if (total === 0) return;
    selected = Math.max(0, Math.min(total - 1, place));
    reveal(selected);
    repaint();
    const [row, mine, wanted] = [rowAt(selected), generation, selected];
    if (row !== null) {
      options.chosen(wanted, row);
      return;
    }
    options.rows(wanted, 1).then(([found]) => {
      if (mine === generation && wanted === selected && found !== undefined) options.chosen(wanted, found);
    }, options.failed);
  };

  element.addEventListener('scroll', repaint, { passive: true });
  new ResizeObserver(repaint).observe(element);
  box.addEventListener('click', (event) => {
    const line = event.target instanceof Element ? event.target.closest<HTMLElement>('.line') : null;
    if (line !== null) select(Number(line.dataset.place));
  });

  return {
    element,
    reset: (count) => {
      generation++;
      pages.clear();
      total = count;
      selected = -1;
      box.style.height = `${total * LINE}px`;
      element.scrollTop = 0;
      for (const line of pool) line.hidden = true;
      paint();
    },
    select,
    mark: (place) => {
      selected = place;
      if (place >= 0) reveal(place);
      paint();
    },
    get selected() {
      return selected;
    },
    get total() {
      return total;
    },
    refresh: () => {
      generation++;
      pages.clear();
      paint();
    },
    focus: () => box.focus({ preventScroll: true }),
  };
}
