/** Server-sent events as an endpoint sends them (WHATWG HTML, section 9.2). */

/** Characters of one line; a stream without line breaks must not fill the memory. */
const LONGEST_LINE = 1_000_000;

/**
 * Yields the data of each event of a stream of bytes. Throws Error for a line without end.
 */
export async function* eventData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    if (rest.length > LONGEST_LINE) throw new Error('a line of the stream has no end');
    // A carriage return at the end may be half of a line break.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '' && data.length > 0) {
        yield data.join('\n');
        data = [];
      } else if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    }
  }
  if (rest.startsWith('data:')) data.push(rest.slice(rest.startsWith('data: ') ? 6 : 5));
  // Some servers close behind the last event without its empty line.
  if (data.length > 0) yield data.join('\n');
}
