/**
 * The top-level fields of a line of JSON without parsing the line: prompts make up most of a sample file, and an index needs none of them. Texts
 * are taken as Latin-1, so that places in the text are places in the bytes.
 */

/** Where the value of a field lies in the text, `end` excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSE: ReadonlySet<number> = new Set([0x7d, 0x5d]);

/**
 * Returns where the values of the wanted fields lie in the object that `text` holds between `from` and `to`; the last of equal keys counts, as in
 * JSON. Null when the text is no object. Keys with escapes are none of ours and are passed over.
 */
export function fieldSpans(text: string, from: number, to: number, wanted: ReadonlySet<string>): Map<string, Span> | null {
  const found = new Map<string, Span>();
  let at = skipBlanks(text, from, to);
  if (text[at] !== '{') return null;
  at = skipBlanks(text, at + 1, to);
  if (text[at] === '}') return found;
  while (at < to) {
    if (text.charCodeAt(at) !== QUOTE) return null;
    const keyEnd = endOfString(text, at, to);
    const key = text.slice(at + 1, keyEnd - 1);
    at = skipBlanks(text, keyEnd, to);
    if (text[at] !== ':') return null;
    const start = skipBlanks(text, at + 1, to);
    const end = endOfValue(text, start, to);
    if (end <= start) return null;
    if (wanted.has(key)) found.set(key, { start, end });
    at = skipBlanks(text, end, to);
    if (text[at] === '}') return found;
    if (text[at] !== ',') return null;
    at = skipBlanks(text, at + 1, to);
  }
  return null;
}

function skipBlanks(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** The place behind the closing quote of the string whose opening quote is at `from`. */
function endOfString(text: string, from: number, to: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0 && at < to; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return to;
}

function endOfValue(text: string, from: number, to: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return endOfString(text, from, to);
  let at = from;
  if (!OPEN.has(first)) {
    while (at < to && !',}]'.includes(text.charAt(at)) && text.charCodeAt(at) > 0x20) at++;
    return at;
  }
  for (let depth = 0; at < to; ) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) {
      at = endOfString(text, at, to);
      continue;
    }
    at++;
    if (OPEN.has(c)) depth++;
    else if (CLOSE.has(c) && --depth === 0) return at;
  }
  return to;
}
