/** Text in HTML and SVG. */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * Returns a text whose characters mean nothing to HTML or XML, inside an element or a quoted attribute.
 */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
}

/**
 * Returns a text that shows as itself in HTML. Control characters become blanks, and characters that turn the direction of writing (which could make a
 * name read as another) are dropped.
 */
export function escapeHtml(text: string): string {
  return escapeMarkup(text.replace(/\p{Cc}/gu, ' ').replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ''));
}
