/// <reference lib="dom" />
/**
 * The part of Markdown that models write, as elements: headings, lists, quotes, code, tables as code, bold, italic. There is no HTML in it, no image and no link that can
 * be followed: an address is shown as it stands, so that no answer leads anybody anywhere, and nothing is loaded from elsewhere.
 */
import { at } from '../../at.js';
import { h } from '../../page/dom.js';

/** How an item of each kind of list begins. */
const MARKS = [/^\s*[-*+]\s/, /^\s*\d{1,9}[.)]\s/];
/** What ends a paragraph without an empty line. */
const OTHER_BLOCK = /^(#{1,6}\s|```|>|\||\s*[-*+]\s|\s*\d+[.)]\s)/;

/**
 * Returns the elements of a text.
 */
export function markdown(text: string): DocumentFragment {
  const out = document.createDocumentFragment();
  const lines = text.split('\n');
  let next = 0;
  /** Takes the next line, and those behind it that belong to it. */
  const take = (belongs: (line: string) => boolean): string[] => {
    const start = next++;
    while (next < lines.length && belongs(at(lines, next))) next++;
    return lines.slice(start, next);
  };
  while (next < lines.length) {
    const line = at(lines, next);
    const [, marks, title] = /^(#{1,6})\s+(.*)$/.exec(line) ?? [];
    const mark = MARKS.find((one) => one.test(line));
    if (line.trim() === '') next++;
    else if (line.startsWith('```')) {
      const [, ...code] = take((l) => !l.startsWith('```'));
      next++;
      out.append(h('pre', { tabindex: '0' }, h('code', {}, code.join('\n'))));
    } else if (marks !== undefined && title !== undefined) {
      next++;
      // The page has its own headings of the first two levels.
      out.append(h(marks.length === 1 ? 'h3' : 'h4', {}, ...inline(title)));
    } else if (mark !== undefined) out.append(list(take((l) => mark.test(l) || /^\s{2,}\S/.test(l))));
    else if (line.startsWith('>')) {
      const quote = take((l) => l.startsWith('>')).map((l) => l.replace(/^>\s?/, ''));
      out.append(h('blockquote', {}, ...inline(quote.join('\n'))));
    } else if (line.startsWith('|')) out.append(h('pre', { tabindex: '0' }, take((l) => l.startsWith('|')).join('\n')));
    else out.append(h('p', {}, ...inline(take((l) => l.trim() !== '' && !OTHER_BLOCK.test(l)).join('\n'))));
  }
  return out;
}

/** A list, numbered where its first item has a number. */
function list(lines: readonly string[]): HTMLElement {
  const first = /^\s*(\d+)/.exec(at(lines, 0))?.[1];
  const made = first === undefined ? h('ul') : h('ol', { start: first === '1' ? null : first });
  for (const line of lines) {
    const text = /^\s*(?:[-*+]|\d+[.)])\s+(.*)$/.exec(line)?.[1];
    const last = made.lastElementChild;
    if (text !== undefined || last === null) made.append(h('li', {}, ...inline(text ?? line.trim())));
    else last.append('\n', ...inline(line.trim()));
  }
  return made;
}

/** Bold, italic, code; everything else is text. Line breaks stay. */
function inline(text: string): Node[] {
  const out: Node[] = [];
  const pattern =
    /`([^`\n]+)`|\*\*([^*\n]+(?:\*[^*\n]+)*)\*\*|__([^_\n]+)__|(?<![\p{L}\p{N}*])\*([^*\s][^*\n]*)\*|(?<![\p{L}\p{N}_])_([^_\s][^_\n]*)_(?![\p{L}\p{N}])/gu;
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    plain(out, text.slice(last, match.index));
    last = match.index + match[0].length;
    const [, code, bold, bold2, italic, italic2] = match;
    if (code !== undefined) out.push(h('code', {}, code));
    else if (bold !== undefined || bold2 !== undefined) out.push(h('strong', {}, bold ?? bold2 ?? ''));
    else out.push(h('em', {}, italic ?? italic2 ?? ''));
  }
  plain(out, text.slice(last));
  return out;
}

function plain(out: Node[], text: string): void {
  text.split('\n').forEach((part, i) => {
    if (i > 0) out.push(h('br'));
    if (part !== '') out.push(document.createTextNode(part));
  });
}
