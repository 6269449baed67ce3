/// <reference lib="dom" />
/**
 * The part of Markdown that models write, as elements: headings, lists, quotes, code, tables as code, bold, italic. There is no HTML in it, no image and no link that can
 * be followed: an address is shown as it stands, so that no answer leads anybody anywhere, and nothing is loaded from elsewhere.
 */
import { h } from '../../page/dom.js';

/**
 * Returns the elements of a text.
 */
export function markdown(text: string): DocumentFragment {
  const out = document.createDocumentFragment();
  const lines = text.split('\n');
  let at = 0;
  const line = (): string => lines[at] ?? '';
  const take = (belongs: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    while (at < lines.length && belongs(line())) taken.push(lines[at++] ?? '');
    return taken;
  };
  while (at < lines.length) {
    const heading = /^(#{1,6})\s+(.*)$/.exec(line());
    if (line().trim() === '') at++;
    else if (line().startsWith('```')) {
      at++;
      const code = take((l) => !l.startsWith('```'));
      at++;
      out.append(h('pre', { tabindex: '0' }, h('code', {}, code.join('\n'))));
    } else if (heading !== null) {
      at++;
      // The page has its own headings of the first two levels.
      out.append(h(heading[1]?.length === 1 ? 'h3' : 'h4', {}, ...inline(heading[2] ?? '')));
    } else if (/^\s*[-*+]\s+/.test(line()))
      out.append(
        list(
          'ul',
          take((l) => /^\s*[-*+]\s+/.test(l) || /^\s{2,}\S/.test(l)),
        ),
      );
    else if (/^\s*\d+[.)]\s+/.test(line()))
      out.append(
        list(
          'ol',
          take((l) => /^\s*\d+[.)]\s+/.test(l) || /^\s{2,}\S/.test(l)),
        ),
      );
    else if (line().startsWith('>'))
      out.append(
        h(
          'blockquote',
          {},
          ...inline(
            take((l) => l.startsWith('>'))
              .map((l) => l.replace(/^>\s?/, ''))
              .join('\n'),
          ),
        ),
      );
    else if (line().startsWith('|')) out.append(h('pre', { tabindex: '0' }, take((l) => l.startsWith('|')).join('\n')));
    else {
      const first = lines[at++] ?? '';
      const rest = take((l) => l.trim() !== '' && !/^(#{1,6}\s|```|>|\||\s*[-*+]\s|\s*\d+[.)]\s)/.test(l));
      out.append(h('p', {}, ...inline([first, ...rest].join('\n'))));
    }
  }
  return out;
}

function list(kind: 'ul' | 'ol', lines: readonly string[]): HTMLElement {
  const start = kind === 'ol' ? (/^\s*(\d{1,9})/.exec(lines[0] ?? '')?.[1] ?? '1') : null;
  const made = h(kind, { start: start === '1' ? null : start });
  for (const line of lines) {
    const item = /^\s*(?:[-*+]|\d+[.)])\s+(.*)$/.exec(line);
    const last = made.lastElementChild;
    if (item !== null || last === null) made.append(h('li', {}, ...inline(item?.[1] ?? line.trim())));
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
