/** Names and answers come from files of others and go to a terminal. */

/**
 * Returns a text without control characters except line feeds, and without those that turn the direction of writing.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu, '\uFFFD');
}

/**
 * Returns a text on one line, so that no name begins a line of its own that reads like one of ours.
 */
export function oneLine(text: string): string {
  return text.replace(/\s*[\n\r\u2028\u2029]\s*/g, ' ');
}
