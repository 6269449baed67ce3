/**
 * Returns the text cut before the first stop string, and whether one was found. Empty stop strings are ignored.
 * Servers cut too, but some know only four stop strings or none.
 */
export function cutAtStop(text: string, until: readonly string[]): { readonly text: string; readonly found: boolean } {
  let end = -1;
  for (const stop of until) {
    const at = stop === '' ? -1 : text.indexOf(stop);
    if (at !== -1 && (end === -1 || at < end)) end = at;
  }
  return end === -1 ? { text, found: false } : { text: text.slice(0, end), found: true };
}
