/** The lines of a sample file with the places of their fields: what an index and a search have in common. */
import { UserError } from '../errors.js';
import type { SampleSource } from './sample-source.js';
import { fieldSpans, type Span } from './scan-line.js';

/** Bytes of one line that are still read. */
const MAX_LINE = 256 * 1024 * 1024;
const LINE_END = 0x0a;

/** One line; its fields are read when they are asked for. */
export interface ScannedLine {
  /** Place of the line in the unpacked file. */
  readonly start: number;
  readonly end: number;
  /** The value of a field; undefined where the line has none, or it is no JSON. */
  field(name: string): unknown;
  /** The value of the first of `names` that the object in a field has. */
  inside(name: string, names: ReadonlySet<string>): unknown;
}

/**
 * Calls `take` for every line of a sample file that is not empty; `wanted` are the fields that may be asked for. Throws `UserError` with the line number where a line is no object.
 */
export async function scanLines(source: SampleSource, wanted: ReadonlySet<string>, take: (line: ScannedLine) => void): Promise<void> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let offset = 0;
  let number = 0;
  const each = (bytes: Buffer, text: string, from: number, to: number, start: number): void => {
    number++;
    if (to === from || text.slice(from, Math.min(to, from + 20)).trim() === '') return;
    const spans = fieldSpans(text, from, to, wanted);
    if (spans === null) throw new UserError(`${source.path}:${number}: not JSON; expected one object per line`);
    take({
      start,
      end: start + to - from,
      field: (name) => valueAt(bytes, spans.get(name)),
      inside: (name, names) => {
        const outer = spans.get(name);
        const inner = outer === undefined ? null : fieldSpans(text, outer.start, outer.end, names);
        const found = inner === null ? undefined : [...names].find((key) => inner.has(key));
        return found === undefined ? undefined : valueAt(bytes, inner?.get(found));
      },
    });
  };
  for await (const chunk of source.chunks()) {
    const first = chunk.indexOf(LINE_END);
    if (first < 0) {
      rest.push(Buffer.from(chunk));
      restBytes += chunk.length;
      if (restBytes > MAX_LINE) throw new UserError(`${source.path}: a line of more than ${MAX_LINE} bytes; is it a sample file?`);
      continue;
    }
    let from = 0;
    if (restBytes > 0) {
      const line = Buffer.concat([...rest, chunk.subarray(0, first)]);
      each(line, line.toString('latin1'), 0, line.length, offset);
      offset += line.length + 1;
      from = first + 1;
    }
    const text = chunk.toString('latin1');
    for (let to = text.indexOf('\n', from); to >= 0; to = text.indexOf('\n', from)) {
      each(chunk, text, from, to, offset);
      offset += to - from + 1;
      from = to + 1;
    }
    rest = from < chunk.length ? [Buffer.from(chunk.subarray(from))] : [];
    restBytes = chunk.length - from;
  }
  if (restBytes > 0) {
    const line = Buffer.concat(rest);
    each(line, line.toString('latin1'), 0, line.length, offset);
  }
}

function valueAt(bytes: Buffer, span: Span | undefined): unknown {
  if (span === undefined) return undefined;
  const text = bytes.toString('utf8', span.start, span.end);
  try {
    return JSON.parse(text);
  } catch {
    // What Python writes and JSON does not know.
    return text === 'NaN' ? Number.NaN : text === 'Infinity' ? Number.POSITIVE_INFINITY : undefined;
  }
}
