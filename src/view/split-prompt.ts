/** Which part of a prompt is the question, and which the few-shot examples before it. */

/** Letters of a text of the document that are enough to tell where the question is. */
const TELLING = 8;

/**
 * Returns the place in a prompt where its question begins. The longest text of the document that stands in the prompt is part of the question; the question begins at the border
 * between examples (`delimiter`) before it, or at the empty line that a chat template set instead. 0 where no text is found or no border is before it.
 */
export function questionStart(prompt: string, texts: readonly string[], delimiter: string): number {
  const telling = texts.map((text) => text.trim()).filter((text) => text.length >= TELLING);
  const place = telling
    .sort((a, b) => b.length - a.length)
    .map((text) => prompt.lastIndexOf(text))
    .find((at) => at >= 0);
  if (place === undefined) return 0;
  for (const border of [delimiter, '\n\n']) {
    const at = border === '' || place < border.length ? -1 : prompt.lastIndexOf(border, place - border.length);
    if (at >= 0) return at + border.length;
  }
  return 0;
}

/**
 * Returns all texts in a document of a data set, however deep.
 */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
